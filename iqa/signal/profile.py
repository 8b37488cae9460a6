"""The full section sensitivity profile: from point sources seen slice by slice, or as ramps' shapes give it.

A point source tells the profile at its own distances from the slices, at any height, so no family of shapes need be
believed. Each shape of `iqa.signal.shapes` is fitted, and what it leaves is a Gaussian process about it: of no size
where the shape is right, of the size and smoothness that the samples bear out where it is not (an asymmetric helical
profile, a pedestal). All are averaged with their likelihoods. Several sources of unknown height lie on one axis.

References
----------
Kennedy and O'Hagan, J R Stat Soc B 2001;63:425 (a discrepancy beside a model); Rasmussen and Williams, Gaussian
Processes for Machine Learning (2006), section 2.7 (linear parameters with a flat prior).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.signal.section import Mixture
from iqa.signal.shapes import Shape, derivatives, parts_of, shapes, softened, tenths

FloatArray = NDArray[np.float64]

LEVELS = (0.5, 0.1)
"""Of the maximum, at which a width is read: FWHM and FWTM."""
REACH = 2.2
"""Half the length of the profile, in FWHM: a Gaussian is 1e-6 there, a triangle ends at 1."""
GRID = 0.02
"""Distance of the profile's own points, in FWHM; widths are differences, so a coarser one costs less than it looks."""
THINNED = 2
"""Every so many points of them are given."""
ROUNDS = 30
"""Damped Gauss-Newton rounds; a sound fit needs 4 to 8, and one that is lost on a plateau never ends."""
SETTLED = 1e-3
"""Change of width and places, in widths, at which a fit ends; the linear step that follows takes the rest."""
LARGEST_STEP = 0.3
"""Of width and places in one round, in widths."""
DAMPING = (1e-3, 1e-6, 1e4)
"""First, least and last damping, against the normal equations' diagonal."""
STRAYED = 2.0
"""Factor from the first width beyond which a fit has taken something else for the section."""
SOFTEST_STEPS = 0.25
"""Least standard deviation of a flank, in distances of samples, so that one between two of them can be fitted."""
DISCREPANCIES = ((0.01, 0.03, 0.1), (0.2, 0.45, 1.0))
"""Sizes of what a shape may leave, in heights, and its lengths, in FWHM. A smaller size is not seen, a larger one no
section; a shorter length takes flanks for structure."""
FAITH = 0.5
"""Weight of no discrepancy before the data are seen; the rest is spread over the sizes, and over the lengths by their
squares: a profile is smooth unless it shows otherwise (evenly, two halves of Gaussians are read 0.8 % too narrow)."""
FROM_MIDDLE = 2.56
"""Change of a width at a tenth with the standard deviation of both flanks: 2 Φ⁻¹(0.9)."""
WINDOW = 1.6
"""Distance, in FWHM, beyond which a discrepancy fades: nothing is known of a profile where no sample is."""
CONTENDERS = 5
"""Shapes tried with a discrepancy: the best without one; what more could say is in the discrepancy."""
LIGHT = 1e-3
"""Weight below which a model is not looked at."""
SHOWN = 0.6
"""Share of a source's own extent that shows where a vertical flank lies: a Gaussian stands for it, and it is thin at
its ends. With all of it, u of a rectangle was a third of its scatter at seven samples a FWHM (165 seeds)."""
SEEN = 0.9
"""Share of the models, by weight, that must fall to a level for its width to be given."""
FLOOR = 1e-4
"""Least eigenvalue of the noise, against the mean one: an interpolated correlation may have none."""
TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Heights of point sources on slices."""

    z_mm: FloatArray
    """(n,) of the slice."""
    values: FloatArray
    """(n,) height above the base; 0 away from the source."""
    source: NDArray[np.int64]
    """(n,) index of the source, from 0."""
    covariance: FloatArray
    """(n, n) of the values' noise."""
    blur_mm: float
    """Standard deviation of the sources' own extent along z."""
    extent_mm: float
    """That whole extent."""


