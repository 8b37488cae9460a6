"""Baselines: proposed from stored scans, approved by a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from iqa.errors import UsageError
from iqa.jobs.circumstances import NEW_BASELINE, conditions_of
from iqa.jobs.clock import check_clock, plain_date
from iqa.jobs.judging import judge_since, rules_of
from iqa.judge import NoProposal, Proposal, Sample, propose, to_text
from iqa.model import Measurement, Scope
from iqa.store.database import Connection
from iqa.store.decisions import Signed, StoredBaseline, approve_baseline, baselines
from iqa.store.history import Happened, Occasion, events, measurements, occasions
from iqa.store.workspace import Workspace

NO_BASELINE = ("position.",)
"""Families that belong to how a phantom was laid down, not to the scanner; asked for by name they are proposed too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which scans and keys a baseline is made from."""

    scanner: str
    protocol: str | None = None
    phantom: str | None = None
    key: str = "*"
    """Pattern."""
    since: str | None = None
    until: str | None = None
    """Dates, both inside."""
    last: int | None = None
    """So many scans at most, the latest."""
    without: tuple[int, ...] = ()
    """Numbers of scans that are left out."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What was proposed for one scope, and from which scans."""

    scope: Scope
    occasions: tuple[Occasion, ...]
    proposals: tuple[Proposal, ...]
    none: tuple[NoProposal, ...]


def propose_baselines(workspace: Workspace, choice: Choice) -> tuple[Offer, ...]:
    """What the chosen scans propose, for each protocol and phantom of the scanner by itself.

    Raises
    ------
    UsageError
        No scan is chosen, or a date is none.
    """
    with workspace.database.reading() as connection:
        return _offers(connection, choice)


def approve_baselines(workspace: Workspace, choice: Choice, *, signed: Signed) -> tuple[Offer, ...]:
    """The same, approved: each supersedes the baseline of its key and scope, and the scans are judged anew by them.

    Raises
    ------
    UsageError
        No scan is chosen, a date is none, or none of the keys allows a baseline.
    """
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        offers = _offers(connection, choice)
        if not any(o.proposals for o in offers):
            reason = next((n.reason for o in offers for n in o.none), "There is nothing to approve.")
            raise UsageError(reason)
        known = [b for b in baselines(connection, scanner=choice.scanner) if b.ended is None]
        for offer in offers:
            _approve(connection, offer, known, signed)
        since = min(o.dated for offer in offers for o in offer.occasions)
        judge_since(connection, rules, choice.scanner, since, at=signed.at)
    return offers


def _approve(connection: Connection, offer: Offer, known: Sequence[StoredBaseline], signed: Signed) -> None:
    since = min(o.dated for o in offer.occasions)
    records = [o.record_id for o in offer.occasions]
    for proposal in offer.proposals:
        approved = proposal.approved(signed.person, signed.at, signed.reason)
        approve_baseline(
            connection,
            key=proposal.key,
            scope=offer.scope,
            content=to_text(approved),
            since=since,
            records=records,
            signed=signed,
            supersedes=[b.id for b in known if b.key == proposal.key and b.scope == offer.scope],
        )


def _offers(connection: Connection, choice: Choice) -> tuple[Offer, ...]:
    since, until = (None if d is None else plain_date(d) for d in (choice.since, choice.until))
    choice = replace(choice, since=since, until=until)
    groups: dict[Scope, list[Occasion]] = defaultdict(list)
    for occasion in occasions(connection, scanner=choice.scanner):
        if _chosen(occasion, choice):
            groups[occasion.scope].append(occasion)
    if not groups:
        raise UsageError(f"No stored scan of '{choice.scanner}' is chosen; `iqa status` says how many there are.")
    unknown = set(choice.without) - {o.id for o in occasions(connection, scanner=choice.scanner)}
    if unknown:
        raise UsageError(f"Scan {min(unknown)} is none of '{choice.scanner}'; propose without --without lists them.")
    kept = {scope: _of_one_time(found, _renewals(connection, scope), choice) for scope, found in groups.items()}
    return tuple(_offer(connection, scope, found[-(choice.last or 0) :], choice) for scope, found in kept.items())


def _renewals(connection: Connection, scope: Scope) -> list[Happened]:
    """What happened to the scanner or the phantom after which values may lie elsewhere for good."""
    phantoms = (scope.phantom,) if scope.phantom else ()
    return [e for e in events(connection, scanner=scope.scanner, phantoms=phantoms) if e.kind in NEW_BASELINE]


def _of_one_time(found: Sequence[Occasion], renewed: Sequence[Happened], choice: Choice) -> Sequence[Occasion]:
    """The scans since the last event; a person who asks for scans on either side of one is told so."""
    between = [e for e in renewed if found[0].dated < e.dated <= found[-1].dated]
    if not between:
        return found
    last = between[-1]
    if choice.since is not None:
        raise UsageError(
            f"A baseline cannot span the event '{last.kind}' of {last.scanner or last.phantom} on {last.dated[:10]}: "
            f"choose scans from then on (--since {last.dated[:10]}), or until before it."
        )
    return [o for o in found if o.dated >= last.dated]


def _chosen(occasion: Occasion, choice: Choice) -> bool:
    """Whether a scan belongs to a choice; a date without a time holds the whole day."""
    scope, day = occasion.scope, occasion.dated
    return (
        (choice.protocol is None or scope.protocol == choice.protocol)
        and (choice.phantom is None or scope.phantom == choice.phantom)
        and (choice.since is None or day[: len(choice.since)] >= choice.since)
        and (choice.until is None or day[: len(choice.until)] <= choice.until)
        and occasion.id not in choice.without
        and (occasion.acquired is not None or occasion.entered_by is not None)
    )


def _offer(connection: Connection, scope: Scope, found: Sequence[Occasion], choice: Choice) -> Offer:
    values: Mapping[str, list[Sample]] = defaultdict(list)
    for occasion in found:
        conditions = conditions_of(occasion)
        for m in measurements(connection, occasion.record_id):
            if _wanted(m, choice.key):
                values[m.key].append(Sample(f"scan {occasion.id} of {occasion.dated[:10]}", m, conditions))
    if not values:
        raise UsageError(f"No key of the chosen scans fits '{choice.key}'.")
    outcomes = [propose(key, samples, scope) for key, samples in sorted(values.items())]
    return Offer(
        scope,
        tuple(found),
        tuple(o for o in outcomes if isinstance(o, Proposal)),
        tuple(o for o in outcomes if isinstance(o, NoProposal)),
    )


def _wanted(m: Measurement, pattern: str) -> bool:
    return fnmatchcase(m.key, pattern) and (pattern != "*" or not m.key.startswith(NO_BASELINE))
