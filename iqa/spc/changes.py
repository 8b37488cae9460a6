"""Steps in a series: the most likely one with the interval of its date, and several of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from iqa.spc.answers import COVERAGE, Array, CannotTell, dated

Indices = NDArray[np.signedinteger[Any]]

LEAST_SIDE = 3
"""Scans on either side of a step: one or two odd scans at an end are no new level."""
STEP_LEVEL = 0.01
"""Chance, the search for its place included, that a stable series of independent normal values shows such a step."""
NODES = 16
"""Gauss–Legendre nodes of the integral in p: good to 1e-8 of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of level between two neighbouring scans."""

    at: int
    """First scan of the new level, counted from 0."""
    earliest: int
    latest: int
    """The same at either end of the interval."""
    between: tuple[float, float]
    """Days after the first and up to the second of which the change lies: the interval of its date."""
    before: float
    after: float
    """Mean levels."""
    u: float
    """Standard uncertainty of their difference; Student's t with n − 2."""
    scatter: float
    """Standard deviation of single values about their level."""
    p: float
    """Chance of a step as clear anywhere in a stable series: the search is allowed for."""

    @property
    def height(self) -> float:
        """Change of the level."""
        return self.after - self.before


def most_likely_step(times: ArrayLike, values: ArrayLike) -> Step | CannotTell:
    """The one step that explains most of the scatter, clear or not: `p` says which.

    Parameters
    ----------
    times : (scans,) array_like
        Days, in order; they only date the step.
    values : (scans,) array_like

    Returns
    -------
    Step or CannotTell
        The latter for fewer than six scans or values all alike.

    Notes
    -----
    The interval is the shortest that holds 95 % of the posterior of the place, with flat priors of place, levels and
    log σ: over steps anywhere in the series it covers the truth as often. p is Worsley's improved Bonferroni bound:
    never too small; about right up to 20 scans, one and a half times the simulated chance at 100, twice at 260.
    A drift, and neighbours that are alike, make steps too: p is against a stable series of independent values only.

    References
    ----------
    Worsley, J Am Stat Assoc 1979;74:365 and Biometrika 1982;69:297 (bound); Smith, Biometrika 1975;62:407 (posterior).
    """
    days, numbers = dated(times, values)
    n = numbers.size
    if n < 2 * LEAST_SIDE:
        return CannotTell(f"There are {n} scans, and a step needs at least {LEAST_SIDE} on either side.")
    if not np.ptp(numbers):
        return CannotTell(f"All {n} values are {numbers[0]:g}: there is no step.")
    places = np.arange(LEAST_SIDE, n - LEAST_SIDE + 1)
    clear, within = _clearness(numbers, places)
    best = int(np.argmax(clear))
    at = int(places[best])
    first, last = (int(places[end]) for end in _interval(within, places, n))
    scatter = math.sqrt(within[best] / (n - 2))
    return Step(
        at,
        first,
        last,
        (float(days[first - 1]), float(days[last])),
        float(numbers[:at].mean()),
        float(numbers[at:].mean()),
        scatter * math.sqrt(1.0 / at + 1.0 / (n - at)),
        scatter,
        _chance(float(clear[best]), n),
    )


def steps(times: ArrayLike, values: ArrayLike, level: float = STEP_LEVEL) -> tuple[Step, ...]:
    """All clear steps in the order of time, by splitting the series again and again where p is below the level.

    Notes
    -----
    Where no single step is clear, a level that is left and come back to is looked for (p by Bonferroni). Each step that
    is found is then dated anew between its neighbours, and left out if it is not clear there.

    References
    ----------
    Vostrikova, Soviet Math Dokl 1981;24:55 (binary segmentation). Olshen et al., Biostatistics 2004;5:557 (there and
    back).
    """
    days, numbers = dated(times, values)
    ends = [0, *_places(days, numbers, 0, level), len(days)]
    found = (_between(days, numbers, first, last) for first, last in zip(ends, ends[2:], strict=False))
    return tuple(step for step in found if isinstance(step, Step) and step.p < level)


