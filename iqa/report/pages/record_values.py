"""The values that iqa measured in a period: each scan's of a month, a summary of more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from iqa.model import Outcome
from iqa.report.naming import family_of, name_of, unit_text
from iqa.report.numbers import NO_BREAK
from iqa.report.pages.facts import technique
from iqa.report.pages.record_dates import short_day
from iqa.report.pages.record_grid import MARK, STRONG, together
from iqa.report.pages.rows import allowed, amount, at_digit, row_place, scale, strip
from iqa.report.periods import Period, Stretch
from iqa.report.record_content import Table, TableCell
from iqa.report.record_svg import record_strip
from iqa.report.records import RecordStory, Scanned, Together
from iqa.report.stories import Measure
from iqa.report.text import Span, Text, as_text, data, joined
from iqa.report.words import Words

MOST_DATES = 5
"""Scans whose values stand side by side; of more the least, mean and largest."""
MOST_ROWS = 24
"""Measures of one table; what does not pass comes first, and the rest is counted."""
NOTHING = "–"
NAME_MM, UNIT_MM, NUMBER_MM, U_MM, RANGE_MM, STRIP_MM, MARK_MM, MONTH_MM = 32.0, 8.5, 11.0, 11.5, 21.5, 23.0, 8.0, 9.0
"""Widths of columns; the remarks have what is left of 190 mm."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One key in the scans of a group that count, oldest first."""

    key: str
    days: tuple[tuple[date, Measure], ...]

    @property
    def last(self) -> Measure:
        """The latest measure that has a number, else the latest."""
        return next((m for _, m in reversed(self.days) if m.measurement is not None), self.days[-1][1])

    @property
    def outcome(self) -> Outcome:
        """The worst of all."""
        return together([m.outcome for _, m in self.days])

    @property
    def signals(self) -> tuple[date, ...]:
        """Days on which it was out of control."""
        return tuple(day for day, m in self.days if m.out_of_control)

    @property
    def renewed(self) -> bool:
        """Whether not all of its values are by one method: they are no series."""
        return len({m.measurement.method for _, m in self.days if m.measurement is not None}) > 1

    def values(self, stretch: Stretch) -> list[float]:
        """The numbers of a stretch of time."""
        return [m.measurement.value for day, m in self.days if m.measurement is not None and stretch.holds(day)]


def values_tables(story: RecordStory, words: Words) -> tuple[Table, ...]:
    """A table for each protocol and phantom; groups without anything that is judged or charted have none."""
    found = ((group, _lines(group, story)) for group in story.together)
    return tuple(_table(group, lines, story, words) for group, lines in found if lines)


def _in_grid(group: Together, story: RecordStory) -> set[str]:
    """Keys whose values under this very protocol stand in the grid."""
    return {c.check.key for c in story.checked if c.check.show == "value" and group.protocol in c.check.protocols}


def _lines(group: Together, story: RecordStory) -> list[_Line]:
    """What was judged, or is charted against a baseline, and does not stand in the grid."""
    scans, in_grid = group.last_of_days, _in_grid(group, story)
    told = ((k, m, m.baseline is not None and k in story.charted) for s in scans for k, m in s.measures.items())
    wanted = (k for k, m, charted in told if m.verdicts or m.out_of_control or charted)
    every = dict.fromkeys(k for k in wanted if k not in in_grid)
    lines = [_Line(k, tuple((s.day, s.measures[k]) for s in scans if k in s.measures)) for k in every]
    return sorted(lines, key=lambda line: row_place(line.last))


def _table(group: Together, lines: Sequence[_Line], story: RecordStory, words: Words) -> Table:
    kept, rest = _kept(lines)
    scans, period = group.last_of_days, story.period
    form = _ByMonth if period.kind == "year" else _ByDate if len(scans) <= MOST_DATES else _Summary
    laid = form(scans, period, words)
    head = (_head(words("record.quantity")), _head(words("record.unit")), *laid.heads(), *_last_heads(words))
    return Table(
        title=words("record.values", when=words("record.values_month")),
        note=_note(group, laid, words),
        heads=head,
        rows=tuple((*_first(line, words), *laid.cells(line), *_final(line, period, words)) for line in kept),
        widths=(*laid.widths(), MARK_MM, 0.0),
        below=_left_out(rest, words),
    )


