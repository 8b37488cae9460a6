"""The section sensitivity profile (SSP) of a slice, from profiles along something slanted against it.

Every profile is given on a z axis (position along the ramp times the tangent of its angle), so that a wire at 23°,
a slit at 30° and a row of beads are one problem: find the width of the SSP behind samples that are blurred by a known
line spread, a Gaussian and its second derivative. No one-parameter family will do (a triangle read with a blurred
rectangle is 7 to 12 % too wide), and a free shape is not determined in thin slices. So the width is fitted under each
of a table of shapes and averaged with their likelihoods: where the profile tells the shapes apart the right one wins,
where it does not their spread is in u.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.signal.section_noise import Noise, noise_of, variance
from iqa.signal.shapes import Shape, derivatives, finer, parts_of, paths, shapes

FloatArray = NDArray[np.float64]

MAX_STEPS = 15
"""Gauss-Newton steps before a fit counts as diverged; a sound one needs 3 to 8."""

CONVERGED = 2e-3
"""Relative change of the width at which the fit stops: the next steps together move it by a tenth of that, and what is
averaged over the shapes by less than a hundredth of its u."""

SETTLED = 5e-4
"""The same of the plain fits, whose residuals tell the noise: at four times as much those of a row with vertical flanks
may still hold a flank, and no fit with that noise then settles."""

RIDGE = 1e-10
"""Added to the normalised normal equations: a profile that its samples miss gives a large step, not an exception."""

MAX_FACTOR = 1.4
"""A step may not change the width by more than this factor: keeps the first steps inside the basin."""

BLUR_STEP = 0.02
"""Relative change of the blur for its derivative."""

SKETCH = 5
"""Shapes of the table's head that the plain fit tries, the plain forms and two rounded rectangles: enough to leave no
more than noise in the residuals."""

FINER = 2
"""Times that shapes between the best one and its neighbours are tried: without them a section between two of the table,
seen in little noise, is read up to 2 % wrong with a u of 0.3 %; with two rounds 0.5 %."""

LIGHT = 1e-3
"""Weight below which a shape's own noise is not looked at."""

TEMPER = 2.0
"""Divides χ² when shapes are weighed, because the noise's covariance is itself estimated: without it u is 10 to 20 %
too small with eight profiles."""


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Profiles of several ramps, one row a ramp and slice."""

    z_mm: FloatArray
    """(m, n) position along the ramp, carried to z."""
    values: FloatArray
    """(m, n) HU."""
    blur_mm: FloatArray
    """(m,) sigma, in z, of the Gaussian that widens a profile beside the SSP: in-plane LSF, thickness of the wire."""
    overshoot_mm2: FloatArray
    """(m,) what that blur has beside its Gaussian: a part of the Gaussian's second derivative, negative where a kernel
    overshoots."""
    blur_u: FloatArray
    """(m,) relative standard uncertainty of both as lengths, by an error that all rows share."""
    ramp: NDArray[np.int64]
    """(m,) index of the ramp, from 0: rows of one ramp have one width."""
    softest_mm: float = 0.0
    """Least sigma that a flank is drawn with: where samples lie far apart, a steeper one has no slope to be fitted by.
    A flank is not moved by it."""

    def drawn(self, z_mm: FloatArray, parts: FloatArray, width_mm: FloatArray) -> FloatArray:
        """(3, s, m, n) blurred SSP of unit area at distances from its middle, and its derivatives by z and width.

        Parameters
        ----------
        z_mm : (s, m, n), for s shapes
        parts : (3, s, 1, 1) of the shapes, see `parts_of`
        width_mm : (s, m, 1)
        """
        sigma = np.maximum(np.hypot(parts[2] * width_mm, self.blur_mm[:, None]), self.softest_mm)
        return derivatives(z_mm, parts, width_mm, sigma, self.overshoot_mm2[:, None])

    def by_ramp(self, rows: FloatArray) -> FloatArray:
        """(s, ramps) sums of (s, m) values over the rows of each ramp; one that is no number spoils its shape."""
        return np.asarray(rows @ (self.ramp[:, None] == np.arange(self.ramp.max() + 1)))


@dataclass(frozen=True, slots=True, eq=False)
class Unsure:
    """What an error of the blur by its u would do, and what the profiles say of it."""

    by_error: FloatArray
    """(ramps,) change of the width, mm."""
    pull: float
    """Whitened residuals times what neither the rows' own parameters nor the widths can follow of such an error."""
    information: float
    """Sum of squares of that."""

    def explains(self, temper: float) -> float:
        """By how much the likeliest error lowers χ² divided by `temper`."""
        return self.pull**2 / (self.information + temper) / temper


