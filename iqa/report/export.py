"""Stored numbers as CSV, XLSX or JSON: one row a number, with all that it was measured under."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from iqa.errors import InputError, UsageError
from iqa.model import Acquisition, Measurement
from iqa.store.history import Occasion

SCHEMA = "iqa.export/1"
Format = Literal["csv", "xlsx", "json"]
Row = dict[str, Any]
ACQUISITION = tuple(asdict(Acquisition()))
COLUMNS = ("scan", "dated", "scanner", "protocol", "phantom", "key", "value", "u", "unit", "n", "where", "method",
           "flags", "interval_low", "interval_high", "phantom_model", "entered_by", "scan_flags", "series_uid",
           "pixel_sha256", "iqa_version", "definition_sha256", "added_at",
           "spacing_z_mm", "spacing_y_mm", "spacing_x_mm",
           *(f"acquisition_{name}" for name in ACQUISITION))  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""At the beginning of a text, these make a table program calculate or call; such a text gets an apostrophe in front."""
MOST_ROWS = 1_048_575
"""Of one sheet in XLSX, below the heading."""


def export(found: Iterable[tuple[Occasion, Iterable[Measurement]]], file: Path) -> int:
    """Write numbers to a file, in the format that its suffix says; returns how many.

    Raises
    ------
    UsageError
        The suffix is none of .csv, .xlsx, .json, or there are more rows than a sheet holds.
    InputError
        The file cannot be written.

    Notes
    -----
    CSV and JSON hold every number to its last digit, XLSX 16 digits. The file appears when it is complete; one that
    was there before stays until then.
    """
    writers: dict[str, Callable[[Iterator[Row], Path], int]] = {".csv": _csv, ".xlsx": _xlsx, ".json": _json}
    suffix = file.suffix.lower()
    if suffix not in writers:
        raise UsageError(f"'{file.name}' says no format: its name must end in {', '.join(writers)}.")
    if not file.parent.is_dir():
        raise InputError(str(file), "its folder does not exist")
    rows = (_row(occasion, m) for occasion, numbers in found for m in numbers)
    unfinished = file.with_name(f"{file.stem}.unfinished{suffix}")
    try:
        count = writers[suffix](rows, unfinished)
        unfinished.replace(file)
    except OSError as error:
        raise InputError(str(file), f"the file cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _row(occasion: Occasion, m: Measurement) -> Row:
    z, y, x = occasion.spacing_mm or (None, None, None)
    scan = (" ".join(occasion.scan_flags), occasion.series_uid, occasion.pixel_sha256)
    context = (occasion.model, occasion.entered_by, *scan, occasion.version, occasion.definition_sha256)
    owner = (occasion.scope.scanner, occasion.scope.protocol, occasion.scope.phantom)
    number = (m.key, m.value, m.u, m.unit, m.n, m.where, m.method, " ".join(m.flags), *(m.interval or (None, None)))
    made = (_plain(v) for v in asdict(occasion.acquisition).values())
    return dict(
        zip(
            COLUMNS,
            (occasion.id, occasion.dated, *owner, *number, *context, occasion.added_at, z, y, x, *made),
            strict=True,
        )
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a header's value
    return " ".join(str(v) for v in value) if isinstance(value, tuple) else value


def _csv(rows: Iterator[Row], file: Path) -> int:
    # with a byte-order mark, or table programs take UTF-8 for something else
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        count = 0
        for row in rows:
            writer.writerow({name: _safe(value) for name, value in row.items()})
            count += 1
    return count


def _safe(value: Any) -> Any:  # noqa: ANN401 - a cell
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _json(rows: Iterator[Row], file: Path) -> int:
    """Written row by row: a workspace may hold more than memory does."""
    count = 0
    with file.open("w", encoding="utf-8") as out:
        out.write(f'{{"schema": "{SCHEMA}", "rows": [')
        for row in rows:
            out.write(",\n" if count else "\n")
            out.write(json.dumps(row, ensure_ascii=False, allow_nan=False))
            count += 1
        out.write("\n]}\n")
    return count


def _xlsx(rows: Iterator[Row], file: Path) -> int:
    from xlsxwriter import Workbook  # noqa: PLC0415 - one format of three needs it
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415

    try:
        return _sheet(rows, file, Workbook)
    except FileCreateError as error:  # what the system said, in its own wrapping
        raise InputError(str(file), f"the file cannot be written: {error}") from error


def _sheet(rows: Iterator[Row], file: Path, workbook: Any) -> int:  # noqa: ANN401 - the library's own
    count = 0
    with workbook(str(file), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("iqa")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name)
        for row in rows:
            count += 1
            if count > MOST_ROWS:
                raise UsageError(f"A sheet holds {MOST_ROWS} numbers, and there are more; write CSV or JSON instead.")
            for column, value in enumerate(row.values()):
                _cell(sheet, count, column, value)
    return count


def _cell(sheet: Any, row: int, column: int, value: Any) -> None:  # noqa: ANN401 - the library's own
    """A text stays a text, whatever it begins with."""
    if isinstance(value, bool | str):
        sheet.write_string(row, column, str(value))
    elif value is not None:
        sheet.write_number(row, column, value)
