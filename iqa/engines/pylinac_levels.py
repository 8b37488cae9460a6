"""pylinac's CT numbers, uniformity, noise and its spectrum, section thickness, beside iqa's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from iqa.engines.agreement import Band, Said, scaled, shifted
from iqa.engines.asked import MEDIAN_OVER_MEAN, Array, Asked

RIM_SHARE = 0.015
"""Of an insert's contrast that its rim may change a larger disc's value by: 0.6 to 1.5 % towards the base on a real
Catphan 604 (blur), 1.1 % away from it on a real ACR phantom (a bright rim of bone)."""
DISC_MM = 20.0
"""Diameter of pylinac's discs in a uniform module; 22 mm in the ACR phantom's."""
NOISE_RATIO = (0.7, 1.2)
"""Of pylinac's SD in a disc of 20 mm to iqa's in 40 % of the body: 0.78 to 1.07 on five real scans."""
SQUARE_MM = 20.0
"""Side of the squares of pylinac's noise spectra: nothing below 1/20 mm is seen in them."""
SPECTRUM_RATIO = (0.85, 1.15)
"""Of pylinac's average frequency in 1/mm to that of iqa's curve from 1/SQUARE_MM up: 0.90 to 1.11 on nine simulated and
four real scans."""
BINS = 2.0
"""Bins of 1/SQUARE_MM from the peak to the highest of few noisy ones: 2 at most on nine simulated scans."""
AS_RAMPED = 0.42 / 0.4245
"""pylinac's factor for the ramps of a Catphan over tan 23°."""
THICKNESS_SCATTER = 0.01
"""Relative standard uncertainty of pylinac's width itself: 0.1 to 0.7 % on simulated scans of 5 to 30 HU."""
NOISE_NARROWS = 0.15
"""Share of its width that a wire loses by noise in its highest pixel: 5 % at 30 HU on simulated scans, 12 % on a real
one at 33 HU with a sharper kernel."""

HOURS: Mapping[str, str] = {"12h": "Top", "3h": "Right", "6h": "Bottom", "9h": "Left"}

RIM = (
    "pylinac's disc, on one slice, reaches nearer to the insert's rim than iqa's, and there blur and beam hardening "
    "change the CT number."
)
TURNED = "pylinac knows this phantom hung one way round only, and reads the mirror image of this place."
CENTRE = (
    "pylinac's central disc has 20 mm, iqa's 40 % of the body's diameter, and the CT number changes with the distance "
    "from the centre."
)
NOISE = (
    "pylinac's is the SD of 20 mm at the centre of one slice, iqa's that of 40 % of the diameter on all slices, and "
    "noise and shading change with the distance from the centre."
)
FREQUENCY = (
    "pylinac counts frequency in shares of a radial array that reaches to the corner, √2 times Nyquist, so that its "
    "number is √2·pixel(mm) times one in 1/mm, and its squares of 20 mm see nothing below 0.05 /mm."
)
PEAK = (
    "pylinac's is the highest bin of 0.05 /mm, from five squares of one slice, in shares of √2·pixel(mm) instead of "
    "1/mm."
)
SHADING = (
    "pylinac's is the highest bin of 0.05 /mm in shares of √2·pixel(mm) instead of 1/mm, and where shading outweighs "
    "noise, as iqa flags here, that is the first one."
)
THICKNESS = (
    "pylinac divides the width of three averaged slices by three, which is the step where sections overlap or leave "
    "gaps, takes tan 23° as 0.42, and noise in the highest pixel narrows the width."
)
THICKNESS_30 = (
    "pylinac divides the width of three averaged slices by three, which is the step where sections overlap or leave "
    "gaps, and noise in the deepest pixel narrows the width."
)


def inserts(asked: Asked, module: str, names: Mapping[str, str], disc_mm: float, *, median: bool) -> Iterator[Said]:
    """CT numbers of inserts."""
    noise = asked.disc_hu(disc_mm) * (MEDIAN_OVER_MEAN if median else 1.0)
    for name, insert in names.items():
        key = f"ct_number.{insert}"
        yield Said(key, name, asked.get(f"{module}.{name}"), asked.one_slice(key, noise), band=_rim(asked, key, insert))


def uniform(asked: Asked, module: str, disc_mm: float, *, median: bool) -> Iterator[Said]:
    """The uniform module's level, edges and noise."""
    noise = asked.disc_hu(disc_mm) * (MEDIAN_OVER_MEAN if median else 1.0)
    for hour, name in HOURS.items():
        key, value = f"uniformity.{hour}", asked.difference(f"{module}.{name}", f"{module}.Center")
        yield Said(key, f"{name} − Center", value, asked.one_slice(key, math.sqrt(2.0) * noise))
    largest = asked.ours("uniformity.max_deviation")
    reach = 0.0 if largest is None else abs(largest.value)
    level = asked.band("ct_number.uniform", -reach, reach, CENTRE)
    u = asked.one_slice("ct_number.uniform", noise)
    yield Said("ct_number.uniform", "Center", asked.get(f"{module}.Center"), u, band=level)
    yield _sd(asked, module, disc_mm)