@dataclass(frozen=True, slots=True, eq=False)
class WidthFit:
    """All ramps under one shape."""

    width_mm: FloatArray
    """(ramps,) FWHM of the SSP."""
    centre_mm: FloatArray
    """(m,) where the middle of the section crosses the ramp, on the profile's z axis."""
    amplitude: FloatArray
    """(m,) height of the fitted profile above its base at the middle, HU."""
    residual: FloatArray
    """(m, n) HU."""
    chi2: float
    """Sum of squared whitened residuals."""
    influence: FloatArray
    """(m, n) derivative of the width of the row's ramp by each value, mm/HU."""
    columns: FloatArray
    """(m, 5, n) whitened derivatives of the model: by each row's height, base, slope and place, and by the width."""
    blur: Unsure
    """What an error of the blur would do to it."""

    def maker(self) -> FloatArray:
        """(m, n, n) matrices that turn a row's noise into its residual, after a plain fit."""
        own = self.columns[:, :4]
        hat = own.transpose(0, 2, 1) @ np.linalg.solve(own @ own.transpose(0, 2, 1), own)
        free = self.columns[:, 4] - np.matmul(hat, self.columns[:, 4, :, None])[..., 0]
        return np.asarray(np.eye(hat.shape[1]) - hat - free[:, :, None] * self.influence[:, None, :])


def fit_widths(
    data: Profiles,
    tried: Sequence[Shape],
    width_mm: FloatArray,
    centre_mm: FloatArray,
    white: FloatArray,
    converged: float = CONVERGED,
) -> list[WidthFit | None]:
    """Width of the SSP behind the profiles of each ramp, under each shape.

    Place, height and linear base are each row's own.

    Parameters
    ----------
    tried
        The shapes; they know nothing of one another, but all take their steps at once.
    width_mm, centre_mm : (ramps,) and (m,), mm
        Where to start.
    white : (n, n)
        Matrix that makes the noise of a row white and of unit variance; the unit matrix for plain least squares.
    converged : float
        Relative change of the width at which the fit stops.

    Returns
    -------
    One for each shape; None where the iteration diverges.
    """
    parts, fixed = parts_of(tried)[..., None, None], _Fixed.of(data, white)
    width, centre = np.tile(width_mm, (len(tried), 1)), np.tile(centre_mm, (len(tried), 1))
    settled, moving = np.zeros(len(tried), dtype=bool), np.arange(len(tried))
    for _ in range(MAX_STEPS):
        if not len(moving):
            break
        model = _linear_part(data, fixed, parts[:, moving], width[moving], centre[moving])
        old = width[moving]
        new = np.clip(old + model.step_width(data), old / MAX_FACTOR, old * MAX_FACTOR)
        shift = model.step_centre((new - old)[:, data.ramp], 0.5 * old[:, data.ramp])
        width[moving], centre[moving] = new, centre[moving] + shift
        sound = np.isfinite(new).all(axis=1) & np.isfinite(shift).all(axis=1)
        there = sound & (np.max(np.abs(new - old) / old, axis=1) < converged)
        settled[moving[there]] = True
        moving = moving[sound & ~there]
    found = iter(_results(data, fixed, parts[:, settled], width[settled], centre[settled]))
    return [next(found) if ended else None for ended in settled]


