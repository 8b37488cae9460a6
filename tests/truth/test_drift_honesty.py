"""Are u of a slope, the interval of a crossing, and the chance and date of a step what they say?"""

from __future__ import annotations

import charted
import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.spc import (
    COVERAGE,
    Course,
    Crossing,
    Drift,
    Neighbours,
    Step,
    course,
    crossing,
    drift,
    most_likely_step,
    neighbours,
    steps,
)
from tests.honest import BAND

SERIES = 1000
TIMES = np.sort(np.concatenate([7.0 * np.arange(12), 7.0 * np.arange(20, 32) + 3.0, [7.0, 70.0]]))
"""Half a year with a gap of two months, and two days with two scans: 26 in all."""


def lines(per_week: float) -> list[Drift]:
    rng = np.random.default_rng(21)
    found = [drift(TIMES, per_week / 7.0 * TIMES + rng.normal(size=len(TIMES))) for _ in range(SERIES)]
    return [line for line in found if isinstance(line, Drift)]


def fair(found: float, chance: float, tries: int = SERIES) -> bool:
    return bool(abs(found - chance) <= BAND * np.sqrt(chance * (1.0 - chance) / tries))


def test_u_of_a_slope_is_its_scatter() -> None:
    found = lines(0.03)
    z = np.array([(line.slope - 0.03 / 7.0) / line.u for line in found])
    assert len(found) == SERIES
    assert abs(z.mean()) < BAND / np.sqrt(SERIES) * 1.05
    # Student's t with 24 degrees of freedom: SD √(24/22), 95 % within 2.064.
    assert z.std() == pytest.approx(np.sqrt(24 / 22), abs=BAND / np.sqrt(2 * SERIES) * 1.15)
    assert fair(float(np.mean(np.abs(z) < 2.0639)), 0.95)


def test_the_chance_of_a_slope_is_that_of_stable_series() -> None:
    p = np.array([line.p for line in lines(0.0)])
    for level in (0.5, 0.1, 0.01):
        assert fair(float(np.mean(p < level)), level), level


@pytest.mark.parametrize(("level", "per_week"), [(0, 0.12), (0, 0.4), (13, 0.3), (13, 1.0), (18, 0.6)])
def test_the_interval_of_a_crossing_holds_the_truth(level: int, per_week: float) -> None:
    """A drift from the first scan, or after so many level ones; u of a conservative kind may hold it more often."""
    rng = np.random.default_rng((27, level))
    mean = per_week / 7.0 * np.maximum(0.0, TIMES - TIMES[level])
    limit = mean[-1] + 3.0
    truth = TIMES[-1] + 3.0 / (per_week / 7.0)
    found = [crossing(at, limit, upper=True) for at in courses(mean, rng)]
    dated = [one for one in found if isinstance(one, Crossing)]
    assert len(dated) > 0.98 * SERIES
    held = float(np.mean([one.earliest <= truth <= one.latest for one in dated]))
    assert 0.93 <= held <= 0.99


def courses(mean: NDArray[np.float64], rng: np.random.Generator) -> list[Course]:
    found = [course(TIMES, mean + rng.normal(size=len(TIMES))) for _ in range(SERIES)]
    return [one for one in found if isinstance(one, Course)]


def test_a_stable_series_may_well_never_cross() -> None:
    found = [crossing(one, 3.0, upper=True) for one in courses(np.zeros(len(TIMES)), np.random.default_rng(28))]
    endless = np.mean([isinstance(one, Crossing) and one.latest == np.inf for one in found])
    assert endless >= COVERAGE


def test_a_slope_of_a_tenth_of_sigma_a_week_is_called_drifting_within_half_a_year() -> None:
    assert np.mean([line.drifting for line in lines(0.12)]) > 0.9


def test_a_stable_series_is_rarely_called_drifting_however_often_one_looks() -> None:
    values = charted.made(np.random.default_rng(22), (100, 52))
    assert sum(charted.ever_drifting(row, 20) for row in values) <= 5


@pytest.mark.parametrize("n", [8, 20])
def test_the_chance_of_alike_neighbours_is_that_of_independent_ones(n: int) -> None:
    found = [neighbours(row) for row in np.random.default_rng((26, n)).normal(size=(4 * SERIES, n))]
    p = np.array([one.p for one in found if isinstance(one, Neighbours)])
    # The normal approximation is that good from n = 8 on; Young's table says the same.
    for level in (0.2, 0.05, 0.025):
        assert float(np.mean(p < level)) == pytest.approx(level, abs=0.005 + BAND * np.sqrt(level / len(p))), level


@pytest.mark.parametrize("n", [6, 20, 104])
def test_the_chance_of_a_step_is_never_too_small(n: int) -> None:
    rng = np.random.default_rng((23, n))
    found = [most_likely_step(range(n), rng.normal(size=n)) for _ in range(SERIES)]
    p = np.array([step.p for step in found if isinstance(step, Step)])
    for level in (0.1, 0.05, 0.01):
        share, slack = float(np.mean(p < level)), BAND * np.sqrt(level / SERIES)
        assert share <= level + slack, level
        assert share >= 0.45 * level - slack, level


@pytest.mark.parametrize("height", [1.0, 2.0, 4.0])
def test_the_interval_of_a_step_holds_its_place(height: float) -> None:
    rng, held = np.random.default_rng(24), 0
    for _ in range(SERIES):
        at, values = int(rng.integers(3, 38)), rng.normal(size=40)
        values[at:] += height
        step = most_likely_step(range(40), values)
        held += isinstance(step, Step) and step.earliest <= at <= step.latest
    assert held / SERIES >= 0.95 - BAND * np.sqrt(0.95 * 0.05 / SERIES)


def test_stable_series_have_hardly_a_step_and_clear_ones_are_all_found() -> None:
    rng = np.random.default_rng(25)
    days = 7.0 * np.arange(60)
    counts = [len(steps(days, rng.normal(size=60))) for _ in range(500)]
    assert np.mean(np.array(counts) > 0) <= 0.01 + BAND * np.sqrt(0.01 / 500)
    two = [steps(days, rng.normal(size=60) + np.repeat([0.0, 3.0, 0.0], 20)) for _ in range(200)]
    assert np.mean([len(found) == 2 for found in two]) > 0.95
