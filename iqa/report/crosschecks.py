"""Scans beside other programs' numbers: a table for a terminal, and the JSON document ``iqa.crosscheck/1``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iqa.analyze import Session
from iqa.model import AGREEMENTS, COVERAGE_FACTOR, Agreement, Answer, Compared, Crosschecked
from iqa.report.document import refusal_document
from iqa.report.numbers import MINUS, fixed, last_digit, print_unit, rounded, show
from iqa.report.table import INDENT, phantom_line, refused_block, scanner_line, set_aside_block

SCHEMA = "iqa.crosscheck/1"
FAR = 9.95
"""Differences over U beyond which the number says no more than that it is far."""
DIGITS = 4
"""Significant digits of a number whose uncertainty is not known."""
TENTH = 10.0
"""Ends of a range are shown to a tenth of its width."""
BOTH: tuple[Agreement, ...] = ("agrees", "explained", "untestable", "unexplained")
"""Outcomes of rows that both programs have a number for."""
REASONED: tuple[Agreement, ...] = ("explained", "untestable")
OTHER_QUANTITY = "≠"
LEGEND = (
    "diff/U: difference over its expanded uncertainty (k = 2). expected: where the other number lies by its own "
    f"definition if iqa's is right. {OTHER_QUANTITY}: another quantity under the same name, which has no difference; "
    "untestable: known by no better than ± 30 % from iqa's."
)
MOST_NAMES = 10
"""Names that are written out of a list that another program's file may make long."""
UNBOUND = 10_000
"""Columns in which a table is as wide as it likes."""

Json = dict[str, Any]


def over_allowed(row: Compared) -> float | None:
    """The difference over its expanded uncertainty (k = 2); None where the two are not comparable or nothing is known.

    The other program's own uncertainty is in it as far as it is known.
    """
    if row.value is None or row.other is None or not row.comparable:
        return None
    allowed = COVERAGE_FACTOR * ((row.u or 0.0) ** 2 + (row.other_u or 0.0) ** 2) ** 0.5
    return (row.other - row.value) / allowed if allowed > 0.0 else None


def crosscheck_table(scans: Sequence[Crosschecked], session: Session) -> RenderableType:
    """Every scan with every other program, then what could not be analysed."""
    blocks = [_scan(s) for s in scans]
    if session.refused:
        blocks.append(refused_block(session.refused))
    if session.set_aside:
        blocks.append(set_aside_block(session.set_aside))
    return Group(*blocks)


def crosscheck_document(scans: Sequence[Crosschecked], session: Session) -> Json:
    """The same as plain JSON values; no path but those of refusals and what a failure names."""
    return {
        "schema": SCHEMA,
        "scans": [_scan_document(s) for s in scans],
        "refused": [refusal_document(r) for r in session.refused],
    }


def summary(answer: Answer) -> str:
    """How many quantities both have, and how they compare, in one line."""
    counts = {outcome: answer.count(outcome) for outcome in AGREEMENTS}
    both = sum(counts[o] for o in BOTH)
    parts = ", ".join(f"{counts[o]} {'agree' if o == 'agrees' else o}" for o in BOTH)
    alone = f"only iqa {counts['only_iqa']}, only {answer.program} {counts['only_other']}"
    return f"{both} shared: {parts}; {alone}"


def titled(answer: Answer) -> str:
    """The program and its version."""
    return " ".join(part for part in (answer.program, answer.version) if part)


def _scan(checked: Crosschecked) -> RenderableType:
    analysis = checked.analysis
    lines = [Text(phantom_line(analysis), style="bold"), Text(scanner_line(analysis))]
    if analysis.source:
        lines.append(Text(analysis.source, style="dim"))
    return Padding(Group(*lines, *(_answer(a) for a in checked.answers)), (1, 0, 0, 0))


