"""The noise power of repeats: what is fixed falls out, and u is that of n − 1 independent differences."""

from __future__ import annotations

import numpy as np
import pytest
from repeats_made import SIGMA, over_seeds
from test_nps import KEYS, curve, truth

from tests.honest import BAND, unfair
from tests.made_phantom import PIXEL_MM

SEEDS = 60
LOW = 0.2
"""1/mm: below lie the rings and the shading."""


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_the_average_frequency_has_no_bias_and_an_honest_u(kernel: str, count: int) -> None:
    values, us = np.array(over_seeds(kernel, count, SEEDS)[0][KEYS[0]]).T
    assert len(values) == SEEDS
    assert unfair(values.tolist(), us.tolist(), truth(kernel)[KEYS[0]]) == []


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
@pytest.mark.parametrize(("key", "percent"), [(KEYS[1], 0.3), (KEYS[2], 2.0)])
def test_the_other_frequencies_have_little_bias(kernel: str, key: str, percent: float) -> None:
    values, us = np.array(over_seeds(kernel, 2, SEEDS)[0][key]).T
    wanted = truth(kernel)[key]
    assert abs(values.mean() - wanted) <= percent / 100.0 * wanted + BAND * values.std() / SEEDS**0.5
    assert 0.5 <= ((values - values.mean()) / us).std() <= 1.0 + 1.5 * BAND / (2 * SEEDS) ** 0.5


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_the_curve_is_right_where_that_of_one_scan_is_not(kernel: str) -> None:
    curves, alone = over_seeds(kernel, 2, SEEDS)[1], over_seeds(kernel, 1, 6)[1]
    x = np.array(curves[0].x)
    wanted = curve(kernel, x) * SIGMA**2 * PIXEL_MM**2
    seen, single = (np.mean([c.values for c in some], axis=0) for some in (curves, alone))
    u = np.mean([c.u for c in curves], axis=0)
    low = (x > 0.03) & (x < LOW)
    assert np.all(np.abs(seen - wanted)[low] < u[low])  # of one setup; the mean over all is surer
    assert np.any(np.abs(single - wanted)[low] > 10.0 * u[low])
    scatter = np.std([c.values for c in curves], axis=0)
    band = (x > 0.08) & (x < 0.75)
    assert np.median((scatter / u)[band]) == pytest.approx(1.0, abs=0.12)


def test_three_repeats_know_the_spectrum_as_well_as_two_differences_do() -> None:
    two, three = (np.mean([u for _, u in over_seeds("soft", n, SEEDS)[0][KEYS[0]]]) for n in (2, 3))
    assert two / three == pytest.approx(2.0**0.5, rel=0.05)
