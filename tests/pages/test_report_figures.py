from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_analysis import REGIONS, SOURCE, made_analysis, made_scan, made_spec
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon
from PIL import Image

from iqa.model import Curve, Drawn, Pose, Ramp, StepRamp
from iqa.report import views
from iqa.report.figures import charts, images, marks
from iqa.report.figures.phantom import draw_module, save_drawing
from iqa.report.figures.sheet import draw_all, draw_module_image, mean_profiles
from iqa.report.figures.style import new_figure


@pytest.fixture
def axes() -> Axes:
    return new_figure(4, 4).subplots()


def circles(axes: Axes) -> dict[tuple[float, float], float]:
    return {p.center: p.radius for p in axes.patches if isinstance(p, Circle)}


def seen(half_mm: float) -> Axes:
    """An Axes that shows so much round (0, 0), y down."""
    axes = new_figure(3.0, 3.0).subplots()
    axes.set_xlim(-half_mm, half_mm)
    axes.set_ylim(half_mm, -half_mm)
    return axes


def texts(axes: Axes) -> set[str]:
    return {t.get_text() for t in axes.texts}


def test_regions_lie_at_their_true_size_and_place_and_are_named(axes: Axes) -> None:
    scan, analysis = made_scan(), made_analysis()
    drawn = draw_module_image(axes, scan, analysis, analysis.located.modules[0])
    assert circles(drawn) == {(r.x_mm, r.y_mm): r.radius_mm for r in REGIONS}
    assert {"teflon", "air top", "20 mm"} <= texts(drawn)


def test_a_region_that_moves_is_shown_where_it_lies_on_the_slice() -> None:
    moving = [Drawn("M1", "ramp", float(k), 32.0, 1.0, (k,)) for k in range(3)]
    elsewhere = Drawn("M1", "late", 9.0, 32.0, 1.0, (2,))
    shown = views.on_slice([*moving, elsewhere, Drawn("M2", "ramp", 5.0, 5.0, 1.0, (1,))], "M1", 1)
    assert shown == [moving[1], elsewhere]


def made_ramp(direction_deg: float) -> Ramp:
    return Ramp(name="r", kind="wire", material="wire", x_mm=0.0, y_mm=-20.0, z_mm=0.0, angle_deg=23.0,
                direction_deg=direction_deg, length_mm=40.0, diameter_mm=0.3, hu=1000.0, provenance=SOURCE)  # fmt: skip


def test_a_ramp_is_drawn_as_a_strip_along_its_displayed_direction(axes: Axes) -> None:
    module = replace(made_spec().modules[0], features=(made_ramp(0.0),))
    regions = [Drawn("M1", "r", 12.0, 32.0, 1.0, (0,))]
    drawn = marks.draw_regions(axes, regions, (32.0, 32.0), views.strips(module, Pose(32.0, 32.0, 0.0, 90.0), regions))
    (strip,) = [p for p in drawn.patches if isinstance(p, Polygon)]
    corners = np.asarray(strip.get_xy())
    assert (corners[:, 0].min(), corners[:, 0].max()) == pytest.approx((9.5, 14.5))
    assert (corners[:, 1].min(), corners[:, 1].max()) == pytest.approx((13.0, 51.0))  # 1 mm of either end is not read


def test_a_row_of_wires_is_as_long_as_its_steps_and_as_wide_as_the_inner_part_of_its_wires() -> None:
    row = StepRamp(name="row", element="wire", material="steel", x_mm=0.0, y_mm=0.0, z_mm=0.0, direction_deg=-90.0,
                   step_mm=4.0, step_z_mm=1.0, count=16, diameter_mm=0.3, element_length_mm=9.5, hu=1.0,
                   provenance=SOURCE)  # fmt: skip
    module, regions = replace(made_spec().modules[0], features=(row,)), [Drawn("M1", "row", 0.0, 0.0, 1.0, (0,))]
    found = views.strips(module, Pose(0.0, 0.0, 0.0, 0.0), regions)["row"]
    assert (found.half_length_mm, found.half_width_mm) == pytest.approx((32.0, 3.325))
    assert max(y for _, y in found.corners(0.0, 0.0)) == pytest.approx(32.0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("10permille_9mm", "9"),
        ("sub7_10permille_5mm", "5"),
        ("line_pairs.6p25", "6p25"),
        ("air_top", "air top"),
        ("mtf.bead", "bead"),
    ],
)
def test_rods_and_bars_are_named_by_what_tells_them_apart(name: str, words: str) -> None:
    axes = marks.draw_regions(seen(80.0), [Drawn("m", name, 0.0, 40.0, 3.0, (0,))], (0.0, 0.0), {})
    assert [text.get_text() for text in axes.texts] == [words]


def test_an_insert_measured_by_two_families_is_named_once() -> None:
    both = [Drawn("m", name, 0.0, 40.0, radius, (0,)) for name, radius in (("pmp", 4.0), ("ttf.pmp", 11.0))]
    axes = marks.draw_regions(seen(80.0), both, (0.0, 0.0), {})
    assert [text.get_text() for text in axes.texts] == ["pmp"]
    assert len(axes.patches) == 2


@pytest.mark.parametrize(
    ("name", "unit"), [("10permille_9mm", "rods: mm"), ("line_pairs.6p25", "bars: lp/cm"), ("pmp", "")]
)
def test_bare_numbers_have_their_unit_in_the_corner(name: str, unit: str) -> None:
    axes = marks.draw_units(new_figure(3.0, 3.0).subplots(), [Drawn("m", name, 0.0, 40.0, 3.0, (0,))])
    assert [text.get_text() for text in axes.texts] == [unit]


