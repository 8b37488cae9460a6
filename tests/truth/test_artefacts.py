"""The family `artefact` on a made uniform module: values, flags and places, and a reason where there is no number."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from artefacts_made import CUPPING_SHARE, ISOCENTRE, SIDE, SIGMA, Made, measured, pairs, runs

from iqa.metrics.context import Context
from iqa.model import Measurement, Result
from tests.honest import unfair
from tests.made_phantom import PIXEL_MM, noise
from tests.results import number, reason

SEEDS = 8
RING, CRESCENT, CUPPING = (f"artefact.{name}" for name in ("ring", "crescent", "cupping"))


def noisy(made: Made, seed: int = 5) -> Context:
    hu = made.clean()
    return made.context(hu + noise(np.random.default_rng(seed), made.kernel, hu.shape, SIGMA))


@cache
def stack() -> tuple[Made, dict[str, Result]]:
    made = Made(slices=3, ring_hu=8.0, ring_mm=60.0, ring_on=1, crescent_hu=8.0, cupping_hu=4.0)
    return made, measured(noisy(made))


def test_a_ring_is_found_about_the_rotation_centre_and_not_the_phantoms() -> None:
    found = runs(Made(ring_hu=4.0, off_mm=10.0), SEEDS)[RING]
    assert [r.where for r in found if "ring_found" in r.flags].count("U slice 0, bright ring at 80 mm") >= SEEDS - 1
    about_the_phantom = replace(ISOCENTRE, scan_centre_mm=(10.0, 0.0, 0.0))
    lost = measured(noisy(Made(ring_hu=4.0, off_mm=10.0, acquisition=about_the_phantom)))[RING]
    assert "ring at 80" not in number(lost).where


def test_nothing_is_found_where_there_is_nothing() -> None:
    found = runs(Made("sharp"), SEEDS)
    assert not [r for key in (RING, CRESCENT) for r in found[key] if any(f.endswith("_found") for f in r.flags)]
    for key in (RING, CRESCENT):
        # u says what might have stayed unseen, so that the scatter about 0 is far smaller
        assert unfair(*pairs(found[key]), 0.0, conservative=True) == []


def test_cupping_is_what_was_drawn() -> None:
    results = runs(Made(cupping_hu=5.0), SEEDS)[CUPPING]
    values, u = pairs(results)
    truth = CUPPING_SHARE * 5.0
    assert unfair(values, u, truth) == []
    assert float(np.median(u)) <= 0.1  # asked for noise of 10 HU; single scans learn their lowest frequencies unsurely
    assert unfair(values, [0.2 * one for one in u], truth)
    assert {r.where for r in results} == {"U slice 0, to 80 mm"}


def test_a_ring_near_the_edge_is_no_cupping() -> None:
    # Left in, this ring bends the bowl by 0.23 HU, over twice u.
    found = runs(Made(ring_hu=4.0, off_mm=10.0), SEEDS)[CUPPING]
    assert unfair(*pairs(found), 0.0) == []


def test_a_bright_rim_is_no_cupping_and_what_it_bends_is_in_u() -> None:
    # Flat to 65 mm, then up by 5 HU to 92 mm, as the ACR 464 on a Siemens scanner shows it.
    made = Made()
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * PIXEL_MM
    hu = made.clean() + 5.0 * (np.maximum(np.hypot(x, y) - 65.0, 0.0) / 27.0) ** 2
    hu += noise(np.random.default_rng(5), "soft", hu.shape, SIGMA)
    cupping = number(measured(made.context(hu))[CUPPING])
    assert 0.0 < cupping.value < 1.54  # what the profile has risen by at 80 mm
    assert cupping.u is not None
    assert 0.2 < cupping.u < 1.0


def test_a_ring_on_one_slice_of_a_stack_is_found_there() -> None:
    ring = number(stack()[1][RING])
    assert ring.where == "U slice 1, bright ring at 60 mm"
    assert "ring_found" in ring.flags
    assert ring.u is not None
    assert abs(ring.value - 8.0) < 3.3 * ring.u


def test_a_crescent_is_found_with_its_side() -> None:
    crescent = number(stack()[1][CRESCENT])
    assert "crescent_found" in crescent.flags
    assert crescent.where.startswith("U slices 0-2, ")
    assert crescent.u is not None
    assert abs(crescent.value - 8.0) < 2.0 * crescent.u


def test_a_constant_changes_nothing_and_a_gain_what_it_should() -> None:
    made, before = stack()
    context = noisy(made)
    hu = np.asarray(context.scan.stored * 0.1, dtype=np.float64)
    for offset, gain in ((1000.0, 1.0), (0.0, 2.0)):
        after = measured(made.context(hu, offset, gain))
        for key, one in before.items():
            assert isinstance(one, Measurement)
            assert number(after[key]).value == pytest.approx(gain * one.value, rel=2e-3), key
            assert number(after[key]).where == one.where


def test_a_mirrored_scan_has_the_same_ring() -> None:
    made, before = stack()
    after = measured(made.context(np.asarray(noisy(made).scan.stored[:, :, ::-1] * 0.1, dtype=np.float64)))
    for key in (RING, CUPPING):
        assert number(after[key]).value == pytest.approx(number(before[key]).value, rel=0.02)


def test_without_a_rotation_centre_that_of_the_image_is_taken_and_said() -> None:
    made = Made(ring_hu=6.0, acquisition=replace(ISOCENTRE, scan_centre_mm=None))
    ring = number(measured(noisy(made))[RING])
    assert "from_image_centre" in ring.flags
    assert ring.where.endswith("ring at 80 mm")
    assert "from_image_centre" not in number(stack()[1][RING]).flags


def test_a_bright_spot_near_the_rotation_centre_is_no_ring() -> None:
    """What falls beside it would be a dark ring at 12 mm to a window that reaches in there."""
    ring = number(measured(noisy(Made(ring_hu=40.0, ring_mm=4.0, ring_sd_mm=2.0, slices=6)))[RING])
    assert "ring_found" not in ring.flags


def test_a_rod_that_no_definition_names_is_no_ring() -> None:
    made = Made()
    hu = made.clean()
    hu[:, 200:212, 60:72] -= 1000.0
    hu += noise(np.random.default_rng(5), "soft", hu.shape, SIGMA)
    found = measured(made.context(hu))
    assert "ring_found" not in number(found[RING]).flags
    assert abs(number(found[CUPPING]).value) < 0.4


def test_a_phantom_far_off_the_rotation_centre_gives_a_reason() -> None:
    far = replace(ISOCENTRE, scan_centre_mm=(150.0, 0.0, 0.0))
    found = measured(noisy(Made(acquisition=far)))
    assert "Too little of any circle" in reason(found[RING])
    assert "Too little of any circle" in reason(found[CRESCENT])
    assert abs(number(found[CUPPING]).value) < 0.4


def test_a_field_that_cuts_the_module_is_refused() -> None:
    context = noisy(Made())
    cut = Context(replace(context.scan, stored=context.scan.stored[:, :, :300]), context.located)
    assert "partly outside the reconstructed field" in reason(measured(cut)[CUPPING])
