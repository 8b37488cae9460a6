"""What people enter: values measured by other means, and what happened to a scanner or a phantom."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from iqa.errors import UsageError
from iqa.jobs.circumstances import NEW_BASELINE
from iqa.jobs.clock import check_clock, lies_ahead, local, plain_date
from iqa.jobs.judging import judge_record, judge_since, note_limits, rules_of
from iqa.model import Measurement, Verdict
from iqa.store.audit import enter
from iqa.store.database import Connection
from iqa.store.decisions import Signed, StoredBaseline, add_event, baselines, retire_baseline
from iqa.store.history import last_unit
from iqa.store.matching import Owner
from iqa.store.records import keep_entry
from iqa.store.settings import check_described
from iqa.store.workspace import Workspace
from iqa.version import __version__

KEY = re.compile(r"manual(\.[a-z0-9_]+)+")
METHOD = "entered@1"
PLACE = "entered"
NOTED = "note on entry"
"""Action in the audit trail: what a person wrote beside a value."""
VISUAL = {"ok": 0.0, "watch": 1.0, "bad": 2.0, "no": 0.0, "yes": 1.0}
"""What a check by eye is entered as: no abnormality, to be watched, abnormal; or whether there was something."""
VISUAL_UNIT = "1"
SCANNER_EVENTS = ("tube", "detector", "software", "calibration", "moved", "other")
PHANTOM_EVENTS = ("refilled", "repaired", "replaced", "other")


def enter_value(
    workspace: Workspace,
    key: str,
    value: float,
    *,
    unit: str,
    scanner: str,
    signed: Signed,
    u: float | None = None,
    dated: str | None = None,
) -> tuple[Verdict, ...]:
    """A number measured by hand, stored as a scan's are, and its verdicts; the reason, if any, goes beside it.

    Raises
    ------
    UsageError
        The key is no `manual.<name>`, a number is none, the unit is another than before, the date is none, or the
        scanner is not in iqa.toml.
    """
    if not KEY.fullmatch(key):
        raise UsageError(f"'{key}' is no key of an entered value: manual.NAME, such as manual.laser_x.")
    if not math.isfinite(value) or (u is not None and not (math.isfinite(u) and u >= 0)):
        raise UsageError(f"The value must be a finite number and u one that is not negative; found {value:g} and {u}.")
    if not unit.strip():
        raise UsageError("The unit is empty; it is 1 for a pure number.")
    check_described(workspace.settings, "scanner", scanner)
    entered, rules = Measurement(key, value, u, unit, 1, PLACE, METHOD), rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        _check_unit(connection, key, unit)
        note_limits(connection, rules, signed)
        when = moment(dated, signed.at)
        kept = keep_entry(
            connection, entered, Owner(scanner), dated=when, at=signed.at, person=signed.person, version=__version__
        )
        if signed.reason:
            enter(
                connection, at=signed.at, person=signed.person, action=NOTED, reason=signed.reason, scanner=scanner,
                key=key, dated=when, value=value, unit=unit,
            )  # fmt: skip
        return judge_record(connection, rules, kept.occasion_id, at=signed.at).verdicts


def read_value(said: str, unit: str | None) -> tuple[float, str]:
    """A value as a person writes it, and its unit: a number, or for a check by eye ok, watch, bad, yes, no.

    Raises
    ------
    UsageError
        It is neither, the unit of a number is missing, or a word has a unit.
    """
    if said in VISUAL:
        if unit not in (None, VISUAL_UNIT):
            raise UsageError(f"'{said}' is a word for a check by eye and has no unit; found '{unit}'.")
        return VISUAL[said], VISUAL_UNIT
    try:
        value = float(said)
    except ValueError:
        raise UsageError(f"'{said}' is no value: a number, or one of {', '.join(VISUAL)} for a check by eye.") from None
    if unit is None:
        raise UsageError(f"The unit of {said} is missing: --unit mm, or --unit 1 for a pure number.")
    return value, unit


def enter_event(
    workspace: Workspace,
    kind: str,
    *,
    scanner: str | None = None,
    phantom: str | None = None,
    dated: str | None = None,
    signed: Signed,
) -> tuple[StoredBaseline, ...]:
    """Something that happened; returns the baselines that it ends, and judges scans that were made since then anew.

    Raises
    ------
    UsageError
        Neither or both of scanner and phantom are named, one is not in iqa.toml, or there is no such kind of event.
    """
    if (scanner is None) == (phantom is None):
        raise UsageError("An event happens to a scanner or to a phantom: name one of them.")
    kinds = SCANNER_EVENTS if scanner else PHANTOM_EVENTS
    if kind not in kinds:
        raise UsageError(
            f"'{kind}' is no kind of event of a {'scanner' if scanner else 'phantom'}: {', '.join(kinds)}."
        )
    if scanner is not None:
        check_described(workspace.settings, "scanner", scanner)
    if phantom is not None:
        check_described(workspace.settings, "phantom", phantom)
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        when = moment(dated, signed.at)
        add_event(
            connection, dated=when, kind=kind, scanner=scanner, phantom=phantom, note=signed.reason, signed=signed
        )
        ended = _ended_by(baselines(connection, scanner=scanner), kind, scanner, phantom, when)
        for old in ended:
            retire_baseline(connection, old.id, when, signed)
        for one in {b.scope.scanner for b in ended}:
            judge_since(connection, rules, one, when, at=signed.at)
    return ended


def _ended_by(
    known: Sequence[StoredBaseline], kind: str, scanner: str | None, phantom: str | None, dated: str
) -> tuple[StoredBaseline, ...]:
    """Baselines in force that were made before something after which they hold no longer."""
    if kind not in NEW_BASELINE:
        return ()
    return tuple(
        b
        for b in known
        if b.ended is None
        and b.since < dated
        and (b.scope.scanner == scanner if scanner is not None else b.scope.phantom == phantom)
    )


def _check_unit(connection: Connection, key: str, unit: str) -> None:
    """Raise if values of a key are in another unit: numbers of two units would stand in one chart."""
    before = last_unit(connection, key)
    if before is not None and before != unit:
        raise UsageError(f"{key} was entered in {before} so far; give it in {before}, or under another key.")


def moment(given: str | None, at: str) -> str:
    """A date or moment as a person gives it, by the clock on the wall; now where none is given.

    Raises
    ------
    UsageError
        It is no ISO 8601 date, or lies after now.
    """
    today = local(at)
    if given is None:
        return today
    when = plain_date(given)
    if lies_ahead(when, today):
        raise UsageError(f"'{given}' lies after today, {today[:10]}.")
    return when
