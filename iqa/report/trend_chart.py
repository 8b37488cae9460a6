"""A trend as text: one line a scan, the value's place between its limits, and what is to be said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from iqa.model import Bounds, Outcome
from iqa.report.numbers import fixed, print_unit, show
from iqa.report.shown import State
from iqa.report.table import INDENT
from iqa.report.trends import Jump, Projection, Segment, Trend, at_point_digit
from iqa.report.workspace import MARKS, status_table
from iqa.store.history import Point, day_of

COLUMNS = 44
"""Width of the chart."""
MOST_LINES = 60
"""Scans that are drawn, the latest; a year of weekly ones and more."""
BESIDE_DAYS = 31.0
"""Between a dose by chamber and the scan whose header is set beside it."""
POINT, SIGNAL, CENTRE, CONTROL, FAIL = "●", "◉", "┊", "│", "║"
LEGEND = f"{POINT} value  {SIGNAL} out of control  {CENTRE} baseline  {CONTROL} limits of the average  {FAIL} failure"


def trend_block(trends: Sequence[Trend]) -> RenderableType:
    """Every trend, one below the other."""
    return Group(*(_trend(t) for t in trends))


def fleet_report(
    states: Sequence[State], trends: Sequence[Trend], *, folder: Path, pages: Mapping[str, Path]
) -> RenderableType:
    """The demonstration's workspace, and in plain words what to look at."""
    words = (
        f"The weekly page in English and in Japanese: {pages['ct1-en']}, {pages['ct1-ja'].name}",
        f"The drift, caught before any limit: {pages['noise-en']}",
        f"The workspace: {folder}; try in it: iqa status, iqa trend noise.sigma, iqa report --scanner ct1 --format pdf",
        "A workspace of your own: iqa init, then iqa add FOLDER",
    )
    last = Text(f"Open {pages['fleet-en']} in a browser: every scanner, with its charts.", style="bold")
    return Group(status_table(states), trend_block(trends), *(Padding(Text(w), INDENT) for w in words), last)


def _trend(trend: Trend) -> RenderableType:
    shown = range(max(0, len(trend.points) - MOST_LINES), len(trend.points))
    scale = _Scale.of(trend, shown)
    lines = [_line(trend, i, scale) for i in shown]
    left = [Text(f"({shown.start} earlier ones are not drawn)", style="dim")] if shown.start else []
    said = [Text(line) for line in sayings(trend)]
    head = Text("\n".join(part for part in (_heading(trend), trend.apart) if part), style="bold")
    return Padding(Group(head, *left, *lines, Text(LEGEND, style="dim"), *said), (1, 0, 0, 0))


def _heading(trend: Trend) -> str:
    owner = (trend.scope.scanner or "unassigned", trend.scope.protocol, trend.scope.phantom)
    return " · ".join(part for part in (trend.key, *owner) if part)


