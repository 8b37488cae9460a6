"""Numbers of any other program from a CSV file: key, value and, where it is known, standard uncertainty."""

from __future__ import annotations

import csv
import io
import math
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path

from iqa.engines.agreement import Said, compare
from iqa.errors import InputError
from iqa.model import Analysis, Answer, task_of

LARGEST_BYTES = 1_000_000
MOST_ROWS = 10_000
"""Far above any list of values; a scan has some hundred keys."""
LARGEST, FINEST, MOST_DIGITS = 1e12, -30, 20
"""What a number may be, the power of ten of its last digit, and how many digits are written: all that a program's
number in double precision takes, and what can be rounded exactly for display."""
KEY = re.compile(r"(?=.{1,100}$)[a-z0-9_]+(?:\.[a-z0-9_]+)*")
PLAIN = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
PARTED = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d{1,3})?", re.ASCII)
"""Value and u with a comma between, where it could be one number's decimal comma."""
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
"""Thousands or thousandths."""
MARKS = (b"\xff\xfe", b"\xfe\xff")
"""How a file of UTF-16 begins, as spreadsheets write it under 'Unicode text'."""
NOT_A_KEY = "It is no key of this scan: see `iqa analyze` for those it has."


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: iqa's key, and another program's number in iqa's unit."""

    key: str
    value: float
    u: float
    """The one that is given, and the rounding to the last digit that is written."""


def read_listed(file: Path) -> tuple[Listed, ...]:
    """The rows of a file.

    Comma, semicolon or tab between columns; a decimal point, or a comma where columns are not parted by commas or the
    cell is quoted; UTF-8 or UTF-16; lines that are empty or begin with # are passed over, and so is a heading. What a
    decimal comma could read otherwise is refused.

    Raises
    ------
    InputError
        The file cannot be read, or a line is wrong: which, and what is expected there.
    """
    text = _text(file)
    rows = list(islice(_rows(text, file), MOST_ROWS + 2))
    heading = rows.pop(0)[1] if rows and _is_heading(rows[0][1]) else []
    if len(rows) > MOST_ROWS:
        raise InputError(str(file), f"it holds over {MOST_ROWS} rows, which is no list of one scan's values")
    if not rows:
        raise InputError(str(file), "it holds no row of key and value")
    unsure = _delimiter(text) == "," and len(heading) < 3
    found: dict[str, tuple[int, Listed]] = {}
    for line, cells in rows:
        if unsure and len(cells) == 3 and PARTED.fullmatch(_plain(",".join(cells[1:]))):
            raise _wrong(file, line, "value and u, or a decimal comma? Write a decimal point, or name u in a heading")
        one = _listed(cells, line, file)
        if one.key in found:
            raise _wrong(file, line, f"the key '{one.key}' stands on line {found[one.key][0]} already")
        found[one.key] = line, one
    return tuple(one for _, one in found.values())


def listed_on(analysis: Analysis, listed: Sequence[Listed]) -> Answer:
    """The file's numbers beside those of one scan."""
    said = (Said(one.key, "", one.value, one.u, absent=NOT_A_KEY) for one in listed)
    return Answer("csv", rows=tuple(compare(s, analysis) for s in said))


def _text(file: Path) -> str:
    content = _content(file)
    try:
        text = content.decode("utf-16" if content.startswith(MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(str(file), "it is no text in UTF-8; save it as CSV UTF-8") from error
    if "\0" in text:
        raise InputError(str(file), "it is UTF-16 without its mark, or no text; save it as CSV UTF-8")
    return text


def _content(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a device has no end, and a pipe may never begin
            raise InputError(str(file), "it is no file but a device, pipe or folder")
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(str(file), f"the file of values cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise InputError(str(file), f"it holds over {LARGEST_BYTES // 1_000_000} MB, which is no list of values")
    return content


def _rows(text: str, file: Path) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and its cells, two or three."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_delimiter(text), skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            shown = [cell.strip() for cell in cells]
            while shown and not shown[-1]:
                shown.pop()
            if not shown or shown[0].startswith("#"):
                continue
            if not 2 <= len(shown) <= 3:
                raise _wrong(file, reader.line_num, f"expected key, value and perhaps u, found {len(shown)} columns")
            yield reader.line_num, shown
    except csv.Error as error:
        raise _wrong(file, reader.line_num, "it is no row of CSV") from error


def _delimiter(text: str) -> str:
    """What parts the columns of the first line that holds any."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return next((mark for mark in ";\t" if mark in line), ",")
    return ","


def _listed(cells: Sequence[str], line: int, file: Path) -> Listed:
    if not KEY.fullmatch(cells[0]):
        raise _wrong(file, line, "the first column must be a key of iqa, such as ct_number.teflon")
    value = _number(cells[1], line, file, "value")
    given = _number(cells[2], line, file, "u") if len(cells) > 2 else None
    if given is not None and given <= 0:
        raise _wrong(file, line, "u, the standard uncertainty, must be above 0")
    rounding = 10.0 ** _last_digit(value) / math.sqrt(12.0)
    return Listed(_as_measured(cells[0]), float(value), math.hypot(rounding, float(given or 0)))


def _as_measured(key: str) -> str:
    """The key with a task's numbers as iqa writes them: 10hu_5mm for 10p0hu_05mm."""
    return ".".join(task.name if (task := task_of(part)) else part for part in key.split("."))


def _is_heading(cells: Sequence[str]) -> bool:
    """Words over the columns; a key of iqa's with a wrong number is none."""
    return not PLAIN.fullmatch(_plain(cells[1])) and not re.search("[._]", cells[0])


def _plain(cell: str) -> str:
    """With the minus sign that programs write."""
    return cell.replace("−", "-")


def _number(cell: str, line: int, file: Path, what: str) -> Decimal:
    plain = _plain(cell)
    if not PLAIN.fullmatch(plain):
        raise _wrong(file, line, f"{what} must be a number such as 943.2, without unit and thousands' marks")
    if THOUSANDS.fullmatch(plain):
        raise _wrong(file, line, f"{what} has a comma before three digits: write a decimal point, or no mark at all")
    number = Decimal(plain.replace(",", "."))
    if abs(number) > LARGEST or _last_digit(number) < FINEST:
        raise _wrong(file, line, f"{what} is beyond all numbers of a scan")
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise _wrong(file, line, f"{what} has over {MOST_DIGITS} digits")
    return number


def _last_digit(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _wrong(file: Path, line: int, what: str) -> InputError:
    return InputError(str(file), f"line {line}: {what}")
