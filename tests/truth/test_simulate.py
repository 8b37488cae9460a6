"""The simulator against independent truth, at the size of real scans."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.ndimage import map_coordinates

from iqa.model import Insert, PhantomSpec, Pose
from iqa.phantom import library
from iqa.simulate import Physics, random_scene, simulate
from iqa.simulate.blur import blur_of
from iqa.simulate.noise import noise_of

SPECS = {spec.label: spec for spec in library()}


@pytest.mark.parametrize("mtf", ["soft", "hann", "sharp"])
def test_noise_power_of_many_rois(mtf: str) -> None:
    """The mean periodogram of 700 ROIs of 64² against its exact expectation, within 2 % in rings (bound on record)."""
    noise = noise_of(Physics(matrix=224, pixel_mm=0.5, noise_hu=10.0, mtf=mtf), blur_of(mtf))  # type: ignore[arg-type]
    size = 64
    power, spread = np.zeros((size, size)), []
    for seed in range(80):
        image = noise.volume((1, 224, 224), None, default_rng(seed))[0].astype(np.float64)
        tiles = image[:192, :192].reshape(3, size, 3, size).swapaxes(1, 2).reshape(9, size, size)
        power += (np.abs(np.fft.fft2(tiles)) ** 2).sum(axis=0) * (0.5 / size) ** 2 / 720
        spread.append(float((image**2).mean()))
    assert math.sqrt(np.mean(spread)) == pytest.approx(10.0, rel=0.003)
    # expectation of the periodogram: autocovariance times the triangle of the ROI
    covariance = np.fft.irfft2(noise.power / noise.pixel_mm**2, (noise.size, noise.size))
    lags = np.arange(-size + 1, size)
    triangle = 1.0 - np.abs(lags) / size
    lagged = covariance[np.ix_(lags, lags)] * np.outer(triangle, triangle)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(size), lags) / size)
    expected = (waves @ lagged @ waves.T).real * 0.25
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(size, 0.5), np.fft.fftfreq(size, 0.5)))
    for low in np.arange(0.05, 0.85, 0.1):
        ring = (f >= low) & (f < low + 0.1)
        assert power[ring].sum() == pytest.approx(expected[ring].sum(), rel=0.02)


@pytest.mark.parametrize("label", sorted(SPECS))
def test_every_definition_is_drawn_where_its_truth_says(label: str) -> None:
    """Inserts of a random scene read their true CT number at their true place, in the slice of their module."""
    spec = SPECS[label]
    diameter = None if spec.diameter_mm else 200.0
    physics = random_scene(default_rng(7), spec, body_diameter_mm=diameter)
    physics = replace(
        physics, noise_hu=0.0, couch=False, field_diameter_mm=None, thickness_mm=1.25, step_mm=1.25, slices=3
    )
    blocks = [m for m in spec.modules if any(isinstance(f, Insert) for f in m.features)] or [spec.modules[0]]
    checked = 0
    for block in blocks:
        plane = replace(physics.pose, x_mm=0.0, y_mm=0.0).place(0.0, 0.0, block.z_mm)[2]
        simulated = simulate(spec, replace(physics, first_z_mm=plane - 1.25))
        hu = simulated.scan.hu(1).astype(np.float64)
        for feature in (f for f in block.features if isinstance(f, Insert)):
            if not (
                feature.z_from_mm < -8.0 and feature.z_to_mm > 8.0 and feature.diameter_mm > 8.0 * physics.pixel_mm
            ):
                continue
            place = simulated.truth.feature(block.name, feature.name)
            pose = simulated.truth.module(block.name).pose
            shift = plane - place.z_mm
            x = place.x_mm + shift * math.tan(math.radians(pose.yaw_deg))
            y = place.y_mm + shift * math.tan(math.radians(pose.pitch_deg))
            column, row = simulated.scan.to_pixel(x, y, 1)
            assert place.hu is not None
            assert map_coordinates(hu, [[row], [column]], order=1)[0] == pytest.approx(place.hu, abs=1.0)
            checked += 1
    assert checked or not any(isinstance(f, Insert) and f.diameter_mm > 11.0 for b in blocks for f in b.features)


def test_two_hangings_are_one_phantom_seen_from_both_ends() -> None:
    spec: PhantomSpec = SPECS["catphan504"]
    physics = Physics(
        matrix=128, pixel_mm=1.8, noise_hu=0.0, slices=30, step_mm=5.0, thickness_mm=5.0, first_z_mm=-72.5
    )
    upright = simulate(spec, physics).scan.hu(slice(None))
    turned = simulate(spec, replace(physics, pose=Pose(0.0, 0.0, 0.0, 0.0, mirrored=True, reversed=True))).scan
    np.testing.assert_allclose(turned.hu(slice(None))[::-1, :, ::-1], upright, atol=1.0)
