"""Second-order trends over masks and patches: what shading leaves, and how noise is freed from it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", bound=np.floating[Any])
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Singles = NDArray[np.float32]

TREND_ORDER, RADIAL_ORDERS = 5, (6, 8)
"""Orders of the polynomials that take out shading, and of more that depend on the radius alone. On cone-beam scans
lower ones leave bands and crescents, which double what 15 mm discs scatter by; the eighth order takes out no more."""


def monomials(mask: Mask) -> Array:
    """(6, n): 1, x, y, x², xy, y² at the pixels of a mask, centred and scaled."""
    y, x = np.array(np.nonzero(mask)) / max(mask.shape)
    y, x = y - y.mean(), x - x.mean()
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def polynomials(mask: Mask) -> Array:
    """(6, rows, columns): orthonormal 2nd-order polynomials on a mask, 0 outside it."""
    return orthonormal(mask, monomials(mask))


def square_polynomials(side: int) -> Array:
    """(6, side, side): the same on a square patch."""
    return polynomials(np.ones((side, side), dtype=bool))


def orthonormal(mask: Mask, columns: Array) -> Array:
    """(k, rows, columns): (k, n) columns made orthonormal, as fields on a mask that are 0 outside it."""
    fields = np.zeros((len(columns), *mask.shape))
    fields[:, mask] = np.linalg.solve(np.linalg.cholesky(columns @ columns.T), columns)
    return fields


def detrended(patches: NDArray[Real], columns: Array) -> NDArray[Real]:
    """(m, n, n) patches less their trend, in their own precision; columns : (k, n, n) orthonormal polynomials."""
    flat = patches.reshape(len(patches), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    basis = columns.reshape(len(columns), -1).astype(patches.dtype)
    return np.asarray((flat - (flat @ basis.T) @ basis).reshape(patches.shape))


def detrended_sum_of_squares(image: NDArray[np.float32], mask: Mask) -> float:
    """Residual sum of squares, HU², of the 2nd-order polynomial fit to (rows, columns) pixels in a mask."""
    values = image[mask].astype(np.float64)
    values -= values.mean()
    columns = monomials(mask)
    along = columns @ values
    return float(values @ values - along @ np.linalg.solve(columns @ columns.T, along))


def shading(mask: Mask, pixel_mm: tuple[float, float]) -> Singles:
    """(k, n) orthonormal polynomials at the pixels of a mask: what the shading of a wide area is made of."""
    y, x = np.array(np.nonzero(mask)) * np.array(pixel_mm)[:, None]
    columns = _bands(*((v - v.mean()) / np.abs(v - v.mean()).max() for v in (y, x)))
    whitener = np.linalg.inv(np.linalg.cholesky(columns @ columns.T))
    return np.asarray(whitener @ columns, dtype=np.float32)


def _bands(y: Array, x: Array) -> Array:
    """(k, n) products of powers of y and x, and powers of the radius."""
    powers_y, powers_x, powers_r = (_powers(v) for v in (y, x, x * x + y * y))
    orders = [(i, j) for i in range(TREND_ORDER + 1) for j in range(TREND_ORDER + 1 - i)]
    columns = np.empty((len(orders) + len(RADIAL_ORDERS), len(x)))
    for column, (i, j) in zip(columns, orders, strict=False):
        np.multiply(powers_x[i], powers_y[j], out=column)
    columns[len(orders) :] = powers_r[[order // 2 for order in RADIAL_ORDERS]]
    return columns


def _powers(v: Array) -> Array:
    """(TREND_ORDER + 1, n) powers of v, from 0 on."""
    powers = np.ones((TREND_ORDER + 1, len(v)))
    for lower, higher in pairwise(powers):
        np.multiply(lower, v, out=higher)
    return powers


def without(image: Singles, mask: Mask, basis: Singles) -> Singles:
    """(rows, columns) image in a mask less its part along (k, n) orthonormal polynomials, 0 outside the mask."""
    values = image[mask].astype(np.float32)
    values -= values.mean(dtype=np.float64)
    left = np.zeros(image.shape, dtype=np.float32)
    left[mask] = values - (basis @ values) @ basis
    return left
