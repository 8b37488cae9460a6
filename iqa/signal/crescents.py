"""Crescents: what of a uniform disc varies slowly round a centre, band by band of radii."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from iqa.signal.noise import Covariance, Mask
from iqa.signal.polar_cells import SECTORS, Bands, between_sectors, order_variances

Array = NDArray[np.float64]

ORDERS = 3
"""Angular orders of a crescent: parts of a third of the circle and more. Narrower ones are streaks."""
INNERMOST_MM = 10.0
"""Inner edge of the first band: nearer the centre a spot has all orders."""
FEWEST_SECTORS = 30
"""Of a band, of the grid's 36, that must hold pixels: orders of a broken circle mix."""
NEAR = 2
"""Neighbouring bands on either side from which the noise's level is learnt together."""
FALSE_ALARM = 0.003
"""Chance at which noise alone gives a crescent in a scan: less than the 1 % allowed, since the noise's level is learnt
from few sectors and its spectrum from few squares. At 0.5 % a sharp kernel gave crescents in 1.4 % of 440 scans."""
SURELY = 1.645
"""Standard deviations over the threshold with which 95 % are found."""
TAKEN_U = 0.15
"""Relative u of an amplitude for what the plane and the round profile that are removed before take of it: 6 to 7 % of a
crescent 20 mm wide, and more of a wider one."""
FINE = 360
"""Angles at which the crescent's deepest place is looked for."""

_THETA = (np.arange(SECTORS) + 0.5) * (2.0 * np.pi / SECTORS)
_TURNS: Array = np.arange(1.0, ORDERS + 1.0)


@dataclass(frozen=True, eq=False)
class Crescent:
    """A band of radii that noise does not explain."""

    radius_mm: float
    angle_deg: float
    """Where it is deepest or highest, counter-clockwise as displayed."""
    depth: float
    """HU there, against the mean of its circle; negative where it is dark."""
    amplitude: float
    """HU: of the one wave that has as much power."""
    u: float


@dataclass(frozen=True, eq=False)
class Crescents:
    """What a search has found: the strongest crescent, the mean over all bands less noise, what would stand out."""

    crescent: Crescent | None
    rms: float
    limit: float


def crescents(bands: Bands, covariance: Covariance, step_mm: float) -> Crescents | None:
    """The strongest crescent among bands of cells, the bowl removed; None where no circle is whole enough.

    Notes
    -----
    On each band the mean and the cosines and sines of orders 1 to 3 are fitted to the sectors' means; what is left,
    against what the noise power spectrum expects of it, tells the noise's level there. Without a crescent the squares
    of the six follow χ².
    """
    inner = bands.radius_mm - 0.5 * bands.bins * step_mm >= INNERMOST_MM
    used = np.flatnonzero(inner & (bands.filled.sum(axis=0) >= FEWEST_SECTORS))
    if not len(used):
        return None
    fits = [_fit(bands.values[:, b], bands.filled[:, b]) for b in used]
    height, left = np.array([f[0] for f in fits]), np.array([f[1] for f in fits])
    weights = np.full(bands.bins, 1.0 / bands.bins)
    radius = bands.radius_mm[used]
    expected = between_sectors(covariance, radius, weights, step_mm, ORDERS)
    near = np.abs(np.subtract.outer(np.arange(len(used)), np.arange(len(used)))) <= NEAR
    level = near @ (left / expected) / near.sum(axis=1)
    # of the cosine's and of the sine's height: E|c|² is a quarter of their squares together
    variance = np.repeat(2.0 * order_variances(covariance, radius, _TURNS, weights, step_mm), 2, axis=1)
    variance *= level[:, None]
    spare = (SECTORS - 2 * ORDERS - 1) * near.sum(axis=1)
    threshold = 2 * ORDERS * fdtri(2 * ORDERS, spare, 1.0 - FALSE_ALARM / len(used))
    return _strongest(height, variance, threshold, bands, used)


def _fit(values: Array, filled: Mask) -> tuple[Array, float]:
    """(6,) heights of cosine and sine of each order, and the mean square that they leave between sectors, HU²."""
    solve = np.linalg.pinv(_design()[filled])
    found = solve @ values[filled]
    left = values[filled] - _design()[filled] @ found
    share = 1.0 - (2 * ORDERS + 1) / SECTORS
    spare = len(left) - (2 * ORDERS + 1)
    return found[1:], float(left @ left) / spare * share


def _design() -> Array:
    """(sectors, 7) the mean, then cosine and sine of each order."""
    waves = [wave(m * _THETA) for m in _TURNS for wave in (np.cos, np.sin)]
    return np.stack([np.ones(SECTORS), *waves], axis=1)


def _strongest(height: Array, variance: Array, threshold: Array, bands: Bands, used: NDArray[np.intp]) -> Crescents:
    power = (height**2 - variance).sum(axis=1)
    mean = float(power.mean())
    rms = math.copysign(math.sqrt(abs(mean)), mean)
    limit = float(np.median(np.sqrt(variance.mean(axis=1)) * (np.sqrt(threshold - 2 * ORDERS) + SURELY)))
    standing = np.flatnonzero((height**2 / variance).sum(axis=1) > threshold)
    if not len(standing):
        return Crescents(None, rms, limit)
    k = standing[int(np.argmax(power[standing]))]
    square = float((height[k] ** 2).sum())
    direction = height[k] / math.sqrt(square)
    fine = np.arange(FINE) * (2.0 * np.pi / FINE)
    course = np.stack([wave(m * fine) for m in _TURNS for wave in (np.cos, np.sin)], axis=1) @ height[k]
    at = int(np.argmax(np.abs(course)))
    found = Crescent(
        radius_mm=float(bands.radius_mm[used[k]]),
        angle_deg=360.0 * at / FINE,
        depth=float(course[at]),
        amplitude=math.sqrt(max(float(power[k]), 0.0)),
        u=math.hypot(math.sqrt(float(direction**2 @ variance[k])), TAKEN_U * math.sqrt(max(float(power[k]), 0.0))),
    )
    return Crescents(found, rms, limit)