@dataclass(frozen=True, slots=True)
class Width:
    """A full width and its standard uncertainty."""

    mm: float
    u_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A section sensitivity profile of height 1."""

    half: Width
    tenth: Width | None
    """None where the profile is not seen to fall so far."""
    z_mm: FloatArray
    """(k,) from the middle of its half maximum."""
    values: FloatArray
    """(k,)"""
    u: FloatArray
    """(k,)"""


# ------------------------------------------------------------------------------------------ as ramps give it


def of_mixture(mixture: Mixture, width: Width, softest_mm: float = 0.0, unsure_mm: float = 0.0) -> Profile:
    """The profile that ramps give: their shapes' mean, at the width that was measured.

    Parameters
    ----------
    mixture : shapes with weights and the FWHM of each ramp
    width : the FWHM that stands for them, with all that its u holds
    softest_mm : sigma up to which flanks may be soft unseen; what is between that and a shape's own stays open
    unsure_mm : standard deviation whose square is the u of the variance that was taken for blur, and not for the flanks
    """
    forms, share = [s for s, _, _ in mixture], np.array([w for _, w, _ in mixture])
    own = np.array([float(np.mean(mm)) for _, _, mm in mixture])
    own *= width.mm * share.sum() / float(share @ own)
    drawn, widths = [*forms, *softened(forms, softest_mm / own)], np.tile(own, 2)
    weight = np.tile(0.5 * share / share.sum(), 2)
    z = width.mm * _grid(THINNED)
    curves = _curves(drawn, z, widths)
    mean = weight @ curves
    # The spread between shapes is in the FWHM's u, and differs elsewhere.
    shared = max(width.u_mm**2 - float(weight @ (widths - width.mm) ** 2), 0.0)
    by_width = -z * np.gradient(mean, z) / width.mm
    other = _curves(softened(drawn, np.hypot([s.gauss for s in drawn], unsure_mm / widths)), z, widths)
    u = np.sqrt(weight @ ((curves - mean) ** 2 + (other - curves) ** 2) + by_width**2 * shared)
    low = tenths(drawn) * widths
    tenth = float(weight @ low)
    flanks = np.array([_by_flanks(shape, mm, unsure_mm) for shape, mm in zip(drawn, widths, strict=True)])
    u_tenth = math.sqrt(shared * (tenth / width.mm) ** 2 + float(weight @ ((low - tenth) ** 2 + flanks**2)))
    return Profile(width, Width(tenth, u_tenth), z, mean, u)


def _curves(drawn: Sequence[Shape], z_mm: FloatArray, width_mm: FloatArray) -> FloatArray:
    """(k, n) profiles of the shapes at z, each of its own FWHM."""
    return np.array([shape.at(z_mm, np.full_like(z_mm, mm)) for shape, mm in zip(drawn, width_mm, strict=True)])


def _by_flanks(shape: Shape, width_mm: float, unsure_mm: float) -> float:
    """Change of a width at a tenth, mm, when so much variance goes from the flanks to the blur, or comes from there."""
    own = width_mm * shape.flank
    less, more = math.sqrt(max(own**2 - unsure_mm**2, 0.0)), math.hypot(own, unsure_mm)
    return FROM_MIDDLE * max(own - less, more - own)


def _grid(thinned: int = 1) -> FloatArray:
    """Points of a profile, in FWHM from its middle."""
    count = round(REACH / (thinned * GRID))
    return np.asarray(thinned * GRID * np.arange(-count, count + 1), dtype=np.float64)


# ----------------------------------------------------------------------------------------- from point sources


def profile(data: Samples, width_mm: float, centre_mm: FloatArray) -> Profile | None:
    """The profile behind the heights of point sources; None where no shape settles on them.

    Parameters
    ----------
    width_mm : float
        Where to start.
    centre_mm : (sources,) mm
        The same, of each source.

    Notes
    -----
    u: noise as given, what the noise and the distance of the samples leave open of shape and discrepancy, and vertical
    flanks that lie between two samples. The sources' extent is taken out as a Gaussian of its own variance. Left out:
    errors of that extent.
    """
    white = _whitener(data.covariance)
    step = widest_gap(data, width_mm, centre_mm)
    tried = [_settled(data, white, shape, step, width_mm, centre_mm) for shape in shapes()]
    fits = sorted((f for f in tried if f is not None), key=lambda f: f.chi2)
    if not fits:
        return None
    frame = _Frame.about(data, fits[0])
    models = [m for prior in _priors() for m in _models(frame, prior, fits if prior.size == 0.0 else fits[:CONTENDERS])]
    chance = np.array([m.log_weight for m in models])
    weight = np.exp(chance - chance.max())
    weight /= weight.sum()
    kept = [(float(w), m) for w, m in zip(weight, models, strict=True) if w > LIGHT]
    steep = sum(w for w, m in kept if m.fit.shape.steep)
    return _averaged(frame, kept, steep * _between(step, data.extent_mm))


def widest_gap(data: Samples, width_mm: float, centre_mm: FloatArray) -> float:
    """Largest distance, mm, of neighbouring samples near either flank, all sources on one axis."""
    z = np.sort(data.z_mm - centre_mm[data.source])
    middle, gap = 0.5 * (z[1:] + z[:-1]), np.diff(z)
    near = np.abs(np.abs(middle) - 0.5 * width_mm) < 0.5 * width_mm
    return float(gap[near].max()) if near.any() else width_mm


def _between(gap: float, extent: float) -> float:
    """Standard uncertainty, mm, of a width whose vertical flanks may lie where no sample's own extent reaches."""
    return math.sqrt(max(gap - SHOWN * extent, 0.0) ** 3 / (6.0 * gap))


