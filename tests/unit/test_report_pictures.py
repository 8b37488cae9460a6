"""Pictures of a scan: true to scale, kept without loss, drawn with verdicts and words."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from made_analysis import made_analysis, made_scan
from made_spec import insert, module, region, spec
from numpy.typing import NDArray
from PIL import Image, ImageFont

from iqa.errors import InputError
from iqa.model import Analysis, Drawn, ModuleFit, Outcome, PhantomSpec, Pose
from iqa.report.colours import WARN_FILL
from iqa.report.labels import Box
from iqa.report.marks import marks as shipped_marks
from iqa.report.picture_files import LARGEST_BYTES, picture_file, read_pictures, write_pictures
from iqa.report.picture_svg import EM_PER_WIDTH, MARKED, Look, picture_svg
from iqa.report.pictures import LARGEST_JPEG, PIXELS, Mark, Picture, Pictures, key_of, pictures_of
from iqa.report.views import MARGIN
from iqa.simulate import Physics, Simulated, simulate

QUIET = Physics(matrix=128, pixel_mm=0.55, noise_hu=0.0, slices=1, first_z_mm=0.0)
"""One slice of a 60 mm body without noise."""
BRIGHT = insert("bright", 15.0, -8.0, 400.0)
SVG = "{http://www.w3.org/2000/svg}"
FAR_OFF = Pose(6.0, -5.0, 0.0, 20.0)
"""So far that the image cuts the square round the body on two sides."""


def analysis_of(made: Simulated, phantom: PhantomSpec) -> Analysis:
    """As a perfect measurement would give it: every feature's region where it truly lies."""
    base = made_analysis()
    pose = made.truth.pose
    fits = tuple(ModuleFit(m.name, pose, (0,), 0.0, 0.0, 0.0) for m in phantom.modules)
    located = replace(base.located, spec=phantom, pose=pose, modules=fits)
    regions = tuple(Drawn(f.module, f.name, f.x_mm, f.y_mm, 4.0, (0,)) for f in made.truth.features)
    return replace(base, identity=made.scan.identity, located=located, regions=regions, results=())


def only(pictures: Pictures) -> Picture:
    (picture,) = pictures.pictures
    return picture


def grey(picture: Picture) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        assert (image.format, image.mode) == ("JPEG", "L")
        return np.asarray(image, dtype=np.float64)


def centroid_mm(picture: Picture, without: Picture) -> tuple[float, float]:
    """(x, y) of what two pictures differ by, in mm from the upper left corner."""
    difference = np.clip(grey(picture) - grey(without) - 20.0, 0.0, None)
    rows, columns = difference.shape
    x = (np.arange(columns) + 0.5) * picture.width_mm / columns
    y = (np.arange(rows) + 0.5) * picture.height_mm / rows
    return float(difference.sum(0) @ x / difference.sum()), float(difference.sum(1) @ y / difference.sum())


@pytest.mark.parametrize(
    "pose",
    [Pose(0.0, 0.0, 0.0, 0.0), Pose(1.3, -0.7, 0.0, 33.0), Pose(1.3, -0.7, 0.0, 33.0, mirrored=True), FAR_OFF],
    ids=["straight", "rolled", "mirrored", "cut by the image"],
)
@pytest.mark.parametrize("pixel_mm", [0.55, 0.62], ids=lambda p: f"{p} mm")
def test_a_disc_lies_under_its_mark(pose: Pose, pixel_mm: float) -> None:
    physics = replace(QUIET, pose=pose, pixel_mm=pixel_mm)
    made, plain = simulate(spec(module(BRIGHT)), physics), simulate(spec(module()), physics)
    analysis = analysis_of(made, spec(module(BRIGHT)))
    picture, without = (only(pictures_of(scan, analysis)) for scan in (made.scan, plain.scan))
    (mark,) = picture.marks
    assert centroid_mm(picture, without) == pytest.approx((mark.x, mark.y), abs=0.03)  # half a pixel is 0.07 mm
    assert (mark.name, mark.shape, mark.radius_mm) == ("bright", "circle", 4.0)


def test_a_picture_shows_the_body_and_no_more_than_the_image_holds() -> None:
    phantom = spec(module(BRIGHT))
    whole, cut = (
        only(pictures_of(made.scan, analysis_of(made, phantom)))
        for made in (simulate(phantom, QUIET), simulate(phantom, replace(QUIET, pose=FAR_OFF)))
    )
    assert (whole.width_mm, whole.height_mm) == pytest.approx((60.0 * MARGIN, 60.0 * MARGIN), abs=0.01)
    assert grey(whole).shape == (PIXELS, PIXELS)
    # 128 pixels of 0.55 mm reach 35.2 mm from the middle of the field
    assert (cut.width_mm, cut.height_mm) == pytest.approx((32.1 + 35.2 - 6.0, 32.1 + 35.2 - 5.0), abs=0.01)
    assert grey(cut).shape[0] == PIXELS


