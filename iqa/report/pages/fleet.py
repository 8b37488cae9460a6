"""The overview of a fleet: every scanner with its verdict, every measure with its number and its mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from iqa.model import Outcome
from iqa.report.content import Head, Spark
from iqa.report.fleet_content import Chip, FleetCell, FleetColumn, FleetPage, FleetRow
from iqa.report.fleets import OVERDUE, PASSED, STATES, FleetStory, Machine
from iqa.report.naming import name_of, short_name, unit_text
from iqa.report.pages.fleet_numbers import Counted, counted_in, number
from iqa.report.pages.fleet_said import headline, lead, note
from iqa.report.pages.headline import MARKS, SIGNAL_MARK
from iqa.report.pages.rows import spark_between
from iqa.report.stories import Measure
from iqa.report.text import Text, as_text, data, joined
from iqa.report.words import Words, as_date
from iqa.version import __version__

Link = Callable[[str, str], str]
"""Of a scanner's name and a key the address of the page about it, relative to this one; empty where there is none.
The key is empty for the scanner's own page."""
SILENT = frozenset({Outcome.NOT_COMPARABLE, Outcome.NOT_MEASURED})
"""Verdicts of which no difference is shown: there is none, or none that says anything."""
CONTROL = "control"
"""Filter for what is out of control, whatever its state."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A measure of the table, and in what its numbers are counted."""

    key: str
    counted: Counted
    unit: str


def no_links(_scanner: str, _key: str) -> str:
    """No page about any scanner."""
    return ""


def fleet_page(
    story: FleetStory, words: Words, *, link: Link = no_links, logo: str = "", notes: Sequence[Text] = ()
) -> FleetPage:
    """The content of the overview.

    Parameters
    ----------
    link
        The page about a scanner (key empty) or about one of its measures.
    notes
        Boxed words beside the date.
    """
    columns = [_column(key, story) for key in story.keys]
    rows = [_row(m, columns, story, words, link) for m in story.machines]
    sites = tuple(sorted({m.site for m in story.machines if m.site}))
    count, linked = len(rows), any(r.link or r.spark_link for r in rows)
    day = words.day(story.as_of)
    return FleetPage(
        language=words.language,
        title=words.plain("fleet.page", day=day),
        head=Head(words("fleet.title"), _who(story, sites, words), _when(story, words), tuple(notes), logo),
        mark=_mark(story.machines[0].state) if story.machines else MARKS[Outcome.NOT_JUDGED],
        said=headline(story, words),
        lead=lead(story, words),
        chips=_chips(story, words),
        sites=sites,
        columns=tuple(_heading(c, words) for c in columns),
        spark=_spark_heading(story, words),
        rows=tuple(rows),
        unassigned=_row(story.unassigned, columns, story, words, link) if story.unassigned else None,
        count=words.plain("fleet.shown", n=count, shown="%"),
        legend=joined([words("fleet.legend"), *([words("fleet.links")] if linked else [])], " "),
        marks=_legend(rows, words),
        foot=words("fleet.foot", version=__version__),
    )


def _who(story: FleetStory, sites: Sequence[str], words: Words) -> Text:
    counts = [words("fleet.sites", n=len(sites))] if sites else []
    return joined([data(story.site), *counts, words("fleet.scanners", n=len(story.machines))], " · ")


def _when(story: FleetStory, words: Words) -> Text:
    return words("fleet.as_of", when=words.moment(story.as_of[:16]))


def _column(key: str, story: FleetStory) -> _Column:
    found = [measure for m in story.machines if (measure := m.measure(key)) is not None]
    unit = next((m.measurement.unit for m in found if m.measurement), "1")
    return _Column(key, counted_in(found), unit)


def _heading(column: _Column, words: Words) -> FleetColumn:
    unit = as_text("%") if column.counted == "percent" else unit_text(column.unit)
    said = joined([unit, words("fleet.value")], words.written("list.comma")) if column.counted == "value" else unit
    return FleetColumn(column.key, short_name(column.key, words), said, name_of(column.key, words))


