"""Polar pictures about an axis, and the angular signature by which a slice is recognised.

A signature is offset-free (each ring's median is taken away), grey-scale tolerant (contrasts are compressed), and
turns a roll of the phantom into a phase: the correlation with a template at every roll is one inverse FFT.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

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
X_MM, Y_MM = RINGS_MM[:, None] * np.cos(_THETA), -RINGS_MM[:, None] * np.sin(_THETA)
"""(rings, angles) where the samples of a picture lie: x to the right, y down, from the axis."""
_WEIGHT = np.sqrt(RINGS_MM * (RINGS_MM[1] - RINGS_MM[0]) * 2.0 * np.pi / ANGLES * 2.0 / ANGLES)[:, None]
_ORDERS = slice(FIRST_ORDER, LAST_ORDER)
_PHASES = np.exp(1j * np.arange(FIRST_ORDER, LAST_ORDER)[:, None] * _THETA)
"""(orders, rolls) by which a roll in whole degrees turns a signature."""

Picture = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


def polar(image: Image, pixel_mm: tuple[float, float], x_mm: float, y_mm: float) -> Picture:
    """(rings, angles) picture about (x, y), mm from the first pixel's centre; angles counter-clockwise as displayed.

    Smoothed by a 3 × 3 mean, so that noise of single samples does not count.
    """
    return smoothed(bilinear(image, (x_mm + X_MM) / pixel_mm[1], (y_mm + Y_MM) / pixel_mm[0]))


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
    shift = (-(X_MM * slope_x + Y_MM * slope_y) / step_mm).astype(np.float32).reshape(-1)
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


def flatten_rings(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pictures less the median of each ring: no offset, no cupping, no steps between concentric parts."""
    return np.asarray(pictures - np.median(pictures, axis=-1, keepdims=True), dtype=np.float32)


def within(body_radius_mm: float) -> NDArray[np.bool_]:
    """Which rings lie inside a body, clear of its rim."""
    return np.asarray(np.less_equal(RINGS_MM, body_radius_mm - RIM_MM))


def noise_level(flat: NDArray[np.float32], body_radius_mm: float) -> float:
    """Robust σ of smoothed, flattened polar pictures, from differences at a lag wider than the smoothing."""
    rings = within(body_radius_mm)
    some = flat[..., rings, ::3] - np.roll(flat, NOISE_LAG_DEG, axis=-1)[..., rings, ::3]
    return 1.4826 * float(np.median(np.abs(some))) / math.sqrt(2.0)


def signature(flat: NDArray[np.float32], knee: float, body_radius_mm: float) -> Spectrum:
    """Angular spectra (…, rings, orders) of compressed contrasts, weighted so that Re Σ a·b* is an integral in mm².

    knee : contrast, in the picture's unit, above which compression (asinh) sets in.
    """
    compressed = np.arcsinh(flat / np.float32(knee))
    compressed[..., ~within(body_radius_mm), :] = 0.0
    spectrum = np.fft.rfft(compressed, axis=-1)[..., _ORDERS]
    return np.asarray(spectrum * _WEIGHT, dtype=np.complex64)


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
    return np.asarray(np.fft.irfft(full, ANGLES, axis=-1) * (ANGLES / 2.0), dtype=np.float32)


def correlation_at(picture: Spectrum, template: Spectrum, rolls_deg: NDArray[np.int_]) -> NDArray[np.float64]:
    """Inner product of one picture with one template at some rolls, mm²."""
    by_order = np.sum(picture * np.conj(template), axis=0)
    return np.asarray((by_order @ _PHASES[:, rolls_deg % ANGLES]).real, dtype=np.float64)
