"""Repeated scans of the small phantom with rings and shading that stay, and noise that does not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import Repeat, nps, repeat_of
from iqa.metrics.context import Context
from iqa.model import Curve, Measurement
from tests.made_phantom import PIXEL_MM, SIDE, made_located, made_scan, noise, picture

Array = NDArray[np.float64]

SIGMA, SLICES = 10.0, 3
RING_HU, RING_MM = 7.0, 9.0
SHADING_HU = 25.0


def fixed() -> Array:
    """(rows, columns) HU: rings 9 mm apart and a bowl with a crescent, as cone beams have them."""
    at = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_MM
    radius = np.hypot(at[:, None], at[None, :])
    rings = RING_HU * np.cos(2.0 * np.pi * radius / RING_MM)
    return np.asarray(rings + SHADING_HU * (radius / 45.0) ** 4 + 6.0 * np.sin(at[:, None] / 12.0))


@cache
def _clean() -> tuple[Array, Repeat]:
    """The phantom without noise, and a repeat whose squares are those of one noisy scan."""
    clean = picture("soft", slices=SLICES) + fixed()
    scan = made_scan(clean + noise(np.random.default_rng(1), "soft", clean.shape, SIGMA))
    return clean, repeat_of(scan, made_located(scan))


def one_setup(seed: np.random.SeedSequence, kernel: str, count: int) -> Context:
    """The last of so many repeats; a single scan for 1."""
    (clean, known), rng = _clean(), np.random.default_rng(seed)
    assert known.squares is not None
    used, repeats = list(known.squares.slices), []
    for _ in range(count):
        hu = clean.copy()
        hu[used] += noise(rng, kernel, (len(used), SIDE, SIDE), SIGMA)
        scan = made_scan(hu)
        repeats.append(replace(known, stored=scan.stored[used]))
    return Context(scan, made_located(scan), tuple(repeats) if count > 1 else ())


@cache
def over_seeds(kernel: str, count: int, seeds: int) -> tuple[dict[str, list[tuple[float, float]]], list[Curve]]:
    """Values and u of each key, and the curves, seed by seed."""
    values: dict[str, list[tuple[float, float]]] = {}
    curves = []
    for seed in np.random.SeedSequence(77).spawn(seeds):
        for result in nps.measure(one_setup(seed, kernel, count)).results:
            if isinstance(result, Measurement) and result.u is not None:
                values.setdefault(result.key, []).append((result.value, result.u))
            elif isinstance(result, Curve):
                curves.append(result)
    return values, curves