def test_noise_makes_no_picture_large() -> None:
    phantom = spec(module(BRIGHT))
    made = simulate(phantom, replace(QUIET, matrix=512, pixel_mm=0.14, noise_hu=60.0))
    assert 10_000 < len(only(pictures_of(made.scan, analysis_of(made, phantom))).jpeg) <= LARGEST_JPEG


def test_every_module_that_the_scan_holds_has_a_picture_in_the_order_of_the_stack() -> None:
    base = made_analysis()
    held, absent = base.located.modules
    later = replace(held, pose=replace(held.pose, z_mm=-9.0), slices=(0, 1))
    found = pictures_of(made_scan(), replace(base, located=replace(base.located, modules=(held, absent, later))))
    assert [p.slices for p in found.pictures] == [(0, 0), (1, 1)]
    assert {p.module for p in found.pictures} == {"M1"}
    assert found.pixel_sha256 == base.identity.pixel_sha256


def test_window_marks_and_keys_are_those_of_the_analysis() -> None:
    picture = only(pictures_of(made_scan(), made_analysis()))
    assert picture.window_hu == (-500.0, 500.0)
    assert [(m.name, m.key) for m in picture.marks] == [
        ("teflon", "ct_number.teflon"),
        ("air_top", "ct_number.air_top"),
    ]
    # the body's centre (32, 32) lies in the middle of a square of 50 mm × 1.07
    assert [(m.x, m.y) for m in picture.marks] == [(38.75, 26.75), (14.75, 26.75)]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("line_pairs.5", "line_pairs.modulation.5"),
        ("mtf.bead", "mtf.bead.f50"),
        ("ttf.teflon", "ttf.teflon.f50"),
        ("12h", "uniformity.12h"),
        ("top", "slice_thickness.top"),
        ("noise", "noise.sd"),
        ("statistical", "low_contrast.statistical.5"),
        ("10permille_9mm", "low_contrast.10permille_9mm.cnr"),
        ("1", ""),
    ],
)
def test_a_region_belongs_to_a_measurement(name: str, key: str) -> None:
    keys = {
        *("line_pairs.modulation.5", "mtf.bead.f50", "ttf.teflon.f50", "uniformity.12h", "slice_thickness.top"),
        *("noise.sd", "low_contrast.statistical.5", "low_contrast.10permille_9mm.cnr"),
        *("low_contrast.10permille_9mm.contrast", "geometry.pin_distance.1_2"),
    }
    assert key_of(name, keys) == key


