"""Least squares for a smooth even function: its differences are penalised as strongly as the data want it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

Array = NDArray[np.float64]

PENALTIES = np.logspace(-9.0, 3.0, 49)
"""Candidates of the penalty against the whitened data."""
LIKELY_SHARE = 0.25
"""Of the likeliest penalty: at a CNR of 20 that one shrinks f50 by 2 % of itself, a quarter of it by 0.7 %, for 12 %
more scatter; u then covers what it says."""
TIED_SHARE = 0.03
"""Of the likeliest penalty where T(0) = 1 is held and T is but the shape of others: at full strength an overshoot of
11 % loses a tenth of itself in noise of 3 % of the contrast, so a thirtieth, and bars scatter by a tenth more."""
BENDS = 0.005
"""Standard deviation, against T(0), of the second differences that a transfer function has beside its free shape at
least: 0.003 for a kernel with overshoot, 0.006 for Hann times a detector's sinc². With less, u would be too small where
the scale is tied."""
LEAST_WEIGHT = 1e-3
"""Against the likeliest penalty's, of one that takes part in the mean over them."""
CHANCE_OF_NOISE = 1e-3
"""Chance at which noise alone is taken for more, as a misfit: a larger one would widen u where there is nothing but
noise."""


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
    """Of the penalised factors: noise, more where there is a misfit, and what the penalty may have moved."""
    misfit: float
    """Mean square of what is left, over what noise leaves; 1 where noise may be all of it."""


@dataclass(frozen=True, eq=False)
class Tied:
    """A function that is held at a value.

    Attributes
    ----------
    factors : (count,) float
    inverse : (count, count) float
        Their change by that of Aᵀy.
    moved : (count,) float
        What the penalty may have moved them.
    """

    factors: Array
    inverse: Array
    moved: Array


def fit_smooth(columns: Array, values: Array, count: int, roughest: float) -> Solved:
    """Least squares with the third differences of the first factors penalised.

    Parameters
    ----------
    columns : (n, factors) float
    values : (n,) float
        Noise white, of unit variance.
    count : int
        Factors that are penalised.
    roughest : float
        Typical third difference that the function may have at most; 0 for any.
    """
    penalty = _penalty(columns.shape[1], _third_differences(count))
    normal, pull = columns.T @ columns, columns.T @ values
    strength = LIKELY_SHARE * _likeliest(normal, pull, penalty, count)
    strength = max(strength, roughest**-2) if roughest > 0.0 else strength
    inverse = np.linalg.inv(normal + strength * penalty)
    factors = inverse @ pull
    misfit = _misfit(values - columns @ factors, len(values) - float(np.sum(inverse * normal)))
    moved = strength * (inverse @ (penalty @ factors))
    spread = misfit * (inverse @ normal @ inverse) + np.outer(moved, moved)
    return Solved(np.asarray(factors), np.asarray(spread[:count, :count]), misfit)


def fit_beside(columns: Array, values: Array, count: int, free: Free) -> Solved:
    """Least squares with the second differences penalised of what the first factors hold beside a free shape.

    columns : (n, factors), values : (n,); noise white, of unit variance. count : factors that are penalised. The
    covariance is that of the Bayesian posterior, averaged over the strengths of the penalty by their likelihood.
    """
    bent = _second_differences(count)
    basis, _ = np.linalg.qr(bent @ free.gains)
    penalty = _penalty(columns.shape[1], bent - basis @ (basis.T @ bent))
    normal, pull = columns.T @ columns, columns.T @ values
    strengths, unlikely = _unlikely(normal, pull, penalty, count - free.gains.shape[1])
    weight = np.exp(-0.5 * (unlikely - unlikely.min()))
    weight = np.where(weight > LEAST_WEIGHT, weight, 0.0) / weight[weight > LEAST_WEIGHT].sum()
    inverses = np.linalg.inv(
        normal + np.minimum(strengths, 1.0 / (BENDS * free.integral) ** 2)[:, None, None] * penalty
    )
    each = inverses @ pull
    inverse, factors = np.tensordot(weight, inverses, 1), weight @ each
    misfit = _misfit(values - columns @ factors, len(values) - float(np.sum(inverse * normal)))
    spread = misfit * inverse + (each - factors).T @ (weight[:, None] * (each - factors))
    return Solved(np.asarray(factors), np.asarray(spread[:count, :count]), misfit)


