"""A definition file as bytes and as plain tables: the border where syntax, size and encoding are checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iqa.errors import DefinitionError

Raw = Mapping[str, Any]

MAX_BYTES = 1_000_000
"""A definition is a few kilobytes; anything larger is not one and is not parsed."""


def read_bytes(file: Path) -> bytes:
    """The file's content.

    Raises
    ------
    DefinitionError
        If it cannot be read or is larger than `MAX_BYTES`.
    """
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise DefinitionError(str(file), "file", f"at most {MAX_BYTES} bytes", f"{size} bytes")
        return file.read_bytes()
    except OSError as error:
        raise DefinitionError(str(file), "file", "a readable file", error.strerror or "an unreadable one") from None


def parse(file: str, content: bytes) -> Raw:
    """The tables of a TOML text, arrays as tuples.

    Raises
    ------
    DefinitionError
        If it is not UTF-8 or not TOML; the key names the line.
    """
    try:
        # Some editors put a byte-order mark in front; it is no part of the text.
        text = content.decode("utf-8-sig")
        return {key: frozen(value) for key, value in tomllib.loads(text).items()}
    except UnicodeDecodeError as error:
        # The broken byte can be anywhere in a long file, so the line is named.
        line = content.count(b"\n", 0, error.start) + 1
        raise DefinitionError(file, f"line {line}", "UTF-8 text", f"byte 0x{content[error.start]:02x}") from None
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(file, "syntax", "TOML", str(error)) from None
    except RecursionError:  # the parser descends once for each bracket
        raise DefinitionError(file, "syntax", "TOML of a few levels", "deeper nesting than can be read") from None


def frozen(value: object) -> object:
    """The value with every array, however deep, as a tuple."""
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value
