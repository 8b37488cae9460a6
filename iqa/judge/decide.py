"""Value, uncertainty and four numbers in, outcome out: the one place where a limit is applied at its edge."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from iqa.model import COVERAGE_FACTOR, Bounds, Outcome, Rule

ON_THE_LIMIT = 1e-9
"""Of the largest number compared: a value that differs from a limit by no more lies on it, since limits that are
computed from a baseline are rounded in their last digits. On the scale of air it is a millionth of a HU."""


@dataclass(frozen=True, slots=True)
class _Range:
    """From `low` to `high`, ends included; what is on an end may miss it by `slack`."""

    low: float
    high: float
    slack: float

    def beyond(self, value: float) -> float:
        """How far outside a value lies, 0 inside."""
        outside = max(value - self.high, self.low - value)
        return outside if outside > self.slack else 0.0

    def margin(self, value: float) -> float:
        """How far the nearer end is from a value inside."""
        return min(value - self.low, self.high - value) + self.slack


def decide(value: float, u: float | None, bounds: Bounds, rule: Rule) -> Outcome:
    """What is said of a value with standard uncertainty `u` (None counts as 0), with U = 2u.

    Parameters
    ----------
    value, u : float
        In the unit of the bounds. Where one of them or of the bounds is no finite number, nothing can be told.
    bounds : Bounds
        A number left out bounds nothing; a value on a bound is inside.
    rule : "simple", "guard_accept" or "guard_reject"

    Notes
    -----
    Outside the fail range `simple` and `guard_accept` fail everything, `guard_reject` what is outside by more than U;
    the rest cannot be told. Inside, `guard_accept` cannot tell what is nearer to an end than U; `simple` calls the same
    a pass within uncertainty. Beyond a warning number either pass becomes a warning.

    Where U is over half the fail range no rule can tell anything. A one-sided range has no half.

    References
    ----------
    JCGM 106:2012, section 8; ILAC-G8:09/2019, section 4.
    """
    if not is_number(value, u) or not all(isfinite(x) for x in numbers_of(bounds)):
        return Outcome.CANNOT_TELL
    expanded = COVERAGE_FACTOR * (u or 0.0)
    if cannot_pass(expanded, bounds):
        return Outcome.CANNOT_TELL
    fail, warn = _ranges(value, bounds)
    if fail.beyond(value) > 0:
        doubted = rule == "guard_reject" and fail.beyond(value) <= expanded + fail.slack
        return Outcome.CANNOT_TELL if doubted else Outcome.FAIL
    near = fail.margin(value) < expanded
    if near and rule == "guard_accept":
        return Outcome.CANNOT_TELL
    if warn.beyond(value) > 0:
        return Outcome.WARNING
    return Outcome.PASS_WITHIN_U if near and rule == "simple" else Outcome.PASS


def is_number(value: float, u: float | None) -> bool:
    """Whether a value and its uncertainty are finite, and the latter not negative."""
    return isfinite(value) and (u is None or (isfinite(u) and u >= 0))


def numbers_of(bounds: Bounds) -> tuple[float, ...]:
    """The numbers that are there, from low to high."""
    numbers = (bounds.fail_low, bounds.warn_low, bounds.warn_high, bounds.fail_high)
    return tuple(x for x in numbers if x is not None)


def cannot_pass(expanded: float, bounds: Bounds) -> bool:
    """Whether U is over half the fail range."""
    if bounds.fail_low is None or bounds.fail_high is None:
        return False
    return expanded > (bounds.fail_high - bounds.fail_low) / 2


def _ranges(value: float, bounds: Bounds) -> tuple[_Range, _Range]:
    """What must hold, and what should."""
    slack = ON_THE_LIMIT * max(abs(x) for x in (value, *numbers_of(bounds)))
    return (
        _range(bounds.fail_low, bounds.fail_high, slack),
        _range(bounds.warn_low, bounds.warn_high, slack),
    )


def _range(low: float | None, high: float | None, slack: float) -> _Range:
    return _Range(-inf if low is None else low, inf if high is None else high, slack)
