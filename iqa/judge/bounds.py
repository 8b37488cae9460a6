"""A limit's four numbers in the value's own unit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from iqa.judge.keys import matches
from iqa.judge.wording import shown
from iqa.model import Baseline, Bounds, Limit

NEAR_ZERO = 5.0
"""A baseline within this many spreads (or u) of zero has no percentage: single scans alone vary by over 20 % of it."""
NO_PERCENT = (
    "ct_number.*",
    "uniformity.12h",
    "uniformity.3h",
    "uniformity.6h",
    "uniformity.9h",
    "uniformity.max_deviation",
    "linearity.intercept",
    "linearity.max_residual",
    "position.*",
    "geometry.axis_x",
    "geometry.axis_y",
    "geometry.ramp_pitch",
    "geometry.ramp_yaw",
    "artefact.*",
)
ZERO = "a convention, or lies in the midst of its values"
"""Of those keys: CT numbers are counted from water, differences and positions lie about zero."""


def own_unit(limit: Limit, baseline: Baseline | None) -> Bounds:
    """The bounds of a limit as values of the key it judges.

    A maker's range never fails anything: of its numbers only those that warn count.

    Parameters
    ----------
    limit : Limit
        Absolute, or a difference from the baseline, or that in percent of the baseline's magnitude.
    baseline : Baseline or None
        Needed unless the limit is absolute.
    """
    bounds = replace(limit.bounds, fail_low=None, fail_high=None) if limit.basis == "maker" else limit.bounds
    if limit.kind == "absolute":
        return bounds
    if baseline is None:
        raise ValueError(f"limit {limit.name} is relative to a baseline, and there is none")
    scale = 1.0 if limit.kind == "difference" else abs(baseline.value) / 100
    return each(bounds, lambda x: baseline.value + scale * x)


def unwarned(bounds: Bounds) -> tuple[float | None, float | None]:
    """Between which values neither a warning nor a failure is given; None where nothing bounds them."""
    low = bounds.fail_low if bounds.warn_low is None else bounds.warn_low
    high = bounds.fail_high if bounds.warn_high is None else bounds.warn_high
    return low, high


def each(bounds: Bounds, change: Callable[[float], float]) -> Bounds:
    """The bounds with every number that is there changed."""
    numbers = (bounds.fail_low, bounds.warn_low, bounds.warn_high, bounds.fail_high)
    return Bounds(*(None if x is None else change(x) for x in numbers))


def difference_u(u: float | None, baseline: Baseline) -> float:
    """Standard uncertainty of a value's difference from a baseline; what both share is counted, though it cancels."""
    return math.hypot(u or 0.0, baseline.u or 0.0)


def no_percent(baseline: Baseline, u: float | None) -> str:
    """Why a percentage of a baseline means nothing, as a sentence; empty where it does."""
    instead = f"Set a difference in {baseline.unit} instead."
    if has_no_percent(baseline.key):
        return f"A percentage of {baseline.key} is not defined, since its zero is {ZERO}. {instead}"
    doubt = NEAR_ZERO * max(baseline.spread or 0.0, u or 0.0)
    if abs(baseline.value) > doubt:
        return ""
    return (
        f"A percentage of the baseline of {shown(baseline.value, baseline.unit)} is not defined: it lies within "
        f"{shown(doubt, baseline.unit)} of zero, {NEAR_ZERO:g} times its spread or u. {instead}"
    )


def has_no_percent(key: str) -> bool:
    """Whether a key, or every key of a pattern, has a zero that is a convention or lies about it."""
    return any(matches(pattern, key) for pattern in NO_PERCENT)
