"""What a page says, in one language: texts, rounded numbers, and the places of marks as shares of a width.

Nothing here decides or is decided: `iqa/report/pages` makes it of stories, the templates lay it out.
"""

from __future__ import annotations

from dataclasses import dataclass

from iqa.report.text import Text


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it is printed; u is empty where there is none."""

    value: str
    u: str
    unit: Text


@dataclass(frozen=True, slots=True)
class Strip:
    """A value between its limits, in shares of the strip's width: fail limits stand at the same shares in every row."""

    allowed: tuple[float, float]
    """Grey band; it reaches an end of the strip where there is no limit."""
    warnings: tuple[tuple[float, float], ...]
    """Spans between a warning and a failing limit."""
    fails: tuple[float, ...]
    baseline: float | None
    value: float
    bar: tuple[float, float]
    """± 2 u."""
    outcome: str
    far: bool
    """The value lies beyond the strip and stands at its edge."""


@dataclass(frozen=True, slots=True)
class Spark:
    """A key's scans since its baseline: shares of width and height (0 at the bottom), on the scale of the strip."""

    points: tuple[tuple[float, float], ...]
    signals: tuple[int, ...]
    """Places of points that are out of control."""
    band: tuple[float, float] | None
    """Allowed."""
    middle: float | None
    """Baseline."""
    outcome: str
    """Of the last point."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measure."""

    key: str
    name: Text
    outcome: str
    """Value of `iqa.model.Outcome`."""
    verdict: Text
    """The same in words."""
    amount: Amount | None
    baseline: str
    change: str
    allowed: Text
    strip: Strip | None
    spark: Spark | None
    signal: Text
    """How it is out of control; empty where it is not."""
    reason: Text
    """Why there is no number, or no verdict."""
    entered: bool
    link: str = ""
    """Of its chart."""


@dataclass(frozen=True, slots=True)
class Group:
    """Measures that belong together."""

    name: Text
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of one verdict."""

    mark: str
    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class Head:
    """The line on top."""

    title: Text
    who: Text
    when: Text
    notes: tuple[Text, ...] = ()
    """Boxed words beside the date: sample data."""
    logo: str = ""
    """A site's own picture, as data URI."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict in words that anyone understands."""

    mark: str
    flag: bool
    title: Text
    lead: Text
    suggested: Text
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as SVG, with what it shows in words."""

    svg: str
    alt: str
    caption: Text
    kind: str = ""
    """image or chart: where a page with too many numbers begins to leave out."""


@dataclass(frozen=True, slots=True)
class Closer:
    """A measure to look at."""

    name: Text
    outcome: str
    flag: bool
    amount: Amount
    aside: Text
    drawing: Drawing | None
    """Its history where it is out of control, else its place between its limits."""
    text: Text


@dataclass(frozen=True, slots=True)
class Fact:
    """A heading and what stands under it."""

    name: Text
    text: Text


@dataclass(frozen=True, slots=True)
class Approval:
    """Who signed, as it is kept in the audit trail."""

    text: Text
    """Name, role, moment, reason."""
    sha256: str
    """Of the PDF as it was."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """The weekly page."""

    language: str
    title: str
    head: Head
    said: Headline
    closer: tuple[Closer, ...]
    since_title: Text
    since: tuple[Text, ...]
    groups: tuple[Group, ...]
    left_out: Text
    """What was measured and is on no row, and where it stands."""
    drawings: tuple[Drawing, ...]
    facts: tuple[Fact, ...]
    approvals: tuple[Approval, ...]
    seals: tuple[Text, ...]
    foot: tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number above a chart: what it is, the number, what stands small beside it."""

    name: Text
    text: Text
    aside: Text = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A small chart under a heading."""

    name: Text
    aside: Text
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to a series."""

    dated: Text
    mark: str
    """Empty for what a person entered."""
    what: Text
    baseline: Text
    who: Text


@dataclass(frozen=True, slots=True)
class TrendPage:
    """One key of one scanner over time."""

    language: str
    title: str
    head: Head
    said: Headline
    numbers: tuple[KeyNumber, ...]
    chart: Drawing
    panels: tuple[Panel, ...]
    """The charts that the control verdict rests on."""
    others: tuple[Panel, ...]
    others_aside: Text
    others_said: Text
    entries: tuple[Entry, ...]
    left_out: Text
    facts: tuple[Fact, ...]
    foot: tuple[Text, Text]