def _spark_heading(story: FleetStory, words: Words) -> FleetColumn | None:
    if story.spark is None:
        return None
    weeks = round((story.spark_days[1] - story.spark_days[0]) / 7)
    return FleetColumn(
        story.spark, short_name(story.spark, words), words("fleet.spark", weeks=weeks), name_of(story.spark, words)
    )


def _mark(state: str) -> str:
    return state.replace(" ", "-")


def _chips(story: FleetStory, words: Words) -> tuple[Chip, ...]:
    """Every state that occurs, and what is out of control."""
    counts = Counter(m.state for m in story.machines)
    found = [Chip(s, _mark(s), words(f"verdict.{s}"), counts[s]) for s in STATES if counts[s]]
    flagged = sum(1 for m in story.machines if m.signals)
    control = [Chip(CONTROL, SIGNAL_MARK, words("verdict.out of control"), flagged)] if flagged else []
    return (*found, *control)


def _row(machine: Machine, columns: Sequence[_Column], story: FleetStory, words: Words, link: Link) -> FleetRow:
    name = machine.scanner

    def at(key: str) -> str:
        return link(name, key) if name else ""

    spark = _spark(machine, story)
    return FleetRow(
        scanner=data(name) if name else words("fleet.unassigned"),
        link=at(""),
        site=machine.site if name else "",
        model=_model(machine, words) if name else (),
        state=machine.state,
        mark=_mark(machine.state),
        verdict=words(f"verdict.{machine.state}"),
        flag=bool(machine.signals),
        late=machine.overdue,
        last=as_text(_date(machine.last, story, words)) if machine.last else (),
        day=float(as_date(machine.last).toordinal()) if machine.last else None,
        cells=tuple(_cell(machine.measure(c.key), c, words, at(c.key)) for c in columns) if name else (),
        spark=spark,
        spark_link=at(story.spark) if spark and story.spark else "",
        latest=spark.points[-1][1] if spark else None,
        note=note(machine, story, words),
    )


def _model(machine: Machine, words: Words) -> Text:
    if machine.model and machine.maker:
        return words("fleet.model", model=data(machine.model), maker=data(machine.maker))
    return data(machine.model or machine.maker)


def _date(dated: str, story: FleetStory, words: Words) -> str:
    """Without the year where it is this one."""
    return words.short_date(dated) if dated[:4] == story.as_of[:4] else words.day(dated)


def _cell(measure: Measure | None, column: _Column, words: Words, link: str) -> FleetCell:
    if measure is None:
        return FleetCell("", "", "", None, (), flag=False, link="")
    shown = None if measure.outcome in SILENT else number(measure, column.counted)
    passed = measure.outcome in PASSED
    verdict = words(f"verdict.{measure.outcome}")
    flag = [words("verdict.out of control")] if measure.out_of_control else []
    return FleetCell(
        outcome=measure.outcome,
        mark="" if passed and shown else MARKS[measure.outcome],
        number=shown.said if shown else "",
        value=shown.value if shown else None,
        said=joined([verdict, *flag], words.written("list.comma")),
        flag=measure.out_of_control,
        link=link if measure.measurement is not None else "",
    )


def _spark(machine: Machine, story: FleetStory) -> Spark | None:
    measure = machine.measure(story.spark) if story.spark else None
    if measure is None:
        return None
    flagged = {p.dated for p in machine.past if p.signal}
    return spark_between(replace(measure, history=machine.past), story.spark_days, flagged)


def _legend(rows: Sequence[FleetRow], words: Words) -> tuple[tuple[str, Text], ...]:
    """The marks that occur, each with its meaning."""
    found = {cell.mark for row in rows for cell in row.cells} | {row.mark for row in rows}
    states = [s for s in (*STATES, Outcome.PASS_WITHIN_U) if _mark(s) in found and s != Outcome.PASS]
    said = [(_mark(s), words("fleet.late") if s == OVERDUE else words(f"verdict.{s}")) for s in states]
    flags = any(row.flag for row in rows)
    return (*said, *([(SIGNAL_MARK, words("fleet.control"))] if flags else []))
