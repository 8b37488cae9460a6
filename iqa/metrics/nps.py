"""Family `nps`: the radial noise power spectrum of the scan and the frequencies that sum it up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice
from iqa.metrics.regions import Noise
from iqa.model import Curve, Measurement, NotMeasured, Result
from iqa.signal.spectrum import Spectrum

Array = NDArray[np.float64]

AVERAGE, MEAN_2D, PEAK = "nps.average_frequency", "nps.mean_frequency_2d", "nps.peak_frequency"
METHOD, PEAK_METHOD = "nps-radial@2", "nps-cubic@1"
DIFFERENCE, DIFFERENCE_PEAK = "nps-difference@2", "nps-difference-cubic@1"
"""The same of differences between repeats."""
HALF_WIDTH_PER_MM = 0.24
"""Reach of the cubic through the peak. With 24 patches of 64² it errs by 0.9 to 1.5 % and scatters by 1.6 to 2.8 %; a
parabola over half of that scatters twice as much, over all of it errs by 5 to 8 %; a quartic errs by 0.3 % and scatters
by up to 3.3 %."""
DEGREE = 3
BIAS_U = 0.012
"""What the cubic errs by, as a component of relative u."""
SMOOTHED_PER_MM = 0.06
"""Half width of the mean by which the highest top is found."""
TINY = 1e-9
"""Imaginary part below which a root is real, 1/mm."""
RISE = 1.5
"""Smoothed power at the first bin against the valley before the peak, from which it is shading: sampling alone gives
1.2."""
RISEN, RISEN_U = 2.0, 3.0
"""The first bin against the highest of the next ones, as a factor and in u of clean noise, from which it is shading,
wherever the peak lies. White noise of six squares comes to 2.1; at 3 the shading of some cone beams is none."""
NEXT, LATER, FALLS = slice(2, 5), slice(5, 9), 0.5
"""Those next bins, and bins beyond whose mean power is less than this share of theirs in low-pass noise. That falls
from its first bin on, which of few squares comes to 2.5 times the next in 3 % of scans: no sign of shading. Against
the second bin alone, which noise can leave empty, clean noise of six squares comes to 9."""
LEAST_TOP = 0.02
"""Smoothed power of a top against that of the first bin below which it is no peak: low-pass noise has tops of 0.005 in
its floor, and everything before them would be shading. The strongest shading of cone beams leaves the peak 0.1."""
FIXED_SHARE = 0.05
"""Of the average frequency, that what all slices share takes off it, from which that is said and in u: 3 to 4 % on
diagnostic scanners, where it may be noise that overlapping sections share; 4 to 22 % on cone beams."""
FEWEST_BINS = 6
"""Bins that a cubic with some say of its own needs."""
ROUNDS = 3
"""Each moves the cubic to its own top."""
ZERO_U, ZERO_LEAST = 1.5, 0.5
"""The power at frequency 0 is extrapolated: 1 − (1.5 u / power)² of it counts in the average, and at least half in u.
All of it makes the average of a ramp scatter by a quarter more and lie 0.2 % lower, since no power is negative; none of
it makes that of low-pass noise 10 to 16 % too high."""
RINGS_U = 0.0015
"""Relative u of the average for what freeing rings from leakage leaves, as many patches as there may be: 0.0016 was the
most found."""
CORNERS_U = 0.002
"""Relative u of the two-dimensional mean for bin 0, which is extrapolated, and the corners, which are no whole rings;
0.0013 was the most found."""


def measure(context: Context) -> Measured:
    """`nps.average_frequency`, `nps.mean_frequency_2d`, `nps.peak_frequency` and the curve `nps`.

    Notes
    -----
    See `iqa.signal.spectrum`. The average is ∫f·NPS df / ∫NPS df of the radial spectrum from 0 to Nyquist; the
    two-dimensional mean weighs each frequency by its ring, corners of the square included. Where the scan has
    repeats, all is learnt from their differences, see `iqa.metrics.repeats`.

    References
    ----------
    ICRU Report 87 (2012); Samei et al. (AAPM TG-233), Med Phys 2019;46:e735.
    """
    noise = context.spectral_noise
    if isinstance(noise, NotMeasured):
        return Measured(tuple(replace(noise, key=key) for key in (AVERAGE, MEAN_2D, PEAK)))
    method, peak_method = (DIFFERENCE, DIFFERENCE_PEAK) if context.repeats else (METHOD, PEAK_METHOD)
    spectrum = noise.spectrum
    peak = peak_frequency(spectrum)
    shaded = structured(spectrum)
    flags = ("structured",) if shaded else ()
    results: list[Result] = [
        _number(context, noise, AVERAGE, *average_frequency(spectrum), method, flags),
        _number(context, noise, MEAN_2D, *mean_frequency_2d(spectrum), method, flags),
        _no_peak() if peak is None else _number(context, noise, PEAK, *peak, peak_method, flags),
        _curve(spectrum, method, shaded=shaded),
    ]
    return Measured(tuple(results))


def average_frequency(spectrum: Spectrum) -> tuple[float, float]:
    """∫f·NPS df / ∫NPS df of the radial spectrum from 0 to Nyquist, and its u, 1/mm."""
    weight = _radial(spectrum)
    known = weight.copy()
    share = _share_at_zero(spectrum)
    weight[0], known[0] = 0.5 * share, 0.5 * max(share, ZERO_LEAST)
    value, u = _mean(spectrum, weight, known)
    return value, float(np.hypot(u, RINGS_U * value))


def _radial(spectrum: Spectrum) -> Array:
    """(rings,) weights of the radial average, without bin 0."""
    weight = _shown(spectrum).astype(np.float64)
    weight[_nyquist(spectrum)] = 0.5  # half of that bin lies beyond, as half of bin 0 does
    return weight


def _share_at_zero(spectrum: Spectrum) -> float:
    """How much of the power at frequency 0 counts: none where it may be nothing, or is that of rings and shading."""
    power = float(spectrum.covariance.nps[0])
    if power <= 0.0 or structured(spectrum):
        return 0.0
    return max(0.0, 1.0 - (ZERO_U * spectrum.u_of(np.eye(len(spectrum.ring_sizes))[0]) / power) ** 2)


def mean_frequency_2d(spectrum: Spectrum) -> tuple[float, float]:
    """Mean frequency over the whole square, corners included, and its u, 1/mm."""
    value, u = _mean(spectrum, spectrum.ring_sizes, spectrum.ring_sizes)
    return value, float(np.hypot(u, CORNERS_U * value))


def _shown(spectrum: Spectrum) -> NDArray[np.bool_]:
    """Bins of the radial curve: from the first to Nyquist's. Bin 0 is extrapolated, the corners are no whole rings."""
    bins = np.arange(len(spectrum.covariance.frequency))
    return np.asarray((bins > 0) & (bins <= _nyquist(spectrum)))


