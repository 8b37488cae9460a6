"""Numbers of another program from a file, in all the ways that spreadsheets write one."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from made_analysis import made_analysis

from iqa.engines.listed import LARGEST_BYTES, MOST_ROWS, Listed, listed_on, read_listed
from iqa.errors import InputError

HALF = math.sqrt(1.0 / 12.0)
"""Standard uncertainty of a number rounded to a whole one."""


def read(folder: Path, content: str | bytes) -> tuple[Listed, ...]:
    file = folder / "values.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_listed(file)


@pytest.mark.parametrize(
    "content",
    [
        "ct_number.teflon,943.2",
        "key,value\nct_number.teflon,943.2\n",
        "Key;Value;u\r\nct_number.teflon;943,2;\r\n",
        "ct_number.teflon\t943,2\n",
        'ct_number.teflon,"943,2"\n',
        "# from the other program\n\n ct_number.teflon , 943.2 ,,\n",
        "\ufeffct_number.teflon,+943.2",
        "ct_number.teflon,943.2".encode("utf-16"),
        "ct_number.teflon,9.432e2",
        "Quantity,pylinac 3.49\nct_number.teflon,943.2",
    ],
    ids=[
        "bare", "heading", "semicolon", "tab", "quoted", "comment and blanks", "BOM", "UTF-16", "exponent",
        "a heading in other words",
    ],
)  # fmt: skip
def test_one_value_however_it_is_written(content: str | bytes, tmp_path: Path) -> None:
    (one,) = read(tmp_path, content)
    assert (one.key, one.value) == ("ct_number.teflon", 943.2)
    assert one.u == pytest.approx(0.1 * HALF)


@pytest.mark.parametrize(
    ("cells", "u"),
    [
        ("943", HALF),
        ("943.20", 0.01 * HALF),
        ("9.4e2", 10.0 * HALF),
        ("−943.2,0.3", math.hypot(0.3, 0.1 * HALF)),
        ("943.0,2", math.hypot(2.0, 0.1 * HALF)),
    ],
    ids=["whole", "a zero counts", "exponent", "given", "a third column is u"],
)
def test_a_number_is_as_certain_as_its_last_digit(cells: str, u: float, tmp_path: Path) -> None:
    (one,) = read(tmp_path, f"ct_number.teflon,{cells}")
    assert one.u == pytest.approx(u)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it holds no row of key and value"),
        ("key,value\n", "it holds no row of key and value"),
        ("noise.sd\n", "line 1: expected key, value and perhaps u, found 1 columns"),
        ("noise.sd,1,2,3\n", "line 1: expected key, value and perhaps u, found 4 columns"),
        ("noise.sd,1\nnoise.sd,2\n", "line 2: the key 'noise.sd' stands on line 1 already"),
        ("noise.sd,1\nnps.x,12 HU\n", "line 2: value must be a number such as 943.2, without unit"),
        ("noise.sd,1\nnps.x,nan\n", "line 2: value must be a number"),
        ("noise.sd,1\nnps.x,inf\n", "line 2: value must be a number"),
        ("noise.sd,1\nnps.x,1e999\n", "line 2: value is beyond all numbers"),
        ("noise.sd,1\nnps.x;2\n", "line 2: expected key, value"),
        ("noise.sd;1\nnps.x;1.234,5\n", "line 2: value must be a number"),
        ("noise.sd,1\nnps.x,5.0,0\n", "line 2: u, the standard uncertainty, must be above 0"),
        ("noise.sd,1\nnps.x,5,-1\n", "line 2: u, the standard uncertainty, must be above 0"),
        ("noise.sd,1\nnps.x,5,?\n", "line 2: u must be a number"),
        ("noise.sd,1\nSOME^NAME,5\n", "line 2: the first column must be a key of iqa"),
        ("noise.sd,1\nnps.x,__import__\n", "line 2: value must be a number"),
        ("noise.sd,1\nnps.x,٣\n", "line 2: value must be a number"),
        (b"noise.sd,1\xff\n", "it is no text in UTF-8"),
        (b"\xff\xfea", "it is no text in UTF-8"),
        (b"noise.sd," + b"1" * LARGEST_BYTES, "it holds over 1 MB"),
        ("noise.sd," + "1" * 200_000, "line 1: it is no row of CSV"),
        ("key,value\nct_number.bone,1155,9\n", "line 2: value and u, or a decimal comma? Write a decimal point, or"),
        ("noise.sd,8,5\n", "line 1: value and u, or a decimal comma?"),
        ("noise.sd,-8,5e1\n", "line 1: value and u, or a decimal comma?"),
        ('ct_number.bone,"1,154"\n', "line 1: value has a comma before three digits: write a decimal point, or no"),
        ("ct_number.bone;−1,154\n", "line 1: value has a comma before three digits"),
        ("ct_number.bone,1154 HU\nnoise.sd,1\n", "line 1: value must be a number"),
        ("noise.sd,=1+1\nnps.x,1\n", "line 1: value must be a number"),
        ("noise.sd,nan\nnps.x,1\n", "line 1: value must be a number"),
        ("slice_thickness,2.5 mm\nnps.x,1\n", "line 1: value must be a number"),
        ("noise.sd," + "1" * 45, "line 1: value is beyond all numbers"),
        ("noise.sd,1." + "1" * 25, "line 1: value has over 20 digits"),
        ("noise.sd,1e-300", "line 1: value is beyond all numbers"),
        ("noise.sd,1.0,1e-300", "line 1: u is beyond all numbers"),
        ("".join(f"k.{n},1\n" for n in range(MOST_ROWS + 1)), "it holds over 10000 rows"),
        ("k" * 101 + ",1\n", "line 1: the first column must be a key of iqa"),
        ("noise.sd,1\n".encode("utf-16-le"), "it is UTF-16 without its mark"),
        ("noise.sd,1\n".encode("utf-16-be"), "it is UTF-16 without its mark"),
        ('noise.sd,"1\n', "line 1: it is no row of CSV"),
    ],
    ids=[
        "empty", "heading alone", "one column", "four columns", "twice", "unit", "nan", "inf", "overflow", "mixed",
        "thousands", "u of 0", "u below 0", "u no number", "no key", "code", "other digits", "no UTF-8",
        "half a letter", "too large", "a field without end", "decimal commas", "without heading", "with exponent",
        "thousands or thousandths", "those below 0", "first with unit", "first a formula", "first nan",
        "first without dot", "45 digits", "25 decimals", "tiny", "tiny u", "too many rows", "a key without end",
        "UTF-16 little", "UTF-16 big", "a quote without end",
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(content: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, content)
    assert message in str(raised.value)
    assert "SOME^NAME" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    ["key,value,u\nnoise.sd,1155,9\n", "noise.sd;1155;9\n", "noise.sd\t1155\t9\n"],
    ids=["a heading names u", "semicolons", "tabs"],
)
def test_whole_value_and_whole_u_are_taken_where_no_comma_can_be_decimal(text: str, tmp_path: Path) -> None:
    (one,) = read(tmp_path, text)
    assert one.value == 1155.0
    assert one.u == pytest.approx(math.hypot(9.0, HALF))


@pytest.mark.parametrize(("cell", "value"), [("0,345", 0.345), ("1234,567", 1234.567), ("1,1540", 1.154)])
def test_a_comma_that_parts_no_thousands_is_decimal(cell: str, value: float, tmp_path: Path) -> None:
    (one,) = read(tmp_path, f"nps.x;{cell}")
    assert one.value == value


def test_what_has_no_end_or_no_beginning_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for file in (pipe, Path("/dev/zero")):
        with pytest.raises(InputError, match="it is no file but a device, pipe or folder"):
            read_listed(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: the file of values cannot be read: No such file"):
        read_listed(tmp_path / "none.csv")


@pytest.mark.parametrize(("times_u", "outcome"), [(2.7, "agrees"), (-2.7, "agrees"), (2.9, "unexplained")])
def test_two_numbers_of_one_u_agree_up_to_twice_the_root_of_two(times_u: float, outcome: str) -> None:
    analysis = made_analysis()
    teflon = analysis.value("ct_number.teflon")
    assert teflon is not None
    assert teflon.u is not None
    answer = listed_on(analysis, [Listed("ct_number.teflon", teflon.value + times_u * teflon.u, teflon.u)])
    assert [(r.outcome, r.key, r.other_unit) for r in answer.rows] == [(outcome, "ct_number.teflon", "HU")]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("ct_number.delrin", "It is no key of this scan: see `iqa analyze` for those it has."),
        ("mtf.bead.f50", "iqa does not measure it here: The scan holds no bead."),
    ],
    ids=["no key", "not measured"],
)
def test_a_number_that_stands_alone_says_why(key: str, reason: str) -> None:
    (row,) = listed_on(made_analysis(), [Listed(key, 340.0, 0.3)]).rows
    assert (row.outcome, row.value, row.other, row.reason) == ("only_other", None, 340.0, reason)


@pytest.mark.parametrize(("text", "outcome"), [("12.3", "agrees"), ("12.31", "unexplained"), ("12", "agrees")])
def test_beside_a_headers_value_only_the_rounding_counts(text: str, outcome: str, tmp_path: Path) -> None:
    (row,) = listed_on(made_analysis(), read(tmp_path, f"dose.ctdivol,{text}")).rows
    assert row.outcome == outcome


def test_a_task_is_known_however_its_numbers_are_written(tmp_path: Path) -> None:
    assert read(tmp_path, "detectability.npw.10p0hu_05mm,4.2\n")[0].key == "detectability.npw.10hu_5mm"
    with pytest.raises(InputError, match=r"line 2: the key 'detectability\.npw\.10hu_5mm' stands on line 1 already"):
        read(tmp_path, "detectability.npw.10hu_5mm,4.2\ndetectability.npw.10p0hu_05mm,4.2\n")
