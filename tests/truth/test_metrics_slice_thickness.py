"""Slice thickness on drawn ramps: numbers by closed form, and every refusal in its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from iqa.metrics.context import Context, Measured
from iqa.metrics.slice_thickness import measure
from iqa.model import Measurement, NotMeasured, Ramp, StepRamp
from tests.ramps_made import context, drawn, form, noise, pair, rows


def slices(step_mm: float, reach_mm: float = 10.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.arange(-reach_mm, reach_mm + 0.01, step_mm) + 0.17


def wires(thickness_mm: float, step_mm: float, sigma_hu: float = 2.0, peak_hu: float = 400.0, **ramp: float) -> Context:
    z = slices(step_mm)
    hu = drawn(pair(**ramp), z, form("rectangle", thickness_mm), peak_hu)
    return context(pair(**ramp), hu + noise(np.random.default_rng(5), z.size, sigma_hu), z, thickness_mm)


def number(measured: Measured, key: str) -> Measurement:
    return next(r for r in measured.results if isinstance(r, Measurement) and r.key == key)


def reasons(measured: Measured) -> dict[str, NotMeasured]:
    return {r.key: r for r in measured.results if isinstance(r, NotMeasured)}


@pytest.mark.parametrize("step_mm", [1.25, 2.5, 4.0], ids=["overlapping", "contiguous", "gapped"])
def test_increment_does_not_enter(step_mm: float) -> None:
    found = number(measure(wires(2.5, step_mm)), "slice_thickness")
    assert found.value == pytest.approx(2.5, rel=0.01)
    assert found.u is not None
    assert 0.0 < found.u < 0.05
    assert (found.unit, found.method, found.flags) == ("mm", "ramp-fit@3", ())


def test_each_ramp_has_its_own_number_and_region() -> None:
    measured = measure(wires(2.5, 2.5))
    keys = [r.key for r in measured.results]
    assert keys == ["slice_thickness.upper", "slice_thickness.lower", "slice_thickness", "geometry.ramp_yaw"]
    assert [d.name for d in measured.regions] == ["upper", "lower"]


def test_a_constant_and_a_factor_on_grey_values_change_nothing() -> None:
    plain = wires(2.5, 2.5)
    moved = replace(plain.scan, intercept=plain.scan.intercept + 1000.0, slope=1.5 * plain.scan.slope)
    a, b = (number(measure(c), "slice_thickness") for c in (plain, Context(moved, plain.located)))
    assert b.value == pytest.approx(a.value, rel=1e-4)


def test_one_ramp_alone_tells_that_tilt_does_not_cancel() -> None:
    z = slices(2.5)
    only = pair()[:1]
    hu = drawn(only, z, form("rectangle", 2.5), 400.0) + noise(np.random.default_rng(5), z.size, 2.0)
    assert number(measure(context(only, hu, z, 2.5)), "slice_thickness").flags == ("tilt_not_cancelled",)


@pytest.mark.parametrize("thickness_mm", [2.0, 5.0])
def test_rows_of_beads_are_read_to_an_eighth_of_a_step(thickness_mm: float) -> None:
    z = slices(thickness_mm, 8.0)
    hu = drawn(rows(), z, form("gaussian", thickness_mm), 400.0) + noise(np.random.default_rng(5), z.size, 4.0)
    found = number(measure(context(rows(), hu, z, thickness_mm)), "slice_thickness")
    assert found.method == "step-fit@3"
    assert found.value == pytest.approx(thickness_mm, abs=0.125)


@pytest.mark.parametrize("thickness_mm", [2.2, 2.5, 3.0])
def test_vertical_flanks_between_beads_are_in_u(thickness_mm: float) -> None:
    """No bead of a row says where between it and the next a flank stands."""
    z = slices(thickness_mm, 8.0)
    hu = drawn(rows(), z, form("rectangle", thickness_mm), 400.0) + noise(np.random.default_rng(5), z.size, 1.0)
    found = number(measure(context(rows(), hu, z, thickness_mm)), "slice_thickness")
    assert found.u is not None
    assert abs(found.value - thickness_mm) <= 2.0 * found.u


def test_faint_ramp_is_refused() -> None:
    faint = reasons(measure(wires(2.5, 2.5, sigma_hu=20.0, peak_hu=50.0)))
    assert "stands out by only" in faint["slice_thickness.upper"].reason
    assert "at least 5 is needed" in faint["slice_thickness.upper"].reason
    assert faint["slice_thickness"].reason.startswith("No ramp could be used: Ramp 'upper' stands out")


def mixed(clear: Sequence[Ramp | StepRamp], faint: Sequence[Ramp | StepRamp], faint_hu: float) -> Context:
    """Ramps of 400 HU beside others of `faint_hu`, in a section of 2.5 mm and noise of 4 HU."""
    z = slices(2.5)
    hu = drawn(clear, z, form("rectangle", 2.5), 400.0) + drawn(faint, z, form("rectangle", 2.5), faint_hu) - 100.0
    return context((*clear, *faint), hu + noise(np.random.default_rng(5), z.size, 4.0), z, 2.5)


def test_faint_ramp_beside_an_opposite_pair_is_left_out_alone() -> None:
    third = replace(pair()[0], name="third", y_mm=0.0)
    both, alone = measure(mixed(pair(), (third,), 10.0)), measure(mixed(pair(), (), 0.0))
    assert "stands out by only" in reasons(both)["slice_thickness.third"].reason
    assert set(reasons(both)) == {"slice_thickness.third"}
    assert number(both, "slice_thickness").value == pytest.approx(number(alone, "slice_thickness").value, rel=1e-6)


@pytest.mark.parametrize(("features", "faint_hu"), [(pair(), 10.0), (rows(), 0.0)], ids=["wires", "rows"])
def test_what_a_faint_ramp_leaves_is_refused_where_it_is_one_sided(
    features: tuple[Ramp | StepRamp, ...], faint_hu: float
) -> None:
    clear, faint = features
    found = reasons(measure(mixed((clear,), (faint,), faint_hu)))
    assert "stands out by only" in found[f"slice_thickness.{faint.name}"].reason
    assert found[f"slice_thickness.{clear.name}"].reason == (
        f"Ramp '{clear.name}' is fitted together with others that do not stand out from the noise."
    )


def test_row_darker_than_its_surroundings_does_not_stand_out() -> None:
    clear, dark = rows()
    found = reasons(measure(mixed((clear,), (dark,), -50.0)))
    assert "stands out by only" in found["slice_thickness.low_row"].reason


def test_saturated_ramp_is_refused() -> None:
    plain = wires(2.5, 2.5, peak_hu=5000.0)
    stored = np.minimum(plain.scan.stored, 4095).astype(np.int16)
    found = reasons(measure(Context(replace(plain.scan, stored=stored), plain.located)))
    assert found["slice_thickness.upper"].reason == (
        "Ramp 'upper' cannot be used: Its pixels are clipped at the end of the scale."
    )


def test_ramp_beyond_the_field_is_refused() -> None:
    found = reasons(measure(wires(2.5, 2.5, length_mm=60.0)))
    assert found["slice_thickness.lower"].reason == "Ramp 'lower' cannot be used: The field of view cuts it."


def test_section_thicker_than_the_ramp_is_long_is_refused() -> None:
    found = reasons(measure(wires(5.0, 5.0, length_mm=14.0)))
    assert "No section of about" in found["slice_thickness.upper"].reason
    assert "5.9 mm long in z" in found["slice_thickness.upper"].reason


def test_absent_module_is_refused() -> None:
    plain = wires(2.5, 2.5)
    empty = replace(plain.located, modules=())
    found = reasons(measure(Context(plain.scan, empty)))
    assert "The scan does not show module ramps" in found["slice_thickness.upper"].reason
    assert set(found) == {"slice_thickness", "slice_thickness.upper", "slice_thickness.lower"}


def test_phantom_without_ramps_has_no_such_result() -> None:
    z = slices(2.5)
    assert measure(context((), drawn((), z, form("rectangle", 2.5), 0.0), z, 2.5)) == Measured((), ())


def test_a_tilt_that_the_pose_missed_is_measured_and_taken_out() -> None:
    """The scan is drawn straight and the pose says 2°: what is missed is 2°, and a pair's mean off by 0.8 %."""
    plain = wires(2.5, 2.5)
    (fit,) = plain.located.modules
    leaning = replace(plain.located, modules=(replace(fit, pose=replace(fit.pose, yaw_deg=2.0)),))
    straight, missed = measure(plain), measure(Context(plain.scan, leaning))
    yaw = number(missed, "geometry.ramp_yaw")
    assert yaw.u is not None
    assert abs(yaw.value) < 3.0 * yaw.u < 1.0
    assert (yaw.unit, yaw.n, yaw.method) == ("°", 2, "ramp-tilt@1")
    each = [number(missed, f"slice_thickness.{side}").value for side in ("upper", "lower")]
    assert abs(each[0] - each[1]) == pytest.approx(0.19 * 2.5, rel=0.1)
    both = [number(m, "slice_thickness").value for m in (straight, missed)]
    assert both[1] == pytest.approx(both[0], rel=0.002)


def test_ramps_of_one_direction_tell_no_tilt() -> None:
    z = slices(2.5)
    only = pair()[:1]
    hu = drawn(only, z, form("rectangle", 2.5), 400.0) + noise(np.random.default_rng(5), z.size, 2.0)
    keys = {r.key for r in measure(context(only, hu, z, 2.5)).results}
    assert keys == {"slice_thickness.upper", "slice_thickness"}


def test_two_slices_that_rows_see_by_a_few_elements_settle() -> None:
    """Vertical flanks between elements: a plain fit that stops early leaves a flank in what is taken for noise."""
    z = np.array([-3.12, 3.38])
    hu = drawn(rows(), z, form("rectangle", 5.0), 50.0 * 2.0)
    for seed in np.random.SeedSequence(20).spawn(24):
        grain = noise(np.random.default_rng(seed), z.size, 2.0)
        found = number(measure(context(rows(), hu + grain, z, 5.0)), "slice_thickness")
        assert found.value == pytest.approx(5.0, abs=0.25)
