"""Channels of model observers: templates about a target's centre, in millimetres, by the name of their set.

A channel's output is the sum of its weights times pixels. Here every channel is freed from a constant and from a plane
over the pixels that it sees, so that neither the level of the grey scale nor a slope of the base material speaks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Form = Callable[[Array, Array, float], Array]
"""(p, n) heights at n places x, y, mm, for a target's radius, mm."""

LG_COUNT = 4
"""Laguerre-Gauss channels. Against the best radial template on the noise of a soft and a sharp kernel and targets of 2
to 15 mm, four keep 97 to 100 % of the index, three 95 to 98 %, six 98 to 100 %, and each costs five images more."""
LG_WIDTH = 2.0
"""Their width against the target's radius; between 1.5 and 3 the index moves by 1 %."""
DOG_COUNT, DOG_START_PER_MM, DOG_STEP, DOG_RATIO = 10, 0.01, 1.4, 1.67
"""Dense differences of Gaussians: 0.005 cycles a pixel in the paper, taken for pixels of 0.5 mm."""
GABOR_BANDS_PER_MM = (1.0 / 32.0, 1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0)
"""Lower ends of bands of one octave: 1/64 to 1/4 cycles a pixel in the paper, taken for pixels of 0.5 mm."""
GABOR_ORIENTATIONS = 5
GABOR_PHASES = (0.0, 0.5 * math.pi)


@dataclass(frozen=True, slots=True)
class ChannelSet:
    """A named set of channels.

    Attributes
    ----------
    count : int
        Channels, p.
    form : callable
        Their heights; see `Form`.
    """

    name: str
    count: int
    form: Form

    def weights(self, x_mm: Array, y_mm: Array, radius_mm: float) -> Array:
        """(p, n) weights of n pixels at x, y from a target's centre; a constant and a plane have no output."""
        heights = self.form(x_mm, y_mm, radius_mm)
        plane = np.stack([np.ones_like(x_mm), x_mm, y_mm])
        # twice: what rounding leaves of a constant after the first would show an offset of 1000 HU
        for _ in range(2):
            heights = heights - np.linalg.solve(plane @ plane.T, plane @ heights.T).T @ plane
        return np.asarray(heights)


def _laguerre_gauss(x_mm: Array, y_mm: Array, radius_mm: float) -> Array:
    """√2/a · exp(−πr²/a²) · Lⱼ(2πr²/a²), j = 0 … p − 1, with a = 2 · radius (Gallas & Barrett 2003)."""
    width = LG_WIDTH * radius_mm
    t = 2.0 * math.pi * (x_mm**2 + y_mm**2) / width**2
    laguerre = [np.ones_like(t), 1.0 - t]
    for j in range(1, LG_COUNT - 1):
        laguerre.append(((2 * j + 1 - t) * laguerre[j] - j * laguerre[j - 1]) / (j + 1))
    return np.stack(laguerre) * (math.sqrt(2.0) / width * np.exp(-0.5 * t))


def _dense_dog(x_mm: Array, y_mm: Array, _: float) -> Array:
    """Bands exp(−½(f/Qσⱼ)²) − exp(−½(f/σⱼ)²) with σⱼ = σ₀αʲ, in the plane (Abbey & Barrett 2001)."""
    square = x_mm**2 + y_mm**2
    start = np.asarray(DOG_START_PER_MM * DOG_STEP ** np.arange(DOG_COUNT, dtype=np.float64)[:, None])

    def bell(sigma: Array) -> Array:
        return np.asarray(2.0 * math.pi * sigma**2 * np.exp(-2.0 * (math.pi * sigma) ** 2 * square))

    return np.asarray(bell(np.asarray(DOG_RATIO * start)) - bell(start))


def _gabor(x_mm: Array, y_mm: Array, _: float) -> Array:
    """exp(−4 ln 2 · r²/w²) · cos(2πf(x cos θ + y sin θ) + β): four octaves, five angles, two phases."""
    square, found = x_mm**2 + y_mm**2, []
    for low in GABOR_BANDS_PER_MM:
        width, centre = 4.0 * math.log(2.0) / (math.pi * low), 1.5 * low
        bell = np.exp(-4.0 * math.log(2.0) * square / width**2)
        for angle in np.pi * np.arange(GABOR_ORIENTATIONS) / GABOR_ORIENTATIONS:
            along = 2.0 * math.pi * centre * (x_mm * math.cos(angle) + y_mm * math.sin(angle))
            found += [bell * np.cos(along + phase) for phase in GABOR_PHASES]
    return np.stack(found)


CHANNEL_SETS = {
    s.name: s
    for s in (
        ChannelSet("lg", LG_COUNT, _laguerre_gauss),
        ChannelSet("ddog", DOG_COUNT, _dense_dog),
        ChannelSet("gabor", len(GABOR_BANDS_PER_MM) * GABOR_ORIENTATIONS * len(GABOR_PHASES), _gabor),
    )
}
"""Every set by its name."""
