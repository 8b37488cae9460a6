"""How often stable scanners alarm, and how soon a step is found: charts on simulated scans against what is documented.

Normal, independent scans; seeds are fixed. The long suite repeats this with more scanners and writes the figures down.
"""

from __future__ import annotations

from functools import cache

import charted
import numpy as np
import pytest
from charted import KEYS, SCANS, Mask

from iqa.spc import (
    NELSON,
    WESTERN_ELECTRIC,
    ControlBaseline,
    RuleName,
    cusum,
    estimate_baseline,
    ewma,
    ewma_limit,
    shewhart,
    signal_chance,
)

SCANNERS = 1000
BASELINES = (8, 12, 20, 30)
SETS: dict[str, tuple[RuleName, ...]] = {
    "1": ("N1",),
    "1, 9 on a side": ("N1", "N2"),
    "1, 2 of 3, 9 on a side": ("N1", "N5", "N2"),
    "1, 8 on a side": ("WE1", "WE4"),
    "Western Electric": WESTERN_ELECTRIC,
    "Nelson": NELSON,
}
KNOWN = {
    "1": 370.0,
    "1, 9 on a side": 213.0,
    "1, 2 of 3, 9 on a side": 156.0,
    "1, 8 on a side": 153.0,
    "Western Electric": 91.0,
    "Nelson": 75.0,
}
"""Simulated independently; 370.4, 152.7 and 91.8 of them by Champ and Woodall, Technometrics 1987;29:393, exactly."""


@cache
def stable(n: int) -> Mask:
    """(scanners, keys, scans) signals."""
    values = charted.made(np.random.default_rng((13, n)), (SCANNERS, KEYS, n + SCANS))
    return charted.signalled(values, n, ewma_limit(n))


@pytest.mark.parametrize("n", BASELINES)
def test_stable_scanners_alarm_as_often_as_the_budget_says(n: int) -> None:
    share = float(stable(n).any(axis=2).mean())
    assert charted.within_99(share, 1.0 / KEYS, SCANNERS * KEYS), f"{KEYS * share:.3f} signals a scanner, wanted 1"
    assert charted.within_99(share, signal_chance(ewma_limit(n), n), SCANNERS * KEYS)


@pytest.mark.parametrize("n", BASELINES)
def test_scanners_without_any_alarm_are_as_many_as_follows(n: int) -> None:
    alarmed = float(stable(n).any(axis=(1, 2)).mean())
    assert charted.within_99(alarmed, 1.0 - (1.0 - 1.0 / KEYS) ** KEYS, SCANNERS)


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_a_limit_a_tenth_off_is_found_out(wrong: float) -> None:
    values = charted.made(np.random.default_rng((13, 20)), (SCANNERS, KEYS, 20 + SCANS))
    share = float(charted.signalled(values, 20, wrong * ewma_limit(20)).any(axis=2).mean())
    assert not charted.within_99(share, 1.0 / KEYS, SCANNERS * KEYS)


@pytest.mark.parametrize("quiet", [0, 52], ids=["at once", "after a year"])
@pytest.mark.parametrize(("step", "most"), [(1.0, 20), (2.0, 6)])
def test_a_step_is_found_soon(step: float, most: int, quiet: int) -> None:
    values = charted.made(np.random.default_rng((14, quiet)), (4000, 20 + quiet + 200))
    values[:, 20 + quiet :] += step
    assert np.median(charted.delays(charted.signalled(values, 20, ewma_limit(20)), quiet)) <= most


def test_run_rules_cost_what_is_known_of_them() -> None:
    rng = np.random.default_rng(16)
    parts = [charted.of_rules(rng, SETS, 400, 1200) for _ in range(8)]
    # 3,200 run lengths, about exponential: 1.8 % each; 5 % is 2.8 of those.
    for name, wanted in KNOWN.items():
        assert np.mean([part[name] for part in parts]) == pytest.approx(wanted, rel=0.05), name


# Montgomery, Introduction to Statistical Quality Control, table 9.10 (h = 4 and 5); h = 4.77 by simulation.
@pytest.mark.parametrize(("h", "stable_run", "shifted_run"), [(4.0, 168, 8.4), (4.77, 369, 9.9), (5.0, 465, 10.4)])
def test_run_lengths_of_the_cusum(h: float, stable_run: float, shifted_run: float) -> None:
    z = np.random.default_rng(17).normal(size=(5000, 1500))
    assert charted.mean_run_length(cusum(z, 0.0, 1.0, 0.5, h).beyond) == pytest.approx(stable_run, rel=0.045)
    shifted = cusum(1.0 + z[:, :200], 0.0, 1.0, 0.5, h).beyond
    assert charted.mean_run_length(shifted) == pytest.approx(shifted_run, abs=0.3)


# Chance of a false signal in 52 scans after a baseline of 8, 12, 20 and 30: simulated independently, 6,000 runs each.
@pytest.mark.parametrize(
    ("chart", "shares"),
    [
        ("t prediction limits", (0.06, 0.09, 0.10, 0.12)),
        ("EWMA 0.2/2.86, exact", (0.48, 0.41, 0.33, 0.28)),
        ("CUSUM 0.5/4.77", (0.48, 0.42, 0.33, 0.28)),
    ],
)
def test_charts_with_estimated_baselines_alarm_as_often_as_is_known(chart: str, shares: tuple[float, ...]) -> None:
    for n, wanted in zip(BASELINES, shares, strict=True):
        # 0.5 % of rounding, and 99 % of 4,000 and of 6,000 runs.
        assert in_a_year(chart, n) == pytest.approx(wanted, abs=0.005 + 0.026), n


def in_a_year(chart: str, n: int) -> float:
    values = charted.made(np.random.default_rng((19, n)), (4000, n + 52))
    before, after = values[:, :n], values[:, n:]
    if chart.startswith("t"):
        rows = zip((estimate_baseline(row) for row in before), after, strict=True)
        return float(np.mean([isinstance(b, ControlBaseline) and shewhart(row, b).beyond.any() for b, row in rows]))
    centre, sigma = charted.based(before)
    if chart.startswith("CUSUM"):
        return float(cusum(after, centre, sigma, 0.5, 4.77).beyond.any(axis=1).mean())
    return float(ewma(after, centre, sigma, 2.86, 0.2, "exact").beyond.any(axis=1).mean())


# Exact limits, as no integral equation here covers them: simulated independently, means of 6,000 runs.
@pytest.mark.parametrize(
    ("weight", "limit", "alarmed", "shifted_run", "twice"), [(0.2, 2.86, 0.13, 8.8, 2.7), (0.1, 2.70, 0.14, 7.5, 2.5)]
)
def test_run_lengths_with_exact_limits(
    weight: float, limit: float, alarmed: float, shifted_run: float, twice: float
) -> None:
    z = np.random.default_rng(18).normal(size=(10000, 200))
    beyond = [ewma(z + shift, 0.0, 1.0, limit, weight, "exact").beyond for shift in (0.0, 1.0, 2.0)]
    assert beyond[0][:, :52].any(axis=1).mean() == pytest.approx(alarmed, abs=0.01 + 0.007)
    assert charted.mean_run_length(beyond[1]) == pytest.approx(shifted_run, abs=0.25)
    assert charted.mean_run_length(beyond[2]) == pytest.approx(twice, abs=0.1)
