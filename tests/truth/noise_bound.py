"""The least scatter that any reading of patches of noise can have once they have lost a 2nd-order trend.

The spectrum is straight between the rings of a patch. Fisher's information of Gaussian patches is ½ tr(R Cₖ R Cₗ), with
Cₖ the covariance by the power of ring k and R = C⁻¹ − C⁻¹Q(QᵀC⁻¹Q)⁻¹QᵀC⁻¹ where polynomials Q are lost (Harville, J Am
Stat Assoc 1977;72:320). Sums of pixels and their mirror images share nothing with differences, so that a patch falls
into four.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import test_nps
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from tests.made_phantom import PIXEL_MM

Array = NDArray[np.float64]

SIDE, PATCHES = 64, 24
HALF = SIDE // 2
FINE = 512
"""Side of the grid of frequencies that covariances are summed over."""
EMPTY = 1e-6
"""Power of a ring, against the highest, below which it is taken as known."""
BIN = 1.0 / (SIDE * PIXEL_MM)
"""1/mm."""


def percent(kernel: str, *, trend: bool, splines: int | None = None) -> float:
    """Least SD of the average frequency of PATCHES patches, per cent of it.

    trend : whether a 2nd-order trend is lost. splines : how many, if the logarithm of the spectrum is known to be made
    of so many cubic ones.
    """
    rings = BIN * np.arange(round(np.sqrt(2.0) * HALF) + 2)
    power = test_nps.curve(kernel, rings)
    weight = np.where(rings < BIN * HALF, 1.0, np.where(rings > BIN * HALF, 0.0, 0.5))
    free = power > EMPTY * power.max()  # a ramp has nothing at frequency 0, which is taken as known too
    average = float(weight @ (rings * power) / (weight @ power))
    gradient = (weight * (rings - average) / (weight @ power))[free]
    columns = np.eye(len(gradient)) if splines is None else _splines(rings[free], splines) * power[free, None]
    information = columns.T @ _information(rings, power, free, trend) @ columns
    seen = columns.T @ gradient
    return 100.0 * float(np.sqrt(seen @ np.linalg.pinv(information) @ seen)) / average


def _splines(frequency: Array, count: int) -> Array:
    """(k, count) cubic splines from 0 to the last of (k,) frequencies."""
    inner = np.linspace(0.0, frequency[-1], count - 2)
    knots = np.concatenate([np.zeros(3), inner, np.full(3, frequency[-1])])
    return np.asarray(BSpline.design_matrix(frequency, knots, 3).toarray())


def _information(rings: Array, power: Array, free: NDArray[np.bool_], trend: bool) -> Array:
    """Of PATCHES patches, of the power of the free rings."""
    lags = _lags(rings)
    floor = np.maximum(power, 1e-3 * EMPTY * power.max())  # or the covariance has no inverse
    total = np.zeros((np.count_nonzero(free),) * 2)
    for up, right in product((1, -1), repeat=2):
        rest = np.linalg.inv(_block(np.tensordot(floor, lags, 1), up, right))
        lost = _polynomials(up, right)
        if trend and len(lost):
            known = rest @ lost.T
            rest -= known @ np.linalg.solve(lost @ known, known.T)
        changes = [(rest @ _block(lag, up, right)).astype(np.float32) for lag in lags[free]]
        turned = np.stack([change.T.ravel() for change in changes])
        total += 0.5 * PATCHES * np.stack([turned @ change.ravel() for change in changes])
    return total


def _lags(rings: Array) -> Array:
    """(rings, SIDE, SIDE) autocovariance by the power of each ring."""
    axis = np.fft.fftfreq(FINE, PIXEL_MM)
    radius = np.hypot(axis[:, None], axis)
    hats = [np.maximum(0.0, 1.0 - np.abs(radius - ring) / BIN) for ring in rings]
    return np.stack([np.fft.ifft2(hat).real[:SIDE, :SIDE] for hat in hats])


def _block(lags: Array, up: int, right: int) -> Array:
    """(HALF², HALF²) covariance of pixels' sums (1) or differences (−1) with their mirror images, along either axis."""
    pixels = np.arange(HALF)
    near, far = np.abs(np.subtract.outer(pixels, pixels)), SIDE - 1 - np.add.outer(pixels, pixels)
    rows = lags[near] + up * lags[far]
    both = rows[:, :, near] + right * rows[:, :, far]
    return np.asarray(both.transpose(0, 2, 1, 3).reshape(HALF**2, HALF**2))


def _polynomials(up: int, right: int) -> Array:
    """(k, HALF²) polynomials up to the 2nd order of that parity."""
    y = (np.arange(HALF) + 0.5) / SIDE - 0.5
    orders = [(i, j) for i, j in product(range(3), repeat=2) if i + j <= 2 and ((-1) ** i, (-1) ** j) == (up, right)]
    return np.array([np.outer(y**i, y**j).ravel() for i, j in orders])
