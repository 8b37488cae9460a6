"""What pylinac makes of bars and of faint rods, beside iqa's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from iqa.engines.agreement import Band, Said, known
from iqa.engines.asked import MEDIAN_OVER_MEAN, Asked
from iqa.model import COVERAGE_FACTOR, Measurement

CIRCLE_MM, BAND_SHARE, SAMPLING, SMOOTHED_SHARE = 47.0, 0.04, 2.0, 0.001
"""pylinac's profile along a Catphan's bars: radius, half width of its band over the radius, samples a pixel of its
outer edge, and σ of its smoothing as a share of the profile, in whole samples and at least one."""
BARS_RATIO = (0.7, 1.4)
"""Of pylinac's relative modulation to iqa's, smoothed as pylinac smooths: 0.76 to 1.35 on seventeen simulated and
three real scans. A square wave's extremes give 4/π at most, those of noise the rest."""
DISCS_RATIO = (0.75, 1.3)
"""The same for the discs of an ACR phantom: 0.87 to 1.03 on a simulated and a real one."""
FINEST_LP_CM = 12
"""Group of the ACR phantom that no clinical kernel resolves; pylinac's value there is noise."""
HALF = 0.5

ROD_DISC_MM: Mapping[int, float] = {15: 12.0, 9: 7.0, 8: 6.0, 7: 5.0, 6: 4.0, 5: 3.0}
"""Diameter of pylinac's disc within a rod, by the rod's."""
BASE_DISC_MM, BASE_DISCS, ROD_SLICES = 8.0, 2, 3
ROD_NOISE = (0.3, 1.0)
"""SD in a rod's disc on three slices averaged over iqa's `noise.sigma` of one: 0.38 to 0.87 on three real scans."""
SEEN = 0.15
"""pylinac's threshold of contrast·√area(px)/SD."""
SHADING_SHARE = 0.35
"""Of the largest `uniformity` that shading adds to a contrast of pylinac or takes from it: 0.28, 0.33 on real scans."""
FEWEST_SIGMA = 3.0
"""Of the sum of two CT numbers in its own uncertainties, below which a ratio to it says nothing."""

BARS = (
    "pylinac's is the difference of extremes over their sum, relative to the coarsest group, along a smoothed profile, "
    "where a square wave passes up to 4/π of the transfer function and the smoothing takes from fine groups."
)
DISCS = (
    "pylinac's is the difference over the sum of the highest and lowest pixel, noise included, relative to the group "
    "of 4 lp/cm instead of to frequency 0."
)
AT_HALF = (
    "pylinac reads its 50 % off the extremes of bars relative to the coarsest group, a smoothed square wave and not "
    "the transfer function of a point."
)
MICHELSON = (
    "pylinac's contrast is Michelson's by default, the difference over the sum of CT numbers, without a unit, and its "
    "base are discs nearer to and further from the centre, where shading differs, not beside the rod."
)
RATIO = (
    "pylinac divides Michelson's contrast, which has no unit, by a standard deviation in HU of three slices averaged."
)
SMALLEST = (
    "pylinac looks at six rods of one group and calls one seen whose Michelson contrast times the root of its disc's "
    "area in pixels exceeds 0.15 standard deviations in HU."
)
CNR_25MM = (
    "pylinac's is the difference of two medians of 12 mm on one slice over the SD in the lower one, iqa's the rod's "
    "contrast on all slices over the detrended noise."
)


def bars(asked: Asked, module: str) -> Iterator[Said]:
    """Modulation of a Catphan's bars, and the frequency at one half."""
    expected = _smoothed(asked)
    yield from _groups(asked, module, expected, BARS_RATIO, BARS)
    yield from _half(asked, module, expected, BARS_RATIO)


def disc_bars(asked: Asked, module: str) -> Iterator[Said]:
    """The same of the bars in an ACR phantom."""
    expected = _noisy(asked, module)
    yield from _groups(asked, module, expected, DISCS_RATIO, DISCS)
    yield from _half(asked, module, expected, DISCS_RATIO)


