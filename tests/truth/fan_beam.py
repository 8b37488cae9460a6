"""Images by another route than the renderer's: fan-beam sinograms of discs, written down, and filtered back-projection.

An equiangular fan on a full circle (Kak and Slaney, Principles of Computerized Tomographic Imaging, chapter 3.4). Its
transfer function and noise spectrum follow from the filter: a view from distance L sees a frequency f of the image as f
L cycles per radian of fan angle. Both are means over the views, since rings of pixels are.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SOURCE_MM = 595.0
VIEWS = 1440
RAY_MM = 0.25
"""Distance and aperture of the rays at the centre of rotation."""
STEP = RAY_MM / SOURCE_MM
RAYS = 1024
CUT_OFF = 1.0
"""Where the Hann window of the filter ends, 1/mm at the centre of rotation."""
PIXEL_MM = 0.5

_FAN: Array = np.linspace(-0.5, 0.5, RAYS) * ((RAYS - 1) * STEP)
_TURN = np.arange(VIEWS) * (2.0 * np.pi / VIEWS)


def window(f: NDArray[np.floating]) -> Array:
    """Hann window over frequencies at the centre of rotation, 1/mm."""
    return np.where(np.abs(f) < CUT_OFF, 0.5 + 0.5 * np.cos(np.pi * f / CUT_OFF), 0.0)


def disc_sinogram(x_mm: float, y_mm: float, radius_mm: float) -> Array:
    """(views, rays) mean path through a disc over the aperture of each ray, mm; y points up."""
    away, angle, _ = _seen(x_mm, y_mm)

    def path(fan: Array) -> Array:
        """Indefinite integral of the chord over the distance from the disc's centre."""
        d = np.clip(away[:, None] * np.sin(fan - angle[:, None]), -radius_mm, radius_mm)
        return np.asarray(radius_mm**2 * np.arcsin(d / radius_mm) + d * np.sqrt(radius_mm**2 - d**2))

    slope = away[:, None] * np.cos(_FAN - angle[:, None])
    return (path(_FAN + 0.5 * STEP) - path(_FAN - 0.5 * STEP)) / (STEP * slope)


def reconstructed(sinogram: Array, x_mm: float, y_mm: float, side: int) -> Array:
    """(side, side) image about (x, y), rows downwards, in the sinogram's unit per mm."""
    q = np.fft.rfftfreq(2 * RAYS, STEP)
    lags = np.arange(-RAYS, RAYS) * STEP
    ramp = np.fft.fftshift(np.fft.irfft(q * window(q / SOURCE_MM), 2 * RAYS)) / STEP
    kernel = np.fft.rfft(np.fft.ifftshift(0.5 * ramp / np.sinc(lags / np.pi) ** 2)) * STEP
    weighted = sinogram * (SOURCE_MM * np.cos(_FAN))
    filtered = np.fft.irfft(np.fft.rfft(weighted, 2 * RAYS, axis=1) * kernel, axis=1)[:, :RAYS]
    axis = (np.arange(side) - (side - 1) / 2) * PIXEL_MM
    x, y = np.meshgrid(x_mm + axis, y_mm - axis)
    image = np.zeros(x.shape)
    for view, turn in zip(filtered, _TURN, strict=True):
        dx, dy = x + SOURCE_MM * np.sin(turn), y - SOURCE_MM * np.cos(turn)
        along, across = dx * np.sin(turn) - dy * np.cos(turn), dx * np.cos(turn) + dy * np.sin(turn)
        at = np.arctan2(across, along) / STEP + (RAYS - 1) / 2
        low = at.astype(np.intp)
        image += (view[low] + (at - low) * (view[low + 1] - view[low])) / (along**2 + across**2)
    return image * (2.0 * np.pi / VIEWS)


def _seen(x_mm: float, y_mm: float) -> tuple[Array, Array, Array]:
    """(views,) distance from the source, fan angle there, and cosine of it, of a point."""
    dx, dy = x_mm + SOURCE_MM * np.sin(_TURN), y_mm - SOURCE_MM * np.cos(_TURN)
    along, across = dx * np.sin(_TURN) - dy * np.cos(_TURN), dx * np.cos(_TURN) + dy * np.sin(_TURN)
    angle = np.arctan2(across, along)
    return np.hypot(along, across), angle, np.cos(angle)


def transfer(f: Array, x_mm: float, y_mm: float) -> Array:
    """Angular mean of the transfer function at a point: window, aperture, and interpolation between rays."""
    away, _, cosine = (v[:, None] for v in _seen(x_mm, y_mm))
    passed = window(f * away / SOURCE_MM) * np.sinc(f * away * STEP) ** 3
    return np.asarray(np.mean(passed * SOURCE_MM * cosine / away, axis=0))


def noise_spectrum(f: Array, x_mm: float, y_mm: float) -> Array:
    """The same of the noise power of white noise in the rays, in arbitrary units."""
    away, _, cosine = (v[:, None] for v in _seen(x_mm, y_mm))
    passed = window(f * away / SOURCE_MM) * np.sinc(f * away * STEP) ** 2
    return np.asarray(np.mean(f * passed**2 * cosine**2 / away, axis=0))


@cache
def noise_image(seed: int, x_mm: float, y_mm: float, side: int) -> Array:
    """(side, side) reconstruction of white noise of unit variance in the rays."""
    return reconstructed(np.random.default_rng(seed).standard_normal((VIEWS, RAYS)), x_mm, y_mm, side)
