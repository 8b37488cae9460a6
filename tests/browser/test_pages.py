"""Every other page in a browser: nothing leaves the file, nothing is cut off, all is said to those who do not see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from made_story import HOSTILE, everything, story
from pypdf import PdfReader

from iqa.jobs.add import add
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.entering import enter_event, enter_value
from iqa.jobs.manifest import Manifest
from iqa.jobs.reporting import Asked, papers_of
from iqa.report.html import html
from iqa.report.pages.weekly import looked_at, to_look_at, weekly
from iqa.report.text import LANGUAGES, Language
from iqa.report.words import load_words
from tests.browser.opening import Opened, Opener
from tests.made_workspace import ANN, NOW, TOML, WIDE_NOISE, made_workspace, scan_files

DAYS = ("2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26")
KINDS = ("weekly", "analysis", "trend", "record")
SHEET_PX = 1040
"""Width of a window in which a page stands as it is printed."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, Language], str]:
    """A page of each kind in each language, of a month of a water cylinder."""
    folder = tmp_path_factory.mktemp("pages") / "ws"
    workspace = made_workspace(folder, TOML + WIDE_NOISE)
    scans = [scan_files(folder / "scans" / day, i, acquired=f"{day}T07:00:00") for i, day in enumerate(DAYS)]
    add(workspace, scans[:3], signed=ANN, manifest=Manifest())
    approve_baselines(workspace, Choice(scanner="ct1"), signed=ANN)
    enter_event(workspace, "other", scanner="ct1", dated="2026-10-20", signed=ANN)
    enter_value(workspace, "manual.humidity", 45.0, unit="%", scanner="ct1", dated="2026-10-05", signed=ANN)
    add(workspace, scans[3:], signed=ANN, manifest=Manifest())
    found: dict[tuple[str, Language], str] = {}
    for language in LANGUAGES:
        for asked in (
            Asked(kind="weekly", scan=5, language=language, at=NOW),
            Asked(kind="analysis", scan=5, language=language, at=NOW),
            Asked(kind="trend", scanner="ct1", about="noise.sigma", language=language, at=NOW),
            Asked(kind="record", scanner="ct1", about="2026-10", language=language, at=NOW),
        ):
            (paper,) = papers_of(workspace, asked)
            found[asked.kind, language] = paper.set("html", None).decode()
    return found


def worst(language: Language) -> str:
    """The weekly page of every verdict, of a scanner with a hostile name."""
    words = load_words(language)
    told = story(everything(), scanner=HOSTILE)
    return html("weekly.html", weekly(told, words, closer=[looked_at(m, told, words) for m in to_look_at(told)]), words)


def calm(found: Opened) -> None:
    """Nothing was asked for but the file and what it holds, and nothing complained."""
    assert [a for a in found.asked if not a.startswith(("file://", "data:"))] == []
    assert len([a for a in found.asked if a.startswith("file://")]) == 1
    assert found.complaints == []


def whole(found: Opened) -> None:
    """Nothing reaches beyond the sheet, no cell beyond its column, and every drawing is described."""
    page = found.page
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    cut = page.locator("td, th, p, h1, h2, li, dd, figcaption").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline')"
        ".map(e => e.innerText)"
    )
    assert cut == []
    silent = page.locator("figure svg, svg[role=img]").evaluate_all(
        "all => all.filter(e => !e.getAttribute('aria-label') && !e.querySelector('title')).length"
    )
    assert silent == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_whole_and_asks_nobody(
    kind: str, language: Language, pages: Mapping[tuple[str, Language], str], opened: Opener
) -> None:
    found = opened(pages[kind, language], width=SHEET_PX)
    calm(found)
    whole(found)
    assert found.page.locator("html").get_attribute("lang") == language
    assert found.page.locator("h1").count() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_every_verdict_and_hostile_names_is_whole_too(language: Language, opened: Opener) -> None:
    found = opened(worst(language), width=SHEET_PX)
    calm(found)
    whole(found)
    assert "<script>alert(1)</script>" in found.page.locator("h1").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["weekly", "trend", "record"])
def test_a_browser_prints_it_on_one_sheet(
    kind: str, language: Language, pages: Mapping[tuple[str, Language], str], opened: Opener, tmp_path: Path
) -> None:
    opened(pages[kind, language], width=SHEET_PX).page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    assert len(PdfReader(tmp_path / "page.pdf").pages) == 1


def test_words_that_are_read_aloud_are_in_the_language_of_the_page(
    pages: Mapping[tuple[str, Language], str], opened: Opener
) -> None:
    labels = opened(pages["weekly", "ja"]).page.locator("svg[role=img]").evaluate_all(
        "all => all.map(e => e.getAttribute('aria-label'))"
    )  # fmt: skip
    assert "合格" in labels
    assert not {"pass", "warning", "fail"} & set(labels)