@dataclass(frozen=True, slots=True, eq=False)
class _Fixed:
    """What stays the same from step to step, made white."""

    white: FloatArray
    values: FloatArray
    z_mm: FloatArray
    one: FloatArray
    """(n,) a base of 1 HU."""

    @classmethod
    def of(cls, data: Profiles, white: FloatArray) -> _Fixed:
        return cls(white, data.values @ white.T, data.z_mm @ white.T, white.sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class _Linear:
    """The model of each of s shapes made linear at one point, whitened."""

    amplitude: FloatArray
    """(s, m)"""
    residual: FloatArray
    """(s, m, n)"""
    by_width: FloatArray
    """(s, m, n)"""
    tangent: FloatArray
    """(s, m, n) `by_width` freed of what the row's own parameters can follow."""
    columns: FloatArray
    """(s, m, 4, n) profile, base, slope, shift."""
    shift: FloatArray
    """(s, m, 2) shift that follows `by_width`, and the one that follows `residual`."""

    def step_width(self, data: Profiles) -> FloatArray:
        """(s, ramps) Gauss-Newton step; NaN where the profiles say nothing of a width."""
        pull = data.by_ramp((self.tangent * self.residual).sum(axis=-1))
        information = data.by_ramp((self.tangent**2).sum(axis=-1))
        nothing = np.full_like(pull, np.nan)
        return np.asarray(np.divide(pull, information, out=nothing, where=information > 0.0))

    def step_centre(self, step_width: FloatArray, most: FloatArray) -> FloatArray:
        """(s, m) shift of each row when the widths take their step."""
        return np.asarray(np.clip(self.shift[..., 1] - self.shift[..., 0] * step_width, -most, most))


def _linear_part(
    data: Profiles, fixed: _Fixed, parts: FloatArray, width_mm: FloatArray, centre_mm: FloatArray
) -> _Linear:
    z, width = data.z_mm - centre_mm[..., None], width_mm[:, data.ramp, None]
    profile, by_z, by_w = data.drawn(z, parts, width) @ fixed.white.T
    columns = np.empty((*z.shape[:2], 4, z.shape[2]))
    columns[..., 0, :], columns[..., 1, :] = profile, fixed.one
    columns[..., 2, :] = fixed.z_mm - centre_mm[..., None] * fixed.one
    height = _solve(columns[..., :3, :], fixed.values[:, None])[..., 0]
    amplitude = height[..., 0]
    residual = fixed.values - _times(columns[..., :3, :], height)
    columns[..., 3, :] = -amplitude[..., None] * by_z
    by_width = amplitude[..., None] * by_w
    followed = _solve(columns, np.stack([by_width, residual], axis=-2))
    tangent = by_width - _times(columns, followed[..., 0])
    return _Linear(amplitude, residual, by_width, tangent, columns, followed[..., 3, :])


def _results(
    data: Profiles, fixed: _Fixed, parts: FloatArray, width: FloatArray, centre: FloatArray
) -> Iterator[WidthFit]:
    model = _linear_part(data, fixed, parts, width, centre)
    information = data.by_ramp((model.tangent**2).sum(axis=-1))
    influence = model.tangent @ fixed.white / information[:, data.ramp, None]
    flat = model.residual.reshape(-1, len(fixed.white))
    plain = np.linalg.solve(fixed.white, flat.T).T.reshape(model.residual.shape)
    columns = np.concatenate([model.columns, model.by_width[..., None, :]], axis=-2)
    middle = data.drawn(np.zeros((*centre.shape, 1)), parts, width[:, data.ramp, None])[0, ..., 0]
    height, chi2 = model.amplitude * middle, (model.residual**2).sum(axis=(1, 2)).tolist()
    unsure = _unsure(data, fixed, parts, width, centre, model)
    for k, blur in enumerate(unsure):
        yield WidthFit(
            width_mm=width[k],
            centre_mm=centre[k],
            amplitude=height[k],
            residual=plain[k],
            chi2=chi2[k],
            influence=influence[k],
            columns=columns[k],
            blur=blur,
        )


def _unsure(
    data: Profiles, fixed: _Fixed, parts: FloatArray, width: FloatArray, centre: FloatArray, model: _Linear
) -> Iterator[Unsure]:
    more = 1.0 + BLUR_STEP
    wider = replace(data, blur_mm=data.blur_mm * more, overshoot_mm2=data.overshoot_mm2 * more**2)
    drawn = wider.drawn(data.z_mm - centre[..., None], parts, width[:, data.ramp, None])[0] @ fixed.white.T
    error = (model.amplitude * data.blur_u / BLUR_STEP)[..., None] * (drawn - model.columns[..., 0, :])
    free = error - _times(model.columns, _solve(model.columns, error[..., None, :])[..., 0])
    share = data.by_ramp((model.tangent * free).sum(axis=-1)) / data.by_ramp((model.tangent**2).sum(axis=-1))
    free -= model.tangent * share[:, data.ramp, None]
    pull, information = (free * model.residual).sum(axis=(1, 2)), (free**2).sum(axis=(1, 2))
    return map(Unsure, -share, pull.tolist(), information.tolist())


def _times(columns: FloatArray, factors: FloatArray) -> FloatArray:
    """(s, m, n) sum of (s, m, k, n) columns times (s, m, k) factors."""
    return np.asarray((factors[..., None, :] @ columns)[..., 0, :])


def _solve(columns: FloatArray, values: FloatArray) -> FloatArray:
    """(s, m, k, j) least-squares factors of (s, m, k, n) columns for (..., m, j, n) values."""
    turned = columns.swapaxes(-1, -2)
    gram = columns @ turned
    size = np.sqrt(np.diagonal(gram, axis1=-2, axis2=-1))[..., None] + np.finfo(float).tiny
    normal = gram / size / size.swapaxes(-1, -2) + RIDGE * np.eye(columns.shape[-2])
    return np.asarray(np.linalg.solve(normal, (values @ turned).swapaxes(-1, -2) / size) / size)


# ------------------------------------------------------------------------------------- all together


Mixture = tuple[tuple[Shape, float, FloatArray], ...]
"""Shapes, each with its weight and the (ramps,) FWHM, mm, that it has on each ramp."""


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Width of the SSP on each ramp, averaged over the shapes that the profiles allow."""

    width_mm: FloatArray
    """(ramps,) FWHM."""
    covariance: FloatArray
    """(ramps, ramps) mm²: noise, and the spread between shapes and the blur's u, which all ramps share."""
    centre_mm: FloatArray
    """(m,) crossing of each row, on the profile's z axis."""
    amplitude: FloatArray
    """(m,) HU."""
    noise: Noise
    mixture: Mixture
    """The shapes that were averaged."""


def section(data: Profiles, first: NDArray[np.int64], width_mm: FloatArray, centre_mm: FloatArray) -> Section | None:
    """FWHM of the SSP on every ramp, from all profiles together; None where no shape's fit converges.

    Parameters
    ----------
    data : Profiles
        Rows of one ramp follow one another in the order of the slices.
    first : (m,)
        Place of each row's first sample on the grid common to the rows of its ramp.
    width_mm, centre_mm : (ramps,) and (m,), mm
        Where to start.

    Notes
    -----
    Every shape of `shapes` is fitted by generalised least squares, with the noise's covariance from the residuals of
    a first, plain fit. The widths are averaged with the weights prior × exp(−χ²/2), χ² being lowered by the
    correlation between slices. Covariance: noise (sandwich with the correlation along the profile and between
    slices), the blur's u, and the weighted spread between shapes: with these weights, or with those that the shapes
    would have if the blur were wrong by what suits each best, at the cost of its u, whichever is larger. In little
    noise an error of the blur decides between a triangle and the trapezoid next to it, 5 % wider. Left out: errors of
    the angle.
    """
    white = np.eye(data.values.shape[1])
    table = shapes()
    plain = _fits(data, table[:SKETCH], width_mm, centre_mm, white, SETTLED)
    if not plain:
        return None
    best = min(plain, key=lambda k: k[1].chi2)[1]
    noise = noise_of(best.residual, best.maker(), first, data.ramp)
    fits = _fits(data, table, best.width_mm, best.centre_mm, noise.whitener)
    along = paths()
    for _ in range(FINER if fits else 0):
        shape, best = min(fits, key=lambda k: k[1].chi2)
        along = finer(along, shape)
        known = {s for s, _ in fits}
        new = tuple(dict.fromkeys(s for path in along for s in path if s not in known))
        fits += _fits(data, new, best.width_mm, best.centre_mm, noise.whitener)
    return _averaged(data, first, fits, noise) if fits else None


def _fits(
    data: Profiles,
    table: tuple[Shape, ...],
    width_mm: FloatArray,
    centre_mm: FloatArray,
    white: FloatArray,
    converged: float = CONVERGED,
) -> list[tuple[Shape, WidthFit]]:
    found = fit_widths(data, table, width_mm, centre_mm, white, converged)
    return [(shape, fit) for shape, fit in zip(table, found, strict=True) if fit is not None]


def _weights(prior: FloatArray, chi2: FloatArray) -> FloatArray:
    """(shapes,) of sum 1."""
    weight = prior * np.exp(-0.5 * (chi2 - chi2.min()))
    return np.asarray(weight / weight.sum())


def _outer(weight: FloatArray, values: FloatArray) -> FloatArray:
    """(ramps, ramps) weighted mean of the outer products of (shapes, ramps) values."""
    return np.asarray(np.einsum("s,si,sj->ij", weight, values, values))


def _averaged(data: Profiles, first: NDArray[np.int64], fits: list[tuple[Shape, WidthFit]], noise: Noise) -> Section:
    temper = TEMPER * noise.inflation(int(np.bincount(data.ramp).max()))
    prior, chi2 = np.array([(s.prior, f.chi2) for s, f in fits]).T
    weight = _weights(prior, chi2 / temper)
    widths = np.array([f.width_mm for _, f in fits])
    mean = weight @ widths
    best = fits[int(np.argmax(weight))][1]
    ramps = range(mean.size)
    heavy = weight > LIGHT
    within = [
        [variance(f.influence[data.ramp == r], first[data.ramp == r], noise) for r in ramps]
        for (_, f), kept in zip(fits, heavy, strict=True)
        if kept
    ]
    noisy = weight[heavy] @ np.array(within) / weight[heavy].sum()
    other = _weights(prior, chi2 / temper - [f.blur.explains(temper) for _, f in fits])
    spread = max((_outer(w, widths - mean) for w in (weight, other)), key=np.trace)
    blur = _outer(weight, np.array([f.blur.by_error for _, f in fits]))
    return Section(
        width_mm=mean,
        covariance=np.diag(noisy) + spread + blur,
        centre_mm=best.centre_mm,
        amplitude=best.amplitude,
        noise=noise,
        mixture=tuple((s, float(w), f.width_mm) for w, (s, f) in zip(weight, fits, strict=True) if w > LIGHT),
    )
