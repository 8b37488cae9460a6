from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqa.locate import locate
from iqa.metrics import nps
from iqa.metrics.context import Context
from iqa.metrics.patches import patches
from iqa.metrics.texture import LocalNoise, PlaneSpectrum, texture
from iqa.model import Bead, Located, Pose, Scan
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate
from tests.made_phantom import PIXEL_MM, SIDE, SOURCE, Array, made_located, made_scan, made_spec, noise, picture
from tests.results import number

SIGMA = 10.0
BEAD = Bead(name="bead", material="steel", x_mm=10.0, y_mm=-12.0, z_mm=0.0, diameter_mm=0.3, hu=3000.0,
            provenance=SOURCE)  # fmt: skip


def noisy(added: Array | float = 0.0) -> Scan:
    hu = picture("soft", slices=4)
    return made_scan(hu + noise(np.random.default_rng(11), "soft", hu.shape, SIGMA) + added)


def seen(scan: Scan) -> tuple[PlaneSpectrum, LocalNoise]:
    found = texture(scan, made_located(scan, spec=made_spec((BEAD,))))
    assert found is not None
    assert found[1] is not None
    return found[0], found[1]


def test_the_plane_holds_the_power_of_the_family_s_own_patches() -> None:
    scan = noisy()
    plane, _ = seen(scan)
    family = Context(scan, made_located(scan, spec=made_spec((BEAD,)))).noise
    assert family is not None
    assert plane.squares == family.squares
    power = float(plane.nps.sum()) * plane.bin_per_mm[0] * plane.bin_per_mm[1]
    variance = float(patches(scan, family.squares).var(axis=(2, 3)).mean())
    assert power == pytest.approx(variance, rel=0.03)  # the patches' trend is out


def test_a_stripe_shows_at_its_frequency_on_either_side_of_the_middle() -> None:
    cycle_mm = 2.5
    wave = 15.0 * np.cos(2.0 * np.pi * np.arange(SIDE) * PIXEL_MM / cycle_mm)
    plane, _ = seen(noisy(wave[None, None, :]))
    row, column = np.unravel_index(int(np.argmax(plane.nps)), plane.nps.shape)
    middle = len(plane.nps) // 2
    assert row == middle
    assert abs(column - middle) * plane.bin_per_mm[1] == pytest.approx(1.0 / cycle_mm, abs=plane.bin_per_mm[1])


def test_the_map_lies_on_the_module_and_spares_its_bead() -> None:
    _, local = seen(noisy())
    assert local.module == "U"
    assert np.nanmedian(local.sd) == pytest.approx(SIGMA, rel=0.1)
    middle = (SIDE - 1) / 2 * PIXEL_MM
    x, y = local.x_mm[None, :] - middle, local.y_mm[:, None] - middle
    bead = np.hypot(x - BEAD.x_mm, y - BEAD.y_mm) < 3.0
    assert np.all(np.isnan(local.sd[bead]))
    assert np.isfinite(local.sd[np.hypot(x + 15.0, y) < 5.0]).all()


def test_a_scan_without_noise_has_no_texture() -> None:
    scan = made_scan(picture("soft", slices=2))
    assert texture(scan, made_located(scan)) is None


def test_a_module_that_the_field_cuts_has_a_spectrum_and_no_map() -> None:
    scan = noisy()
    padded = replace(scan, padding=-9999)
    padded.stored[:, SIDE // 2, SIDE // 2] = -9999
    found = texture(padded, made_located(scan))
    assert found is not None
    assert found[1] is None


def test_noise_of_a_leaning_module_with_inserts_is_seen_on_slices_that_it_fills_from_rim_to_rim() -> None:
    """Without a uniform module; a slice whose rim reached the next module made the average frequency 6 % too low."""
    physics = Physics(
        pixel_mm=0.67, step_mm=5.0, thickness_mm=5.0, slices=6, first_z_mm=-6.44, noise_hu=4.0,
        pose=Pose(0.0, 0.0, 1.9, -127.0, -1.8, 1.6, mirrored=True, reversed=True),
    )  # fmt: skip
    simulated = simulate(find("catphan604", library()), physics)
    located = locate(simulated.scan, library(), phantom="catphan604")
    assert isinstance(located, Located)
    found = {r.key: r for r in nps.measure(Context(simulated.scan, located)).results}
    average = number(found["nps.average_frequency"])
    assert average.u is not None
    assert abs(average.value - simulated.truth.values["nps.average_frequency"]) < 3.3 * average.u