def _nyquist(spectrum: Spectrum) -> int:
    """The bin about the Nyquist frequency."""
    return len(spectrum.scatter) // 2


def _mean(spectrum: Spectrum, weight: Array, known: Array) -> tuple[float, float]:
    """Mean frequency, each bin weighted with its power and a weight, and its u, 1/mm, by weights of its own."""
    frequency, nps = spectrum.covariance.frequency, spectrum.covariance.nps
    mean = _weighted(frequency, weight * nps)
    gradient = known * (frequency - mean) / float(weight @ nps)
    fixed = _raised_without_fixed(spectrum, weight) if structured(spectrum) else 0.0
    return mean, math.hypot(spectrum.u_of(gradient), fixed / math.sqrt(3.0))


def _weighted(frequency: Array, power: Array) -> float:
    """Mean frequency by power."""
    return float(frequency @ power) / float(power.sum())


def _raised_without_fixed(spectrum: Spectrum, weight: Array) -> float:
    """By how much a mean frequency would rise without what is fixed: not in proportion where that is no small part."""
    frequency, nps = spectrum.covariance.frequency, spectrum.covariance.nps
    return _weighted(frequency, weight * spectrum.without_fixed) - _weighted(frequency, weight * nps)


def _u(spectrum: Spectrum, weights: Array, *, shaded: bool) -> float:
    """Standard uncertainty of Σ wₖ Nₖ as noise's."""
    return math.hypot(spectrum.u_of(weights), u_fixed(spectrum, weights) if shaded else 0.0)


def u_fixed(spectrum: Spectrum, weights: Array) -> float:
    """What rings and shading that all slices share add to the uncertainty of Σ wₖ Nₖ in a `structured` spectrum.

    Of what is fixed anything up to all may be no noise: an even distribution, about its end.
    """
    return abs(spectrum.moved_by_fixed(weights)) / math.sqrt(3.0)


def _number(
    context: Context, noise: Noise, key: str, value: float, u: float, method: str, flags: tuple[str, ...] = ()
) -> Measurement:
    independent, place = context.seen_on(noise)
    return Measurement(key, value, u, "1/mm", independent, place, method, (*one_slice(noise.squares.slices), *flags))


def structured(spectrum: Spectrum) -> bool:
    """True where rings or shading raise the lowest bins above the noise."""
    shown = np.flatnonzero(_shown(spectrum))
    covariance = spectrum.covariance
    clear = _top(covariance.frequency[shown], covariance.nps[shown], spectrum.ring_sizes[shown])[0]
    return clear > 0 or _risen(spectrum) or _lowered(spectrum)


