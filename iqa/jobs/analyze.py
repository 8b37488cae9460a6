"""Analyse scans and draw them while their pixels are at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from iqa.analyze import Progress, Session, analyze
from iqa.errors import InputError
from iqa.model import Analysis, Scan


def analyze_and_draw(
    paths: Sequence[str | Path],
    *,
    phantom: str | None = None,
    phantom_dirs: Sequence[str | Path] = (),
    repeats: bool = False,
    figures: Path | None = None,
    progress: Progress | None = None,
) -> Session:
    """The session of `iqa.analyze.analyze`; with `figures`, that folder holds a picture of each scan's modules.

    The files are named ``<number>-<phantom>-<what>.png``, the number counting the analysed scans from 1.

    Raises
    ------
    InputError, UsageError, DefinitionError
        As `iqa.analyze.analyze`; InputError too where `figures` cannot be written to.
    OSError
        `figures` cannot be made.
    """
    if figures is None:
        return analyze(paths, phantom=phantom, phantom_dirs=phantom_dirs, repeats=repeats, progress=progress)
    _make(figures)
    from iqa.report.figures.sheet import draw_all  # noqa: PLC0415 - a plot library costs a second, few need it

    numbers = count(1)

    def draw(scan: Scan, analysis: Analysis) -> None:
        draw_all(scan, analysis, figures, prefix=f"{next(numbers)}-{analysis.located.spec.name}")

    return analyze(paths, phantom=phantom, phantom_dirs=phantom_dirs, repeats=repeats, progress=progress, each=draw)


def _make(folder: Path) -> None:
    """A folder to write to, before minutes of measuring."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(str(folder), "it may not be written to; name another folder for the figures")
