"""The family `low_contrast` on a small made phantom: values, keys, flags, and a reason where there is no number."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from iqa.metrics.context import Context
from iqa.metrics.low_contrast import measure
from iqa.model import Curve, Measurement, NotMeasured, Result
from iqa.phantom import library
from iqa.phantom.find import find
from tests.made_phantom import SIDE, noise
from tests.results import number, reason
from tests.targets_made import CONTRAST_OF_ROW, GROUPS, SIZES_MM, clean, located, noisy, results, rods, scan

SIGMA = 5.0
SLICES = 3
STATISTICAL = tuple(f"low_contrast.statistical.{d}" for d in (3, 5, 8, 10, 15))


@cache
def everyday() -> dict[str, Result]:
    made = scan(noisy("soft", SIGMA, np.random.default_rng(5), SLICES))
    return results(made, located(made))


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("size", SIZES_MM)
def test_contrast_and_cnr_are_those_that_were_drawn(group: str, size: float) -> None:
    contrast, cnr = (number(everyday()[f"low_contrast.{group}_{size:g}mm.{q}"]) for q in ("contrast", "cnr"))
    truth = GROUPS[group][1]
    assert contrast.unit == "HU"
    assert cnr.unit == "1"
    for found, wanted in ((contrast, truth), (cnr, truth / SIGMA)):
        assert found.u is not None
        assert abs(found.value - wanted) < 3.3 * found.u
    assert contrast.u is not None
    assert contrast.u < 1.7


def test_equal_rods_of_a_row_are_one_target() -> None:
    found = everyday()
    pooled = number(found["low_contrast.row_4mm.contrast"])
    assert not [key for key in found if "row_4mm_" in key]
    alone = number(found["low_contrast.weak_4mm.contrast"])
    assert pooled.u is not None
    assert alone.u is not None
    assert 0.45 < pooled.u / alone.u < 0.8  # √3 less noise


def test_rows_of_the_acr_phantom_are_pooled_and_other_names_stay() -> None:
    targets = find("acr464", library()).module("module2").targets
    assert {name: len(row) for name, row in targets.items()} == {
        "6permille_25mm": 1, "6permille_6mm": 4, "6permille_5mm": 4, "6permille_4mm": 4,
        "6permille_3mm": 4, "6permille_2mm": 4,
    }  # fmt: skip
    assert all(len(row) == 1 for row in find("catphan504", library()).module("CTP515").targets.values())


def test_the_smallest_seen_follows_the_contrast() -> None:
    strong, weak = (everyday()[f"low_contrast.visible.{g}"] for g in GROUPS)
    assert number(strong).unit == "mm"
    assert number(strong).value < number(weak).value
    assert number(weak).u is not None


def test_what_is_seen_down_to_its_smallest_rod_is_flagged() -> None:
    made = scan(noisy("soft", 1.0, np.random.default_rng(5)))
    found = number(results(made, located(made))["low_contrast.visible.strong"])
    assert found.value == pytest.approx(4.0, abs=0.05)
    assert found.u is None
    assert "all_visible" in found.flags


def test_a_group_that_noise_hides_says_what_it_needs() -> None:
    made = scan(noisy("soft", 40.0, np.random.default_rng(5)))
    lack = results(made, located(made))["low_contrast.visible.weak"]
    assert "on one slice, at its largest target of 15.0 mm" in reason(lack)
    assert isinstance(lack, NotMeasured)
    assert "dose" in lack.needs


def test_rods_that_are_not_where_the_definition_has_them_get_no_number() -> None:
    hu = clean("soft", there=False) + noise(np.random.default_rng(5), "soft", (3, SIDE, SIDE), SIGMA)
    made = scan(hu)
    found = results(made, located(made))
    for key in ("strong_15mm.contrast", "strong_9mm.cnr", "visible.strong"):
        assert "they are not there" in reason(found[f"low_contrast.{key}"])


def test_a_module_that_lies_beside_its_place_is_followed() -> None:
    hu = clean("soft", shift_mm=(0.5, -0.4)) + noise(np.random.default_rng(5), "soft", (3, SIDE, SIDE), 2.0)
    made = scan(hu)
    context = Context(made, located(made))
    drawn = {d.name: d for d in measure(context).regions}
    rod = next(r for r in rods() if r.name == "strong_15mm")
    middle = (SIDE - 1) / 2 * made.pixel_mm[0]
    assert drawn["strong_15mm"].x_mm - middle == pytest.approx(rod.x_mm + 0.5, abs=0.12)
    assert drawn["strong_15mm"].y_mm - middle == pytest.approx(rod.y_mm - 0.4, abs=0.12)


def test_small_rods_alone_are_measured_where_they_were_found() -> None:
    small = tuple(r for r in rods() if r.group == "row")
    made = scan(noisy("soft", SIGMA, np.random.default_rng(5), SLICES))
    found = number(results(made, located(made, small))["low_contrast.row_4mm.contrast"])
    assert found.u is not None
    assert abs(found.value - CONTRAST_OF_ROW) < 3.3 * found.u


def test_a_constant_changes_nothing() -> None:
    hu = np.round(noisy("soft", SIGMA, np.random.default_rng(5), SLICES))
    plain, moved = (scan(hu, slope=1.0, offset=offset) for offset in (0.0, 1000.0))
    before, after = results(plain, located(plain)), results(moved, located(moved))
    assert before.keys() == after.keys()
    for key, one in before.items():
        other = after[key]
        if isinstance(one, Measurement) and isinstance(other, Measurement):
            assert other.value == pytest.approx(one.value, rel=1e-9, abs=1e-9), key
            assert other.u == (None if one.u is None else pytest.approx(one.u, rel=1e-9)), key


def test_rods_shorter_than_the_section_are_flagged() -> None:
    short = tuple(replace(r, z_from_mm=-1.0, z_to_mm=1.0) if r.group == "weak" else r for r in rods())
    made = scan(noisy("soft", SIGMA, np.random.default_rng(5), SLICES))
    found = results(made, located(made, short))
    flags = number(found["low_contrast.weak_9mm.contrast"]).flags
    assert "partial_volume" in flags
    assert "one_slice" in flags
    assert "partial_volume" not in number(found["low_contrast.strong_9mm.contrast"]).flags


def test_a_short_rod_between_the_slices_is_not_measured() -> None:
    short = tuple(replace(r, z_from_mm=5.0, z_to_mm=7.0) if r.group == "weak" else r for r in rods())
    made = scan(noisy("soft", SIGMA, np.random.default_rng(5)))
    found = results(made, located(made, short))
    assert "lies wholly inside 'weak_9mm'" in reason(found["low_contrast.weak_9mm.contrast"])
    assert "lies wholly inside" in reason(found["low_contrast.visible.weak"])


@pytest.mark.parametrize("key", ["strong_15mm.contrast", "row_4mm.cnr", "visible.weak"])
def test_a_module_beyond_the_scan_gives_reasons(key: str) -> None:
    made = scan(noisy("soft", SIGMA, np.random.default_rng(5)))
    found = results(made, located(made, modules="AU"))
    assert "does not show module L" in reason(found[f"low_contrast.{key}"])


def test_without_the_uniform_module_the_limit_is_not_measured() -> None:
    made = scan(noisy("soft", SIGMA, np.random.default_rng(5)))
    found = results(made, located(made, modules="AL"))
    assert all("does not show module U" in reason(found[key]) for key in STATISTICAL)
    assert "curve" not in found


def test_a_field_that_cuts_the_rods_is_refused() -> None:
    hu = noisy("soft", SIGMA, np.random.default_rng(5))
    whole = scan(hu)
    part = replace(whole, stored=whole.stored[:, :, :130])
    found = results(part, located(whole))
    assert "partly outside the reconstructed field" in reason(found["low_contrast.strong_15mm.contrast"])
    assert "partly outside the reconstructed field" in reason(found[STATISTICAL[0]])


def test_the_limit_falls_with_the_diameter() -> None:
    found = everyday()
    values = [number(found[key]).value for key in STATISTICAL]
    curve = found["curve"]
    assert isinstance(curve, Curve)
    assert values == sorted(values, reverse=True)
    assert curve.values == pytest.approx(tuple(values))
    assert (curve.x_unit, curve.unit) == ("mm", "HU")


def test_a_bright_spot_is_flagged() -> None:
    hu = noisy("soft", SIGMA, np.random.default_rng(5))
    hu[2, 90:96, 90:96] += 60.0
    made = scan(hu)
    assert "structured" in number(results(made, located(made))[STATISTICAL[1]]).flags
    assert "structured" not in number(everyday()[STATISTICAL[1]]).flags
