"""Labels of regions: beside them, inside the view, never over one another."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import ImageFont

from iqa.model import Drawn
from iqa.report.labels import Box, Label, Spot, apart, labels_of, settled, shape_of, width_em, words
from iqa.report.views import Strip

VIEW = Box(0.0, 0.0, 200.0, 200.0)
EM = 9.0


def region(name: str, x: float, y: float, radius: float = 4.0) -> Drawn:
    return Drawn("m", name, x, y, radius, (0,))


def test_a_label_stands_outside_its_region_away_from_the_centre() -> None:
    centre = (100.0, 100.0)
    upper, lower = (shape_of(region("teflon", 100.0, y), None, centre).first for y in (50.0, 150.0))
    assert (upper.level, lower.level) == ("above", "below")
    assert upper.y < 46.0
    assert lower.y > 154.0


@pytest.mark.parametrize(("x", "anchor"), [(60.0, "end"), (140.0, "start")])
def test_a_bare_number_of_a_ring_stands_radially_outside(x: float, anchor: str) -> None:
    spot = shape_of(region("line_pairs.5", x, 100.0), None, (100.0, 100.0)).first
    assert (spot.anchor, spot.level, spot.y) == (anchor, "beside", 100.0)
    assert abs(spot.x - 100.0) > 44.0


def test_a_large_central_region_holds_its_own_name() -> None:
    spot = shape_of(region("noise", 100.0, 100.0, 40.0), None, (100.0, 100.0)).first
    assert 60.0 < spot.y < 70.0


def test_a_ramp_reaches_as_far_as_its_strip() -> None:
    shape = shape_of(region("top", 100.0, 60.0, 1.0), Strip(20.0, 2.0, 90.0), (100.0, 100.0))
    assert (shape.half_width, shape.half_height) == pytest.approx((2.0, 20.0))


def test_a_feature_measured_by_two_families_has_one_label_outside_the_larger_region() -> None:
    shapes = [shape_of(region(n, 100.0, 50.0, r), None, (100.0, 100.0)) for n, r in (("pmp", 4.0), ("ttf.pmp", 11.0))]
    (label,) = labels_of(shapes, {"pmp": ("PMP", "-184")})
    assert label.lines == ("PMP", "-184")
    assert label.spots[0].y == pytest.approx(50.0 - 11.0 - 2.5)


def test_large_regions_come_first_and_urgent_ones_before_them() -> None:
    shapes = [shape_of(region(n, 50.0, 50.0, r), None, (0.0, 0.0)) for n, r in (("a", 1.0), ("b", 9.0), ("c", 3.0))]
    lines = {name: (name,) for name in "abc"}
    assert [label.lines[0] for label in labels_of(shapes, lines)] == ["b", "c", "a"]
    assert [label.lines[0] for label in labels_of(shapes, lines, {"a"})] == ["a", "b", "c"]


def test_names_that_would_overprint_stand_apart() -> None:
    spots = [Spot(x, 50.0, "middle", "above") for x in (105.0, 95.0)]
    pair = [Label((name,), (spot,)) for name, spot in zip(("top right", "top left"), spots, strict=True)]
    right, left = (label.spots[0] for label in apart(pair, EM))
    assert (left.anchor, right.anchor) == ("end", "start")
    assert left.x < 100.0 < right.x
    assert apart(pair, 0.1) == pair


def test_of_many_labels_in_one_place_those_that_fit_are_shown_and_none_overlaps() -> None:
    labels = [Label((f"number {k}",), (Spot(100.0, 100.0 + 0.5 * k, "middle", "above"),)) for k in range(40)]
    boxes = [p.box for p in settled(labels, EM, VIEW)]
    assert 1 <= len(boxes) < 40
    assert not any(a.meets(b) for a, b in combinations(boxes, 2))


def test_a_label_at_the_edge_is_moved_into_the_view_and_one_without_room_is_left_out() -> None:
    near = Label(("polystyrene",), (Spot(3.0, 100.0, "middle", "above"),))
    (placed,) = settled([near], EM, VIEW)
    assert VIEW.holds(placed.box)
    assert settled([Label(("above",), (Spot(100.0, 2.0, "middle", "above"),))], EM, VIEW) == []


def test_a_label_keeps_off_other_regions_signs_and_most_of_all_the_cores_of_regions() -> None:
    spots = (Spot(100.0, 50.0, "middle", "above"), Spot(100.0, 80.0, "middle", "below"))
    label = Label(("delrin",), spots)
    rim, core, sign = Box(90.0, 20.0, 110.0, 44.0), Box(95.0, 40.0, 105.0, 50.0), Box(90.0, 80.0, 110.0, 90.0)
    assert [settled([label], EM, VIEW, [r])[0].spot for r in (rim, core)] == [spots[1], spots[1]]
    assert settled([label], EM, VIEW, [rim], [sign])[0].spot == spots[0]
    assert settled([label], EM, VIEW, [core], [sign]) == []


def test_a_label_may_stand_in_a_region_that_holds_others() -> None:
    label = Label(("centre",), (Spot(100.0, 100.0, "middle", "below"),))
    assert len(settled([label], EM, VIEW, [Box(50.0, 50.0, 150.0, 150.0)])) == 1


@pytest.mark.parametrize(
    "text", ["polystyrene", "Teflon", "−1000.0", "Acrylic 119.1", "10", "PMMA", "LDPE", "HU", "± 0.5", "24 %"]
)
def test_a_label_is_no_wider_than_thought(text: str) -> None:
    """Against the letters of DejaVu Sans, the widest of the usual sans-serif faces."""
    file = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    assert ImageFont.truetype(str(file), 100).getlength(text) / 100.0 <= width_em(text)


def test_a_full_width_letter_takes_its_square() -> None:
    assert width_em("ポリスチレン") == pytest.approx(6.3)


def test_a_rod_is_named_by_its_diameter() -> None:
    assert [words(n) for n in ("10permille_9mm", "sub7_10permille_5mm", "air_top")] == ["9", "5", "air top"]
