"""A person approves a report: the file as it stands, which must say what the store says."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from iqa.errors import InputError, UsageError
from iqa.jobs.approvals import APPROVED
from iqa.jobs.clock import check_clock
from iqa.jobs.reporting import REPORT, Asked, asked_of, papers_of
from iqa.report.files import put
from iqa.store.audit import enter
from iqa.store.decisions import Signed
from iqa.store.workspace import Workspace

APPROVED_NAME = re.compile(r"(?P<stem>.+)-approved(-(?P<number>\d+))?")
LARGEST = 100_000_000
"""Bytes of a file that is still read: pages have some hundred thousand."""


def approve_report(workspace: Workspace, file: Path, *, role: str, signed: Signed) -> Path:
    """A PDF approved: its hash, the person, role, time and reason kept, and the page set anew with them beside it.

    The new file is called ``<name>-approved.pdf``, after a second approval ``<name>-approved-2.pdf``; the one that was
    approved stays as it is.

    Raises
    ------
    InputError
        The file cannot be read, or is no report of this program.
    UsageError
        By now the store says something else than the file, or the file was changed.
    """
    content = _read(file)
    asked = asked_of(content)
    if asked is None:
        raise InputError(str(file), "it is no PDF of `iqa report`; write one with --format pdf and approve that")
    _check_moment(file, asked.at)
    if _set(workspace, asked) != content:
        raise UsageError(
            f"{file} is not what iqa would write now: results, verdicts, approvals, templates or iqa itself have "
            "changed since, or the file was. Write it anew with `iqa report --format pdf`, read it, and approve that."
        )
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        enter(
            connection,
            at=signed.at,
            person=signed.person,
            action=APPROVED,
            kind=asked.kind,
            about=asked.subject,
            language=asked.language,
            made_at=asked.at,
            sha256=hashlib.sha256(content).hexdigest(),
            role=role,
            reason=signed.reason,
        )
    return put(_next(file), _set(workspace, replace(asked, at=signed.at)), REPORT)


def _set(workspace: Workspace, asked: Asked) -> bytes:
    """The page as iqa would write it."""
    (paper,) = papers_of(workspace, asked)
    return paper.set("pdf", workspace.templates)


def _next(file: Path) -> Path:
    """The name of the file with one approval more."""
    found = APPROVED_NAME.fullmatch(file.stem)
    if found is None:
        return file.with_name(f"{file.stem}-approved.pdf")
    return file.with_name(f"{found['stem']}-approved-{int(found['number'] or 1) + 1}.pdf")


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(str(file), f"it is larger than {LARGEST} bytes, so it is no report")
        return file.read_bytes()
    except OSError as error:
        raise InputError(str(file), f"it cannot be read: {error.strerror}") from error


def _check_moment(file: Path, at: str) -> None:
    try:
        datetime.fromisoformat(at)
    except ValueError:
        raise InputError(str(file), f"its date, {at}, is none; write it anew with `iqa report --format pdf`") from None
