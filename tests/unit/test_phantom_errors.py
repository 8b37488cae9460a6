"""Each way in which a definition can be wrong, and the words a physicist reads."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa.errors import DefinitionError
from iqa.phantom import library, load
from iqa.phantom.build import build
from iqa.phantom.check import check
from iqa.phantom.text import MAX_BYTES, frozen

RIGHT = """
schema = "iqa.phantom/1"
name = "disc"
title = "Disc"
maker = "Workshop"
diameter_mm = 200
origin = "A"
source = "drawing"
grade = "A"
[material]
teflon = { hu = 990, hu_range = [941, 1060] }
[module.A]
z_mm = 0
z_from_mm = -20
z_to_mm = 20
body_hu = 100
[module.A.insert]
teflon = { radius_mm = 58, angle_deg = 60, diameter_mm = 12 }
air = { radius_mm = 58, angle_deg = 90, diameter_mm = 12, hu = -1000 }
[module.B]
z_mm = 50
z_from_mm = -20
z_to_mm = 20
body_hu = 0
"""

ENDS_OF_B = "z_from_mm = -20\nz_to_mm = 20\nbody_hu = 0"
RING = "[module.A.target_ring.g]\nradius_mm = 40\nstart_deg = 0\nsteps_deg = [0, 30]\ncontrast_hu = 5\n"
VARIANT = '[[variant]]\nname = "v"\nnote = "n"\n'


def _load(folder: Path, text: str | bytes) -> None:
    file = folder / "disc.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    load(file)


def test_the_text_that_the_mistakes_are_made_in_is_right(tmp_path: Path) -> None:
    _load(tmp_path, RIGHT + RING.replace("[0, 30]", "[0, 30]\ndiameters_mm = [9, 5]") + VARIANT)


REPLACED = {
    "unit left out": ("diameter_mm = 12 }", "diameter = 12 }", r"teflon\.diameter: expected the unit in the key, diam"),
    "misspelt key": ("body_hu = 100", "body_hu = 100\ninsert_diametre_mm = 1", r"did you mean insert_diameter_mm\?"),
    "unknown key": ('title = "Disc"', 'title = "Disc"\nqqq = 1', "qqq: expected one of diameter_mm, every"),
    "misspelt shared key": ("body_hu = 100", "body_hu = 100\nevery.pin.z_form_mm = 1", r"z_form_mm: .*z_from_mm\?"),
    "shared table of no kind": ("body_hu = 100", "body_hu = 100\nevery.inset.x_mm = 1", r"every\.inset: .*mean insert"),
    "missing key": ("body_hu = 100", "", r"module\.A\.body_hu: expected a value, found nothing"),
    "no CT number": (", hu = -1000", "", r"module\.A\.insert\.air\.hu: expected a value, found nothing"),
    "text for a number": ("z_mm = 0", 'z_mm = "0"', r"module\.A\.z_mm: expected number, found '0'"),
    "truth for a number": ("z_mm = 0", "z_mm = true", r"module\.A\.z_mm: expected number, found true"),
    "not a number": ("z_mm = 50", "z_mm = nan", r"module\.B\.z_mm: expected a? ?finite number, found nan"),
    "infinite": ("z_to_mm = 20\nbody_hu = 0", "z_to_mm = inf\nbody_hu = 0", r"B\.z_to_mm: .*finite.* found inf"),
    "diameter of nothing": ("diameter_mm = 12,", "diameter_mm = 0,", r"diameter_mm: expected greater than 0, found 0"),
    "three numbers for a range": ("[941, 1060]", "[941, 950, 1060]", r"material\.teflon\.hu_range"),
    "range upside down": ("[941, 1060]", "[1060, 941]", r"teflon: hu_range: expected the lower CT number first"),
    "grade of no kind": ('grade = "A"', 'grade = "F"', r"grade: expected 'A', 'B', 'C', 'M' or 'U', found 'F'"),
    "source without grade": ("body_hu = 0", 'body_hu = 0\nsource = "x"', r"module\.B\.grade: expected a grade beside"),
    "schema of another year": ("phantom/1", "phantom/9", r"schema: expected 'iqa\.phantom/1', found 'iqa\.phantom/9'"),
    "place in half": ("radius_mm = 58, angle_deg = 60", "radius_mm = 58", "expected a place: .* found radius_mm"),
    "place in both forms": ("angle_deg = 60", "angle_deg = 60, x_mm = 1, y_mm = 1", "found x_mm and y_mm and radi"),
    "no place": ("radius_mm = 58, angle_deg = 60, ", "", "expected a place: .* found none"),
    "overlap": ("angle_deg = 90", "angle_deg = 65", r"features beside one another, found teflon and air overlapping"),
    "outside the body": ("radius_mm = 58, angle_deg = 60", "radius_mm = 96, angle_deg = 60", "found an edge at 102 mm"),
    "outside the module": ("diameter_mm = 12 }", "diameter_mm = 12, z_to_mm = 25 }", "z within the module, -20 to 20"),
    "ends of a module": (ENDS_OF_B, ENDS_OF_B.replace("20", "0"), "z_from_mm below z_to_mm"),
    "ends of a feature": ("diameter_mm = 12 }", "diameter_mm = 12, z_from_mm = 20 }", r"teflon: expected z_from_mm b"),
    "ends counted from elsewhere": (ENDS_OF_B, ENDS_OF_B.replace("-20", "10"), "own plane, so that 0 lies betw"),
    "blocks in one place": ("z_mm = 50", "z_mm = 30", r"module\.B: expected a stretch .* found 10 mm shared with A"),
    "test module wider than the body": ("body_hu = 100", "body_hu = 0\ninsert_diameter_mm = 201", "than the body's"),
    "origin of no module": ('origin = "A"', 'origin = "C"', "origin: expected one of the modules A, B, found 'C'"),
    "origin elsewhere": ('origin = "A"', 'origin = "B"', r"module\.B\.z_mm: expected 0, since .* found 50"),
    "dot in a feature's name": ("air = { radius", '"a.b" = { radius', r"without a dot, found 'a\.b'"),
    "dot in a module's name": ("[module.B]", '[module."B.1"]', r"module\.B\.1: expected a name of letters"),
    "dot in the name": ('name = "disc"', 'name = "disc.1"', r"name: expected a name of letters"),
    "material that is no text": ("hu = -1000", "material = { a = 1 }", r"air\.material: expected string"),
    "table for a text": ('title = "Disc"', "title = { a = 1 }", r"title: expected string"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), REPLACED.values(), ids=REPLACED.keys())
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in RIGHT
    with pytest.raises(DefinitionError, match=words):
        _load(tmp_path, RIGHT.replace(old, new, 1))


ADDED = {
    "same name in two modules": (
        "[module.B.insert]\nair = { radius_mm = 9, angle_deg = 0, diameter_mm = 2, hu = 1 }",
        "each of the Insert, found 'air' 2 times",
    ),
    "same name in one module": (
        "[module.A.pin]\nair = { x_mm = 0, y_mm = 0, diameter_mm = 2, hu = 1 }",
        r"module\.A: expected a name of its own for each of the features, found 'air'",
    ),
    "lists of two lengths": (RING + "diameters_mm = [5]", "lists of one length, found 1 diameters_mm, 2 steps_deg"),
    "ring with a key of no target": (RING + "diameters_mm = [5, 3]\nhu = 3", r"target_ring\.g\.hu: expected one of"),
    "ring without radius": (RING.replace("radius", "radios") + "diameters_mm = [5, 3]", r"g\.radius_mm: expected a v"),
    "steep ramp": (
        '[module.A.ramp.r]\nkind = "wire"\nx_mm = 0\ny_mm = 0\nz_mm = 0\nslope_deg = 60\ndirection_deg = 0\n'
        "length_mm = 50\ndiameter_mm = 1\nhu = 1\n",
        r"z within the module, -20 to 20 mm, found -43\.3",
    ),
    "more bars than a group can have": ("[module.A.line_pairs.l]\nbars = 1_000_000", "bars: expected less than or"),
    "more features than a module can have": (
        "".join(f"[module.B.bead.b{i}]\nx_mm=0\ny_mm=0\nz_mm=0\nhu=0\ndiameter_mm=1\n" for i in range(1001)),
        r"module\.B: expected at most 1000 features, found 1001",
    ),
    "ramp of no kind": ('[module.A.ramp.r]\nkind = "rope"\n', "kind: expected 'wire' or 'slit', found 'rope'"),
    "two variants of one name": (VARIANT + VARIANT, r"variant\[1\]\.name: expected a name of its own"),
    "variant without note": ('[[variant]]\nname = "v"', r"variant\[0\]\.note: expected a value, found nothing"),
    "variant drops nothing": (VARIANT + 'drop = ["A.insert.tefln"]', r"variant\.v: drop: .*did you mean teflon\?"),
    "variant drops below a value": (VARIANT + 'drop = ["A.z_mm.x"]', r"variant\.v: drop: expected the name of a table"),
    "variant turns nothing": (VARIANT + 'turn = ["D"]', r"variant\.v: module: expected one of A, B, found 'D'"),
    "variant sets an unknown key": (VARIANT + "set.A.insert.air.colour = 1", r"variant\.v: module\..*\.colour"),
    "variant moves into a neighbour": (VARIANT + "move_mm.B = -20", r"variant\.v: module\.B: .*shared with A"),
    "twice the same table": ("[module.B]\n", r"syntax: expected TOML, found .*\(at line \d+"),
    "no TOML": ("z_mm = = 3", r"syntax: expected TOML, found .*\(at line 25"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), ADDED.values(), ids=ADDED.keys())
def test_a_mistake_in_an_addition_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        _load(tmp_path, RIGHT + text)


JUNK = st.sampled_from([
    0, -1, 1e308, True, "", "A", "x", [], [1], [[1]], {}, {"a": 1}, {"source": 1}, {"graded": 3}, float("nan"),
    10**400, date(2020, 1, 1), [{}],
])  # fmt: skip


def _leaves(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))


@given(data=st.data())
def test_whatever_stands_in_a_table_the_answer_is_a_phantom_or_a_definition_error(data: st.DataObject) -> None:
    tables = tomllib.loads(RIGHT + RING + "diameters_mm = [9, 5]\n")
    *parents, last = data.draw(st.sampled_from(list(_leaves(tables))))
    place = tables
    for key in parents:
        place = place[key]
    place[data.draw(st.sampled_from([last, "every", "grade", "graded", "material", "x_mm", "a.b"]))] = data.draw(JUNK)
    with contextlib.suppress(DefinitionError):
        check(build("f", {key: frozen(value) for key, value in tables.items()}, "hash"), "f")


def test_the_error_carries_file_key_expected_and_found(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        _load(tmp_path, RIGHT.replace("body_hu = 100", 'body_hu = "hundred"'))
    error = caught.value
    assert error.file == str(tmp_path / "disc.toml")
    assert (error.key, error.expected, error.found) == ("module.A.body_hu", "number", "'hundred'")


def test_a_long_wrong_value_is_cut(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"x{59} …$"):
        _load(tmp_path, RIGHT.replace("body_hu = 100", f'body_hu = "{"x" * 500}"'))


FILES = {
    "not UTF-8": (b'name = "a"\ntitle = "\xff"\n', "line 2: expected UTF-8 text, found byte 0xff"),
    "huge": (b"#" * (MAX_BYTES + 1), f"file: expected at most {MAX_BYTES} bytes, found {MAX_BYTES + 1} bytes"),
    "nested beyond sense": (b"a = " + b"[" * 50_000, "syntax: expected TOML"),
    "empty": (b"", "expected a value, found nothing"),
}


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES.keys())
def test_a_file_that_is_no_definition(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        _load(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"absent\.toml: file: expected a readable file, found No such file"):
        load(tmp_path / "absent.toml")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="folder: expected a folder of definitions, found no such folder"):
        library([tmp_path / "absent"])


def test_no_file_may_take_a_shipped_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(RIGHT.replace('"disc"', '"catphan504"'), encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"mine\.toml: name: .* no other definition has, found 'catphan504'"):
        library([tmp_path])


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    _load(tmp_path, b"\xef\xbb\xbf" + RIGHT.encode())
