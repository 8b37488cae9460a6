"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from iqa.errors import InputError


def put(file: Path, content: bytes, what: str) -> Path:
    """A file that appears when it is complete and on the disk, in place of an older one; its folder is made.

    Parameters
    ----------
    what
        That cannot be written, for the error: "the report".

    Raises
    ------
    InputError
        It cannot be written.
    """
    # a name of its own, since two people may write the same file at one time
    unfinished = file.with_name(f"{file.stem}.{secrets.token_hex(4)}.unfinished")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_through(unfinished, content)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(str(file), f"{what} cannot be written there: {error.strerror}") from error
    return file


def _write_through(file: Path, content: bytes) -> None:
    """A new file whose content is on the disk, so that no power cut leaves a renamed but empty one."""
    with file.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
