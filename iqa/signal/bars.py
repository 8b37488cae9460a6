"""Groups of bars behind one transfer function: the finite, blurred model of each, fitted in linear steps.

A bar of width w and contrast C, seen through the transfer function T, shows across itself

    e(a) = C · 2w ∫ T̄(f) sinc(wf) cos(2πfa) df,        T̄(f) = 2L ∫ T(√(f² + u²)) sinc(Lu) sinc(2hu) du,

sinc(x) = sin(πx)/(πx); T̄ is the mean over the kept part, ±h, of its length L. A group is the sum of its bars, each at
its own place and direction: none is taken as infinite, none as periodic. Its spectrum has two heaps. The one about 0,
the group's mean height, is that of C alone, since T(0) = 1; the one about the fundamental frequency F = 1/(2w) is
C·T(F). So each group has its own contrast and, against it, its own modulation T(F). What all groups share is the shape
of T within a heap, an even cubic spline with T(0) = 1, fitted to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.signal.bar_strips import FAINTEST, Frame, Group, Strips
from iqa.signal.noise import Covariance
from iqa.signal.penalised import Tied, fit_tied
from iqa.signal.splines import EvenSplines

Array = NDArray[np.float64]

OFFSET_MM = 0.4
"""Standard deviation of a gauge's own shift and turn against its module: units differ by up to 0.5° at 47 mm."""
STRAY_MM = 0.1
"""Standard deviation of a group's own place beyond that: what four units left."""
SEARCHED = 3.0
"""Standard deviations to either side in which a group is sought."""
TRIALS = 41
ROUNDS = 3
"""Rounds of the joint fit; the third moves no modulation by 0.1 %."""
PROFILE_MM = 0.02
"""Step at which a bar's image is looked up."""


@dataclass(frozen=True, eq=False)
class GroupFit:
    """What one group shows."""

    contrast: float
    """HU."""
    u_contrast: float
    modulation: float
    """T at the fundamental frequency."""
    u: float
    """From noise, in the group itself and in the common shape."""
    common: float
    """T of the common shape at that frequency."""
    whole: float
    """The modulation with the fringe, all slices together."""
    shift_mm: float
    """Of the group across its bars."""
    misfit: float
    """What the fit leaves against what noise explains: 1 where the model holds."""
    freedom: float
    """Degrees of freedom behind that."""


@dataclass(frozen=True, eq=False)
class BarsFit:
    """The groups of a gauge, fitted together.

    Attributes
    ----------
    groups : tuple of GroupFit
    offset_mm : (3,) float
        Shift (x, y) and turn, as a distance on the radius, of the gauge.
    """

    groups: tuple[GroupFit, ...]
    offset_mm: Array
    _frequency: Array
    _bars: tuple[Array, ...]
    """Of each group: (k,) spectrum of one of its bars, through the transfer function."""

    def profile(self, group: int, offsets_mm: Array, place_mm: Array) -> Array:
        """(n,) image of parallel bars of a group at offsets, of unit contrast and without base, at places across it."""
        away = np.abs(np.subtract.outer(place_mm, offsets_mm))
        grid = np.arange(0.0, away.max() + 2.0 * PROFILE_MM, PROFILE_MM)
        bar = np.cos(2.0 * np.pi * np.multiply.outer(grid, self._frequency)) @ self._bars[group]
        return np.asarray(np.interp(away, grid, bar).sum(axis=1))


def find_offset(groups: Sequence[Group], blur_mm: float, covariance: Covariance) -> Array:
    """(3,) shift (x, y) and turn of a gauge, mm, as its groups show it; see `fit_bars`."""
    frame = Frame.of(blur_mm, covariance)
    start = frame.gaussian(blur_mm)
    return _place([Strips.of(g, frame, start, covariance) for g in groups], start)


def fit_bars(groups: Sequence[Group], blur_mm: float, covariance: Covariance) -> BarsFit:
    """Contrast and modulation of each group of a gauge.

    Parameters
    ----------
    groups
        From coarse to fine, since the coarse ones tell where to look for the fine ones; all below Nyquist.
    blur_mm : float
        Standard deviation of a Gaussian that is about as wide as the blur; where the search starts.
    covariance : Covariance
        Of the noise at the groups, HU² per slice.

    Notes
    -----
    Pixels are summed in strips along the bars. Each group's contrast, base, slope and shift are its own; in the fit of
    the common shape they are projected out, and the third differences of its spline penalised as marginal likelihood
    wants it, but much less strongly: the shape may be noisy, not flattened.
    """
    frame = Frame.of(blur_mm, covariance)
    knots = frame.gaussian(blur_mm)
    strips = [Strips.of(g, frame, knots, covariance) for g in groups]
    offset = _place(strips, knots)
    for _ in range(ROUNDS):
        common = _common(strips, frame.splines, knots)
        knots = common.factors
        for s in strips:
            s.settle(knots)
    spread = common.inverse @ sum(s.pulls @ s.noise @ s.pulls.T for s in strips) @ common.inverse
    found = tuple(_result(s, common, spread) for s in strips)
    return BarsFit(found, offset, frame.frequency, tuple(s.bar * (knots @ s.along) for s in strips))


