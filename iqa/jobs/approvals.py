"""Approvals of reports as they are shown: who, in which role, when and why, and of exactly which file."""

from __future__ import annotations

from iqa.report.content import Approval
from iqa.report.text import data
from iqa.report.words import Words
from iqa.store.audit import Entry, entries
from iqa.store.workspace import Workspace

APPROVED = "approve report"
"""Action in the audit trail."""


def approvals_of(workspace: Workspace, kind: str, subject: str, language: str) -> list[Entry]:
    """What was approved of a page in a language, oldest first."""
    with workspace.database.reading() as connection:
        found = entries(connection, actions=(APPROVED,))
    wanted = (kind, subject, language)
    return [e for e in found if tuple(e.subject[name] for name in ("kind", "about", "language")) == wanted]


def shown(entry: Entry, words: Words, *, holds: bool) -> Approval:
    """An approval in words; where it does not hold for what the page says now, that it was of an earlier one."""
    said = entry.subject
    at = words.day(entry.at) + entry.at[10:16].replace("T", " ") + " UTC"
    values = {"name": data(entry.person), "role": data(said["role"]), "reason": data(said["reason"])}
    return Approval(words("approval.said" if holds else "approval.earlier", at=at, **values), said["sha256"])
