"""Low contrast over many seeds of noise, the truth known: what the honesty suites, quick and long, look at."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.model import Measurement
from iqa.signal.disc_means import disc_weights, scatter_of_means
from iqa.signal.spectrum import estimate_spectrum
from tests.made_phantom import PIXEL_MM, noise, spectrum
from tests.targets_made import CONTRAST_OF_ROW, GROUPS, clean, located, noisy, results, scan

Array = NDArray[np.float64]
SIGMA = 10.0
DIAMETERS_MM = (3.0, 5.0, 8.0, 10.0, 15.0)
AREAS = ("disc", "square")
"""65 mm in radius, as a body of 200 mm gives it, and 100 mm in side."""
RADIUS_MM, SQUARE_MM = 65.0, 100.0
CUPPING_HU, BODY_MM = 12.0, 100.0
"""At a body's rim."""
GRID = 512
PATCH = 96
TARGETS = {
    **{f"{group}_{size}mm": contrast for group, (_, contrast) in GROUPS.items() for size in (15, 9, 6, 4)},
    "row_4mm": CONTRAST_OF_ROW,
}


# -------------------------------------------------------------------------- contrast and CNR, one slice of each module


@cache
def _targets(kernel: str, seeds: int) -> dict[str, list[tuple[float, float]]]:
    found = located(scan(clean(kernel)))
    pairs: dict[str, list[tuple[float, float]]] = {}
    for seed in np.random.SeedSequence(515).spawn(seeds):
        made = scan(noisy(kernel, SIGMA, np.random.default_rng(seed)))
        for key, r in results(made, found).items():
            if isinstance(r, Measurement) and r.u is not None:
                pairs.setdefault(key, []).append((r.value, r.u))
    return pairs


def of_target(kernel: str, name: str, quantity: str, seeds: int) -> tuple[list[float], list[float], float]:
    """Values and u of a target, and their truth."""
    pairs = _targets(kernel, seeds)[f"low_contrast.{name}.{quantity}"]
    assert len(pairs) == seeds, "a failure is a failure, not a gap"
    truth = TARGETS[name] / (SIGMA if quantity == "cnr" else 1.0)
    return [v for v, _ in pairs], [u for _, u in pairs], truth


# ------------------------------------------------------------------------------------------- the statistical limit


def true_scatter(kernel: str) -> Array:
    """Standard deviations of the means of discs: √∬ NPS |A|²."""
    power = spectrum(kernel, (GRID, GRID))
    found = []
    for diameter in DIAMETERS_MM:
        seen = np.fft.fft2(disc_weights(diameter, (PIXEL_MM, PIXEL_MM)), (GRID, GRID))
        found.append(SIGMA * np.sqrt(np.mean(power * np.abs(seen) ** 2)))
    return np.array(found)


@cache
def scatters(kernel: str, area: str, seeds: int) -> tuple[Array, Array]:
    """(seeds, diameters) standard deviations of discs' means and their u, from one slice with cupping, in whole HU."""
    side = 1 + round(2 * RADIUS_MM / PIXEL_MM) if area == "disc" else 1 + round(SQUARE_MM / PIXEL_MM)
    y, x = (np.mgrid[:side, :side] - (side - 1) / 2) * PIXEL_MM
    mask = np.hypot(x, y) <= RADIUS_MM if area == "disc" else np.ones((side, side), dtype=bool)
    cupping = CUPPING_HU * (x * x + y * y) / BODY_MM**2
    starts = range(0, side - PATCH + 1, PATCH // 2)
    corners = [(r, c) for r in starts for c in starts if mask[r : r + PATCH, c : c + PATCH].all()]
    rows = []
    for seed in np.random.SeedSequence(329).spawn(seeds):
        field = noise(np.random.default_rng(seed), kernel, (1, GRID, GRID), SIGMA)[0, :side, :side]
        image = np.round(field + cupping).astype(np.float32)
        patches = np.stack([image[r : r + PATCH, c : c + PATCH] for r, c in corners])
        covariance = estimate_spectrum(patches, (PIXEL_MM, PIXEL_MM), 1.0, corners).covariance
        found = scatter_of_means([image], mask, covariance, DIAMETERS_MM, 1.0)
        rows.append([(s.sd, s.u) if s is not None else (np.nan, np.nan) for s in found])
    pairs = np.array(rows)
    return pairs[..., 0], pairs[..., 1]
