"""Simulated scanners and their charts: scans of keys in, shares and run lengths out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iqa.spc import ControlBaseline, Drift, RuleName, drift, estimate_baseline, ewma, holding

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

KEYS, SCANS, DAYS = 8, 104, 7.0
AT_99 = 2.576
"""Half width of a 99 % interval, in standard deviations."""


def made(rng: np.random.Generator, shape: tuple[int, ...], alike: float = 0.0) -> Array:
    """Normal values of σ = 1, neighbours along the last axis being correlated by `alike` (first-order)."""
    values = rng.normal(size=shape)
    for scan in range(1, shape[-1] if alike else 0):
        values[..., scan] = alike * values[..., scan - 1] + np.sqrt(1.0 - alike**2) * values[..., scan]
    return values


def based(values: Array) -> tuple[Array, Array]:
    """(...) centres and σ from (..., n) baseline scans."""
    found = [estimate_baseline(row) for row in values.reshape(-1, values.shape[-1])]
    rows = [(one.centre, one.sigma) for one in found if isinstance(one, ControlBaseline)]
    centre, sigma = np.array(rows).T.reshape(2, *values.shape[:-1])
    return centre, sigma


def signalled(values: Array, n: int, limit: float, weight: float = 0.1) -> Mask:
    """(..., scans after the n of the baseline) where the EWMA lies beyond its limits."""
    return ewma(values[..., n:], *based(values[..., :n]), limit, weight).beyond


def first(beyond: Mask) -> Array:
    """(...) number of the first scan beyond, from 1; infinite where there is none."""
    return np.where(beyond.any(axis=-1), beyond.argmax(axis=-1) + 1.0, np.inf)


def delays(beyond: Mask, quiet: int) -> Array:
    """Scans from a step after `quiet` scans to the signal, of the series that had not signalled before it."""
    found = first(beyond)
    return np.asarray(found[found > quiet] - quiet)


def mean_run_length(beyond: Mask) -> float:
    """Mean number of scans to the first signal, series that end before it counted for as long as they are."""
    found = first(beyond)
    return float(np.minimum(found, beyond.shape[-1]).sum() / np.isfinite(found).sum())


def of_rules(
    rng: np.random.Generator, sets: dict[str, tuple[RuleName, ...]], series: int, scans: int
) -> dict[str, float]:
    """Mean run length of each set of rules with known centre and σ."""
    wanted = sorted({rule for rules in sets.values() for rule in rules})
    z = rng.normal(size=(series, scans))
    ends = {rule: holding(z, rule) for rule in wanted}
    return {name: mean_run_length(np.any([ends[r] for r in rules], axis=0)) for name, rules in sets.items()}


def within_99(found: float, chance: float, tries: int) -> bool:
    """Whether a share of independent tries lies in the 99 % interval of its chance."""
    return bool(abs(found - chance) <= AT_99 * np.sqrt(chance * (1.0 - chance) / tries))


def ever_drifting(values: Array, least: int) -> bool:
    """Whether one weekly series is called drifting at any scan from the `least`th on, looked at after each."""
    days = DAYS * np.arange(len(values))
    lines = (drift(days[:n], values[:n]) for n in range(least, len(values) + 1))
    return any(isinstance(line, Drift) and line.drifting for line in lines)


def restarted(values: Array, n: int, limit: float, weight: float = 0.1) -> Array:
    """(...) signals of a chart that begins anew, with the same baseline, after each."""
    centre, sigma = based(values[..., :n])
    half = limit * np.sqrt(weight / (2.0 - weight)) * sigma
    average, count = np.zeros(centre.shape), np.zeros(centre.shape)
    for scan in range(n, values.shape[-1]):
        average = (1.0 - weight) * average + weight * (values[..., scan] - centre)
        beyond = np.abs(average) > half
        average, count = np.where(beyond, 0.0, average), count + beyond
    return count