def _without(columns: Array, *fields: Array) -> list[Array]:
    """The fields without their parts along columns."""
    basis, _ = np.linalg.qr(columns)
    return [f - basis @ (basis.T @ f) for f in fields]


def _place(strips: Sequence[Strips], knots: Array) -> Array:
    """Finds each group across its bars, from coarse to fine; the gauge's shift and turn, (3,) mm, from all of them.

    What the groups so far say of the gauge, and how surely, narrows the search for the next.
    """
    offset, spread = np.zeros(3), OFFSET_MM**2 * np.eye(3)
    for s in strips:
        expected, variance = float(s.lever @ offset), float(s.lever @ spread @ s.lever) + STRAY_MM**2
        known = _search(s, knots, expected, math.sqrt(variance))
        gain = spread @ s.lever / (variance - STRAY_MM**2 + known)
        offset = offset + gain * (s.shift_mm - expected)
        spread = spread - np.outer(gain, s.lever @ spread)
    return offset


def _search(s: Strips, knots: Array, expected: float, sd: float) -> float:
    """Sets a group's shift and contrast to the best ones about the expected place; the variance of the shift, mm²."""
    heaps, _ = s.heaps(knots)
    trials = expected + sd * np.linspace(-SEARCHED, SEARCHED, TRIALS)
    turns = np.exp(1j * np.multiply.outer(s.steps, trials))
    low, high = ((s.waves @ ((h * s.bar)[:, None] * turns)).real for h in heaps)
    values, low, high = _without(s.base, s.values, low, high)
    first, second, explained = _two(low, high, values)
    power = float(values @ values)
    best = int(np.argmin(power - explained + ((trials - expected) / sd) ** 2))
    s.shift_mm, s.contrast = float(trials[best]), float(first[best])
    slope = s.columns(heaps, s.shift_mm, moved=True) @ np.array([first[best], second[best]])
    steep = float(np.sum(_without(s.base, slope)[0] ** 2))
    left = (power - float(explained[best])) / max(1, len(values) - 5)
    return max(1.0, left) / max(steep, np.finfo(np.float64).tiny) + STRAY_MM**2


def _two(low: Array, high: Array, values: Array) -> tuple[Array, Array, Array]:
    """(m,) amplitudes of two columns, the second not negative, and the sum of squares that they explain."""
    ll, lh, hh = (low * low).sum(axis=0), (low * high).sum(axis=0), (high * high).sum(axis=0)
    lv, hv = values @ low, values @ high
    second = np.maximum((ll * hv - lh * lv) / np.maximum(ll * hh - lh**2, np.finfo(np.float64).tiny), 0.0)
    first = (lv - second * lh) / ll
    return (
        first,
        second,
        2.0 * (first * lv + second * hv) - (first**2 * ll + 2.0 * first * second * lh + second**2 * hh),
    )


def _common(strips: Sequence[Strips], splines: EvenSplines, knots: Array) -> Tied:
    """The common transfer from all groups."""
    normal = np.zeros((splines.count, splines.count))
    pull, power = np.zeros(splines.count), 0.0
    for s in strips:
        now = (knots @ s.along)[None]
        own = np.column_stack([s.base, s.columns(now, s.shift_mm), s.columns(now, s.shift_mm, moved=True)])
        columns, values = _without(own, s.contrast * s.columns(s.along, s.shift_mm), s.values)
        s.pulls = columns.T
        normal += columns.T @ columns
        pull += columns.T @ values
        power += float(values @ values)
    return fit_tied(normal, pull, power, splines.at(np.array(0.0)))


def _result(s: Strips, shape: Tied, spread: Array) -> GroupFit:
    contrast, height = (float(a) for a in s.found)
    modulation = height / contrast
    whole = s.found + s.solve[:2] @ s.fringe.sum(axis=0)
    heaps, there = s.heaps(shape.factors)
    # A change of the shape moves the amplitudes by minus what they would have to explain of it.
    bent = contrast * s.along * (1.0 - s.inside)
    if there > FAINTEST:
        bent = bent + height * (s.along * s.inside - np.outer(s.there, heaps[1])) / there
    moved = s.solve[:2] @ s.columns(bent, s.shift_mm)
    own = shape.inverse @ s.pulls
    # The group's own noise also has its part in the shape.
    direct = s.solve[:2] - moved @ own
    others = spread - own @ s.noise @ own.T + np.outer(shape.moved, shape.moved)
    variance = direct @ s.noise @ direct.T + moved @ others @ moved.T
    slope = np.array([-modulation, 1.0]) / contrast
    return GroupFit(
        contrast=contrast,
        u_contrast=math.sqrt(float(variance[0, 0])),
        modulation=modulation,
        u=math.sqrt(float(slope @ variance @ slope)),
        common=there,
        whole=float(whole[1] / whole[0]),
        shift_mm=s.shift_mm,
        misfit=s.misfit,
        freedom=s.freedom,
    )
