"""How well a model observer that does not prewhiten tells a disc from noise: d′ from transfer function and noise power.

With W the transform of the disc, S = W·T, N the noise power and E the response of an eye (1 where there is none):

    d′² = [∬ S² E²]² / ∬ S² E⁴ N,      ∬ = 2π ∫ f df, from 0 to the limit of the pixels

References
----------
ICRU Report 54 (1996); Burgess, JOSA A 1994;11:1237 (the eye filter); Samei et al. (AAPM TG-233), Med Phys 2019;46:e735.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.signal.disc_means import disc_transform

Array = NDArray[np.float64]

NODES = 2001
"""Of the integrals over frequency: eight to each wave of S² for discs of 100 mm at pixels of 0.2 mm, then 0.01 %."""


@dataclass(frozen=True, eq=False)
class DPrime:
    """d′ and what it depends on.

    Attributes
    ----------
    value : float
        d′, of one slice.
    by_transfer, by_noise : (n,) float
        Derivatives of ln d′ by T and by N (1/(HU² mm²)) at each node.
    """

    value: float
    by_transfer: Array
    by_noise: Array


def nodes(limit_per_mm: float) -> Array:
    """(n,) evenly spaced frequencies from 0 to the limit of the pixels, 1/mm: where T, N and E are wanted."""
    return np.linspace(0.0, limit_per_mm, NODES)


def disc_spectrum(frequency: Array, contrast_hu: float, diameter_mm: float) -> Array:
    """Transform of a disc, HU mm²: C (D/2) J₁(πDf)/f."""
    return contrast_hu * math.pi * (diameter_mm / 2.0) ** 2 * disc_transform(frequency, diameter_mm)


def eye_response(frequency: Array, cycles_per_degree: float, shape: tuple[float, float, float, int]) -> Array:
    """(ρ^rise · exp(−fall · ρ^bend))^times of a visual response, its maximum over the nodes set to 1.

    Parameters
    ----------
    frequency : (n,) float, 1/mm
        In the object.
    cycles_per_degree : float
        At the eye, of 1/mm in the object.
    shape
        (rise, fall, bend, times).
    """
    rise, fall, bend, times = shape
    rho = frequency * cycles_per_degree
    response = (rho**rise * np.exp(-fall * rho**bend)) ** times
    return np.asarray(response / response.max())


def cycles_per_degree(distance_mm: float, magnification: float) -> float:
    """What 1/mm in the object is at the eye: `magnification` is mm on the display to one of the object."""
    return distance_mm * math.pi / 180.0 / magnification


def d_prime(frequency: Array, disc: Array, transfer: Array, nps: Array, eye: Array) -> DPrime:
    """d′ of a disc for an observer that does not prewhiten, with the response of an eye, and no internal noise.

    Parameters
    ----------
    frequency : (n,) float, 1/mm
        As `nodes` gives them.
    disc : (n,) float, HU mm²
    transfer : (n,) float
    nps : (n,) float, HU² mm²
        Not 0 everywhere that the disc is seen.
    eye : (n,) float
        Response to amplitude; ones where there is no eye.
    """
    ring = 2.0 * math.pi * frequency * frequency[1]
    ring[-1] *= 0.5  # the trapezium rule
    ring[0] = (
        2.0 * math.pi * frequency[1] ** 2 / 12.0
    )  # and its next term, from the slope at 0: large discs end near it
    seen = ring * (disc * transfer * eye) ** 2
    signal, noise = float(seen.sum()), float((seen * eye**2) @ nps)
    by_log_transfer = 2.0 * seen / signal - seen * eye**2 * nps / noise
    return DPrime(
        signal / math.sqrt(noise),
        by_transfer=np.divide(by_log_transfer, transfer, out=np.zeros_like(seen), where=transfer != 0.0),
        by_noise=-0.5 * seen * eye**2 / noise,
    )
