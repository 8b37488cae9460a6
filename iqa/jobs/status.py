"""How every scanner stands: its last scan, what was said of it, and whether the next is overdue."""

from __future__ import annotations

from datetime import date

from iqa.jobs.clock import local
from iqa.jobs.judging import rules_of
from iqa.judge import worst_of
from iqa.judge.keys import matches
from iqa.report.shown import State
from iqa.store.history import Last, fleet, keys
from iqa.store.settings import CHARTED, Scanner
from iqa.store.workspace import Workspace


def status(workspace: Workspace, at: str) -> tuple[State, ...]:
    """Every scanner of iqa.toml and of the store, by name; the unassigned scans last.

    Parameters
    ----------
    at : str
        Now, ISO 8601 in UTC.

    Raises
    ------
    DefinitionError
        A limit in iqa.toml is wrong, so that nothing could be judged.
    """
    rules_of(workspace.settings)
    with workspace.database.reading() as connection:
        known = {last.scanner: last for last in fleet(connection)}
    scanners = workspace.settings.scanners
    names = sorted({*scanners, *(n for n in known if n is not None)})
    today = local(at)
    named = [_state(name, scanners.get(name), known.get(name), today) for name in names]
    return (*named, *([_state(None, None, known[None], today)] if None in known else []))


def without_values(workspace: Workspace) -> tuple[str, ...]:
    """Charted keys and keys of limits in iqa.toml under which nothing is stored yet: perhaps misspelt."""
    rules = rules_of(workspace.settings)
    with workspace.database.reading() as connection:
        known = keys(connection)
    wanted = dict.fromkeys([*workspace.settings.site.charted, *(x.key for x in rules.written)])
    return tuple(k for k in wanted if known and k not in CHARTED and not any(matches(k, one) for one in known))


def _state(name: str | None, scanner: Scanner | None, last: Last | None, at: str) -> State:
    period = scanner.period_days if scanner else None
    dated = last.dated if last else None
    days = None if dated is None else (date.fromisoformat(at[:10]) - date.fromisoformat(dated[:10])).days
    return State(
        scanner=name,
        last=dated,
        days=days,
        count=last.count if last else 0,
        outcome=worst_of(last.outcomes) if last else None,
        signals=last.signals if last else (),
        period_days=period,
        overdue=period is not None and (days is None or days > period),
    )
