"""The transfer function behind a rotationally symmetric object: exact, linear, near the Cramér-Rao bound.

A disc of radius R and contrast C, and a point source of integral A and transform O, seen through T, are

    e(r) = C · 2πR ∫ T(f) J₁(2πRf) J₀(2πrf) df,        p(r) = A · 2π ∫ f T(f) O(f) J₀(2πrf) df,

linear in C·T and A·T. T is an even cubic spline; its coefficients and the base are found by generalised least squares
from sums of the pixels over rings (decision 005), with a penalty that the data choose (`penalised`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j0, j1

from iqa.signal.noise import Covariance
from iqa.signal.penalised import Free, Solved, fit_beside, fit_smooth
from iqa.signal.plane import distance
from iqa.signal.splines import bump

Array = NDArray[np.float64]

DISC_KNOT, POINT_KNOT = 0.05, 0.1
"""Distance of the spline's knots, 1/mm. An edge tells fine structure of T; what a point tells of it, beside its free
shape, is broad."""
DISC_REACH, POINT_REACH = 1.0, 0.66
"""Largest frequency of the spline, as a multiple of 1/(edge blur). A body kernel on a real scanner still passes 1 % at
0.75, where there is so little noise that this 1 % would distort all the rest of what an edge gives."""
ROUGHEST = 10.0
"""Typical third derivative of T at most, as a multiple of (2π blur)³, in which a Gaussian of the edge blur reaches 1.4:
above it streaks beside an insert would be taken for its transfer function. 4 costs sharp kernels 1 % of f50 at a CNR of
20, twice what this does; with no such bound the weak inserts of one cone beam disagree by three times their u."""
LARGEST = (0.8, 6.0)
"""Bounds of it, 1/mm."""
PER_WAVE, DISC_FEWEST, POINT_FEWEST = 16, 400, 1000
"""Intervals of the integral over frequency: so many to each wave of an image at the end of its crop, and at least. With
fewer the f10 of a point would move by 1e-5."""
RADIUS_STEP_MM = 0.02
RING_STEP = 0.5
"""Distance of the rings in edge blurs: half of one loses nothing of T, a whole one 5 % of its precision."""
RINGS_MM = (0.06, 0.25)
"""Bounds of it."""
ROUNDS = 3
"""Rounds of the fit of the radius; the third moves it by micrometres."""
LARGEST_STEP_MM = 0.2
WIDTHS = np.geomspace(0.4, 2.5, 38)
"""Gaussians tried for a point spread's free shape, as multiples of its blur: steps of 5 %, which f² makes up for."""
FREE_POWERS = np.array([[0.0], [2.0], [4.0]])
"""Powers of frequency that multiply it. Without f⁴ a kernel with overshoot is pulled off by up to 10 % in strong noise;
one more doubles the scatter."""
OUTER = 0.6
"""Share of a point source's surroundings, by radius, beyond which they show their base alone."""
PRECISION = 2e-5
"""White noise, against the peak, that stands for what splines and tables miss. Without it an image without noise is
taken at its word, and f50 may be anything."""
WHITENED = 6
"""Crops whose rings are looked at for the noise of all: where the pixels lie within them differs from crop to crop. One
alone has next to no noise in some combinations of rings that the sum of all is noisy in: over slices of a tilted disc
f50 then scatters by 6 % at a CNR of 20, and by 3.5 % with several."""
RIDGE = 1e-5
"""Added to the covariance of the sums, against its mean, for the combinations that are quiet in those crops and not in
the rest, and for rings that hold no pixel: with 1e-9 one weak edge in four hundred was thrown off. It costs no
precision."""
PAD_MM = 8.0
"""By which a crop is padded, so that its noise has faded before it wraps round."""


@dataclass(frozen=True, eq=False)
class Crop:
    """One slice of an object: square pixels about it, and where its centre lies.

    Attributes
    ----------
    hu : (n, n) float
    x_mm, y_mm : (n, n) float
        Places of the pixels from the object's centre.
    mask : (n, n) bool
        Pixels that show the object and its plain surroundings.
    """

    hu: Array
    x_mm: Array
    y_mm: Array
    mask: NDArray[np.bool_]

    @cached_property
    def r_mm(self) -> Array:
        """(k,) distances of the pixels in the mask."""
        return np.asarray(distance(self.x_mm, self.y_mm)[self.mask])


