"""The false-alarm budget of a scanner: how wide the EWMA's limits must be for it.

**What counts as one signal**: the first scan at which the chart of a key lies beyond its limits after its baseline.
From then on the key is out of control until somebody has looked and the chart begins anew (`split`), so each key makes
at most one false signal a baseline. The budget is the mean number of false signals of a scanner's keys together within
so many scans, over all baselines that chance could have made from n scans of a stable scanner with normal, independent
values. It holds however the keys depend on one another, being a sum of means.

Means and standard deviations of small baselines are off, and a chart about a mean that is off alarms sooner or later:
limits for known parameters (L = 2.7) would cost several times the budget. Hence L depends on n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, stdtrit

from iqa.spc.answers import LEAST_SCANS
from iqa.spc.constants import c4
from iqa.spc.ewma import WEIGHT

Array = NDArray[np.float64]

KEYS = 8
"""Charted keys of a scanner."""
SCANS = 104
"""Two years of weekly scans."""
SIGNALS = 1.0
"""False signals of a scanner within them, on average."""

MOST_OF_A_KEY = 0.5
"""False signals of a key, beyond which a signal says nothing."""

SHIFTS, SPREADS = 5, 11
"""Nodes of the integrals over the errors of the mean and of S; more change the mean number of signals by less than
0.2 %."""
LOW_TAIL, HIGH_TAIL = 1e-6, 1e-3
"""Chances that S lies beyond the ends of its integral; where it is far too large, there are next to no signals."""
NODES_PER_SD = 2.4
"""Gauss–Legendre nodes within the limits for each λσ of their half width: the chance of a signal is then good to
1e-4 of itself."""
FEWEST_NODES = 15
CLOSE = 0.006
"""Relative error of the mean number of signals from which one more secant leads to 0.2 % of it or nearer."""
MOST_STEPS = 40
ENDS = (0.05, 30.0)
"""Between which L is looked for."""
LARGEST_TAIL = 0.25
"""Chance of a scan from which the first guess is made at most."""
FIRST_GUESS = 1.1
"""L over the t quantile with the same chance for each scan: 0.9 to 1.3."""


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """What a baseline can be off by, with the weights of each node; shifts are alike either way, so of one sign."""

    shifts: Array
    """Of the values from the mean, in σ."""
    of_shift: Array
    spreads: Array
    """(S/c4)/σ."""
    of_spread: Array


def signal_chance(limit: float, n: int | None, scans: int = SCANS, weight: float = WEIGHT) -> float:
    """Chance that the chart of one stable key signals within so many scans after its baseline.

    Parameters
    ----------
    limit : float
        L of the EWMA with asymptotic limits.
    n : int or None
        Scans of the baseline, whose mean and S/c4 the chart rests on; None for a known mean and σ.
    scans : int
        After the baseline.
    weight : float
        λ.

    Notes
    -----
    For a given error of the mean and of S the average is a Markov chain; its integral equation is solved by
    Gauss–Legendre quadrature, and the chance of no signal is then averaged over the normal distribution of the mean
    and the χ distribution of S.

    References
    ----------
    Crowder, Technometrics 1987;29:401 (integral equation). Jones, Champ and Rigdon, Technometrics 2001;43:156
    (estimated parameters).
    """
    return _chance(limit, _errors(n), scans, weight)


def expected_signals(
    limit: float, n: int | None, keys: int = KEYS, scans: int = SCANS, weight: float = WEIGHT
) -> float:
    """Mean number of false signals of a scanner's keys together; parameters as for `signal_chance`."""
    return keys * signal_chance(limit, n, scans, weight)


@lru_cache(maxsize=256)
def ewma_limit(
    n: int | None, keys: int = KEYS, scans: int = SCANS, budget: float = SIGNALS, weight: float = WEIGHT
) -> float:
    """L at which a stable scanner makes `budget` false signals on average.

    Parameters
    ----------
    n : int or None
        Scans of the baseline, at least `LEAST_SCANS`; None for a known mean and σ.
    keys, scans, budget : int, int, float
        Charted keys, scans after the baseline, and false signals that all these keys together make within them.
    weight : float
        λ.

    Raises
    ------
    ValueError
        If the baseline has too few scans, or the budget is not above 0 and at most half a signal a key.

    Examples
    --------
    >>> round(ewma_limit(20), 2), round(ewma_limit(None), 2)
    (3.97, 2.95)
    """
    if n is not None and n < LEAST_SCANS:
        raise ValueError(f"a baseline of {n} scans has no limits: at least {LEAST_SCANS} are needed")
    share = budget / keys
    if not 0.0 < share <= MOST_OF_A_KEY:
        raise ValueError(
            f"{budget:g} false signals of {keys} keys: more than 0 and at most {MOST_OF_A_KEY:g} of a key are expected"
        )
    return _root(n, share, scans, weight)


