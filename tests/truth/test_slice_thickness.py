"""Slice thickness against drawn truth: bias by section shape and thickness, and u against the real scatter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sampled import Case, of_thickness
from scipy.ndimage import gaussian_filter

from iqa.locate import locate
from iqa.metrics import slice_thickness
from iqa.metrics.context import Context
from iqa.model import Located, Measurement
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.signal.disc import Edge
from iqa.simulate import Physics, simulate
from iqa.simulate.blur import Kernel
from tests import ramps_made
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


def test_rows_in_sections_as_thin_as_the_slices_lie_apart() -> None:
    """An element is whole on one slice or shared by two: flanks drawn too soft read such a section 8 % too thin."""
    values, _ = of_thickness(Case("rectangle", 1.25, 1.25, 8, beads=True), BIAS_SEEDS)
    assert np.mean(values) == pytest.approx(1.25, abs=0.03)


def test_u_is_the_real_scatter() -> None:
    values, us = of_thickness(Case("gaussian", 2.5, 2.5, 2), SEEDS)
    z = (np.array(values) - 2.5) / np.array(us)
    assert not unfair_with_bias(values, us, 2.5)
    # blur and shape, which the noise does not move, are in u: less spread than 1 is expected, more never
    assert 0.7 <= z.std() <= 1.0 + BAND / (2 * SEEDS) ** 0.5
    assert unfair_with_bias(values, [0.5 * u for u in us], 2.5)


def test_rows_under_a_kernel_whose_edges_look_wider_than_its_wires() -> None:
    """Edges of an overshooting kernel tell of a blur half as large again as a wire's own image."""
    rows, z = ramps_made.rows(), np.arange(-3.0, 4.0) * 2.5 + 0.13
    hu = ramps_made.drawn(rows, z, ramps_made.form("gaussian", 5.0), 500.0)
    noisy = hu + ramps_made.noise(np.random.default_rng(5), len(z), 5.0)
    found = []
    for edge in (Edge(ramps_made.BLUR_MM, 0.0), Edge(1.5 * ramps_made.BLUR_MM, 0.0)):
        context = ramps_made.context(rows, noisy, z, 5.0)
        context.__dict__["edge"] = edge  # as if it had been measured
        results = slice_thickness.measure(context).results
        found += [r.value for r in results if isinstance(r, Measurement) and r.key == "slice_thickness"]
    assert len(found) == 2
    assert found[0] == pytest.approx(5.0, abs=0.1)
    assert found[1] == pytest.approx(found[0], abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_the_image_of_an_element_is_learnt_from_elements(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most slices show none: what fits the smooth noise of these best is wider, and gives neighbours height."""
    monkeypatch.setattr(ramps_made, "BLUR_MM", 0.5)
    fine = tuple(replace(r, step_mm=2.0, step_z_mm=0.25) for r in ramps_made.rows())
    z = np.arange(-20.0, 20.0) + 0.13
    grain = gaussian_filter(np.random.default_rng(seed).normal(size=(len(z), *[ramps_made.MATRIX] * 2)), (0, 1.2, 1.2))
    hu = ramps_made.drawn(fine, z, ramps_made.form("gaussian", 1.0), 500.0) + 8.0 * grain / grain.std()
    results = slice_thickness.measure(ramps_made.context(fine, hu, z, 1.0)).results
    found = {r.key: r.value for r in results if isinstance(r, Measurement)}
    assert found["slice_thickness.high_row"] == pytest.approx(1.0, abs=0.06)
    assert found["slice_thickness.low_row"] == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("mtf", ["hann", "sharp"])
def test_a_kernel_that_overshoots_does_not_widen_a_peaked_section(mtf: Kernel) -> None:
    """With a Gaussian of the same second moment for its line spread, these read 1.58 and 1.52 mm."""
    physics = Physics(
        step_mm=1.5, thickness_mm=1.5, slices=20, first_z_mm=-14.0, mtf=mtf, section="triangle", noise_hu=3.0
    )
    simulated = simulate(find("catphan504", library()), physics)
    located = locate(simulated.scan, library(), phantom="catphan504")
    assert isinstance(located, Located)
    results = slice_thickness.measure(Context(simulated.scan, located)).results
    (found,) = [r for r in results if isinstance(r, Measurement) and r.key == "slice_thickness"]
    assert found.value == pytest.approx(1.5, rel=0.01)
