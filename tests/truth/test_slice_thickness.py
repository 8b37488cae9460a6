"""Slice thickness against drawn truth: bias by section shape and thickness, and u against the real scatter."""

from __future__ import annotations

import numpy as np
import pytest
from sampled import Case, of_thickness

from tests.honest import BAND, unfair_with_bias

SEEDS = 60
BIAS_SEEDS = 12

# 1.5 % for what scanners are built to give; 4 % for a triangle, whose apex the in-plane blur hides
BIASES = [
    (Case("rectangle", 5.0, 5.0, 3), 1.5),
    (Case("gaussian", 5.0, 5.0, 3), 1.5),
    (Case("triangle", 5.0, 5.0, 3), 4.0),
    (Case("rectangle", 2.5, 1.25, 5), 1.5),
    (Case("gaussian", 2.5, 4.0, 3), 1.5),
    (Case("triangle", 2.5, 2.5, 4), 4.0),
    (Case("rectangle", 1.25, 1.25, 8), 1.5),
    (Case("gaussian", 1.25, 1.25, 8), 1.5),
    (Case("gaussian", 0.8, 0.8, 12), 5.0),
    (Case("rectangle", 0.8, 0.8, 12), 5.0),
]


@pytest.mark.parametrize(
    ("case", "percent"), BIASES, ids=[f"{c.shape}-{c.thickness_mm}-{c.step_mm}" for c, _ in BIASES]
)
def test_bias_is_small_whatever_the_increment(case: Case, percent: float) -> None:
    values, _ = of_thickness(case, BIAS_SEEDS)
    assert 100.0 * abs(np.mean(values) / case.thickness_mm - 1.0) <= percent


@pytest.mark.parametrize("shape", ["rectangle", "gaussian", "triangle"])
def test_rows_are_read_to_an_eighth_of_a_millimetre(shape: str) -> None:
    """A count of lit wires could not: it has steps of 0.5 mm."""
    values, _ = of_thickness(Case(shape, 2.5, 2.5, 5, beads=True), BIAS_SEEDS)
    assert np.mean(values) == pytest.approx(2.5, abs=0.125)


def test_u_is_the_real_scatter() -> None:
    values, us = of_thickness(Case("gaussian", 2.5, 2.5, 2), SEEDS)
    z = (np.array(values) - 2.5) / np.array(us)
    assert not unfair_with_bias(values, us, 2.5)
    # blur and shape, which the noise does not move, are in u: less spread than 1 is expected, more never
    assert 0.7 <= z.std() <= 1.0 + BAND / (2 * SEEDS) ** 0.5
    assert unfair_with_bias(values, [0.5 * u for u in us], 2.5)
