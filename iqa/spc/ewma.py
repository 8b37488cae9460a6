"""The exponentially weighted moving average (EWMA), which finds small lasting shifts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from iqa.spc.answers import Array, Mask, parameters, series

Form = Literal["asymptotic", "exact"]
"""Of the limits: those that they tend to, or those of each scan since the start, which begin narrower."""

WEIGHT = 0.1
"""λ, of the newest value. With 20 scans as baseline 0.2 finds steps of 2σ a scan sooner; but of those of 1σ, one in ten
is then missed for 96 scans instead of 53 (docs/control-charts.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class EwmaChart:
    """The average and its limits, (..., scans), in the value's unit; an average on a limit is within."""

    average: Array
    low: Array
    high: Array
    beyond: Mask


def ewma(
    values: ArrayLike,
    centre: ArrayLike,
    sigma: ArrayLike,
    limit: float,
    weight: float = WEIGHT,
    form: Form = "asymptotic",
) -> EwmaChart:
    """EWMA of each series, begun at its centre.

    Parameters
    ----------
    values : (..., scans) array_like
        In the order of time, each series from where its chart starts; a pause changes nothing.
    centre, sigma : (...) array_like
        Of the baseline of each series.
    limit : float
        L, in standard deviations of the average; `ewma_limit` gives the L of the false-alarm budget, which is for the
        asymptotic form.
    weight : float
        λ.
    form : "asymptotic" or "exact"
        Limits at L σ √(λ/(2 − λ)), or with the factor √(1 − (1 − λ)^2t) at scan t.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4. Lucas and Saccucci, Technometrics 1990;32:1.
    """
    numbers, (middle, spread) = series(values), parameters(centre, sigma)
    average, deviations = np.empty_like(numbers), numbers - middle[..., None]
    carried = np.zeros(numbers.shape[:-1])
    for scan in range(numbers.shape[-1]):
        carried = (1.0 - weight) * carried + weight * deviations[..., scan]
        average[..., scan] = carried
    ages = np.arange(1, numbers.shape[-1] + 1)
    grown = np.sqrt(1.0 - (1.0 - weight) ** (2 * ages)) if form == "exact" else np.ones(len(ages))
    half = np.asarray(limit * math.sqrt(weight / (2.0 - weight)) * spread[..., None] * grown)
    beyond = np.abs(average) > half
    return EwmaChart(average + middle[..., None], middle[..., None] - half, middle[..., None] + half, beyond)