@dataclass(frozen=True, eq=False)
class Transfer:
    """A fitted transfer function.

    Attributes
    ----------
    frequency : (k,) float, 1/mm
    value : (k,) float
        T, 1 at frequency 0.
    contrast : float
        Of a disc, HU; of a point source its integral over the plane, HU mm².
    radius_mm : float
        Of a disc; 0 for a point.
    """

    frequency: Array
    value: Array
    contrast: float
    radius_mm: float
    _splines: Array
    """(splines, k) at the frequencies."""
    _covariance: Array
    """(splines, splines) HU², of their coefficients: noise, and what the penalty may have moved."""
    misfit: float
    """Residual variance against that of the noise, 1 where noise may be all of it; u has been raised by its root."""

    @property
    def u(self) -> Array:
        """(k,) standard uncertainty of `value`."""
        return np.asarray(np.sqrt(np.maximum(self._variance(self._gradient()), 0.0)))

    @property
    def contrast_u(self) -> float:
        """Standard uncertainty of `contrast`."""
        return math.sqrt(float(self._splines[:, 0] @ self._covariance @ self._splines[:, 0]))

    def crossing(self, level: float, highest: float) -> tuple[float, float] | None:
        """(frequency, u), 1/mm, of the first fall of T below a level; None if it does not fall below `highest`."""
        below = np.flatnonzero(self.value < level)
        if not len(below) or below[0] == 0 or self.frequency[below[0]] > highest:
            return None
        i = int(below[0])
        share = (self.value[i - 1] - level) / (self.value[i - 1] - self.value[i])
        at = self.frequency[i - 1] + share * (self.frequency[i] - self.frequency[i - 1])
        slope = (self.value[i] - self.value[i - 1]) / (self.frequency[i] - self.frequency[i - 1])
        u = float(np.interp(at, self.frequency, self.u) / abs(slope))
        return float(at), u

    def at(self, frequency: Array) -> Array:
        """(n,) value at frequencies, 1/mm; 0 beyond the largest, where the fit ends in zeros."""
        return np.interp(frequency, self.frequency, self.value, right=0.0)

    def u_of(self, frequency: Array, weights: Array) -> float:
        """Standard uncertainty of Σ wₙ T(fₙ) over (n,) frequencies, 1/mm, as `at` gives them."""
        at = np.minimum(frequency / self.frequency[1], len(self.value) - 1.001)
        low, inside = at.astype(np.intp), np.where(frequency <= self.frequency[-1], weights, 0.0)
        on_grid = np.bincount(low, inside * (1.0 - at + low), len(self.value))
        on_grid += np.bincount(low + 1, inside * (at - low), len(self.value))
        gradient = self._gradient() @ on_grid
        return math.sqrt(max(0.0, float(gradient @ self._covariance @ gradient)))

    def without(self, factor: Array) -> Transfer:
        """The same freed of a (k,) factor, 1 at frequency 0, which belongs to how the object lay."""
        return replace(self, value=self.value / factor, _splines=self._splines / factor)

    def allowing(self, change: Array) -> Transfer:
        """The same with a (k,) change of `value`, which something unknown might have made, as a component of u."""
        gram = self._splines @ self._splines.T
        gains = np.linalg.solve(gram, self._splines @ (change * self.contrast))
        return replace(self, _covariance=self._covariance + np.outer(gains, gains))

    def _gradient(self) -> Array:
        """(splines, k) derivatives of T by the coefficients."""
        return np.asarray((self._splines - self._splines[:, :1] * self.value) / self.contrast)

    def _variance(self, gradient: Array) -> Array:
        return np.asarray(np.sum(gradient * (self._covariance @ gradient), axis=0))


@dataclass(frozen=True, eq=False)
class Spot:
    """A point source on one slice.

    Attributes
    ----------
    crop : Crop
    height : float
        How bright the source is here, against the other spots.
    weight : float
        Of this spot in their sum.
    shape : callable
        (k,) transform at (k,) frequencies, 1/mm, of what the image holds beside T: the object and its smear.
    """

    crop: Crop
    height: float
    weight: float
    shape: Callable[[Array], Array]


