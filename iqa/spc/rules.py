"""Run rules: patterns of neighbouring values that chance makes rarely.

Choices where the sources leave them open: a value exactly on a limit is not beyond it (and is within ±1σ); one exactly
on the centre is on no side and breaks a run; equal neighbours break a run that rises, falls or alternates; a pattern is
reported at its last value, and again at every further value at which it still holds; in rule N8 the values may lie on
one side or on both.

References
----------
Western Electric, Statistical Quality Control Handbook (1956). Nelson, J Qual Technol 1984;16:237.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from iqa.spc.answers import Array, Mask, series

RuleName = Literal["WE1", "WE2", "WE3", "WE4", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8"]


@dataclass(frozen=True, slots=True)
class RunRule:
    """What must hold for a value and those before it."""

    length: int
    says: str
    holds: Callable[[Array], Mask]
    """Of (..., length) windows of standardised values; NaN stands before the first value and fulfils nothing."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule broken by the values `first` to `last`, both counted from 0 and inclusive."""

    rule: RuleName
    first: int
    last: int
    says: str


def _side(count: int, sigmas: float) -> Callable[[Array], Mask]:
    """At least `count`, the last among them, beyond so many σ on one side."""

    def holds(z: Array) -> Mask:
        sides = (z > sigmas, z < -sigmas)
        return np.asarray(np.logical_or(*((s.sum(axis=-1) >= count) & s[..., -1] for s in sides)))

    return holds


def _steady(z: Array) -> Mask:
    steps = np.diff(z, axis=-1)
    return np.asarray((steps > 0).all(axis=-1) | (steps < 0).all(axis=-1))


def _alternating(z: Array) -> Mask:
    steps = np.diff(z, axis=-1)
    return np.asarray((steps[..., 1:] * steps[..., :-1] < 0).all(axis=-1))


def _within(z: Array) -> Mask:
    return np.asarray((np.abs(z) <= 1.0).all(axis=-1))


def _without(z: Array) -> Mask:
    return np.asarray((np.abs(z) > 1.0).all(axis=-1))


_BEYOND = RunRule(1, "1 value beyond 3σ", _side(1, 3.0))
_TWO = RunRule(3, "2 of 3 beyond 2σ on one side", _side(2, 2.0))
_FOUR = RunRule(5, "4 of 5 beyond 1σ on one side", _side(4, 1.0))

RULES: dict[RuleName, RunRule] = {
    "WE1": _BEYOND,
    "WE2": _TWO,
    "WE3": _FOUR,
    "WE4": RunRule(8, "8 in a row on one side of the centre", _side(8, 0.0)),
    "N1": _BEYOND,
    "N2": RunRule(9, "9 in a row on one side of the centre", _side(9, 0.0)),
    "N3": RunRule(6, "6 in a row steadily rising or falling", _steady),
    "N4": RunRule(14, "14 in a row alternating up and down", _alternating),
    "N5": _TWO,
    "N6": _FOUR,
    "N7": RunRule(15, "15 in a row within ±1σ", _within),
    "N8": RunRule(8, "8 in a row, none within ±1σ", _without),
}
DEFAULT_RULES: tuple[RuleName, ...] = ("N1", "N2")
"""With known parameters a false signal every 213 values; all eight of Nelson's give one every 75."""
WESTERN_ELECTRIC: tuple[RuleName, ...] = ("WE1", "WE2", "WE3", "WE4")
NELSON: tuple[RuleName, ...] = ("N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8")


def holding(z: ArrayLike, rule: RuleName) -> Mask:
    """(..., scans) whether the rule's pattern ends at each value.

    Parameters
    ----------
    z : (..., scans) array_like
        (value − centre)/σ, one segment in the order of time.
    rule : str
        Its name among `RULES`.
    """
    numbers, of = series(z), RULES[rule]
    before = np.full((*numbers.shape[:-1], of.length - 1), np.nan)
    return of.holds(sliding_window_view(np.concatenate([before, numbers], axis=-1), of.length, axis=-1))


def patterns(z: ArrayLike, rules: Sequence[RuleName] = DEFAULT_RULES) -> tuple[Pattern, ...]:
    """What the rules find in one series, by its last value and then in the order of the rules."""
    found = [
        Pattern(rule, max(0, int(last) - RULES[rule].length + 1), int(last), RULES[rule].says)
        for rule in rules
        for last in np.flatnonzero(holding(z, rule))
    ]
    return tuple(sorted(found, key=lambda pattern: pattern.last))