class _Scale:
    """From values to columns."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    @classmethod
    def of(cls, trend: Trend, shown: range) -> _Scale:
        """Over the values that are drawn and the limits near them."""
        values = [trend.points[i].measurement.value for i in shown]
        control = trend.control
        near = [*values, *(control.limits if control and control.limits else ())]
        low, high = min(near), max(near)
        room = 0.08 * (high - low) or 0.5 * abs(high) * 1e-3 or 0.5
        inside = [x for x in _fails(trend.bounds) if low - 4 * room <= x <= high + 4 * room]
        return cls(min([low, *inside]) - room, max([high, *inside]) + room)

    def column(self, value: float) -> int | None:
        """None outside the chart."""
        place = math.floor((value - self.low) / (self.high - self.low) * COLUMNS)
        return place if 0 <= place < COLUMNS else None


def _fails(bounds: Sequence[Bounds]) -> list[float]:
    return [x for b in bounds for x in (b.fail_low, b.fail_high) if x is not None]


def _line(trend: Trend, i: int, scale: _Scale) -> Text:
    point = trend.points[i]
    cells = [" "] * COLUMNS
    segment = next(s for s in trend.segments if s.first <= i < s.last)
    for value, sign in _marks(trend, segment, i):
        column = scale.column(value)
        if column is not None:
            cells[column] = sign
    shown = show(point.measurement.value, point.measurement.u, point.measurement.unit)
    outcome = trend.outcomes[i] or Outcome.NOT_JUDGED
    sign, style = MARKS[outcome]
    line = Text(f"{point.dated[:10]}  {shown!s:>24}  ▕{''.join(cells)}▏ ")
    return line.append(f"{sign} {outcome}" if outcome is not Outcome.NOT_JUDGED else "", style=style)


def _marks(trend: Trend, segment: Segment, i: int) -> Iterator[tuple[float, str]]:
    """What stands on one line, the point last, above all else."""
    yield from ((x, FAIL) for x in _fails(segment.bounds))
    control = segment.control
    if control is not None and control.limits is not None:
        yield from ((x, CONTROL) for x in control.limits)
    if segment.baseline is not None:
        yield segment.baseline.value, CENTRE
    beyond = control is not None and any(s.at == i for s in control.signals)
    yield trend.points[i].measurement.value, SIGNAL if beyond else POINT


def sayings(trend: Trend) -> Iterator[str]:
    """What is to be said of a trend, in sentences."""
    yield _control_sentence(trend)
    if trend.drift is not None and trend.course is not None:
        yearly = show(365.25 * trend.course.slope, 365.25 * trend.course.u, trend.unit)
        since = f"since about {_date(trend.course.start)}"
        yield f"Drift: {yearly} a year, {since} ({_chance(trend.drift.p)} in a stable series of independent scans)."
        yield from (_projection(p, trend) for p in trend.projections)
    yield from (_jump(j, trend) for j in trend.jumps)
    if trend.certified is not None:
        yield f"Certificate of {trend.scope.phantom}: {show(trend.certified, None, trend.unit)}."
    yield from (_beside(entered, trend) for entered in trend.beside)
    for i in trend.renewed:
        old, new = (trend.points[k].measurement.method for k in (i - 1, i))
        yield f"Software: {new} measures from {trend.points[i].dated[:10]} on, {old} before: its charts begin anew."
    for event in trend.events:
        yield f"Event: {event.kind} of {event.scanner or event.phantom} on {event.dated[:10]}: {event.note}"


def _control_sentence(trend: Trend) -> str:
    control = trend.control
    if control is None:
        return "Control: no baseline is in force; `iqa baseline propose` makes one."
    if control.in_control is None:
        return f"Control: no verdict. {control.reason}"
    n = control.baseline.n if control.baseline else 0
    beside = "" if trend.charted else " This key is not among the charted ones, and its false alarms come on top."
    if control.in_control:
        return f"Control: in control, against a baseline of {n} scans.{beside}"
    latest = control.signals[-1]
    since = trend.points[_run_start(trend, latest.at)].dated[:10]
    return f"Control: OUT OF CONTROL since {since} ({latest.chart}: {latest.says}; baseline of {n} scans).{beside}"


def _run_start(trend: Trend, last: int) -> int:
    """The first of the scans up to `last` that all signal."""
    control = trend.control
    at = {s.at for s in control.signals} if control else set()
    while last - 1 in at:
        last -= 1
    return last


def _projection(p: Projection, trend: Trend) -> str:
    what = "failure" if p.fails else "warning"
    bound = f"{at_point_digit(p.bound, trend)} {print_unit(trend.unit)}".rstrip()
    latest = "no latest date" if math.isinf(p.crossing.latest) else f"latest {_date(p.crossing.latest)}"
    between = f"earliest {_date(p.crossing.earliest)}, {latest}"
    return f"It reaches the {what} limit {bound} about {_date(p.crossing.day)} ({between}; 95 %, of the line)."


def _chance(p: float) -> str:
    return f"chance {fixed(p, 4)}" if p >= 1e-4 else "chance below 0.0001"


def _beside(entered: Point, trend: Trend) -> str:
    """A value entered by hand against the scan that lies nearest to it in time."""
    m, day = entered.measurement, day_of(entered.dated)
    i = min(range(len(trend.days)), key=lambda k: abs(trend.days[k] - day))
    said = f"Entered: {m.key} {show(m.value, m.u, m.unit)} on {entered.dated[:10]}"
    if abs(trend.days[i] - day) > BESIDE_DAYS or not m.value:
        return f"{said}; no scan lies within {BESIDE_DAYS:.0f} days of it."
    header = trend.points[i].measurement.value
    shown = f"{show(header, None, trend.unit)} of {trend.points[i].dated[:10]}"
    return (
        f"{said}; the header's {shown} is {fixed(header / m.value, 3)} of it, if both are of one protocol and phantom."
    )


def _date(day: float) -> str:
    if not 1 <= day < date.max.toordinal():
        return "never"
    return date.fromordinal(int(day)).isoformat()


def _jump(jump: Jump, trend: Trend) -> str:
    step = jump.step
    height = show(step.height, step.u, trend.unit)
    first, last = (trend.points[i].dated[:10] for i in (step.earliest - 1, step.latest))
    why = f" Perhaps: {'; '.join(jump.causes)}." if jump.causes else " No event is entered for that time."
    return (
        f"Step: {height} between {first} and {last} ({_chance(step.p)} in a stable series of independent scans).{why}"
    )
