"""The overview of a fleet in a browser: filters, order, search, keyboard, links, and that nothing leaves the file."""

from __future__ import annotations

from functools import cache

import pytest
from playwright.sync_api import Page

from iqa.report.html import html
from iqa.report.pages.fleet import fleet_page
from iqa.report.text import LANGUAGES, Language
from iqa.report.words import load_words
from tests.browser.opening import Opened, Opener
from tests.made_fleet import HOSTILE, made_fleet

WIDTHS = (1280, 800)


@cache
def document(language: Language = "en", *, hostile: bool = False) -> str:
    words = load_words(language)
    story = made_fleet(names=HOSTILE if hostile else ())
    return html("fleet.html", fleet_page(story, words, link=lambda scanner, key: f"{scanner}-{key}.html"), words)


def shown(page: Page) -> list[str]:
    """Names of the scanners that are seen, in their order."""
    return page.locator("tbody:first-of-type tr:visible th").all_inner_texts()


def column(page: Page, key: str) -> list[float | None]:
    """Numbers of a column as they are sorted, in the order of the rows."""
    place = page.locator(f"thead th[data-key='{key}']").evaluate("th => th.cellIndex")
    found = page.locator("tbody:first-of-type tr").evaluate_all(
        "(rows, place) => rows.map(row => row.cells[place].dataset.v)", place
    )
    return [None if v == "" else float(v) for v in found]


def calm(found: Opened) -> bool:
    """Nothing was asked for but the file, and nothing complained."""
    return all(a.startswith("file://") and "page.html" in a for a in found.asked) and not found.complaints


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_filter_shows_what_it_counts(language: Language, opened: Opener) -> None:
    found = opened(document(language))
    page, chips = found.page, found.page.locator(".chips button")
    assert chips.count() == 10
    for number in range(chips.count()):
        chip = chips.nth(number)
        chip.click()
        count = int(chip.locator("b").inner_text())
        assert len(shown(page)) == count > 0
        assert page.locator(".chips button[aria-pressed=true]").count() == 1
        assert chip.get_attribute("aria-pressed") == "true"
        assert str(count) in page.locator("#shown").inner_text()
        states = set(
            page.locator("tbody:first-of-type tr:visible").evaluate_all("rows => rows.map(r => r.dataset.state)")
        )
        assert len(states) == 1 or chip.get_attribute("data-state") in ("", "control")
    assert calm(found)


@pytest.mark.parametrize(
    "key", ["noise.sigma", "ct_number.acrylic", "slice_thickness", "ttf.teflon.f50", "last", "verdict", "spark"]
)
def test_a_heading_sorts_up_and_down(key: str, opened: Opener) -> None:
    found = opened(document())
    page, heading = found.page, found.page.locator(f"thead th[data-key='{key}']")
    before = heading.get_attribute("aria-sort")
    for way in ("descending", "ascending") if before else ("ascending", "descending"):
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == way
        assert page.locator("thead th[aria-sort]").count() == 1
        values = column(page, key)
        numbers = [v for v in values if v is not None]
        assert numbers == sorted(numbers, reverse=way == "descending")
        assert None not in values[: len(numbers)], "what has no number comes last both ways"
    assert calm(found)


def test_names_are_sorted_as_people_count(opened: Opener) -> None:
    page = opened(document()).page
    page.locator("thead th[data-key='scanner'] button").click()
    assert shown(page) == [f"CT-{n}" for n in range(1, 25)]


def test_find_narrows_and_escape_clears(opened: Opener) -> None:
    found = opened(document())
    page = found.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    assert page.locator("#find").input_value() == "", "the stroke that leads there is not typed"
    page.keyboard.type("Hospital D")
    assert sorted(shown(page)) == ["CT-13", "CT-14", "CT-15", "CT-16"]
    page.keyboard.type("/")
    assert page.locator("#find").input_value() == "Hospital D/", "within the box it is a letter"
    assert shown(page) == []
    assert page.locator("#none").is_visible()
    page.keyboard.press("Escape")
    assert len(shown(page)) == 24
    assert not page.locator("#none").is_visible()
    assert calm(found)