def _places(days: Array, numbers: Array, offset: int, level: float) -> list[int]:
    step = most_likely_step(days, numbers)
    if isinstance(step, CannotTell):
        return []
    # Two looks at each stretch share its level.
    cuts = [step.at] if step.p < 0.5 * level else _excursion(numbers, 0.5 * level)
    ends = [0, *cuts, len(numbers)] if cuts else []
    inner = [_places(days[a:b], numbers[a:b], offset + a, level) for a, b in pairwise(ends)]
    return sorted([offset + cut for cut in cuts] + [place for part in inner for place in part])


def _excursion(numbers: Array, level: float) -> list[int]:
    """Both ends of the clearest stretch whose level differs from that before and after it alike, if it is clear.

    One step at a time cannot see a level that is left and come back to: either half looks like mere scatter.
    """
    n = numbers.size
    first, last = np.triu_indices(n + 1, LEAST_SIDE)
    free = (first >= LEAST_SIDE) & (last <= n - LEAST_SIDE)
    first, last = first[free], last[free]
    if not len(first):
        return []
    y = numbers - numbers.mean()
    sums, inside, total = np.concatenate([[0.0], np.cumsum(y)]), last - first, float(y @ y)
    explained = (sums[last] - sums[first]) ** 2 * n / (inside * (n - inside))
    best = int(np.argmax(explained))
    within = max(total - float(explained[best]), float(np.finfo(float).eps) * total)
    t = math.sqrt(float(explained[best]) / within * (n - 2))
    chance = 2.0 * float(stdtr(n - 2, -t)) * len(first)
    return [int(first[best]), int(last[best])] if chance < level else []


def _between(days: Array, numbers: Array, first: int, last: int) -> Step | CannotTell:
    """The most likely step of a stretch, its scans counted from the start of the whole series."""
    step = most_likely_step(days[first:last], numbers[first:last])
    if isinstance(step, CannotTell):
        return step
    at, earliest, latest = (first + scan for scan in (step.at, step.earliest, step.latest))
    return Step(at, earliest, latest, step.between, step.before, step.after, step.u, step.scatter, step.p)


def _clearness(numbers: Array, places: Indices) -> tuple[Array, Array]:
    """|t| of a step at each place, and the sum of squares that it leaves."""
    n, y = numbers.size, numbers - numbers.mean()
    explained = np.cumsum(y)[places - 1] ** 2 * n / (places * (n - places))
    total = float(y @ y)
    within = np.maximum(total - explained, np.finfo(float).eps * total)
    return np.sqrt(explained / within * (n - 2)), within


def _interval(within: Array, places: Indices, n: int) -> tuple[int, int]:
    """First and last index of the fewest places that hold `COVERAGE` of the posterior."""
    logs = -0.5 * np.log(places * (n - places)) - 0.5 * (n - 2) * np.log(within)
    posterior = np.exp(logs - logs.max())
    order = np.argsort(-posterior, kind="stable")
    held = np.cumsum(posterior[order]) / posterior.sum()
    likely = order[: int(np.searchsorted(held, COVERAGE)) + 1]
    return int(likely.min()), int(likely.max())


def _chance(t: float, n: int) -> float:
    """Upper bound of the chance that |t| at any place exceeds this one; equal to it where the step is clear.

    The chances of all places are added, less those that two neighbours exceed it together. Divided by the root of the
    total sum of squares, the differences of levels at two neighbours are the projections of a direction that is uniform
    in n − 1 dimensions on two axes at an angle, and both chances are integrals over directions in the plane of the two.
    """
    c = math.sqrt(t**2 / (t**2 + n - 2))
    places = np.arange(LEAST_SIDE, n - LEAST_SIDE)
    correlations = np.sqrt(places * (n - places - 1) / ((places + 1) * (n - places)))
    ends = np.minimum(0.5 * np.arccos(correlations), math.acos(c))
    x, weights = np.polynomial.legendre.leggauss(NODES)
    beyond = np.maximum(0.0, 1.0 - (c / np.cos(0.5 * ends[:, None] * (x + 1.0))) ** 2) ** (0.5 * (n - 3))
    without_its_neighbour = 2.0 / math.pi * float((0.5 * ends) @ (beyond @ weights))
    return min(1.0, 2.0 * float(stdtr(n - 2, -t)) + without_its_neighbour)