def disc_transfer(
    crops: Sequence[Crop], radius_mm: float, blur_mm: float, covariance: Covariance, independent: float
) -> Transfer:
    """Transfer function from the edge of one disc on several slices.

    Parameters
    ----------
    crops
        At least one; all of one shape.
    radius_mm : float
        Nominal; the fitted one is returned.
    blur_mm : float
        Standard deviation of the edge blur, for the range of frequencies.
    covariance : Covariance
        Of the noise at the disc, HU² per slice.
    independent : float
        Slices as many as are independent in their noise, at most their number.
    """
    pool = _Pool.of(crops, np.full(len(crops), 1.0 / len(crops)), blur_mm)
    splines = _Splines.of(_largest(DISC_REACH / blur_mm), pool.table_mm, DISC_KNOT, DISC_FEWEST)
    whiten = pool.whitener(covariance, WHITENED) * np.sqrt(independent)
    values, base = whiten @ pool.values(), whiten @ pool.base()
    waves = whiten @ pool.seen(splines.hankel)
    radius, gains = radius_mm, np.zeros(len(splines.values))
    roughest = ROUGHEST * (2.0 * math.pi * blur_mm * splines.knot) ** 3
    for turn in range(ROUNDS):
        spectra = splines.disc(radius, gains) if turn else splines.disc(radius, gains)[:-1]
        columns = np.concatenate([waves @ spectra.T, base], axis=1)
        found = fit_smooth(columns, values, len(gains), roughest * float(np.abs(gains @ splines.values).max()))
        gains = found.factors[: len(gains)]
        if turn:
            radius += float(np.clip(found.factors[len(gains)], -LARGEST_STEP_MM, LARGEST_STEP_MM))
    return _transfer(splines, found, radius)


def point_transfer(
    spots: Sequence[Spot], blur_mm: float, covariance: Covariance, amplitude: tuple[float, float] | None = None
) -> Transfer:
    """Transfer function from point sources, beads or wires, on one or several slices.

    Parameters
    ----------
    spots
        At least one; all of one shape.
    blur_mm : float
        Standard deviation of the point spread, for the range of frequencies.
    covariance : Covariance
        Of the noise of the spots' weighted sum, HU².
    amplitude : (float, float), optional
        Integral over the plane of a source of height 1 and its standard uncertainty, HU mm², where something beside
        these spots tells it: T(0) is then tied to it.

    Notes
    -----
    The scale, T(0), rests on frequencies that the base shares: a base wrong by 1 % of the peak would more than double
    it, and a penalty on all curvature would flatten T just there. So only what T has beside a Gaussian times a
    polynomial in f² is penalised, and never so much that it could not be what kernels have (decision 006). u is that of
    the Bayesian posterior, in which such a part is as likely as the data leave it; it grows where the rings stray from
    the model by more than noise explains, as streaks make them.

    References
    ----------
    Wahba, J R Stat Soc B 1983;45:133 (the posterior's intervals); Nickoloff and Riley, Med Phys 1985;12:437.
    """
    pool = _Pool.of([_levelled(s.crop) for s in spots], np.array([s.weight for s in spots]), blur_mm)
    splines = _Splines.of(_largest(POINT_REACH / blur_mm), pool.table_mm, POINT_KNOT, POINT_FEWEST)
    columns = pool.columns([splines.point(s.shape(splines.frequency)) * s.height for s in spots])
    whiten = pool.whitener(_no_finer(covariance, pool), WHITENED)
    seen, values = whiten @ columns, whiten @ pool.values()
    if amplitude is not None:
        tie = np.concatenate([splines.values[:, 0], np.zeros(columns.shape[1] - len(splines.values))])
        seen = np.concatenate([seen, tie[None] / amplitude[1]])
        values = np.append(values, amplitude[0] / amplitude[1])
    free = _free_shape(splines, seen, values)
    return _transfer(splines, fit_beside(seen, values, len(splines.values), free), 0.0)


def _no_finer(covariance: Covariance, pool: _Pool) -> Covariance:
    """The noise with a white floor where the model itself is no better: knots, tables."""
    tops = [w * float(np.abs(c.hu[c.mask]).max()) for w, c in zip(pool.weights, pool.crops, strict=True)]
    pixel = covariance.pixel_mm[0] * covariance.pixel_mm[1]
    return replace(covariance, nps=covariance.nps + pixel * (PRECISION * sum(tops)) ** 2)


def _levelled(crop: Crop) -> Crop:
    """The crop less its own base: one constant for all would not fit rings that hold unequal shares of pixels."""
    outer = crop.r_mm > OUTER * crop.r_mm.max()
    return replace(crop, hu=crop.hu - crop.hu[crop.mask][outer].mean())


