"""A session as tables for a terminal, readable at 100 columns, and at the 120 of a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iqa.analyze import Refusal, Session
from iqa.model import Analysis, Candidate, Located, Measurement, NotMeasured
from iqa.report.numbers import fixed, show, show_interval

INDENT = (0, 0, 0, 2)
GAP = 1
"""Blanks after a column, beside the one that every column has; a value stands close to its u."""
DITTO = "″"
"""Stands for the place of the row above: most rows of a family share theirs."""
NUMBERS = ("key", "value", "± u (k = 1)")
"""Columns that never fold."""
SHOWN_SET_ASIDE = 5
"""Files set aside that are named one by one; a folder can hold hundreds, and their number is enough then."""


def session_table(session: Session) -> RenderableType:
    """Every analysis, then what was refused, then what was set aside."""
    blocks: list[RenderableType] = [analysis_table(a) for a in session.analyses]
    if session.refused:
        blocks.append(refused_block(session.refused))
    if session.set_aside:
        blocks.append(set_aside_block(session.set_aside))
    return Group(*blocks)


def analysis_table(analysis: Analysis) -> RenderableType:
    """One analysis: what was scanned, the numbers by family, what was not measured and why."""
    blocks: list[RenderableType] = [_heading(analysis), _numbers(analysis.measurements)]
    if analysis.not_measured:
        blocks.append(_not_measured(analysis.not_measured))
    return Group(*blocks)


def scanner_line(analysis: Analysis) -> str:
    """Scanner, date and technique in one line; what the header does not say is left out."""
    a = analysis.acquisition
    parts = [
        " ".join(p for p in (a.manufacturer, a.model) if p),
        (analysis.identity.acquired or "").replace("T", " "),
        f"{a.kv:g} kV" if a.kv else "",
        f"{a.kev:g} keV" if a.kev else "",
        a.kernel or "",
    ]
    return " · ".join(p for p in parts if p)


def stack_line(analysis: Analysis) -> str:
    """Slices, matrix and sampling in one line."""
    slices, rows, columns = analysis.shape
    sampling = " × ".join(f"{s:.4g}" for s in reversed(analysis.spacing_mm) if s is not None)
    return f"{slices} slice{'s' if slices > 1 else ''} of {columns} × {rows} · {sampling} mm"


def phantom_line(analysis: Analysis) -> str:
    """Which phantom, how surely, and how it lies."""
    located, pose = analysis.located, analysis.located.pose
    parts = [
        f"{located.spec.title} ({located.spec.label})",
        f"score {located.score:.1f}{_lead(located)}" if located.score > 0.0 else "",
        "" if located.u_roll_deg is None else f"roll {fixed(pose.roll_deg, 1)}°",
        "mirrored" if pose.mirrored and located.mirror_known else "",
        "reversed along z" if pose.reversed else "",
    ]
    return " · ".join(p for p in parts if p)


def rival(located: Located) -> Candidate | None:
    """The runner-up; one without evidence of its own is none."""
    second = located.runner_up
    return second if second is not None and second.score > 0.0 else None


def _lead(located: Located) -> str:
    second = rival(located)
    return f", {located.score - second.score:.1f} above {second.label}" if second else ""


def _heading(analysis: Analysis) -> RenderableType:
    lines = [Text(phantom_line(analysis), style="bold"), Text(scanner_line(analysis)), Text(stack_line(analysis))]
    if analysis.source:
        lines.append(Text(analysis.source, style="dim"))
    if analysis.scan_flags:
        lines.append(Text("flags: " + ", ".join(analysis.scan_flags), style="yellow"))
    return Padding(Group(*lines), (1, 0, 0, 0))


def _numbers(measurements: Sequence[Measurement]) -> RenderableType:
    families = [list(_rows(measured)) for _, measured in groupby(measurements, key=family)]
    columns = list(zip(NUMBERS, *(row[:3] for rows in families for row in rows), strict=True))
    key, value, spread = (max(map(len, column)) for column in columns)

    def line(cells: Sequence[str]) -> Text:
        # As one cell: a table lays out each at the cost of measuring a number, and these never fold.
        return Text(f"{cells[0]:<{key + GAP}} {cells[1]:>{value}} {cells[2]:<{spread + GAP}}")

    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    titles = line(NUMBERS)
    table.add_column(titles, no_wrap=True, width=len(titles))
    table.add_column("where", overflow="fold")
    table.add_column("flags", overflow="fold")
    for rows in families:
        for row in rows:
            table.add_row(line(row), *map(Text, row[3:]))
        table.add_section()
    return Group(Text(), table)


def _rows(measurements: Iterable[Measurement]) -> Iterator[tuple[str, str, str, str, str]]:
    """Key, value, u, place and flags of one family."""
    above = ""
    for m in measurements:
        shown = show(m.value, m.u, m.unit)
        spread = f"± {shown.u} {shown.unit}" if shown.u else f"  {shown.unit}"
        place = DITTO if m.where == above else m.where
        yield m.key, shown.value, spread.rstrip(), place + GAP * " " + _limits(m), ", ".join(m.flags)
        above = m.where


def _limits(m: Measurement) -> str:
    """The 95 % interval of a number that has one, on a line of its own in a column that folds."""
    if m.interval is None:
        return ""
    low, high = show_interval(m.interval, m.value, m.u)
    return f"\n95 %: {low} to {high}"


def _not_measured(missing: Sequence[NotMeasured]) -> RenderableType:
    """Reasons once each, with all the keys that share them."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for n in missing:
        reasons.setdefault((n.reason, n.needs), []).append(n.key)
    blocks: list[RenderableType] = [Text("Not measured", style="bold")]
    for (reason, needs), keys in reasons.items():
        blocks += [
            Padding(Text(", ".join(keys)), INDENT),
            Padding(Text(f"{reason} {needs}", style="dim"), (0, 0, 0, 4)),
        ]
    return Padding(Group(*blocks), (1, 0, 0, 0))


def refused_block(refused: Sequence[Refusal]) -> RenderableType:
    """Inputs that gave nothing, each with its reason."""
    blocks: list[RenderableType] = [Text("Refused", style="bold")]
    for r in refused:
        blocks.append(Padding(Text(r.path), INDENT))
        blocks += [Padding(Text(line, style="dim"), (0, 0, 0, 4)) for line in _why(r)]
    return Padding(Group(*blocks), (1, 0, 0, 0))


def _why(refusal: Refusal) -> Iterator[str]:
    yield refusal.reason
    if refusal.candidates:
        fits = (c.label + (f" ({c.score:.1f})" if c.score > 0.0 else "") for c in refusal.candidates)
        yield f"Candidates: {', '.join(fits)}. Say which it is with --phantom NAME."


def set_aside_block(set_aside: Sequence[Refusal]) -> RenderableType:
    """What lay beside the scans."""
    named = [Padding(Text(f"{r.path}: {r.reason}", style="dim"), INDENT) for r in set_aside[:SHOWN_SET_ASIDE]]
    more = len(set_aside) - len(named)
    tail = [Padding(Text(f"and {more} more", style="dim"), INDENT)] if more > 0 else []
    return Padding(Group(Text(f"Set aside: {len(set_aside)}", style="bold"), *named, *tail), (1, 0, 0, 0))


def family(measurement: Measurement) -> str:
    """The first part of its key."""
    return measurement.key.split(".", 1)[0]