def fit_tied(normal: Array, pull: Array, power: float, level: Array) -> Tied:
    """Least squares with the third differences penalised of factors whose product with `level` is 1.

    normal, pull, power : AᵀA, Aᵀy and yᵀy of the whitened columns A and values y. level : (count,).
    """
    given = level / float(level @ level)
    free = np.linalg.svd(level[None])[2][1:].T
    penalty = _penalty(len(level), _third_differences(len(level)))
    left = power - float(given @ (2.0 * pull - normal @ given))
    strengths = PENALTIES * float(np.trace(normal) / np.trace(penalty))
    held = _Held.of(free.T @ normal @ free, free.T @ penalty @ free, strengths)
    wanted = (pull - normal @ given - strengths[:, None] * (penalty @ given)) @ free
    lost = left + strengths * float(given @ penalty @ given) - held.explained(wanted)
    unlikely = lost + held.log_determinant - free.shape[1] * np.log(strengths)
    strength = TIED_SHARE * float(strengths[int(np.argmin(unlikely))])
    inverse = free @ np.linalg.inv(free.T @ (normal + strength * penalty) @ free) @ free.T
    factors = given + inverse @ (pull - (normal + strength * penalty) @ given)
    return Tied(np.asarray(factors), np.asarray(inverse), np.asarray(strength * (inverse @ (penalty @ factors))))


@dataclass(frozen=True, eq=False)
class _Held:
    """normal + s · penalty at each of several strengths s, by one decomposition for all (Demmler and Reinsch 1975)."""

    basis: Array
    """(n, n) directions in which all of them are diagonal."""
    levels: Array
    """(strengths, n) their diagonals."""
    log_determinant: Array
    """(strengths,)."""

    @classmethod
    def of(cls, normal: Array, penalty: Array, strengths: Array) -> _Held:
        """The strongest, listed last, is the only one that is sure to be positive definite in rounded numbers."""
        lower = np.linalg.cholesky(normal + strengths[-1] * penalty)
        inverse = np.linalg.inv(lower)
        seen, turned = np.linalg.eigh(inverse @ normal @ inverse.T)
        share = (strengths / strengths[-1])[:, None]
        levels = share + (1.0 - share) * np.clip(seen, 0.0, 1.0)
        both = 2.0 * np.log(np.diag(lower)).sum() + np.log(levels).sum(axis=1)
        return cls(inverse.T @ turned, levels, both)

    def explained(self, pull: Array) -> Array:
        """(strengths,) pullᵀ (normal + s · penalty)⁻¹ pull; pull may be (n,) or (strengths, n)."""
        return np.asarray(np.sum((pull @ self.basis) ** 2 / self.levels, axis=-1))


def _penalty(factors: int, bent: Array) -> Array:
    penalty = np.zeros((factors, factors))
    penalty[: bent.shape[1], : bent.shape[1]] = bent.T @ bent
    return penalty


def _likeliest(normal: Array, pull: Array, penalty: Array, rank: int) -> float:
    """Strength of the penalty at which the data are likeliest, all factors averaged over (REML)."""
    strengths, unlikely = _unlikely(normal, pull, penalty, rank)
    return float(strengths[int(np.argmin(unlikely))])


def _unlikely(normal: Array, pull: Array, penalty: Array, rank: int) -> tuple[Array, Array]:
    """Strengths of the penalty, and −2 log of the likelihood of the data at each, all factors averaged over."""
    bent = np.diag(penalty) > 0.0
    strengths = PENALTIES * float(np.trace(normal[np.ix_(bent, bent)]) / np.trace(penalty))
    held = _Held.of(normal, penalty, strengths)
    return strengths, held.log_determinant - held.explained(pull) - rank * np.log(strengths)


def _misfit(left: Array, freedom: float) -> float:
    square = float(left @ left)
    return 1.0 if square <= float(chdtri(freedom, CHANCE_OF_NOISE)) else square / freedom


def _second_differences(count: int) -> Array:
    """(count + 1, count) of an even sequence that ends in zeros."""
    return _differences(count, (1.0, -2.0, 1.0), range(count + 1))


def _third_differences(count: int) -> Array:
    """(count + 3, count) of an even sequence that ends in zeros."""
    return _differences(count, (1.0, -3.0, 3.0, -1.0), range(-1, count + 2))


def _differences(count: int, weights: tuple[float, ...], middles: range) -> Array:
    bent = np.zeros((len(middles), count))
    for row, middle in enumerate(middles):
        for neighbour, weight in enumerate(weights, middle - 1):
            if abs(neighbour) < count:
                bent[row, abs(neighbour)] += weight
    return bent
