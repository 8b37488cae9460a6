"""Scans analysed, and the same scans by other programs: where they agree, where they differ, and why."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa.analyze import Progress, Session, analyze
from iqa.dicom import Stack, survey
from iqa.dicom.copies import copy_files
from iqa.engines.listed import Listed, listed_on, read_listed
from iqa.engines.pylinac_scan import counterpart, no_class, pylinac_on
from iqa.engines.running import TIMEOUT_S
from iqa.errors import InputError, UsageError
from iqa.jobs.analyze import make_folder
from iqa.model import Analysis, Answer, Crosschecked


@dataclass(frozen=True, slots=True)
class Crosscheck:
    """Every analysed scan with the other programs' answers, and what could not be analysed."""

    scans: tuple[Crosschecked, ...]
    session: Session


def crosscheck(
    path: str | Path,
    *,
    phantom: str | None = None,
    phantom_dirs: Sequence[str | Path] = (),
    python: str = sys.executable,
    csv: Path | None = None,
    figures: Path | None = None,
    timeout_s: float = TIMEOUT_S,
    progress: Progress | None = None,
) -> Crosscheck:
    """Each scan in a path as iqa, pylinac and perhaps a file have it.

    Parameters
    ----------
    path, phantom, phantom_dirs, progress
        As `iqa.analyze.analyze`.
    python
        An interpreter with pylinac, in which iqa need not be; what it cannot do is told in its answer, and no error.
    csv
        Another program's numbers, see `iqa.engines.listed`; they are those of one scan.
    figures
        Folder that will hold a picture of each comparison, ``<number>-<phantom>-<program>.png``.
    timeout_s
        After which pylinac is ended.

    Raises
    ------
    InputError, UsageError, DefinitionError
        As `iqa.analyze.analyze`; InputError too where `csv` is wrong or the path holds several scans for it, and
        UsageError where `python` is empty.
    """
    if not python:
        raise UsageError("--python names no file: give an interpreter with pylinac, or leave the option out.")
    listed = read_listed(csv) if csv is not None else ()
    if figures is not None:
        make_folder(figures)
    session = analyze([path], phantom=phantom, phantom_dirs=phantom_dirs, progress=progress)
    if csv is not None and len(session.analyses) > 1:
        reason = f"its values are those of one scan, and {path} holds {len(session.analyses)}; give one of them"
        raise InputError(str(csv), reason)
    stacks = survey([path]).stacks if any(counterpart(a) for a in session.analyses) else ()
    scans = tuple(_checked(a, stacks, listed, python, timeout_s) for a in session.analyses)
    if figures is not None:
        from iqa.report.figures.crosscheck import draw_all  # noqa: PLC0415 - a plot library costs a second

        draw_all(scans, figures)
    return Crosscheck(scans, session)


def _checked(
    analysis: Analysis, stacks: Sequence[Stack], listed: Sequence[Listed], python: str, timeout_s: float
) -> Crosschecked:
    answers = [_pylinac(analysis, stacks, python, timeout_s)]
    if listed:
        answers.append(listed_on(analysis, listed))
    return Crosschecked(analysis, tuple(answers))


def _pylinac(analysis: Analysis, stacks: Sequence[Stack], python: str, timeout_s: float) -> Answer:
    if counterpart(analysis) is None:
        return no_class(analysis)
    stack = _stack_of(analysis, stacks)
    if stack is None:
        return Answer("pylinac", failure="pylinac is not asked: the scan's files cannot be told from others by UID.")
    with tempfile.TemporaryDirectory(prefix="iqa-") as folder:
        if not copy_files(stack, Path(folder)):
            return Answer("pylinac", failure="pylinac is not asked: the scan's files cannot be copied for it.")
        return pylinac_on(analysis, Path(folder), python=python, timeout_s=timeout_s)


def _stack_of(analysis: Analysis, stacks: Sequence[Stack]) -> Stack | None:
    """The stack whose images are those of an analysis; one that lost some to the reading may hold more."""
    uids = set(analysis.identity.sop_uids)
    fitting = [s for s in stacks if uids and uids <= {f.attributes.text("SOPInstanceUID") for f in s.frames}]
    return min(fitting, key=lambda s: len(s.frames), default=None)
