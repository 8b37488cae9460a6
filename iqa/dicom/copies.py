"""The files of one stack, and nothing else, in a folder: for programs that read folders."""

from __future__ import annotations

import shutil
from pathlib import Path

from iqa.dicom.files import READ_ERRORS
from iqa.dicom.group import Stack


def copy_files(stack: Stack, folder: Path) -> bool:
    """Whether each file that holds images of a stack is now in a folder: unpacked, under a number in the stack's order.

    False where one cannot be read any more, or the folder holds no more.
    """
    headers = dict.fromkeys(frame.header for frame in stack.frames)
    try:
        for number, header in enumerate(headers, start=1):
            with (folder / f"{number:05}.dcm").open("xb") as out, header.source.open() as read:
                shutil.copyfileobj(read, out)
    except READ_ERRORS:
        return False
    return True
