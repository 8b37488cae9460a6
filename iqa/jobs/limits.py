"""Limit sets adopted and dropped, and stored results judged anew."""

from __future__ import annotations

from dataclasses import dataclass

from iqa.errors import UsageError
from iqa.jobs.circumstances import model_of
from iqa.jobs.clock import check_clock
from iqa.jobs.judging import ADOPTED, DROPPED, Rules, adopted_limits, judge_record, note_limits, rules_of
from iqa.jobs.scanners import check_scanner
from iqa.judge import adopt, find_set
from iqa.model import Limit, Outcome, Scope
from iqa.store.audit import enter, entries
from iqa.store.database import Connection
from iqa.store.decisions import Signed, assign
from iqa.store.history import Occasion, occasions
from iqa.store.matching import phantom_of, protocol_of, scanner_of
from iqa.store.settings import check_described
from iqa.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Listed:
    """The limits of a workspace, and the sets that it may adopt."""

    rules: Rules
    adopted: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class JudgedAnew:
    """What judging anew gave."""

    count: int
    failing: tuple[tuple[Occasion, tuple[str, ...]], ...]
    """Scans and entries, with the keys that fail."""
    assigned: tuple[Occasion, ...]
    """Scans that had no scanner, and that a rule of iqa.toml fits now; as they were."""


def listed(workspace: Workspace) -> Listed:
    """All limits: shipped, adopted, and those of iqa.toml."""
    rules = rules_of(workspace.settings)
    with workspace.database.reading() as connection:
        return Listed(rules, adopted_limits(connection, rules))


def adopt_set(workspace: Workspace, name: str, *, scanner: str | None, signed: Signed) -> tuple[Limit, ...]:
    """A shipped set that judges from now on: all scanners, or one.

    Raises
    ------
    UsageError
        There is no such set, it is a structure without numbers, or the scanner is not in iqa.toml.
    """
    rules = rules_of(workspace.settings)
    if scanner is not None:
        check_described(workspace.settings, "scanner", scanner)
    limits = adopt(find_set(name, rules.sets), signed.person, signed.at[:10], signed.reason, Scope(scanner=scanner))
    _entered(workspace, ADOPTED, name, scanner, signed)
    return limits


def drop_set(workspace: Workspace, name: str, *, scanner: str | None, signed: Signed) -> None:
    """A set that was adopted, and judges no longer.

    Raises
    ------
    UsageError
        It is not adopted.
    """
    with workspace.database.reading() as connection:
        trail = [e for e in entries(connection, (ADOPTED, DROPPED)) if _of(e.subject) == (name, scanner)]
    if not trail or trail[-1].action == DROPPED:
        raise UsageError(f"The set '{name}' is not adopted{f' for {scanner}' if scanner else ''}.")
    _entered(workspace, DROPPED, name, scanner, signed)


def _of(subject: object) -> tuple[object, object]:
    return (subject["set"], subject["scanner"]) if isinstance(subject, dict) else (None, None)


def _entered(workspace: Workspace, action: str, name: str, scanner: str | None, signed: Signed) -> None:
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        enter(
            connection, at=signed.at, person=signed.person, action=action, reason=signed.reason, set=name,
            scanner=scanner,
        )  # fmt: skip


def judge_anew(workspace: Workspace, *, scanner: str | None = None, signed: Signed) -> JudgedAnew:
    """Every stored scan by the limits and baselines of now; earlier verdicts are kept beside.

    Scans without a scanner are assigned first, where a rule of iqa.toml fits them by now.

    Raises
    ------
    UsageError
        The scanner is neither in iqa.toml nor in the store.
    """
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        check_scanner(connection, workspace.settings, scanner)
        note_limits(connection, rules, signed)
        assigned = tuple(o for o in occasions(connection) if _assigned(connection, workspace, o, signed))
        found = occasions(connection, scanner=scanner)
        verdicts = {o.id: judge_record(connection, rules, o.id, at=signed.at).verdicts for o in found}
    failing = [(o, tuple(v.key for v in verdicts[o.id] if v.outcome is Outcome.FAIL)) for o in found]
    return JudgedAnew(len(found), tuple(one for one in failing if one[1]), assigned)


def _assigned(connection: Connection, workspace: Workspace, occasion: Occasion, signed: Signed) -> bool:
    """Whether an unassigned scan has got a scanner now."""
    if occasion.scope.scanner is not None or occasion.pixel_sha256 is None:
        return False
    settings = workspace.settings
    found = scanner_of(occasion.acquisition, settings)
    if found.scanner is None:
        return False
    owner = phantom_of(model_of(occasion) or "", settings, protocol_of(occasion.acquisition, settings, found.scanner))
    assign(connection, [occasion.id], owner, signed)
    return True
