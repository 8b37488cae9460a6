"""How every scanner stands: its last scan, what was said of it, and whether the next is overdue."""

from __future__ import annotations

from datetime import datetime

from iqa.model import Outcome
from iqa.report.shown import State
from iqa.store.history import Last, fleet
from iqa.store.settings import Scanner
from iqa.store.workspace import Workspace


def status(workspace: Workspace, at: str) -> tuple[State, ...]:
    """Every scanner of iqa.toml and of the store, by name; the unassigned scans last.

    Parameters
    ----------
    at : str
        Now, ISO 8601.
    """
    with workspace.database.reading() as connection:
        known = {last.scanner: last for last in fleet(connection)}
    scanners = workspace.settings.scanners
    names = sorted({*scanners, *(n for n in known if n is not None)})
    named = [_state(name, scanners.get(name), known.get(name), at) for name in names]
    return (*named, *([_state(None, None, known[None], at)] if None in known else []))


def _state(name: str | None, scanner: Scanner | None, last: Last | None, at: str) -> State:
    period = scanner.period_days if scanner else None
    days = (
        None if last is None else (datetime.fromisoformat(at).date() - datetime.fromisoformat(last.dated).date()).days
    )
    return State(
        scanner=name,
        last=last.dated if last else None,
        days=days,
        count=last.count if last else 0,
        outcome=Outcome(last.outcome) if last and last.outcome else None,
        period_days=period,
        overdue=period is not None and (days is None or days > period),
    )
