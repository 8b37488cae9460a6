"""Values and their u over many seeds of noise, the truth known: what the honesty suites, quick and long, look at.

The seeds are those of one sequence, so that the quick suite sees the first of the long one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import ct_number, geometry, linearity, mtf, slice_thickness, uniformity
from iqa.metrics import noise as noise_family
from iqa.metrics.context import Context
from iqa.model import Curve, Measurement
from iqa.signal.spectrum import estimate_spectrum
from tests import ramps_made
from tests.made_phantom import INSERTS, PIXEL_MM, SIDE, made_located, made_scan, noise, picture
from tests.made_points import Made, bead, wire

SIGMA = 10.0
Pairs = tuple[list[float], list[float]]
"""Values and u, seed by seed; NaN where there was no number."""

# ---------------------------------------------------------------- families of a small phantom, everything located

SQUARE_MM = 24.0
FAMILIES = (ct_number.measure, linearity.measure, noise_family.measure, uniformity.measure, geometry.measure)
TRUTH = {
    **{f"ct_number.{name}": hu for name, _, hu in INSERTS},
    "ct_number.uniform": 10.0,
    "linearity.slope": 1.0,
    "linearity.intercept": 0.0,
    "noise.sd": SIGMA,
    "noise.sigma": SIGMA,
    **{f"uniformity.{hour}": 0.0 for hour in ("12h", "3h", "6h", "9h")},
    **{f"geometry.pin_distance.{sides}": SQUARE_MM for sides in ("1_2", "2_3", "3_4", "1_4")},
    **{f"geometry.pin_distance.{ends}": SQUARE_MM * 2**0.5 for ends in ("1_3", "2_4")},
}
CONSERVATIVE = {"linearity.max_residual": 0.0, "uniformity.max_deviation": 0.0, "geometry.scale_x": 1.0}
INTEGRAL = "uniformity.integral"


@cache
def _families(seeds: int) -> dict[str, list[tuple[float, float]]]:
    """(value, u) of each key, seed by seed, from stored values to results."""
    clean = picture("soft", slices=1)
    located = made_located(made_scan(clean))
    results: dict[str, list[tuple[float, float]]] = {}
    for seed in np.random.SeedSequence(504).spawn(seeds):
        hu = clean + noise(np.random.default_rng(seed), "soft", (len(clean), SIDE, SIDE), SIGMA)
        context = Context(made_scan(hu), located)
        for result in (r for family in FAMILIES for r in family(context).results):
            if isinstance(result, Measurement) and result.u is not None:
                results.setdefault(result.key, []).append((result.value, result.u))
    return results


def of_key(key: str, seeds: int) -> Pairs:
    """One key of the small phantom: as mean as it comes, one slice a module, 32 mm in which to learn the noise."""
    pairs = _families(seeds)[key]
    assert len(pairs) == seeds, "a failure is a failure, not a gap"
    return [v for v, _ in pairs], [u for _, u in pairs]


# --------------------------------------------------------------------- means and standard deviations of bare noise

SIDE_PX = 48
DIAMETERS_MM = (5.0, 9.0, 20.0)
KERNELS = ("soft", "sharp", "smooth")


def disc_mask(diameter_mm: float) -> NDArray[np.bool_]:
    """(41, 41) pixels of a disc."""
    reach = 20
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1] * PIXEL_MM
    return np.asarray(np.hypot(x, y) <= diameter_mm / 2)


@cache
def _noise(kernel: str, seeds: int) -> dict[str, list[float]]:
    spawned = np.random.SeedSequence(20261126).spawn(seeds)
    rows = [_one(kernel, np.random.default_rng(seed)) for seed in spawned]
    return {key: [row[key] for row in rows] for key in rows[0]}


def _one(kernel: str, rng: np.random.Generator) -> dict[str, float]:
    """Mean and u of each disc, and SD with u of the largest; u from this seed's own scan."""
    fields = noise(rng, kernel, (3, 112, 112), SIGMA)
    patches = [fields[1:, r : r + SIDE_PX, c : c + SIDE_PX] for r in (0, 32, 64) for c in (0, 32, 64)]
    covariance = estimate_spectrum(np.concatenate(patches).astype(np.float32), (PIXEL_MM, PIXEL_MM), 1.0).covariance
    row = {}
    for diameter in DIAMETERS_MM:
        mask = disc_mask(diameter)
        row[f"mean {diameter:g}"] = float(fields[0, :41, :41][mask].mean())
        row[f"u {diameter:g}"] = float(np.sqrt(covariance.variance_of_mean(mask)))
    mask = disc_mask(DIAMETERS_MM[-1])
    row["sd"] = float(np.sqrt(fields[0, :41, :41][mask].var(ddof=1) / covariance.kept(mask)))
    row["u sd"] = row["sd"] * float(np.sqrt(covariance.relative_variance_of_variance(mask))) / 2
    return row


