"""The section profile of drawn beads, foils, ramps and rows: numbers, which source wins, and every refusal's words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.random import SeedSequence

from iqa.locate import locate
from iqa.metrics import mtf
from iqa.metrics.context import Context, Measured
from iqa.metrics.ssp import KEYS, measure
from iqa.model import Curve, Located, Measurement, NotMeasured, Pose
from iqa.phantom import library
from iqa.simulate import Physics, simulate
from tests import ramps_made
from tests.beads_made import Case, width

FINE_MM = 2.5 / 7.3
SEED = SeedSequence(11)


def number(measured: Measured, key: str) -> Measurement:
    return next(r for r in measured.results if isinstance(r, Measurement) and r.key == key)


def reason(measured: Measured) -> NotMeasured:
    """That of both keys, which is one."""
    refused = [r for r in measured.results if isinstance(r, NotMeasured)]
    assert [r.key for r in refused] == list(KEYS)
    assert replace(refused[0], key="") == replace(refused[1], key="")
    return refused[0]


@pytest.mark.parametrize("form", ["rectangle", "gaussian", "triangle", "skewed"])
def test_a_bead_shows_both_widths_and_the_curve(form: str) -> None:
    measured = measure(Case(form, 2.5, FINE_MM, 60.0).context(SEED))
    for key, level in zip(KEYS, (0.5, 0.1), strict=True):
        found = number(measured, key)
        assert found.u is not None
        assert abs(found.value - 2.5 * width(form, level)) < 3.0 * found.u
        assert found.u < 0.05 * found.value
        assert (found.unit, found.n, found.method, found.flags) == ("mm", 1, "ssp-bead@1", ())
    curve = next(r for r in measured.results if isinstance(r, Curve))
    assert (curve.key, curve.x_unit, curve.unit, curve.method) == ("ssp", "mm", "1", "ssp-bead@1")
    assert max(curve.values) == pytest.approx(1.0, abs=0.02)
    assert curve.x[0] < -2.0 * 2.5
    assert [d.name for d in measured.regions] == ["ssp"]


def test_three_beads_between_one_anothers_slices_are_one_sample() -> None:
    found = number(measure(Case("gaussian", 2.5, 0.9, 60.0, beads=3).context(SEED)), "ssp.fwhm")
    alone = number(measure(Case("gaussian", 2.5, 0.9, 60.0).context(SEED)), "ssp.fwhm")
    assert (found.n, alone.n) == (3, 1)
    assert found.u is not None
    assert alone.u is not None
    assert found.u < alone.u
    assert abs(found.value - 2.5) < 3.0 * found.u


def test_a_constant_and_a_factor_on_grey_values_change_nothing() -> None:
    plain = Case("gaussian", 2.5, FINE_MM, 60.0).context(SEED)
    moved = replace(plain.scan, intercept=plain.scan.intercept + 1000.0, slope=1.5 * plain.scan.slope)
    a, b = (number(measure(c), "ssp.fwhm") for c in (plain, Context(moved, plain.located)))
    assert b.value == pytest.approx(a.value, rel=1e-5)
    assert b.u == pytest.approx(a.u, rel=1e-3)


def test_mirroring_the_picture_changes_nothing() -> None:
    plain = Case("skewed", 2.5, FINE_MM, 60.0).context(SEED)
    turned = replace(plain.scan, stored=plain.scan.stored[:, :, ::-1])
    a, b = (number(measure(c), "ssp.fwhm") for c in (plain, Context(turned, plain.located)))
    assert b.value == pytest.approx(a.value, rel=1e-3)


def test_slices_as_far_apart_as_the_section_are_refused() -> None:
    why = reason(measure(Case("gaussian", 2.5, 2.4, 60.0).context(SEED)))
    assert why.reason.startswith("'0' is seen every 2.40 mm along z; a section of about ")
    assert why.needs == "A reconstruction with a smaller increment."


def test_a_scan_that_ends_beside_the_bead_is_refused() -> None:
    plain = Case("gaussian", 2.5, FINE_MM, 60.0).context(SEED)
    kept = np.flatnonzero(plain.scan.z_mm < 0.6)
    cut = replace(
        plain.scan,
        stored=plain.scan.stored[kept],
        origins_mm=plain.scan.origins_mm[kept],
        slope=plain.scan.slope[kept],
        intercept=plain.scan.intercept[kept],
    )
    fit = replace(plain.located.modules[0], slices=tuple(range(kept.size)))
    assert "do not reach" in reason(measure(Context(cut, replace(plain.located, modules=(fit,))))).reason


def test_a_bead_in_the_noise_is_refused_as_for_its_mtf() -> None:
    context = Case("gaussian", 2.5, FINE_MM, 0.5).context(SEED)
    assert reason(measure(context)).reason == reason_of_mtf(context)


def reason_of_mtf(context: Context) -> str:
    return next(r.reason for r in mtf.measure(context).results if isinstance(r, NotMeasured))


def test_a_faint_bead_is_too_unsure() -> None:
    why = reason(measure(Case("gaussian", 2.5, 1.2, 3.0).context(SEED, peak_hu=60.0)))
    assert "leave the section that '0' shows uncertain by" in why.reason or "FWHM" in why.reason


def test_a_phantom_without_sources_has_no_such_result() -> None:
    z = np.arange(-10.0, 10.1, 2.5)
    flat = ramps_made.drawn((), z, ramps_made.form("rectangle", 2.5), 0.0)
    assert measure(ramps_made.context((), flat, z, 2.5)) == Measured((), ())


@pytest.mark.parametrize("shape", ["rectangle", "gaussian"])
def test_ramps_show_the_profile_of_the_thickness(shape: str) -> None:
    z = np.arange(-8.0, 8.1, 2.5) + 0.17
    hu = ramps_made.drawn(ramps_made.pair(), z, ramps_made.form(shape, 2.5), 400.0)
    noisy = hu + ramps_made.noise(np.random.default_rng(5), z.size, 4.0)
    measured = measure(ramps_made.context(ramps_made.pair(), noisy, z, 2.5))
    half, tenth = (number(measured, key) for key in KEYS)
    assert (half.method, half.flags) == ("ssp-ramp@2", ())
    assert half.value == pytest.approx(2.5, rel=0.015)
    assert tenth.value == pytest.approx(2.5 * width(shape, 0.1), rel=0.03)


def test_rows_show_it_too() -> None:
    z = np.arange(-8.0, 8.1, 2.5) + 0.17
    hu = ramps_made.drawn(ramps_made.rows(), z, ramps_made.form("gaussian", 2.5), 400.0)
    noisy = hu + ramps_made.noise(np.random.default_rng(5), z.size, 4.0)
    found = number(measure(ramps_made.context(ramps_made.rows(), noisy, z, 2.5)), "ssp.fwhm")
    assert found.method == "ssp-rows@2"
    assert found.value == pytest.approx(2.5, abs=0.125)


FOIL = """
schema = "iqa.phantom/1"
name = "foil"
title = "Foil"
maker = "any"
diameter_mm = 100
origin = "block"
mirror_symmetric = true
source = "chosen"
grade = "A"

