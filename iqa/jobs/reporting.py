"""Pages of a workspace, written to its folder of reports."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from iqa.analyze import Refusal
from iqa.errors import DefinitionError, InputError, UsageError
from iqa.jobs.approvals import approvals_of, shown
from iqa.jobs.fleets import fleet_story
from iqa.jobs.records import record_story
from iqa.jobs.scanners import check_scanner
from iqa.jobs.stories import story_of
from iqa.jobs.trend_stories import trend_stories
from iqa.metrics.transfers import LEVELS
from iqa.phantom import library
from iqa.report.content import Approval, Closer, Drawing
from iqa.report.files import put
from iqa.report.html import html
from iqa.report.marks import logo, marks
from iqa.report.naming import name_of
from iqa.report.pages.analysis import full_analysis
from iqa.report.pages.fleet import fleet_page
from iqa.report.pages.pictures import picture_drawings
from iqa.report.pages.record import record_page
from iqa.report.pages.weekly import curve_on_page, keys_on_page, looked_at, to_look_at, weekly
from iqa.report.pdf import pdf, png
from iqa.report.periods import parse_period
from iqa.report.picture_files import read_pictures
from iqa.report.shown import Addition
from iqa.report.small_charts import small_transfer_svg, small_trend_svg, transfer_alt, trend_alt
from iqa.report.stories import Story, TrendStory
from iqa.report.text import Language
from iqa.report.trend_parts import projected
from iqa.report.words import Words, load_words
from iqa.store.history import fleet, is_latest, latest_scans, occasions
from iqa.store.workspace import Workspace

Format = Literal["html", "pdf"]
Kind = Literal["weekly", "analysis", "trend", "record", "fleet"]
UNASSIGNED = "unassigned"
REPORT = "the report"
"""What could not be written, in an error."""
DATE_LENGTH = len("2026-11-27")
MOST_PICTURES = 3
"""On a weekly page, beside a curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which page, in which language, as of when."""

    kind: Kind
    language: Language
    at: str
    """When it is made, ISO 8601 in UTC."""
    scan: int = 0
    """Of a page about a scan."""
    scanner: str = ""
    """Of a page about a scanner; of a trend empty for every one."""
    about: str = ""
    """Period of a record, key of a trend."""

    @property
    def subject(self) -> str:
        """What the page is about: in the audit trail, and in a PDF, by which it is found again."""
        return f"scan {self.scan}" if self.scan else f"{self.scanner or '*'} {self.about or '*'}"

    @property
    def said(self) -> str:
        """What a PDF says of itself."""
        return f"iqa report: {self.kind} {self.subject} {self.language} {self.at}"


SAID = re.compile(
    rb"iqa report: (?P<kind>weekly|analysis|record) (?:scan (?P<scan>\d+)|(?P<scanner>[\w-]+) (?P<about>[\w-]+)) "
    rb"(?P<language>en|ja) (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
)
"""`Asked.said` of the pages that are approved."""


def asked_of(content: bytes) -> Asked | None:
    """What a PDF of this program says of itself; None where it says nothing."""
    found = SAID.search(content)
    if found is None:
        return None
    said = {name: value.decode() for name, value in found.groupdict().items() if value is not None}
    kind, language = cast(Kind, said.pop("kind")), cast(Language, said.pop("language"))
    return Asked(kind=kind, language=language, scan=int(said.pop("scan", "0")), **said)


@dataclass(frozen=True, slots=True)
class Paper:
    """A page, ready to be set."""

    asked: Asked
    page: object
    """A content of `iqa.report`."""
    words: Words
    stem: Path
    """Its file below the folder of reports, without language and suffix."""

    def set(self, kind: Format, own: Path | None) -> bytes:
        """The page as a file's content."""
        asked = self.asked
        if kind == "html":
            return html(f"{asked.kind}.html", self.page, self.words, own=own).encode()
        return pdf(f"{asked.kind}.typ", self.page, self.words, at=asked.at, about=asked.said, own=own)

    def picture(self, own: Path | None) -> bytes:
        """Its first sheet, as it would be printed, as PNG."""
        asked = self.asked
        return png(f"{asked.kind}.typ", self.page, self.words, at=asked.at, own=own)


def write_report(workspace: Workspace, asked: Asked, kind: Format, *, file: Path | None = None) -> tuple[Path, ...]:
    """A page written; returns its file. Of a trend one for each protocol and phantom.

    Parameters
    ----------
    file
        Where to; else a name in ``reports/<scanner>/`` of the workspace.

    Raises
    ------
    UsageError
        There is no such scan, scanner or period, or nothing under the key.
    DefinitionError
        A template, a string or a mark of the site's own is wrong.
    InputError
        The file cannot be written.
    """
    if asked.kind == "fleet" and kind == "pdf":
        raise UsageError("The overview of all scanners is a page for a browser: --format html. It prints from there.")
    papers = papers_of(workspace, asked)
    named = [workspace.reports / p.stem.with_name(f"{p.stem.name}-{asked.language}.{kind}") for p in papers]
    targets = named if file is None else numbered(file, len(papers))
    return tuple(put(t, p.set(kind, workspace.templates), REPORT) for t, p in zip(targets, papers, strict=True))