def _whitener(covariance: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(covariance)
    floored = np.maximum(values, FLOOR * float(values.mean()))
    return np.asarray((vectors / np.sqrt(floored)) @ vectors.T)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Samples under one shape."""

    shape: Shape
    sigma_mm: float
    """Of its Gaussian part, blur included."""
    width_mm: float
    centre_mm: FloatArray
    height: FloatArray
    """(sources,) of a profile of unit area, times mm."""
    columns: FloatArray
    """(n, 2 · sources + 1) derivatives by heights, places and the width."""
    residual: FloatArray
    """(n,)"""
    chi2: float

    def drawn(self, z_mm: FloatArray) -> FloatArray:
        """(3, n) its profile of unit area at distances from a source, and its derivatives by z and the width."""
        return derivatives(z_mm, parts_of([self.shape]), self.width_mm, self.sigma_mm)


def _settled(
    data: Samples, white: FloatArray, shape: Shape, gap_mm: float, width_mm: float, centre_mm: FloatArray
) -> _Fit | None:
    """The shape's best fit by damped Gauss-Newton steps (Levenberg and Marquardt)."""
    now = _at(data, white, shape, gap_mm, width_mm, centre_mm)
    damping, least, last = DAMPING
    for _ in range(ROUNDS):
        step = np.clip(_step(white, now, damping), -LARGEST_STEP * now.width_mm, LARGEST_STEP * now.width_mm)
        new = _at(data, white, shape, gap_mm, now.width_mm + float(step[-1]), now.centre_mm + step[:-1])
        small = float(np.abs(step).max()) < SETTLED * now.width_mm
        better = new.chi2 <= now.chi2
        now, damping = (new, max(0.1 * damping, least)) if better else (now, 10.0 * damping)
        if small or damping > last:
            break
    return now if 1.0 / STRAYED < now.width_mm / width_mm < STRAYED else None


def _step(white: FloatArray, fit: _Fit, damping: float) -> FloatArray:
    """(sources + 1,) steps of the places and the width."""
    columns = white @ fit.columns
    size = np.sqrt((columns**2).sum(axis=0)) + TINY
    columns = columns / size
    normal = columns.T @ columns + damping * np.eye(size.size)
    return np.asarray(np.linalg.solve(normal, columns.T @ (white @ fit.residual)) / size)[fit.height.size :]


def _at(data: Samples, white: FloatArray, shape: Shape, gap_mm: float, width_mm: float, centre_mm: FloatArray) -> _Fit:
    """The linear fit at one width and places."""
    # A shape with slopes of its own needs no softer flanks.
    softest = math.sqrt(max((SOFTEST_STEPS * gap_mm) ** 2 - (shape.second * width_mm) ** 2 / 12.0, 0.0))
    sigma = max(math.hypot(shape.gauss * width_mm, data.blur_mm), softest)
    z = data.z_mm - centre_mm[data.source]
    profile, by_z, by_w = derivatives(z, parts_of([shape]), width_mm, sigma)
    own = data.source[:, None] == np.arange(centre_mm.size)
    lit = own * profile[:, None]
    seen = white @ lit
    normal = seen.T @ seen
    normal += TINY * (np.trace(normal) + TINY) * np.eye(centre_mm.size)
    height = np.linalg.solve(normal, seen.T @ (white @ data.values))
    each = height[data.source]
    residual = data.values - each * profile
    columns = np.column_stack([lit, own * (-each * by_z)[:, None], each * by_w])
    left = white @ residual
    return _Fit(shape, sigma, width_mm, centre_mm, height, columns, residual, float(left @ left))


# ------------------------------------------------------------------------------------ what a shape may leave


@dataclass(frozen=True, slots=True)
class _Prior:
    """A discrepancy before the data are seen."""

    size: float
    length: float
    weight: float


def _priors() -> list[_Prior]:
    sizes, lengths = DISCREPANCIES
    share = (1.0 - FAITH) / (len(sizes) * sum(length**2 for length in lengths))
    rough = [_Prior(size, length, share * length**2) for size in sizes for length in lengths]
    return [_Prior(0.0, 1.0, FAITH), *rough]


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Samples and the profile's own points on one axis, in FWHM and heights of the best shape."""

    data: Samples
    scale_mm: float
    place: FloatArray
    """(n,) of the samples."""
    height: FloatArray
    """(n,) of the source of each sample."""
    grid: FloatArray
    """(g,)"""

    @classmethod
    def about(cls, data: Samples, fit: _Fit) -> _Frame:
        (top,) = fit.drawn(np.zeros(1))[0]
        place = (data.z_mm - fit.centre_mm[data.source]) / fit.width_mm
        return cls(data, fit.width_mm, place, top * fit.height[data.source], _grid())


def _kernel(prior: _Prior, a: FloatArray, b: FloatArray) -> FloatArray:
    """(a, b) covariance of the discrepancy, in squared heights."""
    fades = np.exp(-((a / WINDOW) ** 4))[:, None] * np.exp(-((b / WINDOW) ** 4))
    return np.asarray(prior.size**2 * fades * np.exp(-0.5 * ((a[:, None] - b) / prior.length) ** 2))


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """A shape with a discrepancy, both linear in what is free."""

    fit: _Fit
    prior: _Prior
    log_weight: float
    step: FloatArray
    """(k,) of heights, places and width."""
    covariance: FloatArray
    """(k, k) of it."""
    columns: FloatArray
    """(n, k) whitened."""
    left: FloatArray
    """(n,) whitened, of what all that leaves."""
    to_grid: FloatArray
    """(g, n) discrepancy on the grid by whitened samples."""


def _models(frame: _Frame, prior: _Prior, fits: Sequence[_Fit]) -> list[_Model]:
    data = frame.data
    heights = frame.height[:, None] * frame.height
    noise = data.covariance + heights * _kernel(prior, frame.place, frame.place)
    white = _whitener(noise)
    to_grid = (_kernel(prior, frame.grid, frame.place) * frame.height) @ white
    level = -float(np.linalg.slogdet(white)[1])
    return [_model(f, prior, white, level, to_grid) for f in fits]


def _model(fit: _Fit, prior: _Prior, white: FloatArray, level: float, to_grid: FloatArray) -> _Model:
    columns, values = white @ fit.columns, white @ fit.residual
    # Units in which the free parameters' prior is flat: alike for every model of one shape.
    unit = np.sqrt((fit.columns**2).sum(axis=0)) + TINY
    scaled = columns / unit
    normal = scaled.T @ scaled
    normal += TINY * np.trace(normal) * np.eye(unit.size)
    inverse = np.linalg.inv(normal)
    step = inverse @ (scaled.T @ values)
    left = values - scaled @ step
    chance = -level - 0.5 * float(np.linalg.slogdet(normal)[1]) - 0.5 * float(left @ left)
    known = math.log(prior.weight * fit.shape.prior)
    return _Model(fit, prior, chance + known, step / unit, inverse / unit / unit[:, None], columns, left, to_grid)


# --------------------------------------------------------------------------------------------- and its widths


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """What one model says of the profile."""

    widths: tuple[tuple[float, float] | None, ...]
    """Each level's width, mm, and its variance; None where the profile does not fall to it."""
    values: FloatArray
    variance: FloatArray


def _averaged(frame: _Frame, kept: Sequence[tuple[float, _Model]], u_between: float) -> Profile | None:
    weight = np.array([w for w, _ in kept])
    read = [_read(frame, m) for _, m in kept]
    half, tenth = (_mean_width(weight, [r.widths[k] for r in read], u_between) for k in range(len(LEVELS)))
    if half is None:
        return None
    weight /= weight.sum()
    curves = np.array([r.values for r in read])
    mean = weight @ curves
    variance = weight @ (np.array([r.variance for r in read]) + (curves - mean) ** 2)
    ends = _cut(mean, int(np.argmax(mean)), LEVELS[0])
    middle = 0.0 if ends is None else GRID * (0.5 * (ends[0] + ends[1]) - len(mean) // 2)
    thin = slice(None, None, THINNED)
    z = (frame.grid - middle) * frame.scale_mm
    return Profile(half, tenth, z[thin], mean[thin], np.sqrt(variance)[thin])


def _mean_width(weight: FloatArray, found: Sequence[tuple[float, float] | None], u_between: float) -> Width | None:
    pairs = [(w, *f) for w, f in zip(weight.tolist(), found, strict=True) if f is not None]
    share, mm, variance = np.array(pairs).T if pairs else np.zeros((3, 1))
    if share.sum() < SEEN * weight.sum():
        return None
    share /= share.sum()
    mean = float(share @ mm)
    return Width(mean, math.sqrt(float(share @ (variance + (mm - mean) ** 2)) + u_between**2))


def _read(frame: _Frame, model: _Model) -> _Reading:
    """Curve and widths of a model: its shape's, its sources' extent taken out, and what the discrepancy adds."""
    fit, z = model.fit, frame.grid * frame.scale_mm
    blurred, _, by_w = fit.drawn(z)
    top = float(blurred.max())
    change = by_w / top * model.step[-1] + model.to_grid @ model.left
    total = blurred / top + change
    by_free = -model.to_grid @ model.columns
    by_free[:, -1] += by_w / top
    peak = int(np.argmax(total))
    cuts = [_cut(total, peak, level) for level in LEVELS]
    plain = [_cut(blurred / top, len(z) // 2, level) for level in LEVELS]
    widths = tuple(
        _width(frame, model, by_free, total, (peak, k), (cut, bare))
        for k, (cut, bare) in enumerate(zip(cuts, plain, strict=True))
    )
    ends = [shape.at(z, np.full_like(z, fit.width_mm)) for shape in _either(frame.data, fit)]
    sharp, open_ = 0.5 * (ends[0] + ends[1]) + change, 0.5 * (ends[1] - ends[0])
    variance = _about_top(frame, model, by_free, total, peak) + open_**2
    return _Reading(widths, sharp / total[peak], variance)


def _either(data: Samples, fit: _Fit) -> tuple[Shape, ...]:
    """The shape, and the same with flanks as soft as they were drawn: between samples nothing tells which it is."""
    soft = math.sqrt(max(fit.sigma_mm**2 - data.blur_mm**2, 0.0))
    return fit.shape, *softened([fit.shape], np.array([soft / fit.width_mm]))


def _cut(values: FloatArray, peak: int, level: float) -> tuple[float, float] | None:
    """Where a profile falls to a share of its top, as fractional places on the grid; None where it never does."""
    if values[peak] <= 0.0:
        return None
    wanted = level * values[peak]
    right, left = np.flatnonzero(values[peak:] < wanted), np.flatnonzero(values[peak::-1] < wanted)
    if not (right.size and left.size):
        return None
    r, lo = peak + int(right[0]), peak - int(left[0])
    after = r - (wanted - values[r]) / (values[r - 1] - values[r])
    before = lo + (wanted - values[lo]) / (values[lo + 1] - values[lo])
    return float(before), float(after)


Cut = tuple[float, float] | None


def _width(
    frame: _Frame, model: _Model, by_free: FloatArray, total: FloatArray, at: tuple[int, int], cuts: tuple[Cut, Cut]
) -> tuple[float, float] | None:
    """Width at a level and its variance; `cuts` are those of the whole profile and of its shape alone, both blurred."""
    cut, bare = cuts
    if cut is None or bare is None:
        return None
    peak, level = at
    points = np.array([round(cut[0]), peak, round(cut[1])])
    slope = np.gradient(total, GRID * frame.scale_mm)
    by_left, by_right = 1.0 / slope[points[0]], -1.0 / slope[points[2]]
    influence = np.array([by_left, -LEVELS[level] * (by_left + by_right), by_right])
    variance = float(influence @ _covariance(frame, model, by_free, points) @ influence)
    near, far = (1.0, 1.0) if level == 0 else tenths(_either(frame.data, model.fit)).tolist()
    own, either = model.fit.width_mm * 0.5 * (near + far), model.fit.width_mm * 0.5 * (far - near)
    more = GRID * frame.scale_mm * ((cut[1] - cut[0]) - (bare[1] - bare[0]))
    return own + more, max(variance, 0.0) + either**2


def _covariance(frame: _Frame, model: _Model, by_free: FloatArray, points: NDArray[np.int64]) -> FloatArray:
    """(points, points) covariance of the profile at points of the grid."""
    at, free, seen = frame.grid[points], by_free[points], model.to_grid[points]
    return np.asarray(free @ model.covariance @ free.T + _kernel(model.prior, at, at) - seen @ seen.T)


def _about_top(frame: _Frame, model: _Model, by_free: FloatArray, total: FloatArray, peak: int) -> FloatArray:
    """(g,) variance of the profile of height 1, whose top is its own."""
    own = ((by_free @ model.covariance) * by_free).sum(axis=1) - (model.to_grid**2).sum(axis=1)
    own += model.prior.size**2 * np.exp(-2.0 * (frame.grid / WINDOW) ** 4)
    top = frame.grid[peak : peak + 1]
    with_top = by_free @ model.covariance @ by_free[peak] - model.to_grid @ model.to_grid[peak]
    with_top += _kernel(model.prior, frame.grid, top)[:, 0]
    share = total / total[peak]
    return np.asarray(np.maximum(own - 2.0 * share * with_top + share**2 * own[peak], 0.0) / total[peak] ** 2)