def _lowered(spectrum: Spectrum) -> bool:
    """True where what all slices share takes more than FIXED_SHARE off the average frequency."""
    weight, frequency, nps = _radial(spectrum), spectrum.covariance.frequency, spectrum.covariance.nps
    mean = _weighted(frequency, weight * nps)
    chance = spectrum.moved_by_fixed(weight * (frequency - mean)) == 0.0
    return not chance and _raised_without_fixed(spectrum, weight) > FIXED_SHARE * mean


def raised(spectrum: Spectrum) -> float:
    """By how much the first bin stands above the next ones, HU² mm², or 0: what rings or shading add, if any do."""
    nps = spectrum.covariance.nps
    return max(0.0, float(nps[1] - nps[NEXT].mean()))


def _risen(spectrum: Spectrum) -> bool:
    """True where the first bin stands above the next ones by more than they would let it scatter."""
    nps = spectrum.covariance.nps
    first, beside = float(nps[1]), float(nps[NEXT].max())
    if first <= RISEN * beside or nps[LATER].mean() < FALLS * nps[NEXT].mean():
        return False
    # Power scatters in proportion to itself: without shading the first bin would do so about the next ones.
    relative = spectrum.u_of(np.eye(len(nps))[1]) / first
    return first - beside > RISEN_U * relative * beside


def peak_frequency(spectrum: Spectrum) -> tuple[float, float] | None:
    """Top of the cubic through the curve about its highest top, and its u, 1/mm; None where the curve has none."""
    shown = np.flatnonzero(_shown(spectrum))
    frequency, nps, sizes = spectrum.covariance.frequency, spectrum.covariance.nps, spectrum.ring_sizes
    first, near = _top(frequency[shown], nps[shown], sizes[shown])
    used, gradient = shown[first:], np.zeros(len(frequency))
    for _ in range(ROUNDS):
        found = None if near is None else _cubic_top(frequency[used], nps[used], sizes[used], near)
        if found is None:
            return None
        near, gradient[used] = found
    if near is None:
        return None
    return near, math.hypot(_u(spectrum, gradient, shaded=structured(spectrum)), BIAS_U * near)


def _no_peak() -> NotMeasured:
    reason = "The noise power spectrum has no peak between its first bin and the limit of the pixels."
    return NotMeasured(PEAK, reason, "Larger free areas or smaller pixels; white or very smooth noise has none.")


def _top(frequency: Array, nps: Array, sizes: Array) -> tuple[int, float | None]:
    """First bin that is clear of shading, and the highest top of the smoothed curve, 1/mm; its ends are no tops.

    Rings and shading raise the lowest bins of cone-beam scans above the peak of the noise: they end at the valley
    before it.
    """
    near = np.abs(frequency[:, None] - frequency) <= SMOOTHED_PER_MM
    smooth = (near @ (nps * sizes)) / (near @ sizes)
    tops = 1 + np.flatnonzero((smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]))
    tops = tops[smooth[tops] >= LEAST_TOP * smooth[0]]
    if not len(tops):
        return 0, None
    top = tops[int(np.argmax(smooth[tops]))]
    valley = int(np.argmin(smooth[:top]))
    return valley if smooth[0] > RISE * smooth[valley] else 0, float(frequency[top])


def _cubic_top(frequency: Array, nps: Array, sizes: Array, near: float) -> tuple[float, Array] | None:
    """Top of the cubic about a frequency, 1/mm, and its derivatives by the curve; None where it has none within."""
    used = np.abs(frequency - near) <= HALF_WIDTH_PER_MM
    if np.count_nonzero(used) < FEWEST_BINS:
        return None
    weight = np.sqrt(sizes[used])[:, None]
    solve = np.linalg.pinv(np.vander(frequency[used] - near, DEGREE + 1) * weight) * weight.T
    cubic = np.poly1d(solve @ nps[used])
    slope, bend = cubic.deriv(), cubic.deriv(2)
    tops = [float(r.real) for r in slope.roots if abs(r.imag) < TINY and bend(r.real) < 0.0]
    low, high = max(-HALF_WIDTH_PER_MM, frequency[0] - near), min(HALF_WIDTH_PER_MM, frequency[-1] - near)
    inside = [t for t in tops if low < t < high]
    if not inside:
        return None
    top = max(inside, key=cubic)
    gradient = np.zeros(len(frequency))
    gradient[used] = np.array([n * top ** max(n - 1, 0) for n in range(DEGREE, -1, -1)]) @ solve / -bend(top)
    return near + top, gradient


def _curve(spectrum: Spectrum, method: str, *, shaded: bool) -> Curve:
    shown = _shown(spectrum)
    alone = np.eye(len(shown))[shown]
    return Curve(
        key="nps",
        x=tuple(spectrum.covariance.frequency[shown].tolist()),
        values=tuple(spectrum.covariance.nps[shown].tolist()),
        u=tuple(_u(spectrum, one, shaded=shaded) for one in alone),
        x_unit="1/mm",
        unit="HU² mm²",
        method=method,
    )
