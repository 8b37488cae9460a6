"""The family `mtf` on a small made phantom: right on all kernels, and a reason where a point says nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from iqa.metrics import mtf
from iqa.metrics.context import Context
from iqa.model import Curve, Measurement, ModuleFit, Provenance, Result
from tests.made_phantom import PIXEL_MM, SIDE, Array, made_located, made_scan, made_spec, noise
from tests.made_points import Made, bead, truth, wire
from tests.results import number, reason

SIGMA = 5.0
SEED = np.random.SeedSequence(3)
ONE = Made("soft", (bead("point", 0.0, -18.0),), 500.0)


def measured(context: Context) -> dict[str, Result]:
    return {r.key: r for r in mtf.measure(context).results}


@cache
def clean(made: Made) -> Array:
    return made.clean()


def results(made: Made = ONE, sigma: float = SIGMA, **changes: Any) -> dict[str, Result]:
    context = made.noisy(SEED, sigma, clean(made))
    return measured(Context(replace(context.scan, **changes), context.located))


def close(found: dict[str, Result], key: str, kernel: str, within: float) -> Measurement:
    """Both frequencies within 3.3 u of the kernel's, u itself being small; returns f50."""
    for name, level in (("f50", 0.5), ("f10", 0.1)):
        m = number(found[f"{key}.{name}"])
        assert m.u is not None
        assert m.u < within * m.value
        assert abs(m.value - truth(kernel, level)) < 3.3 * m.u
    return number(found[f"{key}.f50"])


@pytest.mark.parametrize("kernel", ["soft", "hann", "sharp"])
def test_a_bead_gives_the_kernel(kernel: str) -> None:
    m = close(results(replace(ONE, kernel=kernel)), "mtf.bead", kernel, 0.03)
    assert m.n == 1
    assert m.where == "U slice 4"
    assert m.flags == ("one_slice",)
    assert m.method == "mtf-point@1"


def test_the_curve_starts_at_one_and_ends_at_the_limit_of_the_pixels() -> None:
    curve = results()["mtf.bead"]
    assert isinstance(curve, Curve)
    assert curve.values[0] == pytest.approx(1.0)
    assert curve.u[0] == pytest.approx(0.0, abs=1e-9)
    assert curve.x[-1] == pytest.approx(1.0)
    assert np.array(curve.values) == pytest.approx(np.exp(-2.0 * (np.pi * 0.4685 * np.array(curve.x)) ** 2), abs=0.03)


def test_the_slices_that_show_a_bead_are_one_sample() -> None:
    made = Made("soft", (bead("near", 0.0, -18.0), bead("far", 12.0, 16.0)), 500.0, (0.0, 0.55, 0.45, 0.0))
    m = close(results(made), "mtf.bead", "soft", 0.03)
    assert m.n == 2
    assert m.where == "U slices 5-6"
    assert m.flags == ()


@pytest.mark.parametrize("tilt_deg", [0.0, 5.0])
def test_a_wire_gives_the_kernel_along_the_axis_or_tilted(tilt_deg: float) -> None:
    made = Made("sharp", (wire("thin", 5.0, 12.0, tilt_deg),), 300.0, (0.0,) * 5)
    m = close(results(made), "mtf.wire", "sharp", 0.03)
    assert m.where == "U slices 5-9"


def test_beads_and_wires_have_keys_of_their_own() -> None:
    found = results(Made("soft", (bead("point", 0.0, -18.0), wire("thin", 5.0, 12.0)), 500.0))
    assert set(found) == {"mtf.bead.f50", "mtf.bead.f10", "mtf.bead", "mtf.wire.f50", "mtf.wire.f10", "mtf.wire"}


def test_a_phantom_without_points_is_offered_nothing() -> None:
    assert results(replace(ONE, points=())) == {}


def test_a_constant_changes_nothing() -> None:
    plain, raised = results(), results(intercept=np.full(6, 1000.0))
    for key in ("mtf.bead.f50", "mtf.bead.f10"):
        assert number(raised[key]).value == pytest.approx(number(plain[key]).value, rel=1e-4)


def test_a_diameter_without_a_source_is_not_removed_and_widens_u() -> None:
    vouched = bead("point", 0.0, -18.0, 0.45)
    guessed = replace(vouched, provenance=Provenance("chosen", "U"))
    known, unknown = (results(replace(ONE, points=(p,), peak_hu=2000.0), 2.0) for p in (vouched, guessed))
    m = number(unknown["mtf.bead.f10"])
    assert m.flags == ("object_not_removed", "one_slice")
    # a ball of 0.45 mm takes 10 % at 0.73 /mm, where the curve falls by 6 to 7 % per 0.01 /mm
    assert number(known["mtf.bead.f10"]).value - m.value == pytest.approx(0.016, abs=0.004)
    assert m.u == pytest.approx(0.016, abs=0.005)


# ------------------------------------------------------------------------------------------- and why not


def test_a_large_ball_is_no_point() -> None:
    found = results(replace(ONE, points=(bead("sphere", 0.0, -18.0, 4.0),)))
    assert reason(found["mtf.bead.f50"]) == "'sphere' of 4 mm is no point source: at most 0.5 mm is."


