"""The texture of a scan's noise in pictures: the spectrum in the plane, and the noise from place to place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics.frames import frames
from iqa.metrics.patches import measure_noise, occupied, patches, usable_radius
from iqa.metrics.regions import Array, Circle, Noise, Squares
from iqa.model import Located, Scan
from iqa.signal.noise_map import noise_map
from iqa.signal.spectrum import plane_spectrum

SQUARE_MM = 8.0
"""Side of the sliding square of the noise map: on ten slices chance moves it by 2 to 4 %; a smaller one shows finer
structure in more chance."""


@dataclass(frozen=True, eq=False)
class PlaneSpectrum:
    """The noise power spectrum in the plane.

    Attributes
    ----------
    nps : (n, n) float, HU² mm²
        Row over column frequency, both rising, frequency 0 at n // 2.
    bin_per_mm : (float, float)
        Width of a bin, (y, x), 1/mm.
    squares : Squares
        Where it was seen: the patches of the family `nps`.
    """

    nps: Array
    bin_per_mm: tuple[float, float]
    squares: Squares


@dataclass(frozen=True, eq=False)
class LocalNoise:
    """The standard deviation of the noise about each place of the uniform module.

    Attributes
    ----------
    sd : (rows, columns) float, HU
        In a square about each pixel; NaN outside the area.
    chance : float
        Relative standard deviation by which noise of one level would let it scatter.
    x_mm, y_mm : (columns,), (rows,) float, mm
        Places of the pixels in the stack frame.
    module : str
    slices : tuple of int
    """

    sd: Array
    chance: float
    x_mm: Array
    y_mm: Array
    module: str
    slices: tuple[int, ...]


def texture(scan: Scan, located: Located) -> tuple[PlaneSpectrum, LocalNoise | None] | None:
    """The spectrum in the plane, from the patches of the family `nps`, and the noise about each place round them.

    None where no free area shows the noise; no local noise where the field cuts the module.
    """
    noise = measure_noise(scan, located)
    return None if noise is None else (_plane(scan, noise), _local(scan, located, noise))


def _plane(scan: Scan, noise: Noise) -> PlaneSpectrum:
    side = noise.squares.side
    nps = plane_spectrum(patches(scan, noise.squares).reshape(-1, side, side), scan.pixel_mm)
    bins = (1.0 / (side * scan.pixel_mm[0]), 1.0 / (side * scan.pixel_mm[1]))
    return PlaneSpectrum(np.fft.fftshift(nps), bins, noise.squares)


def _local(scan: Scan, located: Located, noise: Noise) -> LocalNoise | None:
    squares = noise.squares
    module, fit = located.spec.module(squares.module), located.module(squares.module)
    if fit is None:
        return None
    radius = usable_radius(module, located.body)
    seen = frames(scan, replace(fit, slices=squares.slices), radius)
    if seen is None:
        return None
    z = float(scan.z_mm[seen.middle])
    mask = seen.within(Circle(*fit.pose.on_plane(0.0, 0.0, z), radius))
    for circle in occupied(module, fit, z):
        mask &= ~seen.within(circle)
    pooled = noise.slices.variance_factor(scan.z_mm[list(squares.slices)])
    found = noise_map(list(seen.hu), mask, noise.covariance, SQUARE_MM, pooled)
    return LocalNoise(found.sd, found.chance, seen.x_mm, seen.y_mm, module.name, squares.slices)
