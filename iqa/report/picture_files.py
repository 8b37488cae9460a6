"""A scan's pictures as a file of the workspace: `<first 16 digits of the pixels' hash>.json`, images in base64.

The file holds names of modules and regions, numbers and grey values; nothing of a header.
"""

from __future__ import annotations

import base64
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from iqa.errors import DefinitionError, InputError
from iqa.phantom.fields import Field, fields_in
from iqa.phantom.schema import values_of
from iqa.phantom.text import frozen
from iqa.report.files import put
from iqa.report.pictures import Mark, Picture, Pictures

SCHEMA = "iqa.pictures/1"
LARGEST_BYTES = 32_000_000
"""Of a file; ten modules take half a megabyte."""
MOST_MARKS = 2_000
"""Of one picture; a definition has at most half as many features in a module, each measured by two families."""
MOST_PIXELS = 2_048
"""Of an image's side; those kept here have 430."""
CURE = "Delete it; analysing the scan again makes a new one"

FILE = {"schema": Field(Literal["iqa.pictures/1"]), "pixel_sha256": Field(str), "pictures": Field(tuple[Any, ...])}
PICTURE = {**fields_in(Picture), "jpeg": Field(str), "marks": Field(tuple[Any, ...])}
"""As in the file, where an image is text and a mark a table of its own."""


def write_pictures(folder: Path, pictures: Pictures) -> Path:
    """The file that now holds a scan's pictures; it appears when it is complete, and takes the place of an older one.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    file = picture_file(folder, pictures.pixel_sha256)
    kept = [asdict(p) | {"jpeg": base64.b64encode(p.jpeg).decode("ascii")} for p in pictures.pictures]
    text = json.dumps({"schema": SCHEMA, "pixel_sha256": pictures.pixel_sha256, "pictures": kept}, allow_nan=False)
    return put(file, text.encode("ascii"), "the scan's pictures")


def read_pictures(folder: Path, pixel_sha256: str) -> Pictures | None:
    """The pictures kept of a scan; None where none were kept.

    Raises
    ------
    InputError
        The file cannot be read, is not what `write_pictures` writes, or is another scan's.
    """
    file = picture_file(folder, pixel_sha256)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise _broken(file, f"it holds over {LARGEST_BYTES // 1_000_000} MB")
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(str(file), f"the scan's pictures cannot be read: {error.strerror}") from error
    raw = _parsed(content, file)
    try:
        found = _pictures(raw, file)
    except DefinitionError as error:
        raise _broken(file, f"{error.key}: expected {error.expected}, found {error.found}") from error
    if found.pixel_sha256 != pixel_sha256:
        raise _broken(file, "they are another scan's: the hashes of the pixels differ")
    return found


def picture_file(folder: Path, pixel_sha256: str) -> Path:
    """Where a scan's pictures are kept in a folder."""
    return folder / f"{pixel_sha256[:16]}.json"


def _parsed(content: bytes, file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return frozen(json.loads(content))
    except (ValueError, RecursionError) as error:  # no text, no JSON, or brackets within brackets without end
        raise _broken(file, "it is no JSON text") from error


def _pictures(raw: Any, file: Path) -> Pictures:  # noqa: ANN401 - whatever the file holds
    values = values_of(FILE, _table(raw, file, ""), str(file), "")
    pictures = (_picture(p, file, f"pictures.{k}") for k, p in enumerate(values["pictures"]))
    return Pictures(tuple(pictures), values["pixel_sha256"])


def _picture(raw: Any, file: Path, key: str) -> Picture:  # noqa: ANN401 - whatever the file holds
    values = values_of(PICTURE, _table(raw, file, key), str(file), key)
    if len(values["marks"]) > MOST_MARKS:
        raise DefinitionError(str(file), f"{key}.marks", f"at most {MOST_MARKS}", str(len(values["marks"])))
    marks = tuple(_mark(m, file, f"{key}.marks.{k}") for k, m in enumerate(values["marks"]))
    return Picture(**values | {"jpeg": _jpeg(values["jpeg"], file, f"{key}.jpeg"), "marks": marks})


def _mark(raw: Any, file: Path, key: str) -> Mark:  # noqa: ANN401 - whatever the file holds
    mark = Mark(**values_of(fields_in(Mark), _table(raw, file, key), str(file), key))
    corners = 4 if mark.shape == "strip" else 0
    if len(mark.corners) != corners:
        raise DefinitionError(str(file), f"{key}.corners", f"{corners} for a {mark.shape}", str(len(mark.corners)))
    return mark


def _table(raw: Any, file: Path, key: str) -> dict[str, Any]:  # noqa: ANN401 - whatever the file holds
    if not isinstance(raw, dict):
        raise DefinitionError(str(file), key or "the whole", "a JSON object", "something else")
    return raw


def _jpeg(text: str, file: Path, key: str) -> bytes:
    """An image that every program can show: decoded once, or a page would fail on it."""
    wanted = DefinitionError(str(file), key, f"a JPEG image of at most {MOST_PIXELS} pixels a side in base64", "none")
    try:
        content = base64.b64decode(text, validate=True)
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            if max(image.size) > MOST_PIXELS:
                raise wanted
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise wanted from error
    return content


def _broken(file: Path, why: str) -> InputError:
    return InputError(str(file), f"not a scan's pictures as iqa keeps them: {why}. {CURE}.")
