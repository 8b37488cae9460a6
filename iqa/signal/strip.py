"""Strips of an image along a line: resampled, summed across, and where something on them lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

FloatArray = NDArray[np.float64]


def resample(image: NDArray[np.float32], columns: FloatArray, rows: FloatArray) -> FloatArray:
    """Values of an image between its pixels, by cubic splines: no blur of its own, unlike linear interpolation.

    Parameters
    ----------
    image : (rows, columns) HU
    columns, rows : any shape, pixels; the centre of the first pixel is (0, 0)

    Returns
    -------
    Same shape, HU. Positions outside are those of the border: check first.
    """
    low = np.maximum(np.floor([rows.min(), columns.min()]).astype(int) - SPLINE_REACH, 0)
    high = np.ceil([rows.max(), columns.max()]).astype(int) + SPLINE_REACH + 1
    crop = image[low[0] : high[0], low[1] : high[1]].astype(np.float64)
    return np.asarray(map_coordinates(crop, [rows - low[0], columns - low[1]], order=3, mode="nearest"))


SPLINE_REACH = 8
"""Pixels around a strip that its splines take in; what lies further weighs less than 1e-4."""


def line_weights(across_mm: FloatArray, centre_mm: float, sigma_mm: float) -> FloatArray:
    """Weights that turn a strip into the profile of a thin line's peak: least squares with a Gaussian cross profile.

    Parameters
    ----------
    across_mm : (k,) mm
    centre_mm, sigma_mm : float, mm
        Of the line's cross profile.
    """
    bell = np.exp(-0.5 * ((across_mm - centre_mm) / sigma_mm) ** 2)
    return np.asarray(bell / (bell**2).sum())


def line_centre(across_mm: FloatArray, profile: FloatArray, sigma_mm: float, reach_mm: float) -> float:
    """Place of a thin line on a cross profile, mm: the strongest match with a Gaussian within `reach_mm` of 0.

    Parameters
    ----------
    across_mm, profile : (k,) mm and HU
    sigma_mm : float, mm
        Of the line.
    """
    places = np.linspace(-reach_mm, reach_mm, CENTRE_PLACES)
    bells = np.exp(-0.5 * ((across_mm[None, :] - places[:, None]) / sigma_mm) ** 2)
    bells -= bells.mean(axis=1, keepdims=True)
    match = bells @ (profile - profile.mean()) / np.sqrt((bells**2).sum(axis=1))
    return float(places[int(np.argmax(np.abs(match)))])


CENTRE_PLACES = 61
"""Places tried for a line's centre: steps of 0.05 mm over 1.5 mm to either side, which costs 0.2 % of its peak."""


def find_box(x_mm: FloatArray, values: FloatArray, width_mm: float, near_mm: float, reach_mm: float) -> float:
    """Place of a box of the given width on a profile, mm: the strongest match within `reach_mm` of `near_mm`.

    Parameters
    ----------
    x_mm, values : (n,) mm and HU, evenly spaced
    """
    places = x_mm[np.abs(x_mm - near_mm) <= reach_mm]
    flat = values - np.median(values)
    inside = np.abs(x_mm[None, :] - places[:, None]) <= 0.5 * max(width_mm, 1.5 * float(x_mm[1] - x_mm[0]))
    match = inside @ flat / inside.sum(axis=1)
    return float(places[int(np.argmax(np.abs(match)))])


def equivalent_width(values: FloatArray, step_mm: float) -> float:
    """Area over height of a profile on a flat base, mm; the base is the median of the outer fifth at either end."""
    edge = max(2, values.size // 5)
    flat = values - np.median(np.concatenate([values[:edge], values[-edge:]]))
    middle = flat[values.size // 2 - 1 : values.size // 2 + 2].mean()
    return abs(float(flat.sum() * step_mm / middle)) if middle != 0.0 else 0.0


def detrended_sd(values: FloatArray) -> float:
    """Standard deviation of a row about its straight line."""
    x = np.linspace(-1.0, 1.0, values.size)
    rest = values - np.polynomial.Polynomial.fit(x, values, 1)(x)
    return float(np.sqrt((rest**2).sum() / max(values.size - 2, 1)))