def _transfer(splines: _Splines, found: Solved, radius_mm: float) -> Transfer:
    gains = found.factors[: len(splines.values)]
    contrast = float(gains @ splines.values[:, 0])
    value = gains @ splines.values / contrast
    return Transfer(splines.frequency, value, contrast, radius_mm, splines.values, found.covariance, found.misfit)


def _largest(per_mm: float) -> float:
    return round(float(np.clip(per_mm, *LARGEST)), 1)


@dataclass(frozen=True, eq=False)
class _Splines:
    """Even cubic splines over frequency and what each makes of a point, along the radius."""

    frequency: Array
    knot: float
    """Distance of the knots, 1/mm."""
    values: Array
    """(splines, frequencies)."""
    hankel: Array
    """(radii, frequencies) J₀(2πrf) with the weights of the integral."""

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, largest: float, reach_mm: float, knot: float, fewest: int) -> _Splines:
        samples = max(fewest, math.ceil(PER_WAVE * largest * reach_mm))
        frequency = np.linspace(0.0, largest, samples + 1)
        count = max(4, round(largest / knot))
        places = largest / count * np.arange(count - 1)[:, None]
        values = bump((frequency - places) * count / largest)
        values[1:] += bump((frequency + places[1:]) * count / largest)
        weight = np.full(samples + 1, largest / samples)
        weight[[0, -1]] *= 0.5
        radii = np.arange(_radii(reach_mm))[:, None] * RADIUS_STEP_MM
        return cls(frequency, largest / count, values, np.asarray(weight * j0(2.0 * np.pi * radii * frequency)))

    @cached_property
    def free(self) -> tuple[Array, ...]:
        """(splines, 3) gains of a Gaussian of each width times 1, f² and f⁴, height 1 at 0."""
        scaled = WIDTHS[:, None] * (POINT_REACH / self.frequency[-1]) * self.frequency
        bells = np.exp(-2.0 * (np.pi * scaled) ** 2)
        inverse = np.linalg.pinv(self.values.T)
        return tuple(np.asarray(inverse @ (x**FREE_POWERS * bell).T) for x, bell in zip(scaled, bells, strict=True))

    def disc(self, radius_mm: float, gains: Array) -> Array:
        """(splines + 1, frequencies): spectrum of a disc under each spline, and the fitted one's derivative by R."""
        phase = 2.0 * np.pi * radius_mm * self.frequency
        shown = self.values * (2.0 * np.pi * radius_mm * j1(phase))
        moved = (gains @ self.values) * (2.0 * np.pi * phase * j0(phase))
        return np.concatenate([shown, moved[None]])

    def point(self, shape: Array) -> Array:
        """(splines, radii): the image under each spline of a source of unit integral and of that transform."""
        return np.asarray((self.values * (2.0 * np.pi * self.frequency * shape)) @ self.hankel.T)


@dataclass(frozen=True, eq=False)
class _Rings:
    """Sums over pixels with hat functions of their distance from the centre."""

    r_mm: Array
    low: NDArray[np.intp]
    share: Array
    count: int

    @classmethod
    def of(cls, r_mm: Array, step: float, reach: float) -> _Rings:
        low, share = _hats(r_mm, step)
        return cls(r_mm, low, share, int(reach / step) + 2)

    def sums(self, values: Array) -> Array:
        """(rings,) sums of one value per pixel."""
        inner = np.bincount(self.low, values * (1.0 - self.share), self.count)
        return np.asarray(inner + np.bincount(self.low + 1, values * self.share, self.count))

    def of_radii(self, radii: int) -> Array:
        """(rings, radii) matrix of the sums of a function of the radius that is known every RADIUS_STEP_MM."""
        low, share = _hats(self.r_mm, RADIUS_STEP_MM)
        total = np.zeros(self.count * radii)
        for ring, outer in ((self.low, 1.0 - self.share), (self.low + 1, self.share)):
            for radius, inner in ((low, 1.0 - share), (low + 1, share)):
                total += np.bincount(ring * radii + radius, outer * inner, len(total))
        return total.reshape(self.count, radii)


def _hats(r_mm: Array, step: float) -> tuple[NDArray[np.intp], Array]:
    """(k,) index of the knot below each radius, and the share of the one above."""
    at = r_mm / step
    low = at.astype(np.intp)
    return low, at - low


