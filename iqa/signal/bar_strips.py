"""One group of bars as strips: its pixels summed along the bars, their noise whitened, its image under any transfer.

See `iqa.signal.bars` for the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iqa.signal.noise import Covariance
from iqa.signal.splines import EvenSplines

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Waves = NDArray[np.complex64]
Indices = NDArray[np.intp]

PERIOD_MM = 40.0
"""The integrals over frequency are sums, which repeat the image at this distance; the widest group reaches 13 mm."""
REACH = 0.66
"""Largest frequency of the spline, as a multiple of 1/blur: T of every known kernel is below 0.005 there."""
BEYOND_NYQUIST = (1.3, 2.2)
"""Its bounds against the pixels' Nyquist frequency: an overshooting kernel reaches further than its blur says."""
STRIP_STEP = 0.5
"""Width of the strips in blurs: half of one loses nothing of T."""
STRIPS_MM = (0.2, 0.3)
"""Bounds of it: finer than half a pixel is of no use, 0.3 mm still serves 15 lp/cm."""
PLAIN_NOISE = 0.1
"""White noise added to the weights, as a share of the pixel variance: a smooth noise's empty frequencies would else
weigh what no model holds. It costs 2 % of precision; u counts the true noise alone."""
PITCH = 0.004
"""Relative standard deviation of a group's scale: 0.2 mm of 47 mm in the gauge's radius. Without it, a pitch wrong by
so much would move all T by 4 %; with it by 0.1 %, at no loss of precision."""
SMALLEST_NOISE = 1e-4
"""Directions of the strips with less noise, against the mean, are numerical zeros."""
FARTHEST = 0.9
"""Quantile of the pixels' distance from the middle from which they are base alone: 2.5 mm of 4.5 to 10 mm are."""
FAINTEST = 0.02
"""Transfer below which its shape within a heap is not known any more, and no modulation is given."""
LARGEST_STEP_MM = 0.1
"""Bound of one round's shift, so that a faint group does not run away."""


@dataclass(frozen=True, eq=False)
class Patch:
    """The middle part of a group on one slice, and where its bars lie.

    Attributes
    ----------
    hu, place_mm : (n,) float
        Pixels that show the bars and the base beside them, and their places across the bars from the group's middle.
    rows, columns : (n,) int
        Where each stands on the axes.
    x_mm, y_mm : (columns,), (rows,) float
    normals : (m, 2) float
        Unit vectors across the bars: one for parallel bars, one a bar for a fan.
    offsets_mm, spread_mm : (m, k) float
        A bar's middle line is where normal · (x, y) = offset; its distance from the group's middle.
    """

    hu: Array
    place_mm: Array
    rows: Indices
    columns: Indices
    x_mm: Array
    y_mm: Array
    normals: Array
    offsets_mm: Array
    spread_mm: Array

    @property
    def above_base(self) -> Array:
        """(n,) the pixels less the mean of those farthest from the group's middle, HU."""
        away = np.abs(self.place_mm)
        return np.asarray(self.hu - self.hu[away >= np.quantile(away, FARTHEST)].mean())


@dataclass(frozen=True, eq=False)
class Group:
    """A group of bars on the slices that show it.

    Attributes
    ----------
    patches : tuple of Patch
        At least one.
    fringe : tuple of Patch
        Of slices that show the group more faintly.
    heights : (patches,) float
        How strongly each patch shows the group, against their mean: 1 where the section lies whole within the bars.
    bar_mm, length_mm : float
        Width and length of a bar, gaps as wide.
    half_mm : float
        Half of the part of that length that the patches hold.
    contrast : float
        HU, roughly; positive.
    lever : (3,) float
        How far the group moves across its bars when the gauge moves by (1, 0), (0, 1) or turns by 1 mm on its radius.
    noise : float
        Variance of the patches' mean against that of one slice.
    """

    patches: tuple[Patch, ...]
    fringe: tuple[Patch, ...]
    heights: Array
    bar_mm: float
    length_mm: float
    half_mm: float
    contrast: float
    lever: Array
    noise: float

    @property
    def frequency(self) -> float:
        """Fundamental frequency, 1/mm."""
        return 0.5 / self.bar_mm


