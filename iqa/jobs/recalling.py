"""Who decided what about a key, and past verdicts derived again."""

from __future__ import annotations

from dataclasses import dataclass

from iqa.errors import UsageError
from iqa.jobs.judging import ADOPTED, DROPPED, WRITTEN, Recalled, rederived
from iqa.judge import find_set, from_text, limit_sets
from iqa.judge.keys import matches
from iqa.model import Limit
from iqa.store.audit import Entry, broken, entries
from iqa.store.history import occasions
from iqa.store.workspace import Workspace

ALWAYS = frozenset({"event", "assign", "accept results"})
"""Decisions that bear on every key."""


@dataclass(frozen=True, slots=True)
class History:
    """Decisions about a key, oldest first, and whether the trail is whole."""

    entries: tuple[Entry, ...]
    broken: Entry | None
    """The first entry of the whole trail that was changed."""
    verdicts: tuple[Recalled, ...]
    """Of the scan that was asked for, oldest first."""


def history(workspace: Workspace, key: str, *, scan: int | None = None) -> History:
    """Who changed which baseline or limit of a key, when and why; with `scan`, its verdicts on the key derived again.

    Raises
    ------
    UsageError
        There is no scan of that number.
    """
    with workspace.database.reading() as connection:
        trail = entries(connection)
        verdicts: tuple[Recalled, ...] = ()
        if scan is not None:
            found = occasions(connection, ids=[scan])
            if not found:
                raise UsageError(
                    f"There is no scan {scan}; `iqa export` and `iqa trend --json` give the numbers of scans."
                )
            verdicts = tuple(one for one in rederived(connection, found[0]) if one.stored.key == key)
        told = tuple(e for e in trail if _concerns(e, key))
    return History(told, broken(trail), verdicts)


def _concerns(entry: Entry, key: str) -> bool:
    """Whether a decision bears on a key; of limits that are gone the name alone is entered, so they concern each."""
    if entry.action == WRITTEN:
        limits = (from_text(Limit, text, f"entry {entry.id}") for text in entry.subject["new"].values())
        return any(matches(x.key, key) for x in limits) or bool(entry.subject["gone"])
    if entry.action in (ADOPTED, DROPPED):
        return any(matches(row.limit.key, key) for row in find_set(entry.subject["set"], limit_sets()).rows)
    return entry.subject.get("key") == key or entry.action in ALWAYS
