"""One disc on one slice through a known kernel, at any pixel size, and what the transfer function's fit makes of it.

Everything that a fit needs is learnt from the image, as it is from a scan: noise from patches beside, and the centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j0, j1

from iqa.signal.centres import disc_centres
from iqa.signal.spectrum import estimate_spectrum
from iqa.signal.transfer import Crop, Transfer, disc_transfer
from tests.made_phantom import spectrum, transfer

Array = NDArray[np.float64]

RADIUS_MM = 6.0
REACH_MM = 11.0
BLUR_MM = {"soft": 0.47, "hann": 0.42, "sharp": 0.30}
LEVELS = {"f50": 0.5, "f10": 0.1}
PATCHES = 24
PATCH_MM = 32.0
LIMIT = 2.0
"""Of the integral over frequency, 1/mm: every kernel here is below 1e-9 there."""


def truth(kernel: str, level: float) -> float:
    """First frequency at which the kernel falls below a level, 1/mm."""
    f = np.linspace(0.0, LIMIT, 40001)
    return float(f[np.flatnonzero(transfer(kernel, f) < level)[0]])


@cache
def _profile(kernel: str) -> tuple[Array, Array]:
    """Radii, and the unit disc there: the Hankel integral by the trapezium rule."""
    r = np.arange(0.0, REACH_MM + 5.0, 0.01)
    f = np.linspace(0.0, LIMIT, 4001)
    weight = np.full(len(f), f[1])
    weight[[0, -1]] *= 0.5
    inner = 2.0 * np.pi * RADIUS_MM * transfer(kernel, f) * j1(2.0 * np.pi * RADIUS_MM * f) * weight
    return r, np.concatenate([inner @ j0(2.0 * np.pi * f[:, None] * part) for part in np.array_split(r, 16)])


def distances(pixel_mm: float, at_mm: tuple[float, float]) -> tuple[Array, Array]:
    """(n, n) x and y of the pixels of a crop from a disc at (x, y) of its middle, mm."""
    side = 2 * int(np.ceil((REACH_MM + 2.0) / pixel_mm))
    axis = (np.arange(side) - (side - 1) / 2) * pixel_mm
    x, y = np.meshgrid(axis - at_mm[0], axis - at_mm[1])
    return x, y


def image(kernel: str, pixel_mm: float, at_mm: tuple[float, float]) -> Array:
    """Unit disc, sampled at points."""
    return np.asarray(np.interp(np.hypot(*distances(pixel_mm, at_mm)), *_profile(kernel)))


def grain(rng: np.random.Generator, kernel: str, pixel_mm: float, shape: tuple[int, int, int]) -> Array:
    """(k, rows, columns) noise of unit variance with the kernel's spectrum."""
    wide = (shape[0], *(fft.next_fast_len(n + 24) for n in shape[1:]))
    amplitude = np.sqrt(spectrum(kernel, wide[1:], pixel_mm))
    field = fft.ifft2(fft.fft2(rng.standard_normal(wide)) * amplitude).real
    return np.asarray(field[:, : shape[1], : shape[2]])


def fitted(kernel: str, pixel_mm: float, contrast: float, sigma: float, seed: int, bowl_hu: float = 0.0) -> Transfer:
    """One seed's noise, phase and patches on one slice; `bowl_hu` rises by r² to that at 10 mm.

    Without noise nothing is rounded, and patches of 1 HU weigh the rings.
    """
    rng = np.random.default_rng(seed)
    at = tuple(rng.uniform(-0.5, 0.5, 2) * pixel_mm)
    return _fitted(kernel, pixel_mm, contrast, sigma, rng, [at], bowl_hu)


def fitted_stack(kernel: str, contrast: float, sigma: float, seed: int, slices: int) -> Transfer:
    """The same on slices of a tilted phantom at pixels of 0.5 mm: from first to last the disc drifts by a pixel."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(-0.5, 0.5, 2) * 0.5
    share = np.linspace(-0.5, 0.5, slices)[:, None]
    return _fitted(kernel, 0.5, contrast, sigma, rng, [tuple(at) for at in start + share * [0.5, 0.25]], 0.0)


def _fitted(
    kernel: str,
    pixel_mm: float,
    contrast: float,
    sigma: float,
    rng: np.random.Generator,
    places: Sequence[tuple[float, float]],
    bowl_hu: float,
) -> Transfer:
    drawn = [_drawn(kernel, pixel_mm, contrast, sigma, rng, at, bowl_hu) for at in places]
    side = round(PATCH_MM / pixel_mm)
    patches = np.round((sigma or 1.0) * grain(rng, kernel, pixel_mm, (PATCHES, side, side)))
    covariance = estimate_spectrum(patches.astype(np.float32), (pixel_mm, pixel_mm), PATCHES).covariance
    middle = 0.5 * (len(drawn[0]) - 1) * pixel_mm
    start = np.array([middle + at[0] + 0.1 for at in places]), np.array([middle + at[1] - 0.1 for at in places])
    found = disc_centres(drawn, (pixel_mm, pixel_mm), start, RADIUS_MM, BLUR_MM[kernel])
    axis = np.arange(len(drawn[0])) * pixel_mm
    k = np.arange(len(places))
    lines = [np.polynomial.Polynomial.fit(k, c, min(1, len(k) - 1))(k) for c in (found.x_mm, found.y_mm)]
    crops = []
    for hu, x_mm, y_mm in zip(drawn, *lines, strict=True):
        x, y = np.meshgrid(axis - x_mm, axis - y_mm)
        crops.append(Crop(hu, x, y, np.hypot(x, y) < REACH_MM))
    return disc_transfer(crops, RADIUS_MM, BLUR_MM[kernel], covariance, float(len(crops)))


def _drawn(
    kernel: str,
    pixel_mm: float,
    contrast: float,
    sigma: float,
    rng: np.random.Generator,
    at: tuple[float, float],
    bowl_hu: float,
) -> Array:
    x, y = distances(pixel_mm, at)
    hu = contrast * image(kernel, pixel_mm, at) + bowl_hu * (x**2 + y**2) / 100.0
    return np.round(hu + sigma * grain(rng, kernel, pixel_mm, (1, *hu.shape))[0]) if sigma > 0.0 else hu