def of_mean(kernel: str, diameter_mm: float, seeds: int) -> Pairs:
    """The mean of a disc in noise of mean 0."""
    found = _noise(kernel, seeds)
    return found[f"mean {diameter_mm:g}"], found[f"u {diameter_mm:g}"]


def of_sd(kernel: str, seeds: int) -> Pairs:
    """The standard deviation in the largest disc."""
    found = _noise(kernel, seeds)
    return found["sd"], found["u sd"]


# ------------------------------------------------------------------------------------------------ slice thickness


@dataclass(frozen=True)
class Case:
    """A section and the slices through ramps or rows of beads."""

    shape: str
    thickness_mm: float
    step_mm: float
    slices: int
    beads: bool = False
    cnr: float = 50.0


@cache
def of_thickness(case: Case, seeds: int) -> Pairs:
    """The combined thickness; a refusal counts as NaN."""
    features = ramps_made.rows() if case.beads else ramps_made.pair()
    z = np.array([(k - 0.5 * (case.slices - 1)) * case.step_mm + 0.13 for k in range(case.slices)])
    hu = ramps_made.drawn(features, z, ramps_made.form(case.shape, case.thickness_mm), case.cnr * SIGMA)
    values, us = [], []
    for seed in np.random.SeedSequence(20).spawn(seeds):
        noisy = hu + ramps_made.noise(np.random.default_rng(seed), case.slices, SIGMA)
        results = slice_thickness.measure(ramps_made.context(features, noisy, z, case.thickness_mm)).results
        found = next(r for r in results if r.key == "slice_thickness")
        values.append(found.value if isinstance(found, Measurement) else np.nan)
        us.append(found.u if isinstance(found, Measurement) and found.u is not None else np.nan)
    return values, us


# -------------------------------------------------------------------------------------------------- beads and wires


@dataclass(frozen=True)
class PointCase:
    """Beads or wires in the uniform module of the small phantom, in noise of the kernel's own texture."""

    key: str
    made: Made
    sigma: float


_PAIR = (bead("near", 0.0, -18.0), bead("far", 12.0, 16.0))
_TILTED = (wire("w", 5.0, 12.0, 5.0),)
POINT_CASES = {
    "bead, soft, 100": PointCase("mtf.bead", Made("soft", _PAIR[:1], 1000.0), 10.0),
    "bead, sharp, 100": PointCase("mtf.bead", Made("sharp", _PAIR[:1], 1000.0), 10.0),
    "bead, hann, 30": PointCase("mtf.bead", Made("hann", _PAIR[:1], 300.0), 10.0),
    "two beads on two slices, soft, 30": PointCase("mtf.bead", Made("soft", _PAIR, 300.0, (0.0, 0.6, 0.4, 0.0)), 10.0),
    "bead, sharp, 22": PointCase("mtf.bead", Made("sharp", _PAIR[:1], 220.0), 10.0),
    **{
        f"tilted wire, {kernel}, 40": PointCase("mtf.wire", Made(kernel, _TILTED, 200.0, (0.0,) * 5), 10.0)
        for kernel in ("soft", "hann", "sharp")
    },
}
"""What is drawn, and the height of one whole section over the noise."""


@cache
def _points(name: str, seeds: int) -> dict[str, list[tuple[float, float]]]:
    case = POINT_CASES[name]
    found: dict[str, list[tuple[float, float]]] = {}
    clean = case.made.clean()
    for seed in np.random.SeedSequence(31).spawn(seeds):
        for result in mtf.measure(case.made.noisy(seed, case.sigma, clean)).results:
            if not isinstance(result, Curve):
                pair = (result.value, result.u or np.nan) if isinstance(result, Measurement) else (np.nan, np.nan)
                found.setdefault(result.key, []).append(pair)
    return found


def of_points(name: str, level: str, seeds: int) -> Pairs:
    """f50 or f10 of a case, through the whole family; a refusal counts as NaN."""
    pairs = _points(name, seeds)[f"{POINT_CASES[name].key}.{level}"]
    return [v for v, _ in pairs], [u for _, u in pairs]
