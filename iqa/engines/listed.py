"""Numbers of any other program from a CSV file: key, value and, where it is known, standard uncertainty."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from iqa.engines.agreement import Said, compare
from iqa.errors import InputError
from iqa.model import Analysis, Answer

LARGEST_BYTES = 1_000_000
"""Ten thousand rows; a scan has some hundred keys."""
KEY = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
PLAIN = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
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
    cell is quoted; UTF-8 or UTF-16; lines that are empty or begin with # are passed over, and so is a heading.

    Raises
    ------
    InputError
        The file cannot be read, or a line is wrong: which, and what is expected there.
    """
    rows = list(_rows(_text(file), file))
    if rows and not _is_number(rows[0][1][1]):
        rows = rows[1:]
    if not rows:
        raise InputError(str(file), "it holds no row of key and value")
    found: dict[str, tuple[int, Listed]] = {}
    for line, cells in rows:
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
    try:
        content = file.read_bytes() if file.stat().st_size <= LARGEST_BYTES else None
    except OSError as error:
        raise InputError(str(file), f"the file of values cannot be read: {error.strerror}") from error
    if content is None:
        raise InputError(str(file), f"it holds over {LARGEST_BYTES // 1_000_000} MB, which is no list of values")
    try:
        return content.decode("utf-16" if content.startswith(MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(str(file), "it is no text in UTF-8; save it as CSV UTF-8") from error


def _rows(text: str, file: Path) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and its cells, two or three."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
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
    return Listed(cells[0], float(value), math.hypot(rounding, float(given or 0)))


def _is_number(cell: str) -> bool:
    return bool(PLAIN.fullmatch(cell.replace("−", "-")))


def _number(cell: str, line: int, file: Path, what: str) -> Decimal:
    if not _is_number(cell):
        raise _wrong(file, line, f"{what} must be a number such as 943.2, without unit and thousands' marks")
    try:
        number = Decimal(cell.replace("−", "-").replace(",", "."))
    except InvalidOperation as error:
        raise _wrong(file, line, f"{what} must be a number such as 943.2") from error
    if not math.isfinite(float(number)):
        raise _wrong(file, line, f"{what} is beyond all numbers")
    return number


def _last_digit(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _wrong(file: Path, line: int, what: str) -> InputError:
    return InputError(str(file), f"line {line}: {what}")
