"""Distances of pins that coarse pixels cut up, on simulated scans."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from iqa.locate import locate
from iqa.metrics import geometry
from iqa.metrics.context import Context
from iqa.metrics.landmarks import _u_sampling
from iqa.model import Located, Measurement, Pose
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate


def pulls(mtf: Literal["hann", "sharp"], pixel_mm: float, seed: int) -> list[float]:
    """(value − truth)/u of each distance."""
    spec = find("catphan504", library())
    pose = Pose(0.13 * seed, -0.21 * seed, 0.0, 0.4 * seed)
    physics = Physics(matrix=int(115 / pixel_mm) * 2, pixel_mm=pixel_mm, mtf=mtf, slices=10, first_z_mm=-11.25,
                      noise_hu=4.0, seed=seed, pose=pose)  # fmt: skip
    made = simulate(spec, physics)
    found = locate(made.scan, [spec], phantom="catphan504")
    assert isinstance(found, Located)
    results = geometry.measure(Context(made.scan, found)).results
    distances = [r for r in results if isinstance(r, Measurement) and r.key.startswith("geometry.pin_distance.")]
    return [(r.value - made.truth.values[r.key]) / r.u for r in distances if r.u]


@pytest.mark.parametrize(("mtf", "pixel_mm"), [("sharp", 0.7), ("hann", 0.9)])
def test_coarse_pixels_are_within_u(mtf: Literal["hann", "sharp"], pixel_mm: float) -> None:
    """Without the share of a pixel the largest is 2.7 and 3.0."""
    seen = [z for seed in (1, 2, 3) for z in pulls(mtf, pixel_mm, seed)]
    assert len(seen) >= 6
    assert np.abs(seen).max() < 2.0


def test_fine_pixels_add_nothing() -> None:
    assert _u_sampling(0.5, 0.45) == 0.0
    assert _u_sampling(0.7, 0.45) > 0.0