def rods(asked: Asked, module: str) -> Iterator[Said]:
    """Contrast and ratio to noise of the 1.0 % targets, and the smallest that is seen."""
    for size in ROD_DISC_MM:
        yield from _rod(asked, module, size)
    key = "low_contrast.visible.10permille"
    m, smallest = asked.ours(key), asked.get(f"{module}.smallest_seen")
    yield Said(key, "smallest rod seen", smallest, comparable=False, band=None if m is None else _seen(asked, module))


def rod_25mm(asked: Asked) -> Said:
    """Ratio of contrast to noise of the ACR phantom's rod."""
    key, value = "low_contrast.6permille_25mm.cnr", asked.get("low_contrast.cnr")
    noise = asked.ours("noise.sigma")
    u = MEDIAN_OVER_MEAN * math.sqrt(2.0) * asked.disc_hu(12.0) / noise.value if noise else 0.0
    return Said(key, "CNR", value, asked.one_slice(key, u), band=asked.band(key, -0.1, 0.1, CNR_25MM))


def _groups(
    asked: Asked, module: str, expected: Mapping[int, float], ratio: tuple[float, float], reason: str
) -> Iterator[Said]:
    """Every group but the first, which is 1 by pylinac's own definition and says nothing."""
    first = min(expected, default=None)
    for lp in range(1, FINEST_LP_CM + 1):
        key, value = f"line_pairs.modulation.{lp}", asked.get(f"{module}.rmtf.{lp}")
        if lp != first and not (value is None and asked.ours(key) is None):
            band = Band(*_relative(asked, key, expected[lp], ratio), reason) if lp in expected else None
            yield Said(key, f"relative MTF at {lp} lp/cm", value, comparable=False, band=band)


def _relative(asked: Asked, key: str, expected: float, ratio: tuple[float, float]) -> tuple[float, float]:
    m = asked.ours(key)
    share = COVERAGE_FACTOR * known(m.u) / m.value if m and m.value > 0.0 else 0.0
    return expected * ratio[0] * max(0.0, 1.0 - share), expected * ratio[1] * (1.0 + share)


def _half(asked: Asked, module: str, expected: Mapping[int, float], ratio: tuple[float, float]) -> Iterator[Said]:
    """Beside the f50 of a point or wire; predicted from the bars."""
    value = asked.get(f"{module}.f50")
    key = next((k for k in ("mtf.bead.f50", "mtf.wire.f50") if asked.ours(k)), "mtf.bead.f50")
    ends = [_relative(asked, f"line_pairs.modulation.{lp}", e, ratio) for lp, e in sorted(expected.items())]
    groups = sorted(expected)
    band = None
    if len(groups) > 1:
        low, high = (_crossing(groups, [1.0, *(pair[k] for pair in ends[1:])]) for k in (0, 1))
        band = Band(low, high, AT_HALF)
    yield Said(key, "MTF 50 %", value, comparable=False, band=band)


def _crossing(groups: Sequence[int], values: Sequence[float]) -> float:
    """Frequency, 1/mm, at which straight lines between groups first fall to one half; else that of the next group."""
    for k in range(len(groups) - 1):
        if values[k + 1] <= HALF < values[k]:
            share = (values[k] - HALF) / (values[k] - values[k + 1])
            return (groups[k] + share * (groups[k + 1] - groups[k])) / 10.0
    return (groups[-1] + 1) / 10.0


def _measured(asked: Asked) -> dict[int, float]:
    """Measured modulations by lp/cm, from the coarsest on without a gap."""
    found: dict[int, float] = {}
    for lp in range(1, FINEST_LP_CM + 1):
        m = asked.ours(f"line_pairs.modulation.{lp}")
        if m is not None:
            found[lp] = m.value
        elif found:
            break
    return found


def _smoothed(asked: Asked) -> dict[int, float]:
    """Modulations of iqa as pylinac's profile of them would be, relative to the first."""
    measured = _measured(asked)
    if 1 not in measured:
        return {}
    passed = {lp: value * _passes(lp / 10.0, asked.pixel_mm) for lp, value in measured.items()}
    return {lp: value / passed[1] for lp, value in passed.items()}


def _passes(per_mm: float, pixel_mm: float) -> float:
    """What pylinac's smoothing and its nearest pixels leave of a frequency."""
    outer = 1.0 + BAND_SHARE
    samples = 2.0 * math.pi * CIRCLE_MM / pixel_mm * outer * SAMPLING
    smoothed_mm = max(1, round(SMOOTHED_SHARE * samples)) * pixel_mm / (SAMPLING * outer)
    variance = smoothed_mm**2 + pixel_mm**2 / 12.0
    return math.exp(-2.0 * math.pi**2 * per_mm**2 * variance)


