"""The family `detectability` on a small made phantom: right, unmoved by what must not move it, silent where unsure."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import detected
import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.metrics import detectability
from iqa.metrics.context import Context
from iqa.metrics.repeats import repeat_of
from iqa.model import Insert, Measurement, NotMeasured, Observer, Result, Scan, Task
from tests.honest import BAND
from tests.made_phantom import BODY_MM, made_located, made_scan, made_spec, noise, picture
from tests.results import number, reason

Array = NDArray[np.float64]

SEEDS = 3
TASKS = Observer((Task(10.0, 3.0), Task(10.0, 5.0)))


def image(kernel: str = "soft", slices: int = 4, sigma: float = 10.0) -> Array:
    clean = picture(kernel, slices)
    return np.asarray(clean + noise(np.random.default_rng(3), kernel, clean.shape, sigma))


def results(scan: Scan, observer: Observer = TASKS, roll_deg: float = 0.0) -> dict[str, Result]:
    located = made_located(scan, roll_deg=roll_deg)
    return {r.key: r for r in detectability.measure(Context(scan, located, observer=observer)).results}


def values(found: dict[str, Result]) -> dict[str, float]:
    return {k: number(r).value for k, r in found.items()}


@cache
def usual() -> dict[str, Result]:
    return results(made_scan(image()))


def test_a_few_seeds_agree_with_the_truth() -> None:
    """Within 3 % each, and together within what their u says; the long suite looks at the rest."""
    truth = detected.truth("soft")
    for kind in detected.KINDS:
        for diameter in (3.0, 5.0):
            key = detected.key(kind, diameter)
            pairs = detected.found("soft", SEEDS)[key]
            z = np.array([(v - truth[key]) / u for v, u in pairs])
            assert len(z) == SEEDS
            assert abs(float(z.mean())) < BAND / SEEDS**0.5, key
            assert np.mean([v for v, _ in pairs]) == pytest.approx(truth[key], rel=0.03), key
            assert max(u for _, u in pairs) < 0.06 * truth[key], key


def test_the_nearest_insert_and_both_places_are_named() -> None:
    found = usual()
    m = number(found["detectability.npw.10hu_5mm"])
    assert m.where == "U slices 4-7; edge of ldpe (−200 HU), A slices 0-3"
    assert (m.unit, m.n, m.method, m.flags) == ("1", 4, "npw@2", ())
    assert number(found["detectability.npwe.10hu_5mm"]).method == "npwe-burgess-400mm-x1@2"


def test_a_strong_task_takes_a_strong_insert() -> None:
    strong = results(made_scan(image(slices=1)), Observer((Task(800.0, 5.0),)))
    assert "edge of teflon (850 HU)" in number(strong["detectability.npw.800hu_5mm"]).where


def test_an_insert_too_weak_for_its_noise_gives_way_to_a_stronger_one() -> None:
    m = number(results(made_scan(image(slices=2, sigma=16.0)))["detectability.npw.10hu_3mm"])
    assert "edge of delrin (239 HU)" in m.where


def test_an_offset_changes_nothing() -> None:
    """But for the single precision of CT numbers, 6e-8 of themselves, of which an edge's pixels are made."""
    shifted = values(results(made_scan(image() + 1000.0)))
    assert shifted == pytest.approx(values(usual()), rel=1e-6)


def test_grey_values_scaled_with_the_task_change_nothing() -> None:
    scan = made_scan(image())
    twice = replace(scan, slope=2.0 * scan.slope, intercept=2.0 * scan.intercept)
    scaled = values(results(twice, Observer((Task(20.0, 3.0), Task(20.0, 5.0)))))
    assert list(scaled.values()) == pytest.approx(list(values(usual()).values()), rel=1e-6)


def test_a_turned_phantom_stays_within_u() -> None:
    clean = picture("soft", 4, roll_deg=23.0)
    hu = clean + noise(np.random.default_rng(3), "soft", clean.shape, 10.0)
    plain, turned = usual(), results(made_scan(hu), roll_deg=23.0)
    for key, result in turned.items():
        one, other = number(plain[key]), number(result)
        assert other.value == pytest.approx(one.value, abs=3.0 * np.hypot(one.u or 0.0, other.u or 0.0))


def test_a_task_larger_than_the_uniform_area_is_refused_with_both_sizes() -> None:
    found = results(made_scan(image(slices=1)), Observer((Task(10.0, 120.0),)))
    said = f"A disc of 120 mm is larger than the uniform area of module U, which is {BODY_MM - 10.0:.0f} mm across."
    assert {reason(r) for r in found.values()} == {said}


