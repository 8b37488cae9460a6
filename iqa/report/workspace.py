"""What commands of a workspace say, for a terminal."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iqa.model import Acquisition, Outcome, Verdict
from iqa.report.numbers import fixed, show
from iqa.report.shown import Added, Addition, Change, Recomputed, State
from iqa.report.table import INDENT, refused_block, scanner_line, set_aside_block
from iqa.store.settings import is_placeholder

MARKS = {
    Outcome.PASS: ("✓", "green"),
    Outcome.PASS_WITHIN_U: ("✓", "green"),
    Outcome.WARNING: ("!", "yellow"),
    Outcome.CANNOT_TELL: ("?", "yellow"),
    Outcome.FAIL: ("✗", "bold red"),
    Outcome.NOT_COMPARABLE: ("≠", "cyan"),
    Outcome.NOT_MEASURED: ("–", "dim"),
    Outcome.NOT_JUDGED: ("·", "dim"),
}
"""Sign and style of a verdict: told apart without colour too."""
SIGNAL_STYLE = "magenta"
TOLD_BY = ("serial", "station", "model", "manufacturer", "institution", "site")
"""What a header may say by which a scanner is known, the most telling first."""
ENOUGH = 2
"""Of them are proposed: institutions and names are spelt in several ways."""
WORTH_SAYING = frozenset({Outcome.WARNING, Outcome.CANNOT_TELL, Outcome.FAIL, Outcome.NOT_COMPARABLE})
"""Verdicts that are printed one by one; the others are counted."""


def addition_block(addition: Addition) -> RenderableType:
    """Every scan with its verdicts, then what was refused and what was set aside."""
    blocks: list[RenderableType] = [_added(scan) for scan in addition.scans]
    if addition.refused:
        blocks.append(refused_block(addition.refused))
    if addition.set_aside:
        blocks.append(set_aside_block(addition.set_aside))
    return Group(*blocks)


def _added(scan: Added) -> RenderableType:
    lines: list[RenderableType] = [Text(_heading(scan), style="bold"), Text(scan.source, style="dim")]
    if scan.analysis is not None:
        lines.append(Text(scanner_line(scan.analysis)))
    lines += [Text(note, style="yellow") for note in scan.owner.notes]
    if scan.owner.scanner is None:
        lines.append(unassigned_block(scan.acquisition, scan.source))
    if scan.signals:
        lines.append(Text(f"⚑ out of control: {', '.join(scan.signals)}; see iqa trend KEY", style=SIGNAL_STYLE))
    if scan.analysis is not None or scan.assigned:
        lines.append(verdict_block(scan.verdicts))
    return Padding(Group(*lines), (1, 0, 0, 0))


def _heading(scan: Added) -> str:
    what = "assigned" if scan.assigned else "stored" if scan.analysis is not None else "known already"
    model = scan.analysis.located.spec.label if scan.analysis is not None else ""
    owner = (scan.owner.scanner or "unassigned", scan.owner.protocol, scan.owner.phantom)
    return " · ".join(part for part in (f"scan {scan.occasion_id} {what}", model, *owner) if part)


def unassigned_block(acquisition: Acquisition, source: str) -> RenderableType:
    """What to write down so that a scanner is known, from what its header says."""
    said = [(name, getattr(acquisition, name)) for name in TOLD_BY]
    telling = [(name, v) for name, v in said if v and not is_placeholder(v)][:ENOUGH]
    told = [f"{name} = {json.dumps(v, ensure_ascii=False)}" for name, v in telling]
    again = f"  iqa add {shlex.quote(source)}"
    if not told:
        return Text(
            "\n".join(["Its header names no scanner. To assign it, say which it was:", f"{again} --scanner NAME"])
        )
    lines = ["To assign it, describe the scanner in iqa.toml and repeat the command:", "  [scanner.NAME]"]
    return Text("\n".join([*lines, *(f"  {line}" for line in told), again]))


def verdict_block(verdicts: Sequence[Verdict]) -> RenderableType:
    """What is not as it should be, sentence by sentence; the rest as numbers of verdicts."""
    said = [_verdict(v) for v in verdicts if v.outcome in WORTH_SAYING or _required(v)]
    counts = Counter(v.outcome for v in verdicts)
    summary = ", ".join(f"{counts[o]} {o}" for o in Outcome if counts[o])
    return Padding(Group(*said, Text(summary or "not judged: no limit or baseline yet")), INDENT)


def _required(verdict: Verdict) -> bool:
    """Whether it says that a key which the protocol requires is missing: no limit asked for it."""
    return verdict.outcome is Outcome.NOT_MEASURED and verdict.limit is None


def _verdict(verdict: Verdict) -> Text:
    sign, style = MARKS[verdict.outcome]
    line = Text(f"{sign} {verdict.key}  {verdict.outcome}: {verdict.reason}", style=style)
    return line.append(f" {_by(verdict)}", style="dim") if verdict.limit else line


def _by(verdict: Verdict) -> str:
    """The limit, whose it is, and the rule."""
    limit = verdict.limit
    if limit is None:
        return ""
    adopted = f"adopted by {limit.adopted_by} {limit.adopted_on}".rstrip() if limit.adopted_by else ""
    said = (limit.name, limit.source, limit.edition, adopted, f"rule {verdict.rule}")
    return f"[{'; '.join(part for part in said if part)}]"


def status_table(states: Sequence[State]) -> RenderableType:
    """One line a scanner."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for name in ("scanner", "last scan", "days ago", "due every", "verdict", "scans", "out of control"):
        table.add_column(name, no_wrap=name != "out of control")
    for state in states:
        table.add_row(*_state(state))
    return table


def _state(state: State) -> Iterator[Text]:
    yield Text(state.scanner or "(unassigned)")
    yield Text((state.last or "never").replace("T", " "))
    yield Text("" if state.days is None else str(state.days))
    yield Text("" if state.period_days is None else f"{state.period_days:g} days")
    sign, style = MARKS[state.outcome or Outcome.NOT_JUDGED]
    overdue = ", overdue" if state.overdue else ""
    yield Text(f"{sign} {state.outcome or Outcome.NOT_JUDGED}{overdue}", style="bold red" if overdue else style)
    yield Text(str(state.count))
    yield Text(f"⚑ {', '.join(state.signals)}" if state.signals else "", style=SIGNAL_STYLE)


def recomputed_block(found: Recomputed) -> RenderableType:
    """Old and new side by side, key by key, and what has no counterpart."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for name in ("key", "new − old", "spread", "largest", "median u", "scans", "method"):
        table.add_column(name, no_wrap=name != "method")
    for change in found.changes:
        table.add_row(*_change(change))
    lines: list[RenderableType] = [table]
    for name, keys in (("Only new", found.gained), ("Only old", found.lost)):
        lines += [Text(f"{name}: {', '.join(keys)}")] if keys else []
    if found.not_found:
        dates = ", ".join(o.dated for o in found.not_found)
        lines.append(Text(f"Not found among the files, and kept as they are: the scans of {dates}", style="yellow"))
    if found.refused:
        lines.append(refused_block(found.refused))
    return Group(*lines)


def _change(change: Change) -> Iterator[str]:
    old, new = change.methods
    yield change.key
    if change.mean is None or change.largest is None:
        yield from ("another method", "", "")
    else:
        shown = show(change.mean, change.spread, change.unit)
        yield f"{shown.value} {shown.unit}".rstrip()
        yield shown.u
        yield f"{change.largest:.3g}".replace("-", "−")
    yield "" if change.typical_u is None else fixed(change.typical_u, 3)
    yield str(change.n)
    yield old if old == new else f"{old} → {new}"