def test_a_wire_in_air_fills_its_window_and_its_scale_bar_the_view(axes: Axes) -> None:
    hu = np.random.default_rng(3).normal(-520.0, 5.0, (100, 100)).astype(np.float32)
    hu[48:52, 48:52] = 200.0
    low, high = views.whole_window_hu(hu, np.ones_like(hu, dtype=bool))
    assert (low, high) == pytest.approx((-540.0, 200.0), abs=10.0)
    axes.set_xlim(0.0, 40.0)
    axes.set_ylim(40.0, 0.0)
    assert texts(images.draw_scale_bar(axes)) == {"10 mm"}
    assert np.ptp(np.asarray(axes.lines[0].get_xdata())) == pytest.approx(10.0)


def test_a_curve_of_one_slice_is_no_figure_and_profiles_want_measured_discs(tmp_path: Path) -> None:
    made = made_analysis()
    one = Curve("noise.sigma", (0.0,), (5.0,), (0.1,), "mm", "HU", "sd@1")
    module = replace(made.located.spec.modules[0], features=())
    spec = replace(made.located.spec, modules=(module,))
    analysis = replace(made, results=(one,), located=replace(made.located, spec=spec))
    names = {f.name for f in draw_all(made_scan(), replace(analysis, regions=()), tmp_path, prefix="1")}
    assert names == {"1-m1.png"}
    assert "1-m1-profiles.png" in {f.name for f in draw_all(made_scan(), analysis, tmp_path, prefix="1")}


def test_the_title_of_ct_numbers_mentions_a_range_only_where_there_is_one(axes: Axes) -> None:
    points = charts.insert_points(made_analysis())
    assert "acceptable range of the definition" in charts.draw_ct_numbers(axes, points).get_title()
    bare = [replace(p, accepted=None) for p in points]
    assert "range" not in charts.draw_ct_numbers(new_figure(4, 4).subplots(), bare).get_title()


def test_names_of_profiles_stand_below_the_curves(axes: Axes) -> None:
    distance = np.linspace(-50.0, 50.0, 11)
    charts.draw_profiles(axes, distance, np.zeros(11), np.full(11, 8.0), "made")
    low, high = axes.get_ylim()
    heights = [low + t.get_position()[1] * (high - low) for t in axes.texts]
    assert max(heights) < -0.5


def test_an_image_covers_its_pixel_boxes(axes: Axes) -> None:
    left, right, bottom, top = views.extent_mm(made_scan(), 0)
    assert (left, right, bottom, top) == (-0.5, 63.5, 63.5, -0.5)
    drawn = images.draw_image(axes, made_scan().hu(0), (left, right, bottom, top), (-100.0, 100.0))
    assert tuple(drawn.images[0].get_extent()) == (left, right, bottom, top)


def test_a_noisy_image_gets_a_window_of_three_sigma() -> None:
    noise = np.random.default_rng(5).normal(20.0, 100.0, (200, 200)).astype(np.float32)
    low, high = views.window_hu(noise, np.ones_like(noise, dtype=bool), "uniform")
    assert (high - low) / 2 == pytest.approx(300.0, abs=10.0)
    assert (high + low) / 2 == pytest.approx(20.0, abs=10.0)


def test_a_quiet_image_gets_the_window_of_its_block() -> None:
    flat = np.full((50, 50), 100.0, dtype=np.float32)
    assert views.window_hu(flat, np.ones_like(flat, dtype=bool), "uniform") == (40.0, 160.0)


def test_the_window_is_written_with_a_true_minus() -> None:
    assert images.window_text((-40.0, 60.0)) == "window \u221240 to 60 HU"


def test_profiles_run_through_the_centre() -> None:
    module = made_analysis().located.modules[0]
    distance, across, down = mean_profiles(made_scan(), module, (32.0, 32.0), 50.0)
    assert distance[0] == -distance[-1]
    assert across[np.abs(distance - 12.0) < 1.0].max() > 300.0  # the insert, over part of the band
    assert np.all(down == 0.0)


def test_ct_numbers_are_drawn_as_differences_from_nominal(axes: Axes) -> None:
    points = charts.insert_points(made_analysis())
    assert [(p.name, p.nominal) for p in points] == [("air_top", -1000.0), ("teflon", 940.0)]
    drawn = charts.draw_ct_numbers(axes, points)
    assert drawn.lines[0].get_xdata() == pytest.approx([1.96, 3.2184])


def test_a_curve_is_drawn_point_by_point(axes: Axes) -> None:
    drawn = charts.draw_curve(axes, made_analysis().curves[0])
    assert np.asarray(drawn.lines[0].get_ydata())[:2] == pytest.approx([5.0, 5.2])
    assert drawn.get_xlabel() == "slice position z, mm"


def test_a_module_is_drawn_to_scale(axes: Axes) -> None:
    drawn = draw_module(axes, made_spec().modules[0], 50.0)
    assert circles(drawn) == {(0.0, 0.0): 25.0, (12.0, 0.0): 4.0, (-12.0, 0.0): 4.0}
    assert drawn.get_ylim()[0] > drawn.get_ylim()[1]  # y runs down


def test_every_figure_of_a_scan_is_a_readable_file(tmp_path: Path) -> None:
    files = draw_all(made_scan(), made_analysis(), tmp_path / "new", prefix="1-made")
    assert {f.name for f in files} == {"1-made-m1.png", "1-made-ct-number.png", "1-made-noise-sigma.png"}
    for file in files:
        with Image.open(file) as image:
            assert image.convert("L").getextrema() != (255, 255)


def test_a_drawing_is_the_same_file_each_time(tmp_path: Path) -> None:
    first = save_drawing(made_spec(), tmp_path / "a.png").read_bytes()
    assert save_drawing(made_spec(), tmp_path / "b.png").read_bytes() == first
