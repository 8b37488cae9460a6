"""Files, folders and archives: everything that could be an image, opened when asked for, never extracted to disk."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from iqa.errors import InputError
from iqa.model import Refused

MAX_EXTRACTED_BYTES = 8 * 2**30
"""Bytes that the archives of one call may hold unpacked: eight times the largest scan in use (600 slices of 1024²,
1.2 GiB). The ratio is no measure: a uniform phantom packs 280 to 1."""
MAX_MEMBERS = 100_000
"""Members that the archives of one call may hold: ten times a large study."""
MAX_DEPTH = 4
"""Archives within archives; more is no habit of any archive or scanner."""
ENCRYPTED = 0x1
"""Flag bit of a zip member that needs a password."""

READ_ERRORS = (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
"""What opening or reading a file or an archive's member can raise."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of an archive; an archive closes with the last of its members."""

    path: str
    """To print; a member is named ``archive.zip/member``."""
    folder: str
    """Where it lies: neighbours share it."""
    named: bool
    """Given by the user as it stands, not found in a folder."""
    given: int
    """Under which of the user's paths."""
    archive: zipfile.ZipFile | None = None
    member: zipfile.ZipInfo | None = None

    def open(self) -> BinaryIO:
        """A stream at the first byte."""
        if self.archive is None or self.member is None:
            return Path(self.path).open("rb")
        # buffered, since headers are read in steps of a few bytes; only what is read is unpacked
        packed = cast(io.RawIOBase, self.archive.open(self.member))
        return io.BufferedReader(packed)

    def size(self) -> int:
        """Bytes of the file, unpacked."""
        return Path(self.path).stat().st_size if self.member is None else self.member.file_size


@dataclass(slots=True)
class Found:
    """What was found so far: sources, refused files, and how much the archives hold unpacked."""

    sources: list[Source] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    extracted: int = 0
    members: int = 0
    given: int = 0
    """Which of the user's paths is being read."""


def collect(paths: Sequence[str | Path]) -> Found:
    """Every file below the paths, each once, and the archives and folders that could not be opened.

    Raises
    ------
    InputError
        If a path does not exist.
    """
    found = Found()
    seen: set[str] = set()
    for index, path in enumerate(map(Path, paths)):
        found.given = index
        if not path.exists():
            raise InputError(str(path), "there is no such file or folder; check the spelling")
        real, given = os.path.realpath(path), str(path)
        for file in _walk(given, found):
            key = real + file[len(given) :]
            if key not in seen:
                seen.add(key)
                _add(Path(file), found, named=file == given)
    return found


def _walk(path: str, found: Found) -> Iterator[str]:
    if not Path(path).is_dir():
        yield path
        return
    try:
        with os.scandir(path) as entries:
            ordered = sorted(entries, key=lambda e: e.name)
    except OSError:
        found.refused.append(Refused(path, "the folder cannot be read; allow access to it"))
        return
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, found)
        elif entry.is_file():
            yield entry.path


def _add(file: Path, found: Found, *, named: bool) -> None:
    if file.name.upper() == "DICOMDIR":
        return
    if file.suffix.lower() == ".zip" or (named and zipfile.is_zipfile(file)):
        _unpack(file, str(file), found, depth=1)
    else:
        found.sources.append(Source(str(file), str(file.parent), named, found.given))


def _unpack(content: Path | BinaryIO, path: str, found: Found, depth: int) -> None:
    try:
        archive = zipfile.ZipFile(content)
    except READ_ERRORS:
        found.refused.append(Refused(path, "the zip archive is broken or cannot be read; copy or pack it again"))
        return
    members = [m for m in archive.infolist() if not m.is_dir()]
    reason = _too_much(members, found, depth)
    if reason:
        found.refused.append(Refused(path, reason))
        return
    found.members += len(members)
    found.extracted += sum(m.file_size for m in members)
    for member in sorted(members, key=lambda m: m.filename):
        _add_member(archive, member, path, found, depth)


def _too_much(members: Sequence[zipfile.ZipInfo], found: Found, depth: int) -> str | None:
    total = found.extracted + sum(m.file_size for m in members)
    count = found.members + len(members)
    if any(m.flag_bits & ENCRYPTED for m in members):
        return "the zip archive is encrypted; unpack it with its password and give the folder"
    if depth > MAX_DEPTH:
        return f"zip archives lie {depth} deep in one another, at most {MAX_DEPTH} are opened; unpack it first"
    if total > MAX_EXTRACTED_BYTES:
        return f"unpacked it comes to {total} bytes, at most {MAX_EXTRACTED_BYTES} are read; unpack and give a part"
    if count > MAX_MEMBERS:
        return f"it holds {count} files, at most {MAX_MEMBERS} are read from archives; unpack and give a part"
    return None


def _add_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, found: Found, depth: int) -> None:
    name = f"{path}/{member.filename}"
    if Path(name).name.upper() == "DICOMDIR":
        return
    if not name.lower().endswith(".zip"):
        found.sources.append(Source(name, str(Path(name).parent), False, found.given, archive, member))
        return
    try:
        inner = io.BytesIO(archive.read(member))
    except READ_ERRORS:
        found.refused.append(Refused(name, "the zip archive within is broken; pack it again"))
        return
    _unpack(inner, name, found, depth + 1)