def _noisy(asked: Asked, module: str) -> dict[int, float]:
    """Modulations of iqa with the noise that pylinac's finest group shows, relative to the first."""
    measured, floor = _measured(asked), asked.get(f"{module}.rmtf.{FINEST_LP_CM}")
    first = min(measured, default=None)
    if first is None or floor is None or not 0.0 <= floor < 1.0:
        return {}
    noise = measured[first] * floor / (1.0 - floor)
    return {lp: (value + noise) / (measured[first] + noise) for lp, value in measured.items()}


def _rod(asked: Asked, module: str, size: int) -> Iterator[Said]:
    name, stem = f"{module}.{size}", f"low_contrast.10permille_{size}mm"
    contrast, cnr = asked.get(f"{name}.contrast"), asked.get(f"{name}.cnr")
    band = _michelson(asked, name, asked.ours(f"{stem}.contrast"), size)
    expected = None if band is None else Band(*band, MICHELSON)
    yield Said(f"{stem}.contrast", f"contrast of {size} mm", contrast, unit="1", comparable=False, band=expected)
    sd = asked.ours("noise.sigma")
    over = None if band is None or sd is None else _over(band, sd.value)
    yield Said(
        f"{stem}.cnr",
        f"CNR of {size} mm",
        cnr,
        unit="1/HU",
        comparable=False,
        band=None if over is None else Band(*over, RATIO),
    )


def _michelson(asked: Asked, name: str, ours: Measurement | None, size: int) -> tuple[float, float] | None:
    """Michelson's contrast of iqa's difference above pylinac's base, its discs' noise and their shading included."""
    base = asked.get(f"{name}.background")
    if ours is None or base is None:
        return None
    u = math.hypot(known(ours.u), _disc_u(asked, size))
    if 2.0 * base + ours.value < FEWEST_SIGMA * u:
        return None
    largest = asked.ours("uniformity.max_deviation")
    reach = COVERAGE_FACTOR * u + (SHADING_SHARE * abs(largest.value) if largest else 0.0)
    ends = (ours.value - reach, ours.value + reach)
    low, high = (end / (2.0 * base + end) for end in ends)
    return max(0.0, low), high  # pylinac takes the sign away


def _disc_u(asked: Asked, size: int) -> float:
    """Of the difference of pylinac's medians in a rod and in the two discs beside it."""
    rod, base = asked.disc_hu(ROD_DISC_MM[size]), asked.disc_hu(BASE_DISC_MM) / math.sqrt(BASE_DISCS)
    thick, step = asked.ours("slice_thickness"), asked.step_mm
    apart = min(1.0, step / thick.value) if thick and step else 1.0  # overlapping sections share their noise
    return MEDIAN_OVER_MEAN * math.hypot(rod, base) / math.sqrt(1.0 + (ROD_SLICES - 1) * apart)


def _over(band: tuple[float, float], sigma_hu: float) -> tuple[float, float]:
    return band[0] / (ROD_NOISE[1] * sigma_hu), band[1] / (ROD_NOISE[0] * sigma_hu)


def _seen(asked: Asked, module: str) -> Band | None:
    """From the smallest rod that may pass pylinac's threshold to the largest that must, going down in size."""
    sd = asked.ours("noise.sigma")
    scores: dict[int, tuple[float, float]] = {}
    for size, disc in ROD_DISC_MM.items():
        ours = asked.ours(f"low_contrast.10permille_{size}mm.contrast")
        band = _michelson(asked, f"{module}.{size}", ours, size)
        if band is None or sd is None:
            return None
        root_px = math.sqrt(math.pi) * disc / 2.0 / asked.pixel_mm
        low, high = _over(band, sd.value)
        scores[size] = (low * root_px, high * root_px)
    may = [size for size, (_, high) in scores.items() if high >= SEEN]
    must = [size for size, (low, _) in scores.items() if low >= SEEN]
    return Band(min(may), min(must, default=max(ROD_DISC_MM)), SMALLEST) if may else None