def _answer(answer: Answer) -> RenderableType:
    if answer.failure:
        return Padding(Text(answer.failure), (1, 0, 0, 0))
    reasons = list(dict.fromkeys(r.reason for r in answer.rows if r.outcome in REASONED))
    blocks: list[RenderableType] = [Text.assemble((f"{titled(answer)}  ", "bold"), summary(answer))]
    blocks.append(Padding(_Rows(answer, reasons), (1, 0, 0, 0)))
    blocks.append(Padding(Text(LEGEND, style="dim"), INDENT))
    blocks += [Padding(Text(f"({n}) {why}", style="dim"), INDENT) for n, why in enumerate(reasons, start=1)]
    blocks += [Padding(line, INDENT) for line in _alone(answer)]
    return Padding(Group(*blocks), (1, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class _Rows:
    """What both programs have a number for, as wide as the terminal allows and with every number whole."""

    answer: Answer
    reasons: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in (_table(self.answer, self.reasons, full=full) for full in (True, False)):
            if Measurement.get(console, options.update(max_width=UNBOUND), table).maximum <= options.max_width:
                yield table
                return
        yield _folded(self.answer, self.reasons)


def _table(answer: Answer, reasons: Sequence[str], *, full: bool) -> Table:
    """One line a quantity, with or without what follows from the rest."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("key", no_wrap=True)
    table.add_column("iqa", justify="right", no_wrap=True)
    table.add_column("± u (k = 1)", no_wrap=True)
    table.add_column(answer.program, justify="right", no_wrap=True)
    if full:
        table.add_column("expected", no_wrap=True)
        table.add_column("diff/U", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    shared = _shared(answer)
    for label, row in zip(labels(shared), shared, strict=True):
        more = (other_text(row), expected_text(row), _over(row)) if full else (_marked(row),)
        table.add_row(label, *_ours(row), *more, _outcome(row, reasons), style=_style(row))
    return table


def _folded(answer: Answer, reasons: Sequence[str]) -> Text:
    """Two lines a quantity, its key alone on the first."""
    shared = _shared(answer)
    below = [
        ("iqa", "± u (k = 1)", answer.program, ""),
        *((*_ours(r), _marked(r), _outcome(r, reasons)) for r in shared),
    ]
    widths = [max(map(len, column)) for column in zip(*below, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in below]
    text = Text(f"  {lines[0]}", style="bold")
    for label, row, line in zip(labels(shared), shared, lines[1:], strict=True):
        text.append(f"\n{label}\n  {line}", style=_style(row) or "not bold")
    return text


def _shared(answer: Answer) -> list[Compared]:
    return [r for r in answer.rows if r.outcome in BOTH]


def labels(rows: Sequence[Compared]) -> list[str]:
    """The key of each row, with the other program's name where it has several numbers for one key."""
    counts = Counter(row.key for row in rows)
    return [f"{row.key} ({row.name})" if counts[row.key] > 1 and row.name else row.key for row in rows]


def _style(row: Compared) -> str:
    return "bold" if row.outcome == "unexplained" else ""


def _ours(row: Compared) -> tuple[str, str]:
    """The value of iqa, and its u with the unit."""
    ours = show(row.value or 0.0, row.u, row.unit)
    return ours.value, (f"± {ours.u} {ours.unit}" if ours.u else f"  {ours.unit}").rstrip()


def _marked(row: Compared) -> str:
    """The other's value where no column beside it says that it is another quantity."""
    return other_text(row) if row.comparable else f"{OTHER_QUANTITY} {other_text(row)}"


def _outcome(row: Compared, reasons: Sequence[str]) -> str:
    return f"{row.outcome} ({reasons.index(row.reason) + 1})" if row.outcome in REASONED else row.outcome


def other_text(row: Compared) -> str:
    """The other program's number, as fine as the larger uncertainty, and its unit where that is another."""
    other = row.other or 0.0
    u = max(row.u or 0.0, row.other_u or 0.0) if row.comparable else 0.0
    unit = "" if row.other_unit == row.unit else print_unit(row.other_unit)
    number = show(other, u, "").value if u else f"{other:.{DIGITS}g}".replace("-", MINUS)
    return f"{number} {unit}".rstrip()


def expected_text(row: Compared) -> str:
    """Where it should lie by its own definition; of rows that agree nobody asks."""
    if row.expected is None or row.outcome == "agrees":
        return ""
    low, high = row.expected
    digit = last_digit((high - low) / TENTH) if high > low else last_digit(abs(high) or 1.0)
    return f"{rounded(low, digit)}..{rounded(high, digit)}"


def _over(row: Compared) -> str:
    over = over_allowed(row)
    if over is None:
        return "" if row.comparable else OTHER_QUANTITY
    return fixed(over, 1) if abs(over) < FAR else (">" if over > 0 else "<") + fixed(10.0 if over > 0 else -10.0, 0)


def _alone(answer: Answer) -> Iterator[Text]:
    """What one program has alone, by reason."""
    others = [r for r in answer.rows if r.outcome == "only_other"]
    for reason in dict.fromkeys(r.reason for r in others):
        names = _first(r.key or r.name for r in others if r.reason == reason)
        yield Text.assemble((f"only {answer.program}: {names}. ", ""), (reason, "dim"))
    ours = [r for r in answer.rows if r.outcome == "only_iqa"]
    for reason in dict.fromkeys(r.reason for r in ours):
        families = Counter(r.key.split(".", 1)[0] for r in ours if r.reason == reason)
        names = ", ".join(f"{family} ({count})" for family, count in families.items())
        yield Text.assemble((f"only iqa: {names}. ", ""), (reason, "dim"))


def _first(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - MOST_NAMES} more" if len(listed) > MOST_NAMES else ""
    return ", ".join(listed[:MOST_NAMES]) + more


def _scan_document(checked: Crosschecked) -> Json:
    analysis = checked.analysis
    return {
        "scan": {
            "series_uid": analysis.identity.series_uid,
            "pixel_sha256": analysis.identity.pixel_sha256,
            "acquired": analysis.identity.acquired,
        },
        "phantom": analysis.located.spec.name,
        "iqa": analysis.iqa_version,
        "programs": [_answer_document(a) for a in checked.answers],
    }


def _answer_document(answer: Answer) -> Json:
    return {
        "program": answer.program,
        "version": answer.version,
        "failure": answer.failure or None,
        "counts": {outcome: answer.count(outcome) for outcome in AGREEMENTS},
        "rows": [_row_document(r) for r in answer.rows],
    }


def _row_document(row: Compared) -> Json:
    return {
        "key": row.key or None,
        "outcome": row.outcome,
        "iqa": None if row.value is None else {"value": row.value, "u": row.u, "unit": row.unit},
        "other": None
        if row.other is None
        else {"name": row.name or None, "value": row.other, "u": row.other_u or None, "unit": row.other_unit},
        "comparable": row.comparable,
        "over_allowed": over_allowed(row),
        "expected": None if row.expected is None else list(row.expected),
        "reason": row.reason or None,
    }
