"""The files of one stack, and nothing else, in a folder: for programs that read folders."""

from __future__ import annotations

import shutil
from pathlib import Path

from iqa.dicom.files import READ_ERRORS
from iqa.dicom.group import Stack
from iqa.errors import InputError


def copy_files(stack: Stack, folder: Path) -> None:
    """Copy each file that holds images of a stack, unpacked, in the stack's order and under a number.

    Raises
    ------
    InputError
        A file cannot be read any more.
    OSError
        The folder cannot be written to.
    """
    headers = dict.fromkeys(frame.header for frame in stack.frames)
    for number, header in enumerate(headers, start=1):
        with (folder / f"{number:05}.dcm").open("xb") as out:
            try:
                with header.source.open() as read:
                    shutil.copyfileobj(read, out)
            except READ_ERRORS as error:
                raise InputError(header.source.path, "it cannot be read any more") from error