def _kept(lines: Sequence[_Line]) -> tuple[list[_Line], list[_Line]]:
    """The lines that are shown, and those that are not: what does not pass is always shown."""
    odd = {x.key for x in lines if x.outcome in STRONG or x.signals}
    plain = [x.key for x in lines if x.key not in odd][: max(0, MOST_ROWS - len(odd))]
    shown = odd.union(plain)
    return [x for x in lines if x.key in shown], [x for x in lines if x.key not in shown]


def _left_out(rest: Sequence[_Line], words: Words) -> Text:
    return words("record.left_out", n=len(rest), worst=words("record.all_pass")) if rest else ()


def full_name(key: str, words: Words) -> Text:
    """What a key is called where no heading says its family."""
    name = name_of(key, words)
    return words("record.ct_number", what=name) if family_of(key) == "ct_number" else name


def _head(said: Text) -> TableCell:
    return TableCell(said, "middle")


def _last_heads(words: Words) -> tuple[TableCell, ...]:
    return _head(words("record.verdict")), _head(words("record.remark"))


def _first(line: _Line, words: Words) -> tuple[TableCell, ...]:
    m = line.last.measurement
    return TableCell(full_name(line.key, words)), TableCell(unit_text(m.unit) if m else (), "middle")


def _final(line: _Line, period: Period, words: Words) -> tuple[TableCell, ...]:
    mark = TableCell(as_text(MARK[line.outcome]), "middle", strong=line.outcome in STRONG)
    return mark, TableCell(_remark(line, period, words))


def _remark(line: _Line, period: Period, words: Words) -> Text:
    """On which day it was out of control last, and the worst verdict given last; whether the method changed."""
    worst = [day for day, m in line.days if m.outcome == line.outcome]
    calm = line.outcome in (Outcome.PASS, Outcome.NOT_JUDGED)
    said = [*line.signals[-1:], *(() if calm else worst[-1:])]
    names = [*(["out of control"] if line.signals else []), *([] if calm else [line.outcome.value])]
    days = [
        words("record.remark_on", day=short_day(day, period, words), what=words(f"verdict.{name}"))
        for day, name in zip(said, names, strict=True)
    ]
    return joined([*days, words("record.renewed") if line.renewed else ()], words.written("record.comma"))


class _ByDate:
    """Each scan in a column of its own, with the strip."""

    def __init__(self, scans: Sequence[Scanned], period: Period, words: Words) -> None:
        self.scans, self.period, self.words = scans, period, words

    def heads(self) -> tuple[TableCell, ...]:
        """Baseline, range, days, u, strip."""
        words = self.words
        days = [_head(as_text(short_day(s.day, self.period, words))) for s in self.scans]
        u = _head((Span("± "), Span("u", "italic")))
        return (*_limits_heads(words), *days, u, _head(words("record.place")))

    def widths(self) -> tuple[float, ...]:
        """Of all columns but the last two, in mm."""
        return (NAME_MM, UNIT_MM, NUMBER_MM, RANGE_MM, *([NUMBER_MM] * len(self.scans)), U_MM, STRIP_MM)

    def cells(self, line: _Line) -> tuple[TableCell, ...]:
        """Of one line."""
        by_day = dict(line.days)
        values = [_value(by_day.get(s.day), line.last) for s in self.scans]
        shown = amount(line.last)
        u = f"±{NO_BREAK}{shown.u}" if shown and shown.u else NOTHING
        return (*_limits(line.last, self.words), *values, TableCell(as_text(u), "right"), _strip_cell(line))

    def note(self) -> Text:
        """Which dot is which."""
        if len(self.scans) < 2:
            return ()
        return self.words("record.dots", last=short_day(self.scans[-1].day, self.period, self.words))


