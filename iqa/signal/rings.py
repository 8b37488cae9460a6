"""The strongest full ring about a centre, and whether noise could be it.

Every ring is looked for as a Gaussian of radius over a smooth ground, weighted by the noise's own correlation along the
radius. Each sector of the circle gives its own height, their mean is the ring's, and their scatter tells how noisy it
is there: partial rings and streaks make a height less sure, a full ring does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, ndtri

from iqa.signal.noise import Covariance, Mask
from iqa.signal.polar_cells import SECTORS, Polar, between_sectors, order_variances

Array = NDArray[np.float64]

INNERMOST_MM = 10.0
"""Radius within which nothing is looked at: a ring is not told there from a spot, and a spot's slope beside it would
be one."""
NARROWEST_MM, NARROWEST_STEPS = 0.6, 0.7
"""Standard deviation of the narrowest ring looked for: a detector's element behind the kernel, but no single pixel."""
WIDEST_MM, STEP = 2.0, 1.5
"""The widest, and the ratio of one to the next: between two of them a ring keeps 98 % of its significance."""
REACH_SD, GROUND_MM = 2.5, 6.0
"""A window holds so many standard deviations and so much ground on either side: a parabola, which slow shading is."""
WHITE = 0.2
"""White noise beside the scan's own in the weights, as a share of it: without, a smooth kernel's weights would trust in
frequencies that the noise has left and a ring never reaches."""
SMALLEST_SHARE = 0.5
"""Of the circle, that must lie in the area."""
SHADING_ORDERS = 3
"""Angular orders that are no noise but shading and crescents; left out of the scatter between sectors."""
LEVEL_MM = 8.0
"""Half width over which that scatter is averaged along the radius."""
FALSE_ALARM = 0.005
"""Chance at which noise alone gives a ring in a scan; half of what is allowed, since its level is itself learnt."""
SURELY, MOST_RADII = 1.645, 0.75
"""Standard deviations over the threshold with which 95 % are found (Currie, Anal Chem 1968;40:586), and the share of
the radii for which that is said: some, at the edge of an area off the centre, are far noisier."""
SHAPE_U = 0.05
"""Relative u of a height for a ring that is no Gaussian, and for what cells of whole pixels make of a narrow one."""
FINEST_MM, FINEST_STEPS, WIDER, WIDTHS = 0.45, 0.5, 1.6, 25
"""Widths among which the found ring is refined: from a narrowest, in mm and in bins, to some times the template's."""
FINE_AT: Array = np.linspace(-1.0, 1.0, 17)
"""And places, in bins."""


@dataclass(frozen=True, eq=False)
class Ring:
    """A ring that noise does not explain."""

    radius_mm: float
    sd_mm: float
    """Width with which height and width make the ring's area."""
    height: float
    """HU of its crest over the ground; negative where it is dark."""
    u: float
    slice: int | None
    """Number in the stack of the one slice that shows it; None where it is that of all together."""


@dataclass(frozen=True, eq=False)
class Rings:
    """What a search has found.

    Attributes
    ----------
    ring : Ring or None
        The most significant one.
    rms : float
        Root mean square height over the radii less what noise gives, HU; negative where noise gives more.
    limit : float
        Height, HU, from which a ring of the narrowest kind is found in 95 % of scans at three quarters of the radii.
    """

    ring: Ring | None
    rms: float
    limit: float


@dataclass(frozen=True, eq=False)
class _Template:
    """Weights along the radius that give the height of a ring of one width."""

    sd_mm: float
    weights: Array
    power: float
    """Variance of the mean height over a whole circle times 2πr, HU² mm."""

    @property
    def half(self) -> int:
        return len(self.weights) // 2


@dataclass(frozen=True, eq=False)
class _Heights:
    """Heights of rings of one width at the radii where a window fits; one row for each slice, the last for all."""

    template: _Template
    radius_mm: Array
    share: Array
    """(radii,) of the circle in the area."""
    height: Array
    """(rows, radii) HU."""
    sd: Array
    """(rows, radii) noise, HU."""

    @property
    def significance(self) -> Array:
        return np.asarray(self.height / self.sd)