@dataclass(frozen=True, eq=False)
class Frame:
    """Frequencies, and the splines over them."""

    splines: EvenSplines
    frequency: Array
    weight: Array
    """Of each frequency in a cosine integral from 0."""
    rings: Array
    """(splines, frequencies, frequencies): at frequencies in the plane."""
    strip_mm: float

    @classmethod
    def of(cls, blur_mm: float, covariance: Covariance) -> Frame:
        """For a blur of about that size, and the pixels of the noise."""
        low, high = (b * 0.5 / max(covariance.pixel_mm) for b in BEYOND_NYQUIST)
        splines = EvenSplines.of(float(np.clip(REACH / blur_mm, low, high)))
        f = np.arange(0.0, splines.largest, 1.0 / PERIOD_MM)
        weight = np.full(len(f), 2.0 / PERIOD_MM)
        weight[0] *= 0.5
        rings = splines.at(np.hypot(f[:, None], f))
        return cls(splines, f, weight, rings, float(np.clip(STRIP_STEP * blur_mm, *STRIPS_MM)))

    def gaussian(self, blur_mm: float) -> Array:
        """(splines,) coefficients for a Gaussian blur."""
        wanted = np.exp(-2.0 * (np.pi * blur_mm * self.frequency) ** 2)
        return np.asarray(np.linalg.lstsq(self.splines.at(self.frequency).T, wanted, rcond=None)[0])

    def along(self, group: Group) -> Array:
        """(splines, k) means over the kept part of a bar's length."""
        length, f = group.length_mm, self.frequency
        return np.asarray(self.rings @ (self.weight * length * np.sinc(length * f) * np.sinc(2.0 * group.half_mm * f)))

    def bar(self, group: Group) -> Array:
        """(k,) spectrum of a bar with the weights of the integral."""
        return np.asarray(group.bar_mm * np.sinc(group.bar_mm * self.frequency) * self.weight)


def _heap(ratio: Array) -> Array:
    """1 from half to 1.5 times a group's fundamental frequency, where its bars have next to nothing; else 0."""
    return np.where((ratio > 0.5) & (ratio < 1.5), 1.0, np.where((ratio == 0.5) | (ratio == 1.5), 0.5, 0.0))


@dataclass(eq=False)
class Strips:
    """One group's strips, whitened, and what is known of it so far."""

    frequency: float
    """Fundamental."""
    lever: Array
    along: Array
    """(splines, k) transfer of each spline."""
    there: Array
    """(splines,) at the fundamental frequency."""
    inside: Array
    """(k,) 1 within the heap about it."""
    bar: Array
    """(k,) spectrum of a bar."""
    waves: Complex
    """(q, k) a wave of each frequency over all bars, in the whitened strips."""
    steps: Array
    """(k,) −2π times the frequencies: what a shift does to the waves."""
    values: Array
    """(q,)."""
    fringe: Array
    """(slices, q) those of the fringe against the number of patches."""
    base: Array
    """(q, 2) constant and slope."""
    noise: Array
    """(q, q) covariance."""
    shift_mm: float = 0.0
    contrast: float = 0.0
    found: Array = field(default_factory=lambda: np.zeros(2))
    """Amplitudes of the two heaps, HU."""
    solve: Array = field(default_factory=lambda: np.zeros((2, 0)))
    """(≥ 2, q) what makes them of the values."""
    pulls: Array = field(default_factory=lambda: np.zeros((0, 0)))
    """(splines, q) what the values contribute to the common shape."""
    misfit: float = 1.0
    freedom: float = 0.0

    @classmethod
    def of(cls, group: Group, frame: Frame, knots: Array, covariance: Covariance) -> Strips:
        """Of a group in noise of that covariance; `knots` say roughly how blurred, for what a wrong pitch would do."""
        every = (*group.patches, *group.fringe)
        lowest = min(float(p.place_mm.min()) for p in every)
        highest = max(float(p.place_mm.max()) for p in every)
        strips, count = int((highest - lowest) / frame.strip_mm) + 2, len(frame.frequency)

        def hats(patch: Patch) -> Array:
            return _hats((patch.place_mm - lowest) / frame.strip_mm, strips)

        sums = [hats(p) for p in group.patches]
        pairs = list(zip(sums, group.patches, strict=True))
        steps, bar, along = -2.0 * np.pi * frame.frequency, frame.bar(group), frame.along(group)
        # The slices of a tilted gauge hold other pixels in a strip, so that a mean image would not be theirs.
        shown = [
            [height * (h.astype(np.float32) @ w) for w in _waves(p, count)]
            for height, (h, p) in zip(group.heights, pairs, strict=True)
        ]
        waves, pulled = np.mean(shown, axis=0)
        base = np.mean([h @ np.stack([np.ones_like(p.hu), p.place_mm], axis=1) for h, p in pairs], axis=0)
        pitch = PITCH * group.contrast * ((pulled * (1j * steps)) @ (knots @ along * bar)).real
        # Of all slices, since one's strips can be quiet in combinations in which another's are noisy.
        own = np.mean([_strip_noise(h, p, covariance) for h, p in pairs], axis=0)
        noise = own * group.noise + np.outer(pitch, pitch)
        plain = PLAIN_NOISE * covariance.variance * group.noise * np.mean([h @ h.T for h in sums], axis=0)
        whiten = _whitener(noise + plain)
        return cls(
            frequency=group.frequency,
            lever=group.lever,
            along=along,
            there=frame.splines.at(np.array(group.frequency)),
            inside=_heap(frame.frequency / group.frequency),
            bar=bar,
            waves=whiten @ waves,
            steps=steps,
            values=whiten @ np.mean([h @ p.hu for h, p in pairs], axis=0),
            # Less its own base: its strips hold other numbers of pixels, so that the base would not cancel.
            fringe=np.reshape(
                [whiten @ (hats(p) @ p.above_base) / len(pairs) for p in group.fringe], (-1, len(whiten))
            ),
            base=whiten @ base,
            noise=whiten @ noise @ whiten.T,
        )

    def columns(self, transfers: Array, shift_mm: float, moved: bool = False) -> Array:
        """(q, m) images of the group under (m, k) transfers, or their derivatives by the shift."""
        turn = np.exp(1j * self.steps * shift_mm)
        waves = (self.waves * (1j * self.steps * turn if moved else turn)).real
        return np.asarray(waves @ (transfers * self.bar).T)

    def heaps(self, knots: Array) -> tuple[Array, float]:
        """(2, k) mean transfer without and within the heap, the latter for T = 1 there; and that T."""
        transfer, there = knots @ self.along, float(knots @ self.there)
        return np.stack([transfer * (1.0 - self.inside), transfer * self.inside / max(there, FAINTEST)]), there

    def settle(self, knots: Array) -> None:
        """The two amplitudes and the shift under a transfer, by least squares."""
        heaps, there = self.heaps(knots)
        seen = self.columns(heaps, self.shift_mm)
        start = self.found if self.found.any() else self.contrast * np.array([1.0, there])
        moved = self.columns(heaps, self.shift_mm, moved=True) @ start
        design = np.column_stack([seen, moved, self.base])
        self.solve = np.linalg.pinv(design)
        amplitudes = self.solve @ self.values
        left = self.values - design @ amplitudes
        kept = np.eye(len(left)) - design @ self.solve
        self.freedom = float(np.trace(kept @ self.noise @ kept.T))
        self.misfit = float(left @ left) / self.freedom
        self.found, self.contrast = amplitudes[:2], float(amplitudes[0])
        self.shift_mm += float(np.clip(amplitudes[2], -LARGEST_STEP_MM, LARGEST_STEP_MM))