class _Summary:
    """More scans than fit: how many, least, mean, largest and last value, with the strip."""

    def __init__(self, scans: Sequence[Scanned], period: Period, words: Words) -> None:
        self.scans, self.period, self.words = scans, period, words

    def heads(self) -> tuple[TableCell, ...]:
        """Baseline, range, the summary, u, strip."""
        words = self.words
        said = [_head(words(f"record.{name}")) for name in ("count", "least", "mean", "most", "last")]
        u = _head((Span("± "), Span("u", "italic")))
        return (*_limits_heads(words), *said, u, _head(words("record.place")))

    def widths(self) -> tuple[float, ...]:
        """Of all columns but the last two, in mm."""
        return (NAME_MM, UNIT_MM, NUMBER_MM, RANGE_MM, MARK_MM, *([NUMBER_MM] * 4), U_MM, STRIP_MM)

    def cells(self, line: _Line) -> tuple[TableCell, ...]:
        """Of one line."""
        values = line.values(self.period.whole)
        said = [min(values), sum(values) / len(values), max(values), values[-1]] if values else []
        numbers = [TableCell(as_text(at_digit(v, line.last)), "right") for v in said] or [_none()] * 4
        shown = amount(line.last)
        u = f"±{NO_BREAK}{shown.u}" if shown and shown.u else NOTHING
        count = TableCell(as_text(len(values)), "middle")
        return (*_limits(line.last, self.words), count, *numbers, TableCell(as_text(u), "right"), _strip_cell(line))

    def note(self) -> Text:
        """Which dot is which."""
        return self.words("record.dots", last=short_day(self.scans[-1].day, self.period, self.words))


class _ByMonth:
    """A year: largest, mean and smallest value of each month."""

    def __init__(self, scans: Sequence[Scanned], period: Period, words: Words) -> None:
        self.scans, self.period, self.words = scans, period, words

    def heads(self) -> tuple[TableCell, ...]:
        """Range and months."""
        names = [self.words.written(f"month.{m.first.month}") for m in self.period.months]
        shown = [name if self.words.language == "ja" else name[:3] for name in names]
        return _head(self.words("record.allowed")), *(_head(as_text(name)) for name in shown)

    def widths(self) -> tuple[float, ...]:
        """Of all columns but the last two, in mm."""
        return (NAME_MM - 5.0, UNIT_MM - 1.0, RANGE_MM - 3.0, *([MONTH_MM] * len(self.period.months)))

    def cells(self, line: _Line) -> tuple[TableCell, ...]:
        """Of one line."""
        range_ = TableCell(allowed(line.last, self.words), "middle")
        return range_, *(self._month(line, m) for m in self.period.months)

    def _month(self, line: _Line, month: Stretch) -> TableCell:
        values = line.values(month)
        said = [max(values), sum(values) / len(values), min(values)] if len(values) > 1 else values
        bad = any(m.outcome in STRONG for day, m in line.days if month.holds(day))
        return TableCell((), "right", lines=tuple(at_digit(v, line.last) for v in said), strong=bad)

    def note(self) -> Text:
        """What the three numbers are."""
        return self.words("record.legend_three")


def _none() -> TableCell:
    return TableCell(as_text(NOTHING), "right")


def _limits_heads(words: Words) -> tuple[TableCell, ...]:
    return _head(words("record.baseline")), _head(words("record.allowed"))


def _limits(measure: Measure, words: Words) -> tuple[TableCell, ...]:
    baseline = at_digit(measure.baseline.value, measure) if measure.baseline and measure.measurement else NOTHING
    return TableCell(as_text(baseline), "right"), TableCell(allowed(measure, words) or as_text(NOTHING), "right")


def _value(measure: Measure | None, like: Measure) -> TableCell:
    """A value to the decimal of the last one; a verdict that is not a pass beside it."""
    if measure is None:
        return _none()
    said = at_digit(measure.measurement.value, like) if measure.measurement else ""
    if measure.outcome not in STRONG:
        return TableCell(as_text(said or NOTHING), "right")
    return TableCell(as_text(f"{said}{MARK[measure.outcome]}"), "right", strong=True)


def _strip_cell(line: _Line) -> TableCell:
    placed, ends = strip(line.last) if line.last.bounds else None, scale(line.last)
    if placed is None or ends is None:
        return TableCell(())
    values = [m.measurement.value for _, m in line.days if m.measurement is not None and m is not line.last]
    others = [(v - ends[0]) / (ends[1] - ends[0]) for v in values]
    return TableCell((), "middle", svg=record_strip(placed, others))


def _note(group: Together, laid: _ByDate | _Summary | _ByMonth, words: Words) -> Text:
    """Which phantom and protocol, and which dot is which."""
    phantom = data(" ".join(part for part in (group.phantom, group.copy and f"({group.copy})") if part))
    made = data(words.written("record.comma").join(technique(group.acquisition)))
    name = data(group.protocol) if group.protocol else words("record.protocol_unknown")
    protocol = words("record.conditions", protocol=name, conditions=made) if made else name
    said = words("record.values_note", phantom=phantom, protocol=protocol)
    return joined([said, laid.note()], words.written("record.space"))
