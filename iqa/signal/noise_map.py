"""The standard deviation of the noise from place to place over a uniform area, for the eye."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter, uniform_filter

from iqa.signal.noise import Covariance, Mask
from iqa.signal.trend import shading, without

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NoiseMap:
    """Standard deviation about each place.

    Attributes
    ----------
    sd : (rows, columns) float, HU
        Of the pixels in a square about each pixel; NaN where the square leaves the area.
    chance : float
        Relative standard deviation by which noise of one level everywhere would let `sd` scatter.
    """

    sd: Array
    chance: float


def noise_map(
    images: Sequence[NDArray[np.float32]], mask: Mask, covariance: Covariance, side_mm: float, pooled: float
) -> NoiseMap:
    """The noise about each place of an area: standard deviation in a sliding square, all slices together.

    Parameters
    ----------
    images
        (rows, columns) HU of each slice.
    mask : (rows, columns) bool
        The area, alike on all slices.
    covariance : Covariance
        Texture of the noise; its level does not matter.
    side_mm : float
        Side of the square, as near as an odd number of pixels comes.
    pooled : float
        Variance of a mean of variances over the slices against that of one, see `SliceCorrelation.variance_factor`.

    Notes
    -----
    Shading is removed first, the mean of each square with its variance; what that mean swallows of correlated noise is
    given back. What is fixed and finer than the square, such as rings, counts as noise.
    """
    rows, columns = (2 * round(0.5 * (side_mm / p - 1.0)) + 1 for p in covariance.pixel_mm)
    square = np.ones((rows, columns), dtype=bool)
    basis = shading(mask, covariance.pixel_mm)
    variance = np.mean([_variance(without(image, mask, basis), square.shape) for image in images], axis=0)
    count = square.size
    unbiased = variance * count / (count - 1) / covariance.kept(square)
    inside = minimum_filter(mask, square.shape, mode="constant")
    chance = 0.5 * math.sqrt(covariance.relative_variance_of_variance(square) * pooled)
    return NoiseMap(np.sqrt(np.where(inside, unbiased, np.nan)), chance)


def _variance(image: NDArray[np.float32], square: tuple[int, ...]) -> Array:
    """Mean square less squared mean in the square about each pixel, HU²."""
    values = image.astype(np.float64)
    mean, power = (uniform_filter(v, square, mode="constant") for v in (values, values * values))
    return np.asarray(np.maximum(power - mean * mean, 0.0))
