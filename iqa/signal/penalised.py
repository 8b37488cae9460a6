"""Least squares for a smooth even function: second differences are penalised as strongly as the data want it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

Array = NDArray[np.float64]

PENALTIES = np.logspace(-9.0, 3.0, 49)
"""Candidates of the penalty against the whitened data."""
BENDS = 0.005
"""Standard deviation, against T(0), of the second differences that a transfer function has beside its free shape at
least: 0.003 for a kernel with overshoot, 0.006 for Hann times a detector's sinc². With less, u would be too small where
the scale is tied."""
CHANCE_OF_NOISE = 1e-3
"""Chance at which noise alone is taken for a misfit."""


@dataclass(frozen=True, eq=False)
class Free:
    """A shape that the function may have without penalty."""

    gains: Array
    """(count, m); any sum of these columns is free."""
    integral: float
    """T(0) of the one that fits best."""


@dataclass(frozen=True, eq=False)
class Solved:
    """Factors with what is known of their errors."""

    factors: Array
    covariance: Array
    """Of the penalised factors: noise, and what the penalty may have moved."""
    misfit: float
    """Mean square of what is left, over what noise leaves; 1 where noise may be all of it."""


def penalised(columns: Array, values: Array, count: int, free: Free | None = None) -> Solved:
    """Least squares with second differences of the first factors penalised as marginal likelihood wants it.

    Parameters
    ----------
    columns : (n, factors) float
    values : (n,) float
        Noise white, of unit variance.
    count : int
        Factors that are penalised.
    free : Free, optional
        What is not; the covariance is then that of the Bayesian posterior.
    """
    penalty, rank = _penalty(columns.shape[1], count, free)
    normal, pull = columns.T @ columns, columns.T @ values
    strength = _likeliest(normal, pull, penalty, rank)
    if free is not None:
        strength = min(strength, 1.0 / (BENDS * free.integral) ** 2)
    inverse = np.linalg.inv(normal + strength * penalty)
    factors = inverse @ pull
    moved = strength * (inverse @ (penalty @ factors))
    spread = inverse if free is not None else inverse @ normal @ inverse + np.outer(moved, moved)
    freedom = len(values) - float(np.sum(inverse * normal))
    misfit = _misfit(values - columns @ factors, freedom)
    return Solved(np.asarray(factors), np.asarray(spread[:count, :count]), misfit)


def _penalty(factors: int, count: int, free: Free | None) -> tuple[Array, int]:
    """(factors, factors) matrix of the penalty, and its rank."""
    bent, spared = _second_differences(count), 0
    if free is not None:
        basis, _ = np.linalg.qr(bent @ free.gains)
        bent, spared = bent - basis @ (basis.T @ bent), free.gains.shape[1]
    penalty = np.zeros((factors, factors))
    penalty[:count, :count] = bent.T @ bent
    return penalty, count - spared


def _likeliest(normal: Array, pull: Array, penalty: Array, rank: int) -> float:
    """Strength of the penalty at which the data are likeliest, all factors averaged over (REML)."""

    def unlikely(strength: float) -> float:
        held = normal + strength * penalty
        explained = float(pull @ np.linalg.solve(held, pull))
        return float(np.linalg.slogdet(held)[1]) - explained - rank * math.log(strength)

    bent = np.diag(penalty) > 0.0
    scale = float(np.trace(normal[np.ix_(bent, bent)]) / np.trace(penalty))
    return scale * float(PENALTIES[int(np.argmin([unlikely(scale * p) for p in PENALTIES]))])


def _misfit(left: Array, freedom: float) -> float:
    square = float(left @ left)
    return 1.0 if square <= float(chdtri(freedom, CHANCE_OF_NOISE)) else square / freedom


def _second_differences(count: int) -> Array:
    """(count + 1, count) second differences of an even sequence that ends in zeros."""
    bent = np.zeros((count + 1, count))
    for j in range(count + 1):
        for neighbour, weight in ((j - 1, 1.0), (j, -2.0), (j + 1, 1.0)):
            if abs(neighbour) < count:
                bent[j, abs(neighbour)] += weight
    return bent
