"""Random scenes cover what is met in practice, and hold the phantom."""

from __future__ import annotations

import numpy as np
import pytest
from made_spec import module, spec
from numpy.random import default_rng

from iqa.errors import UsageError
from iqa.simulate import random_scene

DRAWS = 400


def test_shares_of_the_scenes_are_those_on_record() -> None:
    rng = default_rng(5)
    scenes = [random_scene(rng, spec(module(body=200.0))) for _ in range(DRAWS)]
    # 400 draws know a share of 0.15 to 0.018, one of 0.3 or 0.5 to 0.025: four standard deviations
    assert np.mean([s.couch for s in scenes]) == pytest.approx(0.30, abs=0.1)
    assert np.mean([s.field_diameter_mm is not None for s in scenes]) == pytest.approx(0.15, abs=0.07)
    assert np.mean([s.gain != 1.0 for s in scenes]) == pytest.approx(0.15, abs=0.07)
    assert np.mean([s.pose.reversed for s in scenes]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([s.pose.mirrored != s.pose.reversed for s in scenes]) == pytest.approx(0.15, abs=0.07)
    assert {s.thickness_mm for s in scenes} == {1.25, 2.0, 2.5, 3.0, 5.0}
    assert len({s.seed for s in scenes}) == DRAWS
    assert max(abs(s.pose.pitch_deg) for s in scenes) <= 3.5


@pytest.mark.parametrize("diameter", [150.0, 200.0, 360.0])
def test_the_body_fits_into_the_picture_but_for_what_the_field_cuts(diameter: float) -> None:
    rng = default_rng(6)
    for _ in range(50):
        scene = random_scene(rng, spec(module(body=diameter)))
        assert scene.matrix * scene.pixel_mm > diameter
        assert scene.pixel_mm >= 0.95
        if scene.field_diameter_mm is not None:
            edge = abs(scene.pose.x_mm) + 0.5 * diameter
            assert edge - 0.5 * scene.field_diameter_mm == pytest.approx(10.0)


def test_an_open_diameter_must_be_given() -> None:
    with pytest.raises(UsageError, match="made: the definition leaves the diameter open; give body_diameter_mm"):
        random_scene(default_rng(0), spec(module(body=None)))
    assert random_scene(default_rng(0), spec(module(body=None)), body_diameter_mm=180.0).body_diameter_mm == 180.0
