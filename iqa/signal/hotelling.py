"""How far apart two classes of images lie for a Hotelling observer, from few images: unbiased, with limits.

The distance that samples show is too large: noise in the difference of their means adds to it, and a covariance from
few samples stretches it. Both are known exactly for Gaussian outputs, and so is the distribution of the distance:
all is exact for independent images. Images that hang together count for as many as are independent, in the means and in
the covariance each by its own number; with those it is an approximation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TAIL, NORMAL = 0.025, 1.96
"""Chance on either side of the interval, and the standard deviations of a normal distribution that leave it."""
LEAST = 0.25
"""Chance below which a small distance no longer lowers the upper limit. Twice that widens intervals at δ = 1 and 5 p
images, where 95 % then become 98 %; a smaller one lets that limit fall towards 0."""
TIGHT = 1e-6
"""Of the noncentrality that is solved for, relative."""
LARGEST_GROWTH = 60
"""Doublings in search of an upper end: 2⁶⁰ is beyond any picture."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """Channel outputs of one class.

    Attributes
    ----------
    values : (repeats, places, p) float
        Repeats are independent of one another. What is fixed at a place is no noise: its own mean is taken off.
    mean_factor : float
        Variance of the mean over places against that of one place: 1/places where they are independent.
    variance_factor : float
        The same of the mean of sample variances.
    """

    values: Array
    mean_factor: float
    variance_factor: float

    @property
    def spread(self) -> float:
        """Variance of the class's mean against that of one image."""
        return self.mean_factor / len(self.values)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of its covariance; those of images that hang together count for less."""
        return (len(self.values) - 1) / self.variance_factor

    @property
    def mean(self) -> Array:
        """(p,) over all images."""
        return np.asarray(self.values.mean(axis=(0, 1)))

    @property
    def covariance(self) -> Array:
        """(p, p) of one image, unbiased."""
        left = (self.values - self.values.mean(axis=0)).reshape(-1, self.values.shape[-1])
        return np.asarray(left.T @ left / ((len(self.values) - 1) * self.values.shape[1]))


def tied(values: Array) -> tuple[float, float]:
    """How images taken together hang together: variances against one image's of their mean and of a mean square.

    Parameters
    ----------
    values : (repeats, times, m, p) float
        Channel outputs of m images of one time, such as neighbours whose regions overlap. Repeats are independent.

    Notes
    -----
    Their correlation is that of outputs in which noise is white and of unit size, over all channels alike: Σ ρᵢⱼ/m² and
    Σ ρᵢⱼ²/m².
    """
    left = values - values.mean(axis=0)
    flat = left.reshape(-1, values.shape[-1])
    scale = np.sqrt(np.mean(flat**2, axis=0))
    root = np.linalg.cholesky((flat / scale).T @ (flat / scale) / len(flat))
    white = np.moveaxis(left / scale @ np.linalg.inv(root).T, 2, 0).reshape(values.shape[2], -1)
    correlation = np.corrcoef(white).reshape(len(white), len(white))
    return float(correlation.mean()), float((correlation**2).mean())


@dataclass(frozen=True, eq=False)
class Separation:
    """The distance of two classes.

    Attributes
    ----------
    squared : float
        δ² without bias; noise can make it negative.
    scatter : float
        Its standard deviation.
    interval : (float, float)
        95 % limits of δ; the lower one is 0 where no distance at all would often show as much.
    covariance : (p, p) float
        Of both classes, pooled.
    """

    squared: float
    scatter: float
    interval: tuple[float, float]
    covariance: Array

    @property
    def distance(self) -> float:
        """δ, without bias from δ = 1 upwards: √δ² alone is low by scatter²/8δ³ on average, 10 % at δ = 1 and N = 5 p.

        To second order √((δ² + √(δ⁴ + scatter²))/2) puts that back, and is a number where δ² is negative.
        """
        return math.sqrt((self.squared + math.hypot(self.squared, self.scatter)) / 2.0)

    @property
    def u(self) -> float:
        """Standard uncertainty of `distance`."""
        return self.scatter / (2.0 * self.distance)


def separation(present: Outputs, absent: Outputs) -> Separation:
    """δ² = Δᵀ K⁻¹ Δ of the two classes, freed from its bias, and its interval.

    Parameters
    ----------
    present, absent
        Of one covariance K; their degrees of freedom together exceed p + 3, or δ² would have no scatter.

    Notes
    -----
    Exact for independent images, else by their effective numbers.

    With ν degrees of freedom of the pooled covariance S and the variance c·K of the difference of means Δ̂, the naive
    d² = Δ̂ᵀ S⁻¹ Δ̂ has the mean ν/(ν − p − 1) · (δ² + p c), and F = (ν − p + 1)/(p ν) · d²/c follows the noncentral F
    of p and ν − p + 1 degrees of freedom with noncentrality δ²/c. For n₁ and n₂ independent images ν = n₁ + n₂ − 2 and
    c = 1/n₁ + 1/n₂.

    References
    ----------
    Wunderlich & Noo, IEEE Trans Med Imaging 2009;28:1198; Wunderlich, Noo, Gallas & Heilbrun, IEEE Trans Med Imaging
    2015;34:453; Hotelling, Ann Math Stat 1931;2:360.
    """
    shares = np.array([present.freedom, absent.freedom])
    freedom, spread, p = float(shares.sum()), present.spread + absent.spread, len(present.mean)
    if freedom <= p + 3.0:
        raise ValueError(f"{p} channels need more than {p + 3} degrees of freedom; there are {freedom:.3g}")
    covariance = (shares[0] * present.covariance + shares[1] * absent.covariance) / freedom
    difference = present.mean - absent.mean
    naive = squared_distance(difference, covariance)
    squared = naive * (freedom - p - 1.0) / freedom - p * spread
    rest = freedom - p + 1.0
    to_f = rest / (p * freedom * spread)
    scatter = _f_scatter(p, rest, max(squared, 0.0) / spread) * (freedom - p - 1.0) / freedom / to_f
    limits = _limits(to_f * naive, p, rest)
    interval = math.sqrt(spread * limits[0]), math.sqrt(spread * limits[1])
    return Separation(squared, scatter, interval, covariance)


def squared_distance(difference: Array, covariance: Array) -> float:
    """Δᵀ S⁻¹ Δ of a (p,) difference and a (p, p) covariance."""
    # one unit of variance for each channel: those of one set differ by orders of magnitude
    scale = 1.0 / np.sqrt(np.diag(covariance))
    scaled = scale * difference
    return float(scaled @ np.linalg.solve(covariance * np.outer(scale, scale), scaled))


def _f_scatter(p: float, rest: float, noncentrality: float) -> float:
    """Standard deviation of the noncentral F of p and `rest` degrees of freedom."""
    once, twice = p + noncentrality, p + 2.0 * noncentrality
    variance = (once**2 + twice * (rest - 2.0)) / ((rest - 2.0) ** 2 * (rest - 4.0))
    return rest / p * math.sqrt(2.0 * variance)


def _limits(seen: float, p: float, rest: float) -> tuple[float, float]:
    """Noncentralities that leave `TAIL` on either side of what was seen."""
    from scipy.special import fdtri  # noqa: PLC0415 - costs start-up, few scans have repeats

    # Less than no signal shows in a quarter of all cases says nothing more of the upper end, which would fall to 0.
    least = float(fdtri(p, rest, LEAST))
    return _noncentrality(seen, p, rest, 1.0 - TAIL), _noncentrality(max(seen, least), p, rest, TAIL)


def _noncentrality(seen: float, p: float, rest: float, level: float) -> float:
    """λ at which F(p, rest, λ) lies below `seen` with the chance `level`; 0 where it does so less often for any λ."""
    from scipy.optimize import brentq  # noqa: PLC0415
    from scipy.special import ncfdtr  # noqa: PLC0415

    def above(noncentrality: float) -> float:
        return float(ncfdtr(p, rest, noncentrality, seen)) - level

    if above(0.0) <= 0.0:
        return 0.0
    high = max(1.0, p * seen)
    for _ in range(LARGEST_GROWTH):
        if above(high) <= 0.0:
            break
        high *= 2.0
    return float(brentq(above, 0.0, high, rtol=TIGHT))
