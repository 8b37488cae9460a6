"""Analyse scans, draw them and write their reports while their pixels are at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from iqa.analyze import Each, Progress, Refusal, Session, analyze
from iqa.errors import InputError, UsageError
from iqa.model import DEFAULT_OBSERVER, Analysis, Observer, Scan
from iqa.phantom import library
from iqa.report.text import Language

if TYPE_CHECKING:
    from iqa.report.pictures import Pictures

REPORTS = (".html", ".pdf")
"""What a report may be written as, by its suffix."""


def analyze_and_draw(
    paths: Sequence[str | Path],
    *,
    phantom: str | None = None,
    phantom_dirs: Sequence[str | Path] = (),
    repeats: bool = False,
    observer: Observer = DEFAULT_OBSERVER,
    figures: Path | None = None,
    report: Path | None = None,
    language: Language = "en",
    progress: Progress | None = None,
) -> Session:
    """The session of `iqa.analyze.analyze`; its scans drawn, and a report of each, where these are asked for.

    Parameters
    ----------
    figures
        Folder that will hold a picture of each scan's modules; its files are named ``<number>-<phantom>-<what>.png``,
        the number counting the analysed scans from 1.
    report
        File of the full analysis, HTML or PDF by its suffix; of several scans see `report_files`.

    Raises
    ------
    InputError, UsageError, DefinitionError
        As `iqa.analyze.analyze`; InputError too where `figures` or the folder of `report` cannot be written to,
        UsageError where the suffix of `report` is another one.
    OSError
        `figures` cannot be made.
    """
    if report is not None:
        _check(report)
    if figures is not None:
        _make(figures)
    kept: dict[str, Pictures] = {}
    steps = [*([_drawing(figures)] if figures else []), *([_keeping(kept)] if report else [])]
    session = analyze(
        paths, phantom=phantom, phantom_dirs=phantom_dirs, repeats=repeats, observer=observer, progress=progress,
        each=_all(steps),
    )  # fmt: skip
    if report is not None:
        _write(session, report, language, phantom_dirs, kept)
    return session


def report_files(session: Session, report: Path) -> list[tuple[Path, str]]:
    """The files that a report is written to, with the path that was read for each.

    One for each analysed scan, else one for each that was refused: the file itself where there is one alone, else
    ``<name>-1``, ``<name>-2`` and so on.
    """
    sources = [one.source for one in session.analyses] or [one.path for one in session.refused]
    if len(sources) == 1:
        return [(report, sources[0])]
    return [(report.with_stem(f"{report.stem}-{n}"), source) for n, source in enumerate(sources, start=1)]


def _write(
    session: Session,
    report: Path,
    language: Language,
    phantom_dirs: Sequence[str | Path],
    kept: Mapping[str, Pictures],
) -> None:
    """A full analysis of each scan; where there is none, a page of each refusal."""
    from iqa.jobs.full_reports import write_reports  # noqa: PLC0415 - store, plots and printing: few need them

    told: Sequence[Analysis | Refusal] = session.analyses or session.refused
    files = [file for file, _ in report_files(session, report)]
    write_reports(list(zip(told, files, strict=True)), language, library([Path(d) for d in phantom_dirs]), kept)


def _all(steps: Sequence[Each]) -> Each | None:
    """Does several things with a scan while its pixels are at hand."""
    if not steps:
        return None

    def do(scan: Scan, analysis: Analysis) -> None:
        for step in steps:
            step(scan, analysis)

    return do


def _keeping(kept: dict[str, Pictures]) -> Each:
    """Keeps the pictures of every scan for its report."""
    from iqa.report.pictures import pictures_of  # noqa: PLC0415 - for reports alone

    def keep(scan: Scan, analysis: Analysis) -> None:
        kept[analysis.identity.pixel_sha256] = pictures_of(scan, analysis)

    return keep


def _drawing(figures: Path) -> Each:
    """Draws every scan into a folder."""
    from iqa.report.figures.sheet import draw_all  # noqa: PLC0415 - a plot library costs a second, few need it

    numbers = count(1)

    def draw(scan: Scan, analysis: Analysis) -> None:
        draw_all(scan, analysis, figures, prefix=f"{next(numbers)}-{analysis.located.spec.name}")

    return draw


def _check(report: Path) -> None:
    """Whether a report can be written there, before minutes of measuring."""
    if report.suffix.lower() not in REPORTS:
        raise UsageError(f"'{report.name}' says no format of a report: its name must end in {' or '.join(REPORTS)}.")
    if not report.parent.is_dir():
        raise InputError(str(report.parent), "there is no such folder for the report; make it, or name another")
    if not os.access(report.parent, os.W_OK | os.X_OK):
        raise InputError(str(report.parent), "it may not be written to; name another folder for the report")


def _make(folder: Path) -> None:
    """A folder to write to, before minutes of measuring."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(str(folder), "it may not be written to; name another folder for the figures")
