"""Approvals of reports as they are shown: who, in which role, when and why, and of exactly which file."""

from __future__ import annotations

from iqa.report.content import Approval
from iqa.report.text import data
from iqa.report.words import Words
from iqa.store.audit import Entry, entries
from iqa.store.workspace import Workspace

APPROVED = "approve report"
"""Action in the audit trail."""


def approvals_of(workspace: Workspace, kind: str, subject: str, words: Words) -> list[Approval]:
    """The approvals of a page, oldest first."""
    with workspace.database.reading() as connection:
        found = entries(connection, actions=(APPROVED,))
    return [_shown(e, words) for e in found if (e.subject["kind"], e.subject["about"]) == (kind, subject)]


def _shown(entry: Entry, words: Words) -> Approval:
    said = entry.subject
    at = words.day(entry.at) + entry.at[10:16].replace("T", " ") + " UTC"
    text = words("approval.said", name=data(entry.person), role=data(said["role"]), at=at, reason=data(said["reason"]))
    return Approval(text, said["sha256"])
