"""Family `linearity`: measured CT numbers of the inserts against the definition's."""

from __future__ import annotations

import math

import numpy as np

from iqa.metrics.absent import were
from iqa.metrics.context import Context, Measured
from iqa.metrics.extremes import largest_by_size
from iqa.metrics.flags import other_kv, uncalibrated
from iqa.metrics.inserts import InsertMean
from iqa.model import Insert, Measurement, NotMeasured

FEWEST = 4
"""Inserts from which a line and its residuals mean anything."""
METHOD = "weighted-line@2"
KEYS = (("linearity.slope", "HU/HU"), ("linearity.intercept", "HU"), ("linearity.max_residual", "HU"))


def measure(context: Context) -> Measured:
    """Slope, intercept and the signed largest residual of the line measured = intercept + slope · nominal.

    Notes
    -----
    Nominal is what the maker expects: the middle of his range, −1000 HU for air; a typical scanner may lie elsewhere
    in it, as with Teflon at its low end. Weights are 1/(u² + s²), s the standard deviation of the maker's range taken
    as uniform (0 where none is given).
    u propagates the measured means' u alone: the nominal values stay the same from scan to scan, so their error is
    no part of what a trend sees. For the largest residual it holds the expected excess of the largest of several.
    """
    if not any(isinstance(f, Insert) for m in context.located.spec.modules for f in m.features):
        return Measured()
    means = context.tier_means
    different = len({m.insert.expected_hu for m in means})
    if different < FEWEST:
        return Measured(tuple(_too_few(key, context, different) for key, _ in KEYS))
    flags = (*uncalibrated(context), *other_kv(context))
    place = ", ".join(dict.fromkeys(m.module for m in means))
    return Measured(
        tuple(
            Measurement(key, value, u, unit, len(means), place, METHOD, flags)
            for (key, unit), (value, u) in zip(KEYS, _line(means), strict=True)
        )
    )


def _too_few(key: str, context: Context, measured: int) -> NotMeasured:
    inserts = (f for m in context.located.spec.modules for f in m.features if isinstance(f, Insert))
    defined = len({i.expected_hu for i in inserts})
    wanted = f"A line needs at least {FEWEST} inserts of different CT number;"
    if defined < FEWEST:
        return NotMeasured(key, f"{wanted} this phantom has only {defined}.", "A phantom with more materials.")
    return NotMeasured(key, f"{wanted} {were(measured)} measured.", "A scan of the module with the inserts.")


def _line(means: tuple[InsertMean, ...]) -> tuple[tuple[float, float], ...]:
    """(value, u) of slope, intercept and largest residual."""
    nominal = np.array([m.insert.expected_hu for m in means])
    value, u = np.array([m.value for m in means]), np.array([m.u for m in means])
    spread = np.array([_spread(m.insert) for m in means])
    total = u**2 + spread**2
    weight = np.ones_like(total) if np.any(total == 0.0) else 1.0 / total
    design = np.column_stack([nominal, np.ones_like(nominal)])
    solve = np.linalg.solve(design.T @ (weight[:, None] * design), design.T * weight)
    line = solve @ value
    u_line = np.sqrt((solve**2) @ u**2)
    left = np.eye(len(means)) - design @ solve
    residual, u_residual = left @ value, np.sqrt((left**2) @ u**2)
    largest = largest_by_size(residual.tolist(), u_residual.tolist())
    return (float(line[0]), float(u_line[0])), (float(line[1]), float(u_line[1])), largest


def _spread(insert: Insert) -> float:
    """Standard deviation, HU, of a nominal value that may lie anywhere in the maker's range."""
    if insert.hu_range is None:
        return 0.0
    low, high = insert.hu_range
    return (high - low) / math.sqrt(12.0)
