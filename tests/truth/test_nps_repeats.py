"""The noise power of repeats: what is fixed falls out, and u is that of n − 1 independent differences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from repeats_made import SIGMA, over_seeds
from test_nps import KEYS, curve, truth

from iqa.analyze import analyze
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate, write_dicom
from tests.honest import BAND, unfair
from tests.made_phantom import PIXEL_MM

SEEDS = 60
LOW = 0.2
"""1/mm: below lie the rings and the shading."""


@pytest.mark.parametrize(("kernel", "count"), [("soft", 2), ("soft", 3), ("sharp", 2)])
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


def test_files_of_two_scans_with_the_same_rings_give_the_truth(tmp_path: Path) -> None:
    """From files to numbers, overlapping slices and a body that is shaded."""
    physics = Physics(matrix=384, pixel_mm=0.5, slices=6, first_z_mm=-3.125, step_mm=1.25, thickness_mm=2.5,
                      body_diameter_mm=160.0, noise_hu=12.0, cupping_hu=15.0, hu_step=0.25)  # fmt: skip
    at = (np.arange(physics.matrix) - 0.5 * (physics.matrix - 1)) * physics.pixel_mm
    rings = np.round(8.0 * np.cos(2.0 * np.pi * np.hypot(at[:, None], at[None, :]) / 14.0) / physics.hu_step)
    for seed in (1, 2):
        made = simulate(find("uniform_cylinder", library()), replace(physics, seed=seed))
        stored = (made.scan.stored + rings).astype(np.int16)
        write_dicom(replace(made, scan=replace(made.scan, stored=stored)), tmp_path / f"scan{seed}")
    folders = [tmp_path / "scan1", tmp_path / "scan2"]
    repeated = analyze(folders, phantom="uniform_cylinder", repeats=True).analyses[0]
    alone = analyze(folders, phantom="uniform_cylinder").analyses[0]
    for key in KEYS:
        found = repeated.value(key)
        assert found is not None
        assert found.u is not None
        assert abs(found.value - made.truth.values[key]) < BAND * found.u
        assert "structured" not in found.flags
    single = alone.value(KEYS[0])
    assert single is not None
    assert single.value < 0.8 * made.truth.values[KEYS[0]]
    assert "structured" in single.flags
