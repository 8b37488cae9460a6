"""Pages of a workspace, written to its folder of reports."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from iqa.analyze import Refusal
from iqa.errors import DefinitionError, InputError, UsageError
from iqa.jobs.approvals import approvals_of
from iqa.jobs.scanners import check_scanner
from iqa.jobs.stories import story_of
from iqa.report.content import Weekly
from iqa.report.html import html
from iqa.report.marks import logo, marks
from iqa.report.pages.pictures import picture_drawings
from iqa.report.pages.weekly import looked_at, to_look_at, weekly
from iqa.report.pdf import pdf
from iqa.report.picture_files import read_pictures
from iqa.report.shown import Addition
from iqa.report.stories import Story
from iqa.report.text import Language
from iqa.report.words import Words, load_words
from iqa.store.history import is_latest, latest_scans, occasions
from iqa.store.workspace import Workspace

Format = Literal["html", "pdf"]
Kind = Literal["weekly"]
UNASSIGNED = "unassigned"
MOST_PICTURES = 3
"""On a weekly page, beside a curve."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of a scan, in which language, as of when."""

    kind: Kind
    scan: int
    language: Language
    at: str
    """When it is made, ISO 8601 in UTC."""

    @property
    def about(self) -> str:
        """What a PDF says of itself, by which it is found again."""
        return f"iqa report: {self.kind} scan {self.scan} {self.language} {self.at}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A page, ready to be set."""

    asked: Asked
    page: Weekly
    words: Words
    stem: Path
    """Its file below the folder of reports, without language and suffix."""

    def set(self, kind: Format, own: Path | None) -> bytes:
        """The page as a file's content."""
        if kind == "html":
            return html(f"{self.asked.kind}.html", self.page, self.words, own=own).encode()
        asked = self.asked
        return pdf(f"{asked.kind}.typ", self.page, self.words, at=asked.at, about=asked.about, own=own)


def write_report(workspace: Workspace, asked: Asked, kind: Format, *, file: Path | None = None) -> Path:
    """A page about a scan, written; returns its file.

    Parameters
    ----------
    file
        Where to; else ``reports/<scanner>/<date>-<scan>-<page>-<language>.<format>`` in the workspace.

    Raises
    ------
    UsageError
        There is no such scan.
    DefinitionError
        A template, a string or a mark of the site's own is wrong.
    InputError
        The file cannot be written.
    """
    paper = paper_of(workspace, asked)
    target = file or workspace.reports / paper.stem.with_name(f"{paper.stem.name}-{asked.language}.{kind}")
    return put(target, paper.set(kind, workspace.templates))


def write_weekly_pages(workspace: Workspace, addition: Addition, *, at: str) -> tuple[Path | Refusal, ...]:
    """The weekly page of each scan that was added now and is its scanner's latest of the kind, as HTML.

    A page that cannot be written, as where a template of the site's own is wrong, is refused by itself: the scans are
    stored already.
    """
    language = workspace.settings.site.language
    with workspace.database.reading() as connection:
        added = occasions(connection, ids=[s.occasion_id for s in addition.scans if s.new])
        latest = [o for o in added if is_latest(connection, o)]
    return tuple(_page_or_refusal(workspace, Asked("weekly", o.id, language, at)) for o in latest)


def _page_or_refusal(workspace: Workspace, asked: Asked) -> Path | Refusal:
    try:
        return write_report(workspace, asked, "html")
    except (DefinitionError, InputError) as error:
        return Refusal(f"page of scan {asked.scan}", str(error))


def paper_of(workspace: Workspace, asked: Asked) -> Paper:
    """What a page about a scan says now."""
    words = load_words(asked.language, workspace.templates)
    story = story_of(workspace, asked.scan, at=asked.at)
    kept = read_pictures(workspace.pictures, story.made.pixel_sha256)
    page = weekly(
        story,
        words,
        drawings=picture_drawings(kept, story, words, marks(workspace.templates), most=MOST_PICTURES),
        closer=[looked_at(m, story, words, None, ()) for m in to_look_at(story)],
        approvals=approvals_of(workspace, asked.kind, asked.scan, words),
        logo=logo(workspace.templates),
    )
    return Paper(asked, page, words, _stem(story, asked))


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


def put(file: Path, content: bytes) -> Path:
    """A file written whole or not at all.

    Raises
    ------
    InputError
        It cannot be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, file)  # noqa: PTH105 - replaces an older page on every system
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise InputError(str(file), f"the report cannot be written there: {error.strerror}") from error
    return file


def _stem(story: Story, asked: Asked) -> Path:
    return Path(story.scanner or UNASSIGNED) / f"{story.made.dated[:10]}-{asked.scan}-{asked.kind}"