def test_a_page_is_written_without_plots_or_measuring_and_its_pictures_are_made_without_plots() -> None:
    code = (
        "import sys, iqa.report.picture_svg, iqa.report.picture_files, iqa.report.pictures; print(*sys.modules);"
        "import iqa.report.views; print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    written, made = (set(line.split()) for line in found.stdout.splitlines())
    assert not {"matplotlib", "iqa.metrics", "scipy", "sqlalchemy"} & written
    assert "iqa.metrics" in made
    assert "matplotlib" not in made


# --- kept


@pytest.fixture
def kept() -> Pictures:
    found = pictures_of(made_scan(), made_analysis())
    strip = made_mark(
        "ramp", 20.0, 20.0, shape="strip", corners=((10.0, 19.0), (30.0, 19.0), (30.0, 21.0), (10.0, 21.0))
    )
    return replace(found, pictures=(replace(found.pictures[0], marks=(*found.pictures[0].marks, strip)),))


def made_mark(name: str, x: float, y: float, radius: float = 3.0, **more: Any) -> Mark:
    above = Mark(name=name, key="", shape="circle", x=x, y=y, radius_mm=radius,
                 label_x=x, label_y=y - radius - 2.0, label_anchor="middle", label_above=True)  # fmt: skip
    return replace(above, **more)


def test_what_is_written_is_read(tmp_path: Path, kept: Pictures) -> None:
    file = write_pictures(tmp_path / "reports" / "pictures", kept)
    assert file.name == "0000000000000000.json"
    assert read_pictures(file.parent, kept.pixel_sha256) == kept
    assert write_pictures(file.parent, kept) == file
    assert [f.name for f in file.parent.iterdir()] == [file.name]


def test_nothing_kept_is_none(tmp_path: Path) -> None:
    assert read_pictures(tmp_path / "nowhere", "ab" * 32) is None


def test_no_header_s_text_is_kept(tmp_path: Path, kept: Pictures) -> None:
    text = write_pictures(tmp_path, kept).read_text()
    about = made_scan()
    assert not [t for t in (about.source, about.acquisition.manufacturer, about.acquisition.kernel) if t and t in text]


def changed(kept: Pictures, folder: Path, change: Callable[[Any], None]) -> None:
    file = write_pictures(folder, kept)
    raw = json.loads(file.read_text())
    change(raw)
    file.write_text(json.dumps(raw))


def _set(path: str, value: object) -> Callable[[Any], None]:
    def change(raw: Any) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        for part in way:
            raw = raw[part]
        raw[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("schema", "iqa.pictures/9"), "schema: expected 'iqa.pictures/1'"),
        (_set("pixel_sha256", "0" * 16 + "f" * 48), "another scan's"),
        (_set("pictures/0/width_mm", -1.0), "pictures.0.width_mm: expected greater than 0"),
        (_set("pictures/0/width_mm", float("nan")), "pictures.0.width_mm: expected a finite number"),
        (_set("pictures/0/block", "patient"), "pictures.0.block: expected"),
        (_set("pictures/0/patient", "A"), "pictures.0.patient: expected .* found an unknown key"),
        (_set("pictures/0/jpeg", "<script>"), "pictures.0.jpeg: expected a JPEG image"),
        (_set("pictures/0/jpeg", "R0lGODlhAQABAAAAACw="), "pictures.0.jpeg: expected a JPEG image"),
        (_set("pictures/0/marks/1/x", "here"), "pictures.0.marks.1.x: expected"),
        (_set("pictures/0/marks/1", []), "pictures.0.marks.1: expected a JSON object"),
        (_set("pictures/0/marks/2/corners", []), "pictures.0.marks.2.corners: expected 4 for a strip, found 0"),
        (_set("pictures/0/marks", [{}] * 2001), "pictures.0.marks: expected at most 2000, found 2001"),
        (_set("pictures", 3), "pictures: expected"),
    ],
)
def test_a_changed_file_is_refused_with_the_place(
    tmp_path: Path, kept: Pictures, change: Callable[[Any], None], said: str
) -> None:
    changed(kept, tmp_path, change)
    with pytest.raises(InputError, match=said) as found:
        read_pictures(tmp_path, kept.pixel_sha256)
    assert found.value.path == str(picture_file(tmp_path, kept.pixel_sha256))
    assert "Delete it" in found.value.reason


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[]"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    picture_file(tmp_path, "ab" * 32).write_bytes(content)
    with pytest.raises(InputError, match="not a scan's pictures as iqa keeps them"):
        read_pictures(tmp_path, "ab" * 32)


def test_half_an_image_is_refused(tmp_path: Path, kept: Pictures) -> None:
    half = kept.pictures[0].jpeg[: len(kept.pictures[0].jpeg) // 2]
    write_pictures(tmp_path, replace(kept, pictures=(replace(kept.pictures[0], jpeg=half),)))
    with pytest.raises(InputError, match="expected a JPEG image"):
        read_pictures(tmp_path, kept.pixel_sha256)


def test_an_image_of_gigapixels_is_refused_unseen(tmp_path: Path, kept: Pictures) -> None:
    jpeg = bytearray(kept.pictures[0].jpeg)
    at = jpeg.index(b"\xff\xc0") + 5  # rows and columns of the frame's header
    jpeg[at : at + 4] = b"\xff\xff\xff\xff"
    write_pictures(tmp_path, replace(kept, pictures=(replace(kept.pictures[0], jpeg=bytes(jpeg)),)))
    with pytest.raises(InputError, match="at most 2048 pixels a side"):
        read_pictures(tmp_path, kept.pixel_sha256)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with picture_file(tmp_path, "ab" * 32).open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(InputError, match="over 32 MB"):
        read_pictures(tmp_path, "ab" * 32)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, kept: Pictures) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="the scan's pictures cannot be written"):
        write_pictures(tmp_path / "file", kept)


# --- drawn


def picture_with(*marks: Mark, side: float = 200.0) -> Picture:
    out = io.BytesIO()
    Image.new("L", (8, 8), 90).save(out, "JPEG")
    return Picture(module="M1", block="inserts", slices=(3, 5), window_hu=(-100.0, 100.0), width_mm=side,
                   height_mm=side, scale_bar_mm=50.0, jpeg=out.getvalue(), marks=marks)  # fmt: skip


