"""Polar pictures about an axis, and the angular signature by which a slice is recognised.

A signature is offset-free (each ring's median is taken away), grey-scale tolerant (contrasts are compressed), and
turns a roll of the phantom into a phase: the correlation with a template at every roll is one inverse FFT.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from iqa.signal.robust import spread
from iqa.signal.sampling import Image, bilinear

RINGS_MM = np.arange(6.0, 97.0)
ANGLES = 360
FIRST_ORDER = 3
"""Orders below carry shading and crescents."""
LAST_ORDER = 120
RIM_MM = 6.0
"""Rings nearer the body's edge than this hold its rim."""
NOISE_LAG_DEG = 8

_THETA = np.arange(ANGLES) * (2.0 * np.pi / ANGLES)
X_MM = (RINGS_MM[:, None] * np.cos(_THETA)).astype(np.float32)
Y_MM = (-RINGS_MM[:, None] * np.sin(_THETA)).astype(np.float32)
"""(rings, angles) where the samples of a picture lie: x to the right, y down, from the axis."""
_WEIGHT = np.sqrt(RINGS_MM * (RINGS_MM[1] - RINGS_MM[0]) * 2.0 * np.pi / ANGLES * 2.0 / ANGLES)[:, None]
_ORDERS = slice(FIRST_ORDER, LAST_ORDER)
_PHASES = np.exp(1j * np.arange(FIRST_ORDER, LAST_ORDER)[:, None] * _THETA)
"""(orders, rolls) by which a roll in whole degrees turns a signature."""

Picture = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


def polar(image: Image, pixel_mm: tuple[float, float], x_mm: float, y_mm: float, rings: int) -> Picture:
    """(rings, angles) picture about (x, y), mm from the first pixel's centre; angles counter-clockwise as displayed.

    Smoothed by a 3 × 3 mean, so that noise of single samples does not count.
    """
    columns, rows = (x_mm + X_MM[: rings + 1]) / pixel_mm[1], (y_mm + Y_MM[: rings + 1]) / pixel_mm[0]
    return smoothed(bilinear(image, columns, rows))[:rings]


def smoothed(sampled: Picture) -> Picture:
    """The 3 × 3 mean of a picture, periodic in angle."""
    turned = np.concatenate([sampled[:, -1:], sampled, sampled[:, :1]], axis=1)
    along = turned[:, :-2] + turned[:, 1:-1] + turned[:, 2:]
    padded = np.concatenate([along[:1], along, along[-1:]], axis=0)
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / np.float32(9.0), dtype=np.float32)


def normal_planes(stack: NDArray[np.float32], step_mm: float, slope_x: float, slope_y: float) -> NDArray[np.float32]:
    """Polar pictures on planes normal to an axis of slope (dx/dz, dy/dz), from those on the slices of one run.

    stack : (slices, rings, angles); beyond the run its end slices are repeated.
    """
    rings = stack.shape[1]
    shift = (-(X_MM[:rings] * slope_x + Y_MM[:rings] * slope_y) / step_mm).astype(np.float32).reshape(-1)
    flat, last = stack.reshape(len(stack), -1), np.float32(len(stack) - 1)
    place = np.arange(flat.shape[1], dtype=np.int32)
    result = np.empty_like(flat)
    for k in range(len(stack)):
        at = np.clip(shift + np.float32(k), np.float32(0.0), last)
        low = np.minimum(at.astype(np.int32), max(len(stack) - 2, 0))
        first = low * np.int32(flat.shape[1]) + place
        lower = stack.reshape(-1).take(first)
        upper = stack.reshape(-1).take(first + np.int32(flat.shape[1] if len(stack) > 1 else 0))
        result[k] = lower + (at - low) * (upper - lower)
    return result.reshape(stack.shape)


def flattened(picture: Picture) -> Picture:
    """A picture less the median of each ring: no offset, no cupping, no steps between concentric parts."""
    middle = slice(ANGLES // 2 - 1, ANGLES // 2 + 1)  # sorting is vectorised, np.median three times as slow
    return np.asarray(picture - np.sort(picture, axis=1)[:, middle].mean(axis=1, keepdims=True), dtype=np.float32)


def rings_within(body_radius_mm: float) -> int:
    """How many rings lie inside a body, clear of its rim."""
    return int(np.searchsorted(RINGS_MM, body_radius_mm - RIM_MM, side="right"))


def noise_level(flat: NDArray[np.float32]) -> float:
    """Robust σ of smoothed, flattened polar pictures, from differences at a lag wider than the smoothing."""
    some = flat[..., NOISE_LAG_DEG::3] - flat[..., :-NOISE_LAG_DEG:3]
    return spread(some) / math.sqrt(2.0)


def signature(flat: Picture, knee: float) -> Spectrum:
    """(rings, orders) angular spectrum of compressed contrasts, weighted so that Re Σ a·b* is an integral in mm².

    knee : contrast, in the picture's unit, above which compression (asinh) sets in.
    """
    size = np.abs(flat) / np.float32(knee)
    compressed = np.copysign(np.log(size + np.sqrt(size * size + np.float32(1.0))), flat)  # asinh is not vectorised
    return np.asarray(fft.rfft(compressed, axis=1)[:, _ORDERS] * _WEIGHT[: len(flat)], dtype=np.complex64)


def mirrored(spectrum: Spectrum) -> Spectrum:
    """Signature of the mirror image, x → −x."""
    signs = np.where(np.arange(FIRST_ORDER, LAST_ORDER) % 2 == 0, 1.0, -1.0).astype(np.float32)
    return np.asarray(np.conj(spectrum) * signs, dtype=np.complex64)


def turned(spectrum: Spectrum, roll_deg: float) -> Spectrum:
    """Signature of the picture turned counter-clockwise."""
    phase = np.exp(-1j * np.radians(roll_deg) * np.arange(FIRST_ORDER, LAST_ORDER))
    return np.asarray(spectrum * phase, dtype=np.complex64)


def correlations(pictures: Spectrum, templates: Spectrum) -> NDArray[np.float32]:
    """(pictures, templates, 360) inner product at every roll in whole degrees, mm²."""
    # Copies in the order of the product: on strided views matmul runs thirty times slower.
    left = np.ascontiguousarray(pictures.transpose(2, 0, 1))
    by_order = left @ np.ascontiguousarray(np.conj(templates).transpose(2, 1, 0))
    full = np.zeros((*by_order.shape[1:], ANGLES // 2 + 1), dtype=np.complex64)
    full[..., _ORDERS] = by_order.transpose(1, 2, 0)
    return np.asarray(fft.irfft(full, ANGLES, axis=-1) * np.float32(ANGLES / 2.0), dtype=np.float32)


def correlation_at(picture: Spectrum, template: Spectrum, rolls_deg: NDArray[np.int_]) -> NDArray[np.float64]:
    """Inner product of one picture with one template at some rolls, mm²."""
    by_order = np.sum(picture * np.conj(template), axis=0)
    return np.asarray((by_order @ _PHASES[:, rolls_deg % ANGLES]).real, dtype=np.float64)