def numbered(file: Path, count: int) -> list[Path]:
    """The file, or of several ``<name>-1``, ``<name>-2`` and so on."""
    if count == 1:
        return [file]
    return [file.with_name(f"{file.stem}-{i}{file.suffix}") for i in range(1, count + 1)]


def papers_of(workspace: Workspace, asked: Asked) -> list[Paper]:
    """What a page says now; of a trend one page for each protocol and phantom."""
    words = load_words(asked.language, workspace.templates)
    make, told = PAGES[asked.kind], list[Approval]()
    for entry in approvals_of(workspace, asked.kind, asked.subject, asked.language):
        # it holds for what is said now if the page of then comes out again, byte by byte
        (then,) = make(workspace, replace(asked, at=entry.subject["made_at"]), words, told)
        same = hashlib.sha256(then.set("pdf", workspace.templates)).hexdigest() == entry.subject["sha256"]
        told = [*told, shown(entry, words, holds=same)]
    return list(make(workspace, asked, words, told))


def _weekly(workspace: Workspace, asked: Asked, words: Words, told: Sequence[Approval]) -> Iterator[Paper]:
    story = story_of(workspace, asked.scan, at=asked.at, traced=keys_on_page)
    stem = scan_stem(story, asked)
    folder = workspace.reports / stem.parent
    page = weekly(
        story,
        words,
        drawings=[*_pictures(workspace, story, words, MOST_PICTURES), *_curve(story, words)],
        closer=closer_of(story, words),
        approvals=told,
        logo=logo(workspace.templates),
        link=lambda key: chart_in(folder, key, asked.language),
    )
    yield Paper(asked, page, words, stem)


def _pictures(workspace: Workspace, story: Story, words: Words, most: int | None = None) -> list[Drawing]:
    try:
        kept = read_pictures(workspace.pictures, story.made.pixel_sha256)
    except InputError:  # a damaged file costs the pictures, never the page, which says that it has none
        kept = None
    return picture_drawings(kept, story, words, marks(workspace.templates), most=most)


def _curve(story: Story, words: Words) -> list[Drawing]:
    """The transfer function that stands on a weekly page, beside that of the baseline."""
    key = curve_on_page(story)
    curve = next((c for c in story.curves if c.key == key), None)
    if curve is None:
        return []
    levels = {level: m.measurement for level in LEVELS if (m := story.measure(f"{curve.key}.{level}")) is not None}
    base = story.baseline_curves.get(curve.key)
    caption = words("picture.curve" if base else "picture.curve_alone", name=name_of(curve.key, words))
    svg = small_transfer_svg(curve, base, levels, words)
    return [Drawing(svg, transfer_alt(curve, levels, words), caption, "chart")]


def _analysis(workspace: Workspace, asked: Asked, words: Words, told: Sequence[Approval]) -> Iterator[Paper]:
    from iqa.report.figures.pages import chart_drawings  # noqa: PLC0415 - a plot library costs half a second

    story = story_of(workspace, asked.scan, at=asked.at)
    page = full_analysis(
        story,
        words,
        drawings=[
            *_pictures(workspace, story, words),
            *chart_drawings(story, words, library(workspace.phantom_dirs)),
        ],
        approvals=told,
        logo=logo(workspace.templates),
    )
    yield Paper(asked, page, words, scan_stem(story, asked))


def _fleet(workspace: Workspace, asked: Asked, words: Words, _: Sequence[Approval]) -> Iterator[Paper]:
    story = fleet_story(workspace, asked.at)

    def link(scanner: str, key: str) -> str:
        folder = workspace.reports / (scanner or UNASSIGNED)
        found = chart_in(folder, key, asked.language) if key else page_in(folder, asked.language)
        return f"{folder.name}/{found}" if found else ""

    page = fleet_page(story, words, link=link, logo=logo(workspace.templates))
    yield Paper(asked, page, words, Path("fleet"))


def chart_in(folder: Path, key: str, language: Language) -> str:
    """The file of a key's control chart in a scanner's folder; empty where none was written."""
    names = (f"trend-{key}-{language}.html", f"trend-{key}-*-{language}.html")
    return next((f.name for name in names for f in sorted(folder.glob(name))), "")


def page_in(folder: Path, language: Language) -> str:
    """The file of a scanner's latest weekly page; empty where none was written."""
    found = sorted(folder.glob(f"????-??-??-*-weekly-{language}.html"), key=_dated)
    return found[-1].name if found else ""