def drawn(picture: Picture, look: dict[str, Look], **more: Any) -> ET.Element:
    return ET.fromstring(picture_svg(picture, look, title="Inserts", marks=shipped_marks(), **more))


def images(svg: ET.Element) -> list[ET.Element]:
    """Those in the picture: the marks of verdicts."""
    return [i for i in svg.iter(f"{SVG}image") if i.attrib["href"].startswith("data:image/svg+xml;base64,")]


def texts(svg: ET.Element) -> list[str]:
    return [t.text or "" for t in svg.iter(f"{SVG}text")]


def boxes(svg: ET.Element) -> list[Box]:
    """What the lines of the labels cover in DejaVu Sans, the widest of the usual sans-serif faces."""
    font = ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), 100)
    em = EM_PER_WIDTH * float(svg.attrib["viewBox"].split()[2])
    found = []
    for text in svg.iter(f"{SVG}text"):
        width = em * font.getlength(text.text or "") / 100.0
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.attrib.get("text-anchor", "start")]
        found.append(Box(left, y - 0.76 * em, left + width, y + 0.24 * em))
    return found


def test_the_image_and_its_regions_share_one_scale() -> None:
    svg = drawn(picture_with(made_mark("a", 40.0, 60.0, 5.0)), {})
    assert svg.attrib["viewBox"] == "0 0 200 200"
    image = svg.find(f"{SVG}image")
    assert image is not None
    assert (image.attrib["width"], image.attrib["height"], image.attrib["preserveAspectRatio"]) == (
        "200",
        "200",
        "none",
    )
    circles = [(c.attrib["cx"], c.attrib["cy"], c.attrib["r"]) for c in svg.iter(f"{SVG}circle")]
    assert circles == [("40", "60", "5")] * 2  # the casing and the line


def test_it_says_what_it_shows() -> None:
    svg = ET.fromstring(picture_svg(picture_with(), {}, title='A <b> & "c"', marks={}))
    assert (svg.attrib["role"], svg.attrib["aria-label"]) == ("img", 'A <b> & "c"')
    assert svg.findtext(f"{SVG}title") == 'A <b> & "c"'


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b", "]]>", 'x" onload="y', "\u202eテスト😀"])
def test_words_stay_words(text: str) -> None:
    picture = picture_with(made_mark("a", 100.0, 100.0, 5.0), side=900.0)
    svg = drawn(picture, {"a": Look((text,))}, font_family=text)
    assert texts(svg) == [text]
    assert {e.tag.removeprefix(SVG) for e in svg.iter()} <= {"svg", "title", "image", "circle", "g", "text"}


def test_characters_that_no_xml_holds_are_replaced() -> None:
    svg = drawn(picture_with(made_mark("a", 100.0, 100.0)), {"a": Look(("x\x00\x1b\ud800y",))})
    assert texts(svg) == ["x\ufffd\ufffd\ufffdy"]


def lines(svg: ET.Element) -> dict[str, str | None]:
    """Colour, width and dashes of the one outline's line, and of nothing else."""
    _, line = svg.iter(f"{SVG}circle")
    return {name: line.attrib.get(name) for name in ("stroke", "stroke-width", "stroke-dasharray")}


def test_every_verdict_is_told_apart_without_colour() -> None:
    picture = picture_with(made_mark("a", 100.0, 100.0), side=216.0)
    svgs = {o: drawn(picture, {"a": Look(("a",), o)}) for o in (None, *Outcome)}
    looks = {o: lines(svg) for o, svg in svgs.items()}
    assert looks[Outcome.PASS] == looks[None] == {"stroke": "#fff", "stroke-width": "1.1", "stroke-dasharray": None}
    assert looks[Outcome.WARNING] == {"stroke": WARN_FILL, "stroke-width": "1.6", "stroke-dasharray": "3 1.6"}
    assert looks[Outcome.FAIL] == {"stroke": "#fff", "stroke-width": "2.4", "stroke-dasharray": None}
    assert looks[Outcome.NOT_MEASURED]["stroke-dasharray"] == "1.2 2"
    signs = {o: tuple(image.attrib["href"] for image in images(svg)) for o, svg in svgs.items()}
    assert {o for o, found in signs.items() if found} == set(MARKED)
    assert len({signs[o] for o in MARKED}) == len(MARKED)


