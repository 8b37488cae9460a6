"""A phantom of several tiers: its outline is that of one, its inserts are measured on all."""

from __future__ import annotations

from functools import cache

import pytest

from iqa.analyze import assemble
from iqa.locate import locate
from iqa.model import Analysis, Located, Measurement
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, Simulated, simulate

TIERS_MM = (160, 210, 260, 310, 360)
FOLLOWED = 160
"""The narrowest of those that show about as many slices."""


@cache
def made() -> tuple[Simulated, Analysis]:
    physics = Physics(matrix=256, pixel_mm=1.6, step_mm=5.0, thickness_mm=5.0, noise_hu=8.0, seed=3)
    simulated = simulate(find("mercury4", library()), physics)
    located = locate(simulated.scan, library())
    assert isinstance(located, Located)
    return simulated, assemble(simulated.scan, located)


def number(key: str) -> Measurement:
    return next(m for m in made()[1].measurements if m.key == key)


@pytest.mark.parametrize("tier", TIERS_MM)
@pytest.mark.parametrize("material", ["air", "bone", "iodine", "polystyrene", "water"])
def test_the_inserts_of_every_tier_are_measured(material: str, tier: int) -> None:
    m = number(f"ct_number.{material}_{tier}")
    assert m.u is not None
    assert m.value == pytest.approx(made()[0].truth.values[m.key], abs=4.0 * m.u)
    assert m.where.startswith(f"inserts_{tier} slices")


@pytest.mark.parametrize("key", ["noise.sd", "ct_number.uniform", "nps.average_frequency", "uniformity.12h"])
def test_uniform_parts_are_those_of_the_tier_whose_outline_is_followed(key: str) -> None:
    assert number(key).where.startswith(f"uniform_{FOLLOWED} slice")


def test_one_tier_gives_the_line_through_its_inserts() -> None:
    """A wider tier hardens the beam otherwise."""
    assert number("linearity.slope").where == f"inserts_{FOLLOWED}"
    assert number("linearity.slope").n == 5