def _dated(file: Path) -> tuple[str, int]:
    """Date and number of the scan that a page is about."""
    number = file.name[DATE_LENGTH + 1 :].partition("-")[0]
    return file.name[:DATE_LENGTH], int(number) if number.isdecimal() else 0


def scanned(workspace: Workspace) -> list[str]:
    """The scanners that have a scan."""
    with workspace.database.reading() as connection:
        return [one.scanner for one in fleet(connection) if one.scanner is not None and one.dated is not None]


def write_charts(workspace: Workspace, scanner: str, *, language: Language, at: str) -> tuple[Path, ...]:
    """The control charts of a scanner's judged and charted keys, as HTML."""
    story = story_of(workspace, last_scan(workspace, scanner), at=at)
    keys = [m.key for m in story.all if m.measurement and (m.key in story.charted or m.limit is not None)]
    asked = [Asked(kind="trend", scanner=scanner, about=key, language=language, at=at) for key in keys]
    return tuple(file for one in asked for file in write_report(workspace, one, "html"))


def closer_of(story: Story, words: Words) -> list[Closer]:
    """The measures to look at, those that are out of control with their history."""
    return [looked_at(m, story, words, _history(m.key, story, words)) for m in to_look_at(story)]


def _history(key: str, story: Story, words: Words) -> Drawing | None:
    trend = story.trends.get(key)
    if trend is None:
        return None
    return Drawing(
        small_trend_svg(trend, words),
        trend_alt(trend, words),
        words("weekly.history_ahead" if projected(trend) else "weekly.history"),
        "chart",
    )


def _trends(workspace: Workspace, asked: Asked, words: Words, _: Sequence[Approval]) -> Iterator[Paper]:
    from iqa.report.pages.trends import trend_page  # noqa: PLC0415 - a plot library costs half a second

    stories = trend_stories(workspace, asked.about, at=asked.at, scanner=asked.scanner or None)
    for story in stories:
        page = trend_page(story, words, logo=logo(workspace.templates))
        yield Paper(asked, page, words, trend_stem(story, stories))


def _record(workspace: Workspace, asked: Asked, words: Words, told: Sequence[Approval]) -> Iterator[Paper]:
    story = record_story(workspace, asked.scanner, parse_period(asked.about), at=asked.at)
    page = record_page(story, words, told)
    yield Paper(asked, page, words, Path(asked.scanner) / f"{asked.about}-record")


PAGES: Mapping[Kind, Callable[[Workspace, Asked, Words, Sequence[Approval]], Iterator[Paper]]] = {
    "weekly": _weekly,
    "analysis": _analysis,
    "fleet": _fleet,
    "trend": _trends,
    "record": _record,
}


def scan_stem(story: Story, asked: Asked) -> Path:
    """The file of a page about a scan."""
    return Path(story.scanner or UNASSIGNED) / f"{story.made.dated[:10]}-{asked.scan}-{asked.kind}"


def trend_stem(story: TrendStory, among: Sequence[TrendStory]) -> Path:
    """The file of a trend: by its key, and by protocol and phantom where there are several."""
    scope, key = story.trend.scope, story.trend.key
    own = [t for t in among if t.trend.scope.scanner == scope.scanner]
    apart = [scope.protocol, scope.phantom, str(own.index(story) + 1)] if len(own) > 1 else []
    return Path(scope.scanner or UNASSIGNED) / "-".join(["trend", key, *(p for p in apart if p)])


def write_weekly_pages(workspace: Workspace, addition: Addition, *, at: str) -> tuple[Path | Refusal, ...]:
    """The weekly page of each scan that was added now and is its scanner's latest of the kind, as HTML.

    A page that cannot be written, as where a template of the site's own is wrong, is refused by itself: the scans are
    stored already.
    """
    language = workspace.settings.site.language
    with workspace.database.reading() as connection:
        added = occasions(connection, ids=[s.occasion_id for s in addition.scans if s.new])
        latest = [o for o in added if is_latest(connection, o)]
    asked = [Asked(kind="weekly", scan=o.id, language=language, at=at) for o in latest]
    return tuple(page for one in asked for page in _pages_or_refusal(workspace, one))


def _pages_or_refusal(workspace: Workspace, asked: Asked) -> Sequence[Path | Refusal]:
    try:
        return write_report(workspace, asked, "html")
    except (DefinitionError, InputError) as error:
        return [Refusal(f"page of {asked.subject}", str(error))]


def last_scan(workspace: Workspace, scanner: str) -> int:
    """The number of a scanner's latest scan.

    Raises
    ------
    UsageError
        There is no such scanner, or it has no scan.
    """
    with workspace.database.reading() as connection:
        check_scanner(connection, workspace.settings, scanner)
        found = latest_scans(connection, scanner)
    if not found:
        raise UsageError(f"No scan of '{scanner}' is stored yet; `iqa add` stores one.")
    return found[0].id