def test_a_large_disc_of_which_few_squares_tell_is_refused_for_npw_alone() -> None:
    found = results(made_scan(image(slices=1)), Observer((Task(10.0, 20.0),)))
    assert "too much for a number: the noise is known from" in reason(found["detectability.npw.10hu_20mm"])
    number(found["detectability.npwe.10hu_20mm"])


def test_without_a_strong_insert_there_is_no_number() -> None:
    found = results(made_scan(image(slices=1, sigma=80.0)))
    assert len(found) == 4
    assert all("and 20 times are needed." in reason(r) for r in found.values())


def test_a_phantom_without_inserts_is_offered_no_key() -> None:
    scan, plain = made_scan(image()), made_spec()
    bare = replace(plain.modules[0], features=tuple(f for f in plain.modules[0].features if not isinstance(f, Insert)))
    located = made_located(scan, spec=replace(plain, modules=(bare, *plain.modules[1:])))
    assert detectability.measure(Context(scan, located)).results == ()


def test_repeats_give_the_noise_of_their_differences_by_a_method_of_their_own() -> None:
    clean = picture("soft", 2)
    scans = [made_scan(clean + noise(np.random.default_rng(k), "soft", clean.shape, 10.0)) for k in (1, 2)]
    repeats = tuple(repeat_of(s, made_located(s)) for s in scans)
    context = Context(scans[0], made_located(scans[0]), repeats, Observer((Task(10.0, 3.0),)))
    npw, npwe = (number(r) for r in detectability.measure(context).results)
    assert (npw.method, npwe.method) == ("npw-difference@2", "npwe-difference-burgess-400mm-x1@2")
    assert npw.where.startswith("U slices 2-3, 2 repeats; edge of ")
    assert npw.value == pytest.approx(detected.truth("soft")["detectability.npw.10hu_3mm"], rel=0.15)


@pytest.mark.parametrize(("periods", "amplitude"), [(0.5, 3.0), (0.7, 2.0), (1.0, 2.0), (1.3, 3.0)])
def test_a_wave_that_all_slices_share_leaves_no_number_of_a_large_disc(periods: float, amplitude: float) -> None:
    """A quarter to half of d′ would be missing, and of the weaker ones the curve's form tells nothing."""
    hu = image()
    wave = amplitude * np.cos(2.0 * np.pi * periods * np.arange(hu.shape[2]) / 32.0)
    found = results(made_scan(hu + wave), Observer((Task(10.0, 8.0),)))
    assert "rings or shading raise the lowest frequencies" in reason(found["detectability.npw.10hu_8mm"])


def test_rings_are_flagged() -> None:
    """A wide faint bowl of many rings, as cone beams have them."""
    hu = image()
    y, x = np.mgrid[: hu.shape[1], : hu.shape[2]] - (hu.shape[1] - 1) / 2
    rings = 12.0 * np.cos(2.0 * np.pi * np.hypot(x, y) * 0.5 / 18.0)
    found = results(made_scan(hu + rings))
    flagged = [r.flags for r in found.values() if isinstance(r, Measurement)]
    refused = [r for r in found.values() if isinstance(r, NotMeasured)]
    assert refused or flagged
    assert all("structured" in flags for flags in flagged)


def test_where_shading_raises_the_first_bin_a_line_that_ends_at_zero_is_not_believed() -> None:
    """One slow wave in each square: the straight line through the lowest bins ends near 0, far below all of them."""
    hu = image()
    wave = 4.0 * np.cos(2.0 * np.pi * 0.5 * np.arange(hu.shape[2]) / 32.0)
    found = results(made_scan(hu + wave), Observer((Task(10.0, 3.0), Task(10.0, 8.0))))
    assert "rings or shading raise the lowest frequencies" in reason(found["detectability.npw.10hu_8mm"])
    small, clean = number(found["detectability.npw.10hu_3mm"]), number(usual()["detectability.npw.10hu_3mm"])
    assert small.u is not None
    assert clean.u is not None
    assert small.u > 2.0 * clean.u
    assert "structured" in small.flags


def test_an_insert_of_far_more_contrast_than_the_task_is_flagged() -> None:
    tasks = Observer((Task(5.0, 3.0), Task(30.0, 3.0)))
    found = results(made_scan(image()), tasks)
    assert [number(r).flags for r in found.values()] == [("far_contrast",), ()] * 2


def test_a_task_below_a_pixel_is_refused_with_both_sizes() -> None:
    found = results(made_scan(image(slices=1)), Observer((Task(10.0, 0.4),)))
    assert {reason(r) for r in found.values()} == {
        "A disc of 0.4 mm is smaller than a pixel of the scan, which is 0.50 mm."
    }
