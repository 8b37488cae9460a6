"""Family `nps`: the radial noise power spectrum of the scan and the frequencies that sum it up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice
from iqa.metrics.regions import Noise, where
from iqa.model import Curve, Measurement, NotMeasured, Result
from iqa.signal.noise import Spectrum

Array = NDArray[np.float64]

AVERAGE, MEAN_2D, PEAK = "nps.average_frequency", "nps.mean_frequency_2d", "nps.peak_frequency"
METHOD = "nps-radial@1"
PEAK_METHOD = "nps-quadratic@1"
HALF_WIDTH_PER_MM = 0.12
"""Reach of the parabola through the peak: its bias stays near 1 % and its scatter at a third of the largest bin's."""
FEWEST_BINS = 5
"""Bins that a parabola with some say of its own needs."""
CORNERS_U = 0.002
"""Relative u of the two-dimensional mean for bin 0, which is extrapolated, and the corners, which are no whole rings;
0.0013 was the most found."""
STEP = 1e-4
"""Relative change of a bin for the derivative of the peak."""


def measure(context: Context) -> Measured:
    """`nps.average_frequency`, `nps.mean_frequency_2d`, `nps.peak_frequency` and the curve `nps`.

    Notes
    -----
    See `iqa.signal.noise.estimate_spectrum`. The average is ∫f·NPS df / ∫NPS df of the radial curve from its first bin
    to Nyquist; the two-dimensional mean weighs each frequency by its ring, corners of the square included.

    References
    ----------
    ICRU Report 87 (2012); Samei et al. (AAPM TG-233), Med Phys 2019;46:e735.
    """
    noise = context.noise
    if noise is None:
        return Measured(tuple(absent.noise(key) for key in (AVERAGE, MEAN_2D, PEAK)))
    spectrum = noise.spectrum
    shown = _shown(spectrum)
    results: list[Result] = [
        _number(context, noise, AVERAGE, *_mean(spectrum, shown.astype(np.float64))),
        _number(context, noise, MEAN_2D, *_with_corners(*_mean(spectrum, spectrum.ring_sizes))),
        _peak(context, noise, shown),
        _curve(spectrum, shown),
    ]
    return Measured(tuple(results))


def _shown(spectrum: Spectrum) -> NDArray[np.bool_]:
    """Bins of the radial curve: from the first to Nyquist. Bin 0 is extrapolated, the corners are no whole rings."""
    frequency = spectrum.covariance.frequency
    return np.asarray((frequency > 0.0) & (frequency <= 0.5 / max(spectrum.covariance.pixel_mm)))


def _mean(spectrum: Spectrum, weight: Array) -> tuple[float, float]:
    """Mean frequency, each bin weighted with its power and a weight, and its u, 1/mm."""
    frequency, nps = spectrum.covariance.frequency, spectrum.covariance.nps
    total = float(weight @ nps)
    mean = float((weight * frequency) @ nps) / total
    return mean, spectrum.u_of(weight * (frequency - mean) / total)


def _with_corners(value: float, u: float) -> tuple[float, float]:
    return value, float(np.hypot(u, CORNERS_U * value))


def _number(context: Context, noise: Noise, key: str, value: float, u: float) -> Measurement:
    independent = noise.slices.independent(context.scan.z_mm[list(noise.used)])
    place = where(noise.module, noise.used)
    return Measurement(key, value, u, "1/mm", independent, place, METHOD, one_slice(noise.used))


def _peak(context: Context, noise: Noise, shown: NDArray[np.bool_]) -> Measurement | NotMeasured:
    """Top of the parabola through the curve about its largest bin."""
    spectrum = noise.spectrum
    frequency, nps = spectrum.covariance.frequency[shown], spectrum.covariance.nps[shown]
    sizes = spectrum.ring_sizes[shown]
    start = _top(frequency, nps, sizes)
    near = None if start is None else _parabola(frequency, nps, sizes, start)
    peak = None if near is None else _parabola(frequency, nps, sizes, near)
    if near is None or peak is None:
        reason = "The noise power spectrum has no peak between its first bin and the limit of the pixels."
        return NotMeasured(PEAK, reason, "Larger free areas or smaller pixels; white or very smooth noise has none.")
    gradient = np.zeros(len(shown))
    for i, at in enumerate(np.flatnonzero(shown)):
        raised = np.where(np.arange(len(nps)) == i, nps * (1.0 + STEP), nps)
        moved = _parabola(frequency, raised, sizes, near)
        gradient[at] = 0.0 if moved is None else (moved - peak) / (STEP * nps[i])
    return replace(_number(context, noise, PEAK, peak, spectrum.u_of(gradient)), method=PEAK_METHOD)


def _top(frequency: Array, nps: Array, sizes: Array) -> float | None:
    """Highest top of the curve smoothed over half the parabola's reach, 1/mm; its ends are no tops.

    Rings and shading raise the lowest bins of cone-beam scans above the peak of the noise.
    """
    near = np.abs(frequency[:, None] - frequency) <= 0.5 * HALF_WIDTH_PER_MM
    smooth = (near @ (nps * sizes)) / (near @ sizes)
    tops = 1 + np.flatnonzero((smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]))
    return float(frequency[tops[int(np.argmax(smooth[tops]))]]) if len(tops) else None


def _parabola(frequency: Array, nps: Array, sizes: Array, near: float) -> float | None:
    """Top of the parabola about a frequency, 1/mm; None where the curve is not round there, or its end is the top."""
    used = np.abs(frequency - near) <= HALF_WIDTH_PER_MM
    if np.count_nonzero(used) < FEWEST_BINS:
        return None
    f = frequency[used] - near
    bend, slope, _ = np.polyfit(f, nps[used], 2, w=np.sqrt(sizes[used]))
    top = near - 0.5 * slope / bend if bend < 0.0 else np.inf
    return float(top) if abs(top - near) <= HALF_WIDTH_PER_MM and frequency[0] < top < frequency[-1] else None


def _curve(spectrum: Spectrum, shown: NDArray[np.bool_]) -> Curve:
    alone = np.eye(len(shown))[shown]
    return Curve(
        key="nps",
        x=tuple(spectrum.covariance.frequency[shown].tolist()),
        values=tuple(spectrum.covariance.nps[shown].tolist()),
        u=tuple(spectrum.u_of(one) for one in alone),
        x_unit="1/mm",
        unit="HU² mm²",
        method=METHOD,
    )