@dataclass(frozen=True, eq=False)
class RingSearch:
    """A search on a polar grid in noise of a known texture."""

    grid: Polar
    covariance: Covariance

    @cached_property
    def templates(self) -> tuple[_Template, ...]:
        """Of all widths, the narrowest first."""
        first = max(NARROWEST_MM, NARROWEST_STEPS * self.grid.step_mm)
        count = max(1, 1 + math.floor(math.log(WIDEST_MM / first) / math.log(STEP)))
        return tuple(self._template(first * STEP**k) for k in range(count))

    @property
    def fits(self) -> bool:
        """False where the area holds no circle wide enough to look for rings."""
        return self._fits(self.templates[0])

    def run(self, slices: Array) -> Rings:
        """The strongest ring of (n, sectors, radii) cells, shading removed: of all slices together, or of one.

        Notes
        -----
        A ring stands out where its significance exceeds what noise gives anywhere, at any width, on any slice, in
        `FALSE_ALARM` of all scans (Bonferroni over radii a standard deviation apart).
        """
        maps = slices if len(slices) == 1 else np.concatenate([slices, slices.mean(axis=0, keepdims=True)])
        levels = self._levels(maps)
        found = [self._heights(t, maps, levels) for t in self.templates if self._fits(t)]
        trials = sum(np.ptp(h.radius_mm) / h.template.sd_mm + 1.0 for h in found) * len(maps)
        threshold = float(-ndtri(0.5 * FALSE_ALARM / trials))
        narrow = found[0]
        power = float(np.mean(narrow.height[-1] ** 2 - narrow.sd[-1] ** 2))
        rms = math.copysign(math.sqrt(abs(power)), power)
        limit = (threshold + SURELY) * float(np.quantile(narrow.sd[-1], MOST_RADII))
        best = self._best(found, threshold)
        return Rings(None if best is None else self._refined(maps, levels, *best), rms, limit)

    def _best(self, found: Sequence[_Heights], threshold: float) -> tuple[_Template, int, int] | None:
        """Template, row and radius of the largest significance; a single slice only where it beats all together."""
        peaks = [(float(np.abs(h.significance[row]).max()), h, row) for h in found for row in range(len(h.height))]
        largest, heights, row = max(peaks, key=lambda p: p[0])
        if largest < threshold:
            return None
        k = int(np.argmax(np.abs(heights.significance[row])))
        return heights.template, row, round(heights.radius_mm[k] / self.grid.step_mm - 0.5)

    # ------------------------------------------------------------------------------------------ heights and their noise

    def _template(self, sd_mm: float) -> _Template:
        half = math.ceil((REACH_SD * sd_mm + GROUND_MM) / self.grid.step_mm)
        form = crest(np.arange(-half, half + 1.0) * self.grid.step_mm, sd_mm, self.grid.step_mm)
        inverse = self._inverse(half)
        weights = solved(np.stack([form, *_ground(len(form))], axis=1), inverse)
        return _Template(sd_mm, weights, self._power(weights))

    def _power(self, weights: Array) -> float:
        """Variance of a weighted mean over whole circles times their length, HU² mm."""
        one = np.ones(1)
        return float(order_variances(self.covariance, one, 0.0 * one, weights, self.grid.step_mm)[0, 0]) * 2.0 * math.pi

    def _inverse(self, half: int) -> Array:
        """(2 half + 1)² inverse of the noise's covariance along the radius, with some white noise."""
        step, n = self.grid.step_mm, 2 * half + 1
        f = np.linspace(0.0, float(self.covariance.frequency[-1]), 257)
        power = np.interp(f, self.covariance.frequency, self.covariance.nps) * np.sinc(f * step) ** 2
        waves = np.cos(2.0 * np.pi * step * np.arange(n)[:, None] * f)
        lags = np.asarray(np.trapezoid(waves * power, f, axis=1))
        apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        return np.asarray(np.linalg.inv(lags[apart] + WHITE * lags[0] * np.eye(n)))

    def _usable(self, template: _Template) -> tuple[Mask, Array]:
        """(sectors, radii) sectors whose whole window is filled, and the share of the circle they make."""
        filled, n = self.grid.filled, 2 * template.half + 1
        if filled.shape[1] < n:
            return np.zeros((SECTORS, 0), dtype=bool), np.zeros(0)
        total = np.cumsum(np.pad(filled, ((0, 0), (1, 0))), axis=1)
        whole: Mask = total[:, n:] - total[:, :-n] == n
        inner_mm = self._radii(template) - template.half * self.grid.step_mm
        share = whole.mean(axis=0) * (inner_mm >= INNERMOST_MM)
        return np.asarray(whole), np.asarray(share)

    def _fits(self, template: _Template) -> bool:
        return bool(np.any(self._usable(template)[1] >= SMALLEST_SHARE))

    def _radii(self, template: _Template) -> Array:
        return self.grid.radius_mm[template.half : self.grid.count.shape[1] - template.half]

    def _by_sector(self, template: _Template, maps: Array) -> tuple[Array, Array, Mask]:
        """(maps, sectors, radii) heights less their mean, the (maps, radii) mean, and where the circle suffices."""
        whole, share = self._usable(template)
        radii = maps.shape[2]
        band = np.zeros((radii, whole.shape[1]))
        for k, weight in enumerate(template.weights):
            band[np.arange(whole.shape[1]) + k, np.arange(whole.shape[1])] = weight
        heights = maps.reshape(-1, radii) @ band
        heights = heights.reshape(*maps.shape[:2], -1)
        mean = (heights * whole).sum(axis=1) / np.maximum(whole.sum(axis=0), 1)
        return (heights - mean[:, None, :]) * whole, mean, np.asarray(share >= SMALLEST_SHARE)

    def _levels(self, maps: Array) -> Array:
        """(maps, radii of the grid) variance of the noise against that of the covariance."""
        template = self.templates[0]
        strays, _, used = self._by_sector(template, maps)
        orders = np.abs(np.fft.rfft(strays, axis=1)[:, SHADING_ORDERS + 1 :]) ** 2
        # the last order is its own mirror image, all others stand for two
        seen = (2.0 * orders[:, :-1].sum(axis=1) + orders[:, -1]) / SECTORS**2
        radius, share = self._radii(template)[used], self._usable(template)[1][used]
        model = between_sectors(self.covariance, radius, template.weights, self.grid.step_mm, SHADING_ORDERS)
        expected = model * share
        away = np.abs(np.subtract.outer(self.grid.radius_mm, radius))
        near = away <= np.maximum(LEVEL_MM, away.min(axis=1, keepdims=True))
        # relative to what is expected, so that inner radii do not drown outer ones
        return np.asarray((seen[:, used] / expected) @ (near / near.sum(axis=1, keepdims=True)).T)

    def _heights(self, template: _Template, maps: Array, levels: Array) -> _Heights:
        _, mean, used = self._by_sector(template, maps)
        radius, share = self._radii(template)[used], self._usable(template)[1][used]
        first = template.half
        level = levels[:, first : levels.shape[1] - first][:, used]
        sd = np.sqrt(level * template.power / (2.0 * np.pi * radius * share))
        return _Heights(template, radius, share, mean[:, used], sd)

    # --------------------------------------------------------------------------------------------------- the ring found

    def _refined(self, maps: Array, levels: Array, template: _Template, row: int, at: int) -> Ring:
        """The ring of free width and radius in a template's window.

        A weak ring does not tell its width: what is given are means over all widths and places, each weighted with the
        likelihood of its fit, and u holds how they differ.
        """
        step, half = self.grid.step_mm, template.half
        whole, share = self._usable(template)
        sectors = whole[:, at - half]
        profile = maps[row][sectors, at - half : at + half + 1].mean(axis=0)
        place: Array = np.arange(-half, half + 1.0) * step
        inverse = self._inverse(half)
        ground = np.stack(_ground(len(place)), axis=1)
        metric = inverse - inverse @ ground @ np.linalg.solve(ground.T @ inverse @ ground, ground.T @ inverse)
        widths = np.geomspace(max(FINEST_MM, FINEST_STEPS * step), WIDER * template.sd_mm, WIDTHS)
        sds, shifts = (v.ravel() for v in np.meshgrid(widths, FINE_AT * step))
        forms = crest(place - shifts[:, None], sds[:, None], step)
        size, along = ((forms @ metric) * forms).sum(axis=1), forms @ metric @ profile
        best = int(np.argmax(along**2 / size))
        at_mm = self.grid.radius_mm[at]
        scale = levels[row, at] / (2.0 * math.pi * at_mm * share[at - half])
        fixed = solved(np.stack([forms[best], *_ground(len(place))], axis=1), inverse)
        # the noise of a height goes with 1/size; one of them is reckoned through its weights
        noise = self._power(fixed) * scale * size[best]
        weight = np.exp(0.5 * (along**2 / size - along[best] ** 2 / size[best]) / noise)
        weight /= weight.sum()
        heights = along / size
        height, radius, area = (float(weight @ v) for v in (heights, at_mm + shifts, heights * sds))
        variance = float(weight @ ((heights - height) ** 2 + noise / size))
        u = math.hypot(math.sqrt(variance), SHAPE_U * height)
        number = None if row == len(maps) - 1 else row
        return Ring(radius, area / height, height, u, number)


def crest(x_mm: Array, sd_mm: float | Array, step_mm: float) -> Array:
    """A Gaussian of height 1 as the mean over bins about places along the radius."""
    root = math.sqrt(2.0) * sd_mm
    edges = erf((x_mm + 0.5 * step_mm) / root) - erf((x_mm - 0.5 * step_mm) / root)
    return np.asarray(edges * sd_mm * math.sqrt(math.pi / 2.0) / step_mm)


def _ground(n: int) -> tuple[Array, Array]:
    """What lies under a ring: a level and a parabola, even as the ring is, so that a slope changes nothing."""
    x = np.linspace(-1.0, 1.0, n)
    return np.ones(n), x * x


def solved(columns: Array, inverse: Array) -> Array:
    """(n,) weights of the first of (n, k) columns in a least-squares fit of all, by the inverse of a covariance."""
    weighted = inverse @ columns
    return np.asarray(np.linalg.solve(columns.T @ weighted, weighted.T)[0])
