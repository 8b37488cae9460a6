"""Where the data that travels with iqa lies: the phantom definitions and the report templates."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from iqa.errors import InputError


def shipped(folder: Literal["phantoms", "reports"]) -> Path:
    """The folder of shipped data: inside the installed package, else beside the package in a source tree.

    Raises
    ------
    InputError
        If neither place holds it: the installation is incomplete.
    """
    package = Path(__file__).parent
    for place in (package / "_shipped" / folder, package.parent / folder):
        if place.is_dir():
            return place
    raise InputError(str(package), f"the shipped folder {folder!r} is missing beside or inside it; install iqa again")
