"""Baselines, limits and the audit trail, for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iqa.judge import LimitSet, NoProposal, Proposal, from_text
from iqa.model import Baseline, Bounds, Limit, Scope
from iqa.report.numbers import print_unit, show
from iqa.store.audit import Entry
from iqa.store.decisions import StoredBaseline

NOT_SHOWN = frozenset({"content", "scans_and_records"})
"""Of an entry's subject: too long for a line."""


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def offer_block(
    scope: Scope, scans: Sequence[str], proposals: Sequence[Proposal], none: Sequence[NoProposal]
) -> RenderableType:
    """What some scans propose as baselines."""
    table = _table("key", "baseline", "spread of a scan", "n", "remarks")
    for p in proposals:
        shown, spread = show(p.value, p.u, p.unit), _spread(p)
        table.add_row(p.key, str(shown), spread, str(len(p.scans)), " ".join(p.warnings))
    head = Text(f"{owner(scope)}: {len(scans)} scans, {scans[0]} to {scans[-1]}", style="bold")
    reasons = [Text(line, style="dim") for line in _once(none)]
    return Padding(Group(head, table, *reasons), (1, 0, 0, 0))


def _once(none: Sequence[NoProposal]) -> Iterator[str]:
    """Each reason once, with how many keys share it."""
    alike: dict[str, list[NoProposal]] = defaultdict(list)
    for one in none:
        alike[one.reason.replace(one.key, "")].append(one)
    for group in alike.values():
        more = f" (So for {len(group) - 1} more keys.)" if len(group) > 1 else ""
        yield f"{group[0].reason}{more}"


def _spread(p: Proposal) -> str:
    if p.spread is None:
        return "–"
    return f"{p.spread:.2g} {print_unit(p.unit)}".rstrip()


def baseline_table(found: Sequence[StoredBaseline]) -> RenderableType:
    """Stored baselines, ended ones too."""
    table = _table(
        "no.", "key", "scanner, protocol, phantom", "baseline", "n", "since", "until", "approved by", "reason"
    )
    for one in found:
        b = from_text(Baseline, one.content, f"baseline {one.id}")
        shown = show(b.value, b.u, b.unit)
        until = "" if one.ended is None else one.ended[:10]
        about = (b.approved_by, b.reason)
        table.add_row(str(one.id), b.key, owner(one.scope), str(shown), str(b.n), one.since[:10], until, *about)
    return table


def limit_block(sets: Sequence[LimitSet], adopted: Sequence[Limit], written: Sequence[Limit]) -> RenderableType:
    """The limits in force with who says so, then the sets that may be adopted."""
    table = _table("limit", "key", "fail, warn, warn, fail", "for", "who")
    for one in sets:
        for row in one.rows if one.status == "in force" else ():
            _add(table, row.limit, f"{row.limit.source}, {row.limit.edition}")
    for limit in (*adopted, *written):
        _add(table, limit, _who(limit))
    others = [Text(f"{s.name}: {s.title} ({s.status})") for s in sets if s.status != "in force"]
    return Group(table, Text("To adopt: iqa limits adopt NAME --by NAME --reason TEXT", style="bold"), *others)


def _add(table: Table, limit: Limit, who: str) -> None:
    relative = "" if limit.kind == "absolute" else " from the baseline"
    numbers = f"{bounds_text(limit.bounds)} {print_unit(limit.unit)}{relative}".strip()
    table.add_row(limit.name, limit.key, numbers, owner(limit.scope), who)


def _who(limit: Limit) -> str:
    """Who adopted it, when and why, as far as that is said."""
    by = " ".join(x for x in (limit.adopted_by or "nobody named", limit.adopted_on) if x)
    return ": ".join(x for x in (by, limit.reason or limit.source) if x)


def bounds_text(bounds: Bounds) -> str:
    """Four numbers, one that is left out as a dash."""
    numbers = (bounds.fail_low, bounds.warn_low, bounds.warn_high, bounds.fail_high)
    return ", ".join("–" if x is None else show(x, None, "").value for x in numbers)


def owner(scope: Scope) -> str:
    """Whose something is."""
    return ", ".join(part for part in (scope.scanner, scope.protocol, scope.phantom) if part) or "all"


def trail_block(entries: Sequence[Entry], broken: Entry | None) -> RenderableType:
    """Decisions, oldest first."""
    lines = [Text(line) for entry in entries for line in _entry(entry)]
    if broken is not None:
        lines.append(
            Text(
                f"THE AUDIT TRAIL WAS CHANGED: entry {broken.id} of {broken.at} is not what was written, or one before "
                "it is missing. Compare with a backup.",
                style="bold red",
            )
        )
    return Group(*lines) if lines else Text("Nothing was decided about it yet.")


def _entry(entry: Entry) -> Iterator[str]:
    if "limits" in entry.subject:
        said = [
            *(_written(text) for text in entry.subject["new"].values()),
            *(f"{n} is gone" for n in entry.subject["gone"]),
        ]
    else:
        said = [f"{n} {v}" for n, v in entry.subject.items() if v not in (None, "", [], {}) and n not in NOT_SHOWN]
    yield f"{entry.at}  {entry.person}  {entry.action}: {'; '.join(said)}"


def _written(text: str) -> str:
    limit = from_text(Limit, text, "audit trail")
    return f"{limit.name} for {limit.key}: {bounds_text(limit.bounds)} {print_unit(limit.unit)}".rstrip()