@dataclass(frozen=True, eq=False)
class _Pool:
    """Ring sums of several crops, weighted and added."""

    crops: Sequence[Crop]
    weights: Array
    rings: Sequence[_Rings]
    reach: float

    @classmethod
    def of(cls, crops: Sequence[Crop], weights: Array, blur_mm: float) -> _Pool:
        reach = float(max(c.r_mm.max() for c in crops))
        step = float(np.clip(RING_STEP * blur_mm, *RINGS_MM))
        return cls(crops, weights, [_Rings.of(c.r_mm, step, reach) for c in crops], reach)

    @property
    def table_mm(self) -> float:
        """Reach of the tables over radius."""
        return round(self.reach + 1.0, 1)

    def values(self) -> Array:
        """(rings,) sums of the pixels."""
        return self._pooled([r.sums(c.hu[c.mask]) for r, c in zip(self.rings, self.crops, strict=True)])

    def base(self) -> Array:
        """(rings, 2) sums of a constant and of a bowl."""
        flat = self._pooled([r.sums(np.ones_like(r.r_mm)) for r in self.rings])
        return np.column_stack([flat, self._pooled([r.sums((r.r_mm / self.reach) ** 2) for r in self.rings])])

    def seen(self, table: Array) -> Array:
        """(rings, k) sums of (radii, k) functions of the radius, the same in all crops."""
        radial = self._pooled([r.of_radii(len(table)) for r in self.rings])
        # A ring sees few of the radii.
        stretches = [slice(int(r[0]), int(r[-1]) + 1) if len(r) else slice(0) for r in map(np.flatnonzero, radial)]
        return np.array([ring[s] @ table[s] for ring, s in zip(radial, stretches, strict=True)])

    def columns(self, tables: Sequence[Array]) -> Array:
        """(rings, columns): each crop's own table over radius, then a constant and a bowl."""
        radii = _radii(self.table_mm)
        seen = self._pooled([r.of_radii(radii) @ t.T for r, t in zip(self.rings, tables, strict=True)])
        return np.concatenate([seen, self.base()], axis=1)

    def _pooled(self, sums: Sequence[Array]) -> Array:
        return np.asarray(np.tensordot(self.weights, np.array(sums), 1))

    def whitener(self, covariance: Covariance, crops: int) -> Array:
        """(rings, rings) matrix that makes the noise of the sums white and of unit variance.

        covariance : of the noise of the weighted sum. crops : how many are looked at, for all.
        """
        picked = np.unique(np.linspace(0, len(self.crops) - 1, min(crops, len(self.crops))).round().astype(np.intp))
        share = self.weights[picked] ** 2 / np.sum(self.weights[picked] ** 2)
        gram = np.tensordot(share, np.array([self._gram(covariance, i) for i in picked]), 1)
        gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
        return np.asarray(np.linalg.inv(np.linalg.cholesky(gram)))

    def _gram(self, covariance: Covariance, index: int) -> Array:
        """(rings, rings) covariance, HU², of the ring sums of one crop."""
        mask, rings = self.crops[index].mask, self.rings[index]
        fields = np.zeros((rings.count, *mask.shape), dtype=np.float32)
        y, x = np.nonzero(mask)
        fields[rings.low, y, x] = 1.0 - rings.share
        fields[rings.low + 1, y, x] = rings.share
        pads = (math.ceil(PAD_MM / pixel) for pixel in covariance.pixel_mm)
        rows, columns = (fft.next_fast_len(n + pad, real=True) for n, pad in zip(mask.shape, pads, strict=True))
        return covariance.of_sums(fields, (rows, columns))


def _radii(reach_mm: float) -> int:
    """How many radii a table holds, from 0 in steps of RADIUS_STEP_MM."""
    return int(reach_mm / RADIUS_STEP_MM) + 2


def _free_shape(splines: _Splines, columns: Array, values: Array) -> Free:
    """A Gaussian times 1, f² and f⁴, its width the one that fits best with the first two."""
    base = np.eye(columns.shape[1])[:, len(splines.values) :]
    best, least = Free(splines.free[0], 1.0), np.inf
    for gains in splines.free:
        seen = columns @ np.column_stack([np.pad(gains[:, :-1], ((0, base.shape[1]), (0, 0))), base])
        factors = np.linalg.lstsq(seen, values, rcond=None)[0]
        left = values - seen @ factors
        if left @ left < least:
            best, least = Free(gains, float(factors[0])), float(left @ left)
    return best