def test_a_large_ball_beside_a_bead_does_not_count() -> None:
    spheres = (bead("sphere", 20.0, 20.0, 4.0), *ONE.points)
    context = ONE.noisy(SEED, SIGMA, clean(ONE))
    located = made_located(context.scan, spec=made_spec(spheres))
    assert number(measured(Context(context.scan, located))["mtf.bead.f50"]).n == 1


def test_a_faint_bead_is_withheld() -> None:
    said = reason(results(sigma=50.0)["mtf.bead.f50"])
    assert re.fullmatch(
        r"'point' on all slices .* (9|1[01]) times the noise; a transfer function needs 20 times\.", said
    )


def test_a_bead_that_is_not_there() -> None:
    found = results(replace(ONE, shares=(0.0, 0.0, 0.0)))
    assert "No point 5 times above the noise lies within 3 mm" in reason(found["mtf.bead.f10"])


@pytest.mark.parametrize("offset", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_pixels_too_coarse_for_the_image_of_a_point(offset: tuple[int, int]) -> None:
    """A kernel with f50 beyond Nyquist: a fit to the two or four pixels that hold the bead lands anywhere on them."""
    context = replace(ONE, kernel="sharp", peak_hu=2000.0).noisy(SEED, SIGMA)
    fine, (row, column) = context.scan, offset
    coarse = replace(
        fine,
        stored=fine.stored[:, row::2, column::2],
        pixel_mm=(2.0 * PIXEL_MM, 2.0 * PIXEL_MM),
    )
    found = measured(Context(coarse, context.located))
    for level in ("f50", "f10"):
        assert "is no image of a point that pixels of 1.00 mm can follow" in reason(found[f"mtf.bead.{level}"])


def test_a_clipped_peak_is_refused() -> None:
    made = replace(ONE, peak_hu=2000.0)
    scan = made_scan(np.clip(made.noisy(SEED, SIGMA, clean(made)).scan.hu(slice(None)), None, 1000.0))
    found = measured(Context(scan, made_located(scan, spec=made_spec(made.points))))
    assert "end of the stored scale" in reason(found["mtf.bead.f50"])


def test_a_peak_at_the_end_of_the_usual_scale_is_refused_though_one_pixel_holds_it() -> None:
    hu = clean(ONE).copy()
    top = np.unravel_index(np.argmax(hu[4]), hu[4].shape)
    hu[4][top] = 3071.0
    grain = noise(np.random.default_rng(3), "soft", hu.shape, SIGMA)
    grain[4][top] = 0.0
    assert "end of the stored scale" in reason(measured(ONE.context(hu + grain))["mtf.bead.f50"])


def test_coarse_pixels_do_not_resolve_ten_per_cent() -> None:
    context = replace(ONE, peak_hu=900.0).noisy(SEED, SIGMA)
    coarse = replace(context.scan, stored=context.scan.stored[:, ::2, ::2], pixel_mm=(1.0, 1.0))
    found = measured(Context(coarse, context.located))
    assert number(found["mtf.bead.f50"]).value == pytest.approx(truth("soft", 0.5), rel=0.05)
    assert "does not fall to 10 % below 0.50 /mm, the limit of the pixels" in reason(found["mtf.bead.f10"])


def test_a_bead_at_the_rim_is_refused() -> None:
    found = results(replace(ONE, points=(bead("edge", 0.0, -38.0),)))
    assert "'edge' stands less than 12 mm from the edge of its module" in reason(found["mtf.bead.f50"])


def test_a_bead_beside_another_thing_is_refused() -> None:
    found = results(replace(ONE, points=(bead("one", 0.0, -18.0), bead("two", 5.0, -18.0))))
    assert "Something else stands within 8 mm of 'one'." in reason(found["mtf.bead.f50"])


def test_a_bead_cut_by_the_field_is_refused() -> None:
    context = ONE.noisy(SEED, SIGMA, clean(ONE))
    top = SIDE // 2 - round(25.0 / PIXEL_MM)
    origins = context.scan.origins_mm + np.array([0.0, top * PIXEL_MM, 0.0])
    scan = replace(context.scan, stored=context.scan.stored[:, top:], origins_mm=origins)
    shifted = [_moved(m, -top * PIXEL_MM) for m in context.located.modules]
    located = replace(context.located, modules=tuple(shifted), body=None)
    assert "partly outside the reconstructed field" in reason(measured(Context(scan, located))["mtf.bead.f50"])


def _moved(fit: ModuleFit, dy: float) -> ModuleFit:
    return replace(fit, pose=replace(fit.pose, y_mm=fit.pose.y_mm + dy), features=())


def test_a_bead_between_slices_far_apart_is_not_seen() -> None:
    far = replace(bead("point", 0.0, -18.0), z_mm=9.5)
    found = results(replace(ONE, points=(far,)))
    assert "No slice of its module shows 'point', which is expected at z = 49.5 mm." in reason(found["mtf.bead.f50"])


def test_a_module_out_of_the_scan() -> None:
    context = ONE.noisy(SEED, SIGMA, clean(ONE))
    located = replace(context.located, modules=context.located.modules[:1])
    assert "does not show module U" in reason(measured(Context(context.scan, located))["mtf.bead.f50"])