def test_a_failure_s_outline_lies_above_the_others() -> None:
    looks = {"a": Look(verdict=Outcome.FAIL), "b": Look(verdict=Outcome.PASS)}
    svg = drawn(picture_with(made_mark("a", 50.0, 50.0), made_mark("b", 52.0, 50.0)), looks)
    assert [c.attrib["cx"] for c in svg.iter(f"{SVG}circle")] == ["52", "52", "50", "50"]


def test_a_ramp_is_drawn_as_its_strip() -> None:
    corners = ((10.0, 19.0), (30.0, 19.0), (30.0, 21.0), (10.0, 21.0))
    svg = drawn(picture_with(made_mark("r", 20.0, 20.0, 0.0, shape="strip", corners=corners)), {})
    assert [p.attrib["d"] for p in svg.iter(f"{SVG}path")] == ["M10 19L30 19L30 21L10 21Z"] * 2


def test_letters_are_6_pt_where_the_picture_is_45_mm_wide() -> None:
    svg = drawn(picture_with(side=90.0), {}, font_family="IPAexGothic")
    (group,) = svg.iter(f"{SVG}g")
    points = float(group.attrib["font-size"]) * (45.0 / 90.0) / 25.4 * 72.0
    assert points == pytest.approx(6.0, abs=0.01)
    assert group.attrib["font-family"] == "IPAexGothic"


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    assert texts(drawn(picture_with(), {})) == []
    svg = drawn(picture_with(), {}, scale_bar=True)
    assert texts(svg) == ["50\u00a0mm"]
    assert all("h50v" in path.attrib["d"] for path in svg.iter(f"{SVG}path"))


def test_lines_of_a_label_stand_below_one_another() -> None:
    svg = drawn(picture_with(made_mark("a", 100.0, 100.0)), {"a": Look(("Teflon", "942.6"))})
    first, second = (float(t.attrib["y"]) for t in svg.iter(f"{SVG}text"))
    assert first < second < 95.0  # above the region


LONG = ("polystyrene", "−123.4 ± 0.5")


@pytest.mark.parametrize(
    ("count", "said", "fewest"), [(5, ("7",), 5), (5, LONG, 3), (27, ("7",), 25), (27, LONG, 3), (200, ("7",), 40)]
)
def test_labels_of_many_regions_never_overlap(count: int, said: tuple[str, ...], fewest: int) -> None:
    places = np.random.default_rng(11).uniform(15.0, 185.0, (count, 2))
    marks = [made_mark(f"r{k}", x, y, 2.0 + 0.01 * k) for k, (x, y) in enumerate(places.round(2).tolist())]
    verdicts = [None, Outcome.WARNING, Outcome.FAIL, Outcome.PASS]
    looks = {m.name: Look(said, verdicts[k % 4]) for k, m in enumerate(marks)}
    svg = drawn(picture_with(*marks), looks, scale_bar=True)
    found = boxes(svg)
    assert len(found) >= 1 + fewest * len(said)
    assert not [(a, b) for a, b in combinations(found, 2) if a.meets(b)]
    assert all(b.left >= -0.1 and b.right <= 200.1 and b.top >= -0.1 and b.bottom <= 200.1 for b in found)
    assert len(list(svg.iter(f"{SVG}circle"))) == 2 * count


def test_rods_of_one_name_share_one_label_and_one_sign() -> None:
    marks = [made_mark("6permille_6mm", 40.0 + 30.0 * k, 90.0) for k in range(4)]
    svg = drawn(picture_with(*marks), {"6permille_6mm": Look(("6",), Outcome.FAIL)})
    assert texts(svg) == ["6"]
    assert len(images(svg)) == 1
    assert len(list(svg.iter(f"{SVG}circle"))) == 8


@pytest.mark.parametrize(("verdict", "shown"), [(Outcome.PASS, "b"), (Outcome.WARNING, "s"), (Outcome.FAIL, "s")])
def test_where_one_label_has_room_the_larger_region_has_it_unless_the_other_is_in_trouble(
    verdict: Outcome, shown: str
) -> None:
    marks = [made_mark(name, x, 10.0, radius) for name, x, radius in (("big", 60.0, 6.0), ("small", 140.0, 1.0))]
    looks = {"big": Look(("b" * 30,), Outcome.PASS), "small": Look(("s" * 30,), verdict)}
    assert texts(drawn(picture_with(*marks), looks)) == [shown * 30]


def test_regions_of_definitions_need_no_drawing_in_a_picture() -> None:
    phantom = spec(module(BRIGHT, region("quiet", 0.0, 0.0)))
    made = simulate(phantom, QUIET)
    analysis = replace(analysis_of(made, phantom), regions=())
    assert only(pictures_of(made.scan, analysis)).marks == ()
