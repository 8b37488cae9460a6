"""What a person says of scans beside their headers: scanner, site and phantom, for all paths or path by path."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from iqa.errors import DefinitionError, InputError
from iqa.model import PhantomSpec
from iqa.phantom.find import find
from iqa.store.settings import Settings, check_described

PATH = "path"
MOST_BYTES = 10_000_000
"""A line is some hundred bytes; larger is no manifest."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a scan; None: nothing."""

    scanner: str | None = None
    site: str | None = None
    phantom: str | None = None


COLUMNS = tuple(f.name for f in fields(Told))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is said of all scans, and of those at some paths."""

    everywhere: Told = Told()
    lines: tuple[tuple[Path, Told], ...] = ()

    def of(self, source: str) -> Told:
        """What is said of the scan that was read from a path: the longest path that holds it decides."""
        place = Path(source).resolve()
        fitting = [(len(path.parts), told) for path, told in self.lines if path == place or path in place.parents]
        if not fitting:
            return self.everywhere
        told = max(fitting, key=lambda one: one[0])[1]
        given = {name: value for name in COLUMNS if (value := getattr(told, name)) is not None}
        return replace(self.everywhere, **given)

    def check(self, settings: Settings, specs: Sequence[PhantomSpec]) -> None:
        """Raise if a scanner or a phantom is named that there is none of.

        Raises
        ------
        UsageError
            One is; the message names the known ones.
        """
        for told in (self.everywhere, *(told for _, told in self.lines)):
            if told.phantom is not None:
                find(told.phantom, specs)
            if told.scanner is not None:
                check_described(settings, "scanner", told.scanner)


def read_manifest(file: Path) -> tuple[tuple[Path, Told], ...]:
    """The lines of a CSV file with a header: path, and any of scanner, site, phantom; paths are relative to the file.

    Raises
    ------
    InputError
        The file cannot be read.
    DefinitionError
        A column is unknown or missing, or a line has no path, or one where nothing is.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(str(file), f"the manifest is larger than {MOST_BYTES} bytes")
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(str(file), "the manifest is not UTF-8 text; save it as CSV in UTF-8") from error
    except OSError as error:
        raise InputError(str(file), f"the manifest cannot be read: {error.strerror}") from error
    try:
        lines = csv.DictReader(text.splitlines())
        names, found = lines.fieldnames or [], list(enumerate(lines, start=2))
    except csv.Error as error:
        raise InputError(str(file), f"the manifest is no CSV: {error}") from error
    if PATH not in names or set(names) - {PATH, *COLUMNS}:
        raise DefinitionError(str(file), "first line", f"{PATH} and any of {', '.join(COLUMNS)}", ", ".join(names))
    return tuple(_line(file, number, line) for number, line in found)


def _line(file: Path, number: int, line: dict[str, str | None]) -> tuple[Path, Told]:
    path = (line.get(PATH) or "").strip()
    if not path:
        raise DefinitionError(str(file), f"line {number}", "a path", "none")
    place = (file.parent / path).resolve()
    if not place.exists() and not any(folder.is_file() for folder in place.parents):  # or within an archive
        raise DefinitionError(str(file), f"line {number}", "a path that exists, as seen from the manifest", repr(path))
    return place, Told(**{name: (line.get(name) or "").strip() or None for name in COLUMNS})