def run_length(limit: float, shift: float = 0.0, weight: float = WEIGHT) -> float:
    """Mean number of scans to a signal with known mean and σ, where values lie `shift` σ off from the start."""
    reach = limit * math.sqrt(weight / (2.0 - weight))
    inside, start = _inside(np.array([reach]), np.array([shift]), weight, reach)
    return float(np.linalg.solve(np.eye(len(inside[0])) - inside[0], np.ones(len(inside[0])))[start])


def _root(n: int | None, share: float, scans: int, weight: float) -> float:
    """L by secants on log(−log(1 − chance)), which is nearly straight in ln L, kept between its ends."""
    errors = _errors(n)

    def misses(limit: float) -> float:
        chance = min(max(_chance(limit, errors, scans, weight), 1e-300), 1.0 - 1e-15)
        return math.log(-math.log1p(-chance)) - math.log(-math.log1p(-share))

    dof = math.inf if n is None else n - 1
    guess = -FIRST_GUESS * float(stdtrit(dof, min(share / scans, LARGEST_TAIL)))
    low, high = (math.log(end) for end in ENDS)
    # Of the normal or Student's tail, by ln L.
    x, slope = math.log(guess), -(guess**2) if n is None else -n * guess**2 / (n - 1 + guess**2)
    before = last = math.nan
    for _ in range(MOST_STEPS):
        now = misses(math.exp(x))
        low, high = (x, high) if now > 0.0 else (low, x)
        slope = slope if math.isnan(before) else (now - before) / (x - last)
        onward = x - now / slope if slope < 0.0 else math.inf
        if abs(now) < CLOSE:
            return math.exp(onward)
        last, before = x, now
        x = onward if low < onward < high else 0.5 * (low + high)
    raise ArithmeticError(
        f"no EWMA limit from {ENDS[0]:g} to {ENDS[1]:g} makes {share:g} signals a key in {scans} scans, n = {n}, "
        f"λ = {weight:g}: choose another budget"
    )


def _chance(limit: float, errors: _Errors, scans: int, weight: float) -> float:
    reach = limit * math.sqrt(weight / (2.0 - weight))
    shift, spread = (grid.ravel() for grid in np.meshgrid(errors.shifts, errors.spreads))
    inside, start = _inside(reach * spread, shift, weight, reach)
    stays = _power_sums(inside, scans)[:, start].reshape(len(errors.spreads), len(errors.shifts))
    return 1.0 - float(errors.of_spread @ stays @ errors.of_shift)


def _errors(n: int | None) -> _Errors:
    if n is None:
        return _Errors(np.zeros(1), np.ones(1), np.ones(1), np.ones(1))
    shifts, of_shift = np.polynomial.hermite_e.hermegauss(2 * SHIFTS)
    half = (n - 1) / 2
    low, high = 0.5 * np.log(gammaincinv(half, [LOW_TAIL, 1.0 - HIGH_TAIL]) / half)
    x, of_x = np.polynomial.legendre.leggauss(SPREADS)
    s = np.exp(low + 0.5 * (high - low) * (x + 1.0))
    of_s = of_x * np.exp(half * (2.0 * np.log(s) - s**2 + 1.0))
    of_half = of_shift[SHIFTS:] / of_shift[SHIFTS:].sum()
    return _Errors(shifts[SHIFTS:] / math.sqrt(n), of_half, s / c4(n), of_s / of_s.sum())


def _inside(half: Array, shift: Array, weight: float, reach: float) -> tuple[Array, int]:
    """(chains, nodes, nodes) chances to go from node to node within ± half (in σ), and the node at 0."""
    start = max(FEWEST_NODES, math.ceil(NODES_PER_SD * reach / weight)) // 2
    x, of_x = np.polynomial.legendre.leggauss(2 * start + 1)
    ends = half[:, None]
    middle = ((1.0 - weight) * ends * x + weight * shift[:, None])[..., None]
    density = np.exp(-0.5 * ((ends * x)[:, None, :] - middle) ** 2 / weight**2) * of_x
    stay = ndtr((ends[..., None] - middle) / weight) - ndtr((-ends[..., None] - middle) / weight)
    return np.asarray(density * (stay / density.sum(axis=-1, keepdims=True))), start


def _power_sums(matrices: Array, power: int) -> Array:
    """(chains, nodes) row sums of each matrix to a power: by squaring, which takes far fewer products."""
    sums, square = np.ones((*matrices.shape[:-1], 1)), matrices
    while power:
        if power % 2:
            sums = square @ sums
        power //= 2
        square = square @ square if power else square
    return np.asarray(sums[..., 0])
