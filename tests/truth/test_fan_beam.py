"""Discs and noise that came through filtered back-projection: code of its own, and a theory of its own."""

from __future__ import annotations

from functools import cache

import fan_beam
import numpy as np
import pytest
from test_transfer import covariance

from iqa.signal.spectrum import estimate_spectrum
from iqa.signal.transfer import Crop, Transfer, disc_transfer

RADIUS_MM = 6.0
REACH_MM = 11.0
SIDE = 64
CONTRAST = 900.0
BLUR_MM = 0.45
OFF_MM = (-0.11, 0.07)
"""Middle of the crop from the disc's."""
PLACES = {"on the axis": (0.13, 0.08), "off the axis": (60.2, -20.1)}
FINE = np.linspace(0.0, 1.0, 10001)


@cache
def disc(x_mm: float, y_mm: float) -> np.ndarray:
    sinogram = fan_beam.disc_sinogram(x_mm, y_mm, RADIUS_MM)
    return fan_beam.reconstructed(sinogram, x_mm + OFF_MM[0], y_mm + OFF_MM[1], SIDE)


def crop(hu: np.ndarray) -> Crop:
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * fan_beam.PIXEL_MM
    x, y = np.meshgrid(OFF_MM[0] + axis, axis - OFF_MM[1])
    return Crop(hu, x, y, np.hypot(x, y) < REACH_MM)


def fitted(hu: np.ndarray) -> Transfer:
    return disc_transfer([crop(hu)], RADIUS_MM, BLUR_MM, covariance("soft", 0.1), 1.0)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("level", [0.5, 0.1])
def test_transfer_is_that_of_the_filter(place: str, level: float) -> None:
    found = fitted(CONTRAST * disc(*PLACES[place])).crossing(level, 1.0)
    wanted = FINE[np.flatnonzero(fan_beam.transfer(FINE, *PLACES[place]) < level)[0]]
    assert found is not None
    assert found[0] == pytest.approx(wanted, rel=5e-3)


def test_noise_spectrum_is_that_of_the_filter() -> None:
    x, y = PLACES["off the axis"]
    image = np.stack([fan_beam.noise_image(seed, x, y, 160) for seed in range(3)])
    patches = [image[:, r : r + 64, c : c + 64] for r in (0, 32, 64, 96) for c in (0, 32, 64, 96)]
    found = estimate_spectrum(np.concatenate(patches).astype(np.float32), (fan_beam.PIXEL_MM,) * 2, 27.0)
    f = found.covariance.frequency
    band = (f > 0.05) & (f < 0.8)
    wanted = fan_beam.noise_spectrum(f, x, y)
    ratio = (found.covariance.nps / found.covariance.nps[band].sum() * wanted[band].sum() / np.maximum(wanted, 1e-9))[
        band
    ]
    scatter = [found.u_of(one) / n for one, n in zip(np.eye(len(f))[band], found.covariance.nps[band], strict=True)]
    assert np.all(np.abs(ratio - 1.0) < 0.02 + 3.5 * np.array(scatter))
