"""Channels in millimetres: what each set is by its paper, and that neither level nor slope has an output."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import j0

from iqa.metrics.cho import METHODS
from iqa.model import DEFAULT_OBSERVER
from iqa.signal.channels import CHANNEL_SETS

Array = NDArray[np.float64]
STEP_MM = 0.25


def plane(reach_mm: float) -> tuple[Array, Array]:
    at = np.arange(-reach_mm, reach_mm + STEP_MM, STEP_MM)
    x, y = np.meshgrid(at, at)
    return x.ravel(), y.ravel()


def at_frequency(heights: Array, r_mm: Array, f: float) -> Array:
    """Transform of round fields over the plane at a radial frequency."""
    return np.asarray(heights @ j0(2.0 * np.pi * f * r_mm)) * STEP_MM**2


@pytest.mark.parametrize("name", CHANNEL_SETS)
def test_level_and_slope_have_no_output(name: str) -> None:
    x, y = plane(9.0)
    disc = np.hypot(x, y) < 9.0
    disc &= np.hypot(x - 8.0, y + 3.0) > 4.0  # a neighbour left out
    weights = CHANNEL_SETS[name].weights(x[disc], y[disc], 4.5)
    assert weights.shape == (CHANNEL_SETS[name].count, np.count_nonzero(disc))
    size = np.abs(weights).sum(axis=1)
    for shape in (np.ones_like(x), x, y):
        assert np.abs(weights @ (1000.0 * shape[disc])).max() < 1e-9 * size.max()
    assert np.linalg.matrix_rank(weights / np.linalg.norm(weights, axis=1, keepdims=True), tol=1e-9) == len(weights)


@pytest.mark.parametrize("name", CHANNEL_SETS)
def test_the_method_says_set_and_count(name: str) -> None:
    assert METHODS[name] == f"cho-{name}-{CHANNEL_SETS[name].count}@1"


def test_the_default_is_a_set() -> None:
    assert DEFAULT_OBSERVER.channels in CHANNEL_SETS


def test_laguerre_gauss_channels_are_orthonormal_in_the_plane() -> None:
    x, y = plane(30.0)
    heights = CHANNEL_SETS["lg"].form(x, y, 4.0)
    assert heights @ heights.T * STEP_MM**2 == pytest.approx(np.eye(4), abs=1e-6)


def test_laguerre_gauss_channels_go_with_the_target() -> None:
    x, y = plane(10.0)
    small, large = (CHANNEL_SETS["lg"].form(k * x, k * y, k * 3.0) for k in (1.0, 2.0))
    assert large == pytest.approx(small / 2.0)
    peak = CHANNEL_SETS["lg"].form(np.zeros(1), np.zeros(1), 3.0)[0, 0]
    half = CHANNEL_SETS["lg"].form(np.array([3.0]), np.zeros(1), 3.0)[0, 0]
    assert half / peak == pytest.approx(np.exp(-np.pi / 4.0))


def test_dense_dogs_are_bands_of_differences_of_gaussians() -> None:
    x, y = plane(60.0)
    r = np.hypot(x, y)
    heights = CHANNEL_SETS["ddog"].form(x, y, 4.0)
    sigma = 0.01 * 1.4 ** np.arange(10)
    for f in (0.02, 0.1, 0.3):
        wanted = np.exp(-0.5 * (f / (1.67 * sigma)) ** 2) - np.exp(-0.5 * (f / sigma) ** 2)
        assert at_frequency(heights, r, f) == pytest.approx(wanted, abs=2e-3)


def test_gabors_pass_one_octave() -> None:
    at = np.arange(-80.0, 80.0 + STEP_MM, STEP_MM)
    heights = CHANNEL_SETS["gabor"].form(at, np.zeros_like(at), 4.0)
    for band, low in enumerate((1 / 32, 1 / 16, 1 / 8, 1 / 4)):
        even = heights[band * 10]  # along x, phase 0
        centre, low_end, high_end = (abs(even @ np.exp(-2j * np.pi * f * at)) for f in (1.5 * low, low, 2.0 * low))
        assert low_end / centre == pytest.approx(0.5, abs=0.02)
        assert high_end / centre == pytest.approx(0.5, abs=0.02)