def test_filters_work_together_and_stand_in_the_address(opened: Opener) -> None:
    first = opened(document())
    page = first.page
    page.locator("#site").select_option("Hospital A")
    page.locator(".chips button[data-state=pass]").click()
    page.locator("thead th[data-key='noise.sigma'] button").click()
    page.locator("thead th[data-key='noise.sigma'] button").click()
    names, address = shown(page), page.url
    assert sorted(names) == ["CT-1", "CT-2", "CT-3", "CT-4"]
    assert names[0] == "CT-2"
    again = opened(document(), part="#" + address.partition("#")[2])
    assert shown(again.page) == names
    assert again.page.locator("#site").input_value() == "Hospital A"
    assert again.page.locator("thead th[aria-sort=descending]").get_attribute("data-key") == "noise.sigma"
    assert calm(first)
    assert calm(again)


def test_an_address_that_says_nothing_of_this_page_shows_all(opened: Opener) -> None:
    found = opened(document(), part="#sort=nothing&state=&other=1&find=%3Cscript%3E")
    assert shown(found.page) == []
    found.page.locator("#find").fill("")
    assert len(shown(found.page)) == 24
    assert calm(found)


def test_the_whole_table_is_reached_by_keyboard(opened: Opener) -> None:
    page = opened(document()).page
    page.locator(".chips button").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert shown(page) == ["CT-5"]
    page.locator("thead th[data-key='noise.sigma'] button").focus()
    page.keyboard.press("Space")
    assert page.locator("thead th[aria-sort]").get_attribute("data-key") == "noise.sigma"
    page.locator("tbody:first-of-type tr:visible th a").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "CT-5-ct_number.acrylic.html"


def test_numbers_and_names_lead_to_their_pages(opened: Opener) -> None:
    page = opened(document()).page
    row = page.locator("tbody:first-of-type tr", has_text="CT-13")
    links = row.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    keys = page.locator("thead th.c").evaluate_all("all => all.map(th => th.dataset.key)")
    assert links == ["CT-13-.html", *(f"CT-13-{key}.html" for key in keys), "CT-13-noise.sigma.html"]
    assert row.locator("a").nth(1).evaluate("a => a.protocol") == "file:"


def test_without_script_the_whole_table_is_there(opened: Opener) -> None:
    found = opened(document(), script=False)
    assert found.page.locator("tbody:first-of-type tr").count() == 24
    assert not found.page.locator(".bar").is_visible(), "no filter that does nothing"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off_or_overlaps(language: Language, width: int, opened: Opener) -> None:
    found = opened(document(language), width=width)
    page = found.page
    for part in (".mast", "h1", ".lead", ".bar", ".key-of", ".foot"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width, part
    crossing = page.locator("td, th").evaluate_all(
        "cells => cells.filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent.trim())"
    )
    assert crossing == []
    if width == WIDTHS[0]:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the table fits the window"
    assert calm(found)


def test_names_stay_in_sight_when_a_narrow_window_is_scrolled(opened: Opener) -> None:
    page = opened(document(), width=800).page
    page.evaluate("scrollTo(300, 400)")
    name = page.locator("tbody:first-of-type tr:visible th").nth(14).bounding_box()
    head = page.locator("thead th").first.bounding_box()
    assert name is not None
    assert head is not None
    assert name["x"] >= 0
    assert head["y"] == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_header_says_is_shown_and_does_nothing(language: Language, opened: Opener) -> None:
    found = opened(document(language, hostile=True))
    page = found.page
    texts = page.locator("td.site").all_inner_texts()
    assert set(HOSTILE) <= set(texts)
    assert page.locator("td.site script, td.site b").count() == 0
    page.locator("#site").select_option(HOSTILE[0])
    assert shown(page) == ["CT-1"]
    assert calm(found)


def test_print_leaves_out_what_cannot_be_clicked(opened: Opener) -> None:
    page = opened(document()).page
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert page.locator("thead").evaluate("head => getComputedStyle(head).display") == "table-header-group"
    assert len(shown(page)) == 24
