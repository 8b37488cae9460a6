"""The true detectability of a simulated scan, where a closed form gives it."""

from __future__ import annotations

import math

import pytest
from scipy.special import ive

from iqa.model import Observer, Task
from iqa.simulate import Physics
from iqa.simulate.blur import blur_of
from iqa.simulate.detectable import true_detectability
from iqa.simulate.noise import noise_of

TASKS = Observer((Task(10.0, 4.0), Task(5.0, 12.0)))


@pytest.mark.parametrize("rounding_hu", [0.0, 5.0])
def test_white_noise_and_a_gaussian_blur(rounding_hu: float) -> None:
    physics = Physics(matrix=128, pixel_mm=0.5, mtf=0.6, nps="white", noise_hu=5.0)
    blur = blur_of(physics.mtf)
    found = dict(true_detectability(blur, noise_of(physics, blur), rounding_hu, TASKS))
    assert list(found) == [f"detectability.{k}.{t.name}" for t in TASKS.tasks for k in ("npw", "npwe")]
    for task in TASKS.tasks:
        z = task.diameter_mm**2 / (8.0 * 0.6**2)
        energy = task.contrast_hu**2 * math.pi / 4.0 * task.diameter_mm**2 * (1.0 - float(ive(0, z) + ive(1, z)))
        wanted = math.sqrt(energy / ((25.0 + rounding_hu**2) * 0.25))
        assert found[f"detectability.npw.{task.name}"] == pytest.approx(wanted, rel=1e-3)
        assert 0.0 < found[f"detectability.npwe.{task.name}"] < wanted


def test_without_noise_there_is_no_number() -> None:
    physics = Physics(matrix=128, noise_hu=0.0)
    blur = blur_of(physics.mtf)
    assert dict(true_detectability(blur, noise_of(physics, blur), 0.3)) == {}