def _hats(at: Array, count: int) -> Array:
    """(count, n) shares of the pixels in strips, from their places in strip widths."""
    return np.maximum(0.0, 1.0 - np.abs(at - np.arange(count)[:, None]))


def _waves(patch: Patch, count: int) -> tuple[Waves, Waves]:
    """(n, count) exp(2πi f a) at the pixels, a their distance from a bar: summed over bars, and so times the spread."""
    total, pulled = np.zeros((2, len(patch.hu), count), dtype=np.complex64)
    for normal, offsets, spread in zip(patch.normals, patch.offsets_mm, patch.spread_mm, strict=True):
        x, y = (_powers(n * axis, count) for n, axis in zip(normal, (patch.x_mm, patch.y_mm), strict=True))
        wave, bars = x[patch.columns] * y[patch.rows], _powers(-offsets, count)
        total += wave * bars.sum(axis=0)
        pulled += wave * (spread.astype(np.float32) @ bars)
    return total, pulled


def _powers(place_mm: Array, count: int) -> Waves:
    """(n, count) exp(2πi f x) at the frequencies of a frame, multiples of 1/PERIOD_MM, to 1e-5."""
    waves = np.ones((len(place_mm), 1), dtype=np.complex64)
    step = np.exp(2j * np.pi / PERIOD_MM * place_mm)[:, None].astype(np.complex64)
    while waves.shape[1] < count:
        waves = np.concatenate([waves, waves * step], axis=1)
        step = step * step
    return waves[:, :count]


def _strip_noise(hats: Array, patch: Patch, covariance: Covariance) -> Array:
    """(strips, strips) covariance of the strips' sums on one slice."""
    reach = (int(np.ptp(patch.rows)), int(np.ptp(patch.columns)))
    lags = tuple(np.subtract.outer(axis, axis) + r for axis, r in zip((patch.rows, patch.columns), reach, strict=True))
    return np.asarray(hats @ (hats @ covariance.grid(reach)[lags]).T)


def _whitener(covariance: Array) -> Array:
    """(q, n) matrix that makes noise of a covariance white; directions without noise are left out."""
    power, directions = np.linalg.eigh(covariance)
    kept = power > SMALLEST_NOISE * power.mean()
    return np.asarray((directions[:, kept] / np.sqrt(power[kept])).T)
