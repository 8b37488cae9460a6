"""CT noise: stationary, with the texture of a kernel in the plane and of the section profile along z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from iqa.simulate.blur import Blur
from iqa.simulate.physics import Physics

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

WRAP_PIXELS = 32
"""Noise is drawn on a larger grid, so that opposite edges of a slice are not neighbours."""
SMALL_GRID = 256
"""A crop below this is cut from a grid of twice its size at least, so that its low frequencies are not a coarse sum."""
LOOSE = 1e-3
"""Slices correlated less than this are drawn independently."""
CHUNK = 1 << 16
"""Pixels whose slices are mixed at a time; 64 slices then take 16 MB more."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Power spectrum of the noise before rounding.

    Attributes
    ----------
    sigma_hu : float
    size : int
        Of the square grid on which it is drawn.
    pixel_mm : float
    power : (size, size // 2 + 1) float, HU² mm²
        At the grid's frequencies k/(size·pixel); Σ power ΔuΔv over the whole grid = σ².
    """

    sigma_hu: float
    size: int
    pixel_mm: float
    power: Floats

    @property
    def frequency(self) -> Floats:
        """|f| of the grid, 1/mm."""
        return _radial(self.size, self.pixel_mm)

    @property
    def counts(self) -> Floats:
        """How many bins of the whole grid each bin of `power` stands for: 1 or 2."""
        return _counts(self.size)

    @property
    def weighted(self) -> Floats:
        """`power` times `counts`; its sum over size² pixel² is the variance."""
        return np.asarray(self.power * self.counts)

    def volume(self, shape: tuple[int, int, int], mixing: Floats | None, rng: Generator) -> Singles:
        """(slices, rows, columns) noise in HU; `mixing` (slices, slices) correlates slices."""
        amplitude = (np.sqrt(self.power) / self.pixel_mm).astype(np.float32)
        out = np.empty(shape, dtype=np.float32)
        for k in range(shape[0]):
            white = rng.standard_normal((self.size, self.size), dtype=np.float32)
            out[k] = irfft2(rfft2(white) * amplitude, white.shape)[: shape[1], : shape[2]]
        if mixing is not None:
            _mix(out.reshape(shape[0], -1), mixing.astype(np.float32))
        return out


def noise_of(physics: Physics, blur: Blur) -> Noise:
    """Noise of a scan: its power is sampled on the drawing grid, which is the truth that a measurement can find."""
    size = next_fast_len(max(physics.matrix + WRAP_PIXELS, min(2 * physics.matrix, SMALL_GRID)), real=True)
    f = _radial(size, physics.pixel_mm)
    if physics.nps == "ramp":
        form = f * blur.transfer(f) ** 2
    elif physics.nps == "low_pass":
        form = np.exp(-((f / physics.nps_cut_per_mm) ** 2))
    else:
        form = np.ones_like(f)
    mean = float((form * _counts(size)).sum()) / size**2
    return Noise(physics.noise_hu, size, physics.pixel_mm, form / mean * (physics.noise_hu * physics.pixel_mm) ** 2)


def mixing_of(physics: Physics, slices: int) -> Floats | None:
    """(slices, slices) matrix that correlates independent slices as overlapping ones are; None where none overlap."""
    correlation = physics.profile.overlap(np.asarray(physics.step_mm * np.arange(slices)))
    correlation[correlation < LOOSE] = 0.0
    if np.count_nonzero(correlation) == 1:
        return None
    apart = np.abs(np.subtract.outer(np.arange(slices), np.arange(slices)))
    # not Cholesky: a smooth profile leaves some combinations of slices with no noise at all
    values, vectors = np.linalg.eigh(correlation[apart])
    root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True))


def _radial(size: int, pixel_mm: float) -> Floats:
    u, v = np.fft.fftfreq(size, pixel_mm), np.fft.rfftfreq(size, pixel_mm)
    return np.asarray(np.hypot(u[:, None], v[None, :]))


def _counts(size: int) -> Floats:
    """(size, size // 2 + 1): 1 in the columns that are their own mirror image, 2 elsewhere."""
    both = np.full(size // 2 + 1, 2.0)
    both[0] = 1.0
    both[-1] = 1.0 if size % 2 == 0 else 2.0
    return np.broadcast_to(both, (size, both.size))


def _mix(flat: Singles, mixing: Singles) -> None:
    for start in range(0, flat.shape[1], CHUNK):
        flat[:, start : start + CHUNK] = mixing @ flat[:, start : start + CHUNK]