[module.block]
z_mm = 0
z_from_mm = -30
z_to_mm = 30
body_hu = 40

[module.block.bead]
foil = { material = "gold", x_mm = 20, y_mm = 0, z_mm = 0, diameter_mm = 1, height_mm = 0.05, hu = 60000 }
"""


def test_a_foil_of_a_definition_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "foil.toml").write_text(FOIL, encoding="utf-8")
    specs = library([tmp_path])
    spec = next(s for s in specs if s.name == "foil")
    physics = Physics(
        matrix=224, step_mm=0.4, thickness_mm=2.0, section="gaussian", slices=36, first_z_mm=-7.0, noise_hu=10.0,
        pose=Pose(0.2, 0.3, 0.1, 0.0, 1.0),
    )  # fmt: skip
    simulated = simulate(spec, physics)
    found = locate(simulated.scan, specs, phantom="foil")
    assert isinstance(found, Located)
    context = Context(simulated.scan, found)
    measured = measure(context)
    for key in KEYS:
        width_found = number(measured, key)
        assert width_found.method == "ssp-disc@1"
        assert width_found.u is not None
        assert abs(width_found.value - simulated.truth.values[key]) < 3.0 * width_found.u
    assert reason_of_mtf(context) == "'foil' of 1 mm is no point source: at most 0.5 mm is."