def integral(asked: Asked, module: str) -> Said:
    """Integral non-uniformity, which pylinac forms as iqa does."""
    key = "uniformity.integral"
    noise = MEDIAN_OVER_MEAN * asked.disc_hu(DISC_MM) / math.sqrt(2.0) / 1000.0
    return Said(key, "integral non-uniformity", asked.get(f"{module}.integral"), asked.one_slice(key, noise))


def spectrum(asked: Asked, module: str) -> Iterator[Said]:
    """Average and peak frequency of the noise."""
    average, peak = asked.get(f"{module}.noise_average"), asked.get(f"{module}.noise_peak")
    yield Said("nps.average_frequency", "NPS average power", average, unit="1", comparable=False, band=_average(asked))
    yield Said("nps.peak_frequency", "NPS maximum frequency", peak, unit="1", comparable=False, band=_peak(asked))


def thickness(asked: Asked, module: str, as_ramped: float, reason: str) -> Said:
    """Section thickness by ramps."""
    key = "slice_thickness"
    m, combined = asked.ours(key), asked.get(f"{module}.slices_combined")
    band = None
    if m is not None and combined is not None and asked.step_mm is not None:
        widths = [_width(m.value, asked.step_mm, int(combined), section) for section in (_triangle, _gaussian)]
        low, high = (as_ramped * end / m.value for end in (min(widths) * (1.0 - NOISE_NARROWS), max(widths)))
        band = Band(*scaled(m, low, high), reason)
    value = asked.get(f"{module}.slice_thickness")
    return Said(key, "slice thickness", value, THICKNESS_SCATTER * abs(value or 0.0), band=band)


def _rim(asked: Asked, key: str, insert: str) -> Band | None:
    if asked.turned:
        opposite = asked.ours(f"ct_number.{asked.opposite(insert)}")
        return None if opposite is None else Band(*shifted(opposite, 0.0, 0.0), TURNED)
    m, base = asked.ours(key), asked.base_hu(insert)
    if m is None or base is None:
        return None
    reach = RIM_SHARE * abs(base - m.value)
    return Band(*shifted(m, -reach, reach), RIM)


def _sd(asked: Asked, module: str, disc_mm: float) -> Said:
    m, sd = asked.ours("noise.sd"), asked.get(f"{module}.sd")
    band = None if m is None else Band(*scaled(m, *NOISE_RATIO), NOISE)
    return Said("noise.sd", "SD of Center", sd, (sd or 0.0) * _relative(asked, disc_mm), band=band)


def _relative(asked: Asked, disc_mm: float) -> float:
    """Relative scatter of a standard deviation in a disc: √(∫ρ²/(2·area)), with ∫ρ² from iqa's noise spectrum."""
    f, nps = _nps(asked)
    if not np.any(nps > 0.0):
        return 0.0
    density = 2.0 * math.pi * f * nps
    correlated_mm2 = _integral(density * nps, f) / _integral(density, f) ** 2
    return math.sqrt(correlated_mm2 / (2.0 * math.pi / 4.0 * disc_mm**2))


def _integral(y: Array, x: Array) -> float:
    """By trapezoids."""
    return float(np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(x)))


def _nps(asked: Asked) -> tuple[Array, Array]:
    curve = asked.curve("nps")
    return (np.array([]), np.array([])) if curve is None else (np.array(curve.x), np.array(curve.values))


def _average(asked: Asked) -> Band | None:
    """In pylinac's shares: iqa's curve over the frequencies that its squares see."""
    m, (f, nps) = asked.ours("nps.average_frequency"), _nps(asked)
    seen = f >= 1.0 / SQUARE_MM
    if m is None or m.value <= 0.0 or np.count_nonzero(seen & (nps > 0.0)) < 2:
        return None
    average = _integral((f * nps)[seen], f[seen]) / _integral(nps[seen], f[seen])
    per_mm = math.sqrt(2.0) * asked.pixel_mm
    low, high = scaled(m, *(ratio * average / m.value * per_mm for ratio in SPECTRUM_RATIO))
    return Band(low, high, FREQUENCY)


def _peak(asked: Asked) -> Band | None:
    m, average = asked.ours("nps.peak_frequency"), asked.ours("nps.average_frequency")
    if m is None:
        return None
    per_mm, reach = math.sqrt(2.0) * asked.pixel_mm, BINS / SQUARE_MM
    low, high = (per_mm * end for end in shifted(m, -reach, reach))
    shaded = average is not None and "structured" in average.flags
    return Band(0.0 if shaded else low, high, SHADING if shaded else PEAK)


def _width(thickness_mm: float, step_mm: float, combined: int, section: Callable[[Array], Array]) -> float:
    """Width at half maximum, over their number, of so many sections averaged."""
    reach = combined * max(step_mm, thickness_mm)
    z = np.linspace(-reach, reach, 4001)
    centres = (np.arange(combined) - (combined - 1) / 2.0) * step_mm
    total = np.sum([section((z - centre) / thickness_mm) for centre in centres], axis=0)
    wide = z[total >= 0.5 * np.max(total)]
    return float(wide[-1] - wide[0]) / combined


def _triangle(z: Array) -> Array:
    """A profile of width 1 at half maximum; those of real sections lie between it and a Gaussian."""
    return np.clip(1.0 - np.abs(z), 0.0, None)


def _gaussian(z: Array) -> Array:
    return np.asarray(np.exp(-4.0 * math.log(2.0) * z**2))
