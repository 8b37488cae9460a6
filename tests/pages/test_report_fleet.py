"""The overview of a fleet: its content as data, and what its HTML makes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from iqa.model import Measurement, Outcome
from iqa.report.fleet_content import FleetCell, FleetPage, FleetRow
from iqa.report.fleets import FleetStory, Machine
from iqa.report.html import html
from iqa.report.pages.fleet import fleet_page
from iqa.report.pages.fleet_numbers import beyond, counted_in, number
from iqa.report.stories import Measure
from iqa.report.text import LANGUAGES, Language, plain
from iqa.report.words import load_words, values_in
from tests.made_fleet import AS_OF, AT, HOSTILE, KEYS, NORMAL, STANDARD, made_fleet, made_measure

EN = load_words("en")
NOISE, CNR = "noise.sigma", KEYS[5]


def page_of(story: FleetStory, language: Language = "en") -> FleetPage:
    return fleet_page(story, load_words(language), link=lambda scanner, key: f"{scanner}-{key}.html")


def rows_of(page: FleetPage) -> dict[str, FleetRow]:
    return {plain(row.scanner): row for row in page.rows}


def cell_of(page: FleetPage, scanner: str, key: str) -> FleetCell:
    return rows_of(page)[scanner].cells[[c.key for c in page.columns].index(key)]


def one(value: float) -> Measure:
    """A noise."""
    return made_measure(NOISE, Measurement(NOISE, value, 0.02, "HU", 3, "slices 1-3", "made@1"))


def machine(scanner: str, *measures: Measure, **fields: object) -> Machine:
    outcomes = tuple(m.outcome for m in measures if m.verdicts)
    made = Machine(scanner=scanner, last=AS_OF, days=0, count=1, outcomes=outcomes, measures=measures)
    return replace(made, **fields)  # type: ignore[arg-type]


def story_of(*machines: Machine, unassigned: Machine | None = None) -> FleetStory:
    ordered = tuple(sorted(machines, key=lambda m: m.place))
    return FleetStory(made_at=AT, as_of=AS_OF, keys=(NOISE,), machines=ordered, unassigned=unassigned)


PASSES, WARNS, FAILS = one(NORMAL[NOISE]), one(NORMAL[NOISE] * 1.12), one(NORMAL[NOISE] * 1.184)


# ---------------------------------------------------------------------------------------- rows and cells


def test_every_state_has_its_row_by_urgency() -> None:
    states = [row.state for row in page_of(made_fleet()).rows]
    assert list(dict.fromkeys(states)) == [
        "fail", "warning", "overdue", "cannot tell", "not comparable", "not measured", "not judged", "pass",
    ]  # fmt: skip
    names = [plain(row.scanner) for row in page_of(made_fleet()).rows]
    assert names[:6] == ["CT-5", "CT-8", "CT-11", "CT-14", "CT-19", "CT-22"]
    assert names[10:12] == ["CT-2", "CT-13"], "of those that pass, the ones out of control first"


@pytest.mark.parametrize(
    ("scanner", "key", "outcome", "mark", "said"),
    [
        ("CT-5", NOISE, "fail", "fail", "+18.4"),
        ("CT-5", CNR, "warning", "warning", "−15.8"),
        ("CT-8", "slice_thickness", "warning", "warning", "2.83"),
        ("CT-23", "slice_thickness", "cannot tell", "cannot-tell", "2.6"),
        ("CT-17", NOISE, "not comparable", "not-comparable", ""),
        ("CT-16", "ttf.teflon.f50", "not measured", "not-measured", ""),
        ("CT-24", NOISE, "not judged", "not-judged", ""),
        ("CT-2", NOISE, "pass", "", "+7.0"),
        ("CT-20", "slice_thickness", "pass within uncertainty", "", "2.795"),
    ],
)
def test_a_cell_has_a_mark_beside_its_number_unless_it_passes(
    scanner: str, key: str, outcome: str, mark: str, said: str
) -> None:
    cell = cell_of(page_of(made_fleet()), scanner, key)
    assert (cell.outcome, cell.mark, cell.number) == (outcome, mark, said)
    assert plain(cell.said).startswith(outcome)


def test_a_number_that_cannot_be_told_leaves_the_mark_of_its_pass() -> None:
    """An absolute limit is kept to, and there is no baseline that the column's difference could be from."""
    alone = replace(PASSES, baseline=None)
    (row, *_rest) = page_of(story_of(machine("a", alone), *(machine(n, PASSES) for n in "bcd"))).rows
    assert (row.cells[0].number, row.cells[0].mark) == ("", "pass")


def test_what_a_scanner_has_nothing_of_is_no_verdict() -> None:
    page = page_of(story_of(machine("a", PASSES), machine("b")))
    assert rows_of(page)["b"].cells == (FleetCell("", "", "", None, (), flag=False, link=""),)


def test_overdue_numbers_are_those_of_the_last_scan() -> None:
    row = rows_of(page_of(made_fleet()))["CT-19"]
    assert (row.late, plain(row.last), row.state) == (True, "7\u00a0Oct", "overdue")
    assert plain(row.note) == "19 days since the last scan; due every 10"
    assert all(cell.number for cell in row.cells)


def test_the_flag_stands_beside_the_measure_that_is_out_of_control() -> None:
    page = page_of(made_fleet())
    flagged = [
        (plain(r.scanner), c.key) for r in page.rows for c, x in zip(page.columns, r.cells, strict=True) if x.flag
    ]
    assert flagged == [("CT-5", NOISE), ("CT-2", NOISE), ("CT-13", "dose.ctdivol")]
    assert plain(cell_of(page, "CT-2", NOISE).said) == "pass, out of control"


def test_links_lead_to_what_has_a_page() -> None:
    made = fleet_page(
        made_fleet(),
        EN,
        link=lambda scanner, key: f"{scanner}-{key}.html" if key == NOISE and scanner == "CT-1" else "",
    )
    linked = [(plain(r.scanner), c.link) for r in made.rows for c in r.cells if c.link]
    assert linked == [("CT-1", "CT-1-noise.sigma.html")]
    assert not any(row.link for row in made.rows)
    lost = cell_of(page_of(made_fleet()), "CT-16", "ttf.teflon.f50")
    assert lost.link == "", "nothing was measured, so there is no chart of it"


# ---------------------------------------------------------------------------------------- numbers


def test_columns_are_differences_unless_absolute_limits_judge_them() -> None:
    units = {c.key: plain(c.unit) for c in page_of(made_fleet()).columns}
    assert units == {
        "ct_number.acrylic": "HU", NOISE: "%", "uniformity.max_deviation": "HU, value", "slice_thickness": "mm, value",
        "ttf.teflon.f50": "%", CNR: "%", "dose.ctdivol": "%",
    }  # fmt: skip


def test_a_column_without_baselines_shows_values() -> None:
    assert counted_in([replace(PASSES, verdicts=(), baseline=None)]) == "value"
    assert counted_in([]) == "value"


@pytest.mark.parametrize(
    ("percent", "said", "outcome"),
    [(15.02, "+15.02", Outcome.FAIL), (14.98, "+14.98", Outcome.WARNING), (-0.03, "0.0", Outcome.PASS),
     (10.001, "+10.001", Outcome.WARNING), (3.14, "+3.1", Outcome.PASS)],
)  # fmt: skip
def test_rounding_never_hides_on_which_side_of_a_limit_a_value_lies(
    percent: float, said: str, outcome: Outcome
) -> None:
    measure = one(NORMAL[NOISE] * (1 + percent / 100))
    shown = number(measure, "percent")
    assert shown is not None
    assert (shown.said, measure.outcome) == (said, outcome)
    assert shown.value == pytest.approx(percent)


def test_a_limit_is_told_as_it_counts() -> None:
    found = beyond(FAILS)
    assert found is not None
    assert [plain(x) for x in found] == ["+18.4\u00a0%", "15\u00a0%"]
    low = beyond(one(NORMAL[NOISE] * 0.88))
    assert low is not None
    assert [plain(x) for x in low] == ["−12.0\u00a0%", "−10\u00a0%"]
    thick = beyond(made_measure("slice_thickness", Measurement("slice_thickness", 2.83, 0.05, "mm", 3, "", "made@1")))
    assert thick is not None
    assert [plain(x) for x in thick] == ["2.83\u00a0mm", "2.80\u00a0mm"]


# ---------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("machines", "said", "mark"),
    [
        ([], "No scanner is described and no scan is stored yet.", "not-judged"),
        ([machine("ct1", FAILS)], "ct1 fails.", "fail"),
        ([machine("a", PASSES), machine("b", PASSES)], "All 2 scanners pass.", "pass"),
        (
            [machine("a", PASSES, signals=(NOISE,)), machine("b", PASSES)],
            "All 2 scanners pass; one is out of control.",
            "pass",
        ),
        ([machine("a", FAILS), machine("b", PASSES)], "One of 2 scanners fails.", "fail"),
        (
            [machine("a", WARNS), machine("b", WARNS), machine("c", PASSES, overdue=True, period_days=7.0)],
            "Two of 3 scanners have warnings, one is overdue.",
            "warning",
        ),
        ([machine("a"), machine("b", PASSES)], "One of 2 scanners is not judged yet.", "not-judged"),
        (
            [*(machine(f"a{i}", FAILS) for i in range(13)), machine("b", PASSES)],
            "13 of 14 scanners fail.",
            "fail",
        ),
    ],
)
def test_the_headline_counts_the_most_urgent_first(machines: list[Machine], said: str, mark: str) -> None:
    page = page_of(story_of(*machines))
    assert (plain(page.said), page.mark) == (said, mark)


def test_the_lead_names_what_is_wrong() -> None:
    said = plain(page_of(made_fleet()).lead).replace("\u00a0", " ")
    assert said == (
        "CT-5 (Hospital B): Noise is 18.4 % above its baseline. CT-8, CT-11 and CT-14 have warnings. "
        "CT-19 and CT-22 need a scan. CT-2 passes, but Noise is out of control. "
        "CT-13 passes, but CTDIvol is out of control. 3 scans are assigned to no scanner."
    )


def test_many_scanners_are_not_all_named() -> None:
    many = [machine(f"a{i}", WARNS) for i in range(1, 9)]
    assert plain(page_of(story_of(*many)).lead) == "a1, a2, a3, a4 and 4 more have warnings."


@pytest.mark.parametrize(
    ("count", "outcome", "said"),
    [
        (1, Outcome.PASS, "1 scan is assigned to no scanner."),
        (1, Outcome.FAIL, "1 scan is assigned to no scanner, and fails."),
        (9, Outcome.FAIL, "9 scans are assigned to no scanner; at least one fails."),
    ],
)
def test_scans_of_no_scanner_are_not_passed_over(count: int, outcome: Outcome, said: str) -> None:
    lost = Machine(scanner=None, last=AS_OF, count=count, outcomes=(outcome,))
    page = page_of(story_of(machine("a", PASSES), unassigned=lost))
    assert plain(page.lead).endswith(said)
    assert page.unassigned is not None
    assert page.unassigned.state == outcome
    assert {chip.state: chip.count for chip in page.chips} == {"pass": 1}, "they are no scanner"


@pytest.mark.parametrize(
    ("scanner", "said"),
    [
        ("CT-5", "Noise +18.4 %; fails at 15 %"),
        ("CT-8", "Slice thickness 2.83 mm; warns at 2.80 mm"),
        ("CT-17", 'Not comparable, because the reconstruction differs (kernel "STD+" now, "STD" in the baseline).'),
        ("CT-24", "no limit or no baseline yet"),
        ("CT-2", "Noise: out of control"),
        ("CT-1", ""),
    ],
)
def test_the_note_says_the_one_thing_to_know(scanner: str, said: str) -> None:
    assert plain(rows_of(page_of(made_fleet()))[scanner].note).replace("\u00a0", " ") == said


def test_a_scanner_that_was_never_scanned_says_so() -> None:
    never = machine("a", last=None, days=None, count=0)
    due = replace(never, scanner="b", period_days=7.0, overdue=True)
    rows = rows_of(page_of(story_of(never, due)))
    assert (plain(rows["a"].note), rows["a"].state) == ("no scan yet", "not judged")
    assert (plain(rows["b"].note), rows["b"].state) == ("no scan yet; due every 7 days", "overdue")
    assert plain(rows["a"].last) == ""


# ---------------------------------------------------------------------------------------- filters and legend


def test_chips_count_every_state_and_what_is_out_of_control() -> None:
    found = {chip.state: chip.count for chip in page_of(made_fleet()).chips}
    assert found == {
        "fail": 1, "warning": 3, "overdue": 2, "cannot tell": 1, "not comparable": 1, "not measured": 1,
        "not judged": 1, "pass": 14, "control": 3,
    }  # fmt: skip


def test_the_legend_names_the_marks_that_occur() -> None:
    assert [mark for mark, _ in page_of(story_of(machine("a", PASSES))).marks] == []
    marks = [mark for mark, _ in page_of(made_fleet()).marks]
    assert marks == [
        "fail", "warning", "overdue", "cannot-tell", "not-comparable", "not-measured", "not-judged", "out-of-control",
    ]  # fmt: skip


def test_small_charts_share_one_time_axis() -> None:
    rows = rows_of(page_of(made_fleet()))
    fresh, late = rows["CT-1"].spark, rows["CT-19"].spark
    assert fresh is not None
    assert late is not None
    assert fresh.points[-1][0] > 0.96
    assert late.points[-1][0] == pytest.approx(1 - (19 + (18 - 7.7) / 24) / 182, abs=1e-9)
    assert rows["CT-5"].spark is not None
    assert len(rows["CT-5"].spark.signals) == 6


# ---------------------------------------------------------------------------------------- HTML


VOID = frozenset({"meta", "img", "br", "link", "input"})
BLOCKS = frozenset({"div", "p", "table", "section", "ul", "h1", "header", "footer"})
PHRASES = frozenset({"p", "span", "button", "a", "bdi", "small", "label", "h1"})
"""Elements that hold no block."""


class _Seen(HTMLParser):
    """What stands in a page: its tags and its text; elements are closed in order and lie where they may."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert not (tag in BLOCKS and PHRASES & set(self.open)), (tag, self.open)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def seen(story: FleetStory, language: Language = "en") -> _Seen:
    found = _Seen()
    found.feed(html("fleet.html", page_of(story, language), load_words(language)))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_header_says_is_never_markup(language: Language) -> None:
    calm, hostile = seen(made_fleet(), language), seen(made_fleet(names=HOSTILE), language)
    kinds = [[tag for tag, _ in page.tags].count("script") for page in (calm, hostile)]
    assert kinds == [1, 1], "the page's own script and no other"
    assert [tag for tag, _ in hostile.tags].count("b") == [tag for tag, _ in calm.tags].count("b")
    for said in HOSTILE:
        assert "".join(hostile.text).count(said) == 2 + 1, "site, model, and the list of sites"
        assert [a["data-site"] for tag, a in hostile.tags if tag == "tr" and a.get("data-site") == said] == [said]


def test_every_string_in_a_cell_is_told_from_its_neighbours_direction() -> None:
    page = html("fleet.html", page_of(made_fleet(names=HOSTILE)), EN)
    assert re.search(r'<bdi class="long">שלום', page)
    assert "<bdi>שלום" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_without_anything_is_a_page(language: Language) -> None:
    empty = FleetStory(made_at=AT, as_of=AS_OF)
    tags = [tag for tag, _ in seen(empty, language).tags]
    assert tags.count("h1") == 1
    assert tags.count("tr") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_is_well_formed(language: Language) -> None:
    found = seen(made_fleet(names=HOSTILE), language)
    assert found.open == []
    ids = [a["id"] for _, a in found.tags if "id" in a]
    assert len(ids) == len(set(ids))
    images = [a for tag, a in found.tags if tag == "svg" and a.get("role") == "img"]
    assert images
    assert all(a.get("aria-label") for a in images)
    links = [a for tag, a in found.tags if tag == "a"]
    assert len(links) == 24 * (1 + len(KEYS) + 1) - 1, "a name, numbers and a small chart; one number was not measured"


def test_the_page_asks_for_nothing_and_is_in_its_language() -> None:
    tags = seen(made_fleet(), "ja").tags
    assert ("html", {"lang": "ja"}) in tags
    addresses = [a.get(name) for tag, a in tags for name in ("src", "href") if a.get(name)]
    assert all(re.match(r"#m-|CT-", str(a)) for a in addresses), addresses


def test_both_languages_have_the_same_strings_of_the_fleet() -> None:
    for section in ("fleet", "short", "number"):
        en, ja = load_words("en").under(section), load_words("ja").under(section)
        assert en.keys() == ja.keys()
        assert {k: values_in(v) for k, v in en.items()} == {k: values_in(v) for k, v in ja.items()}


def test_every_state_has_its_sentences_in_both_numbers() -> None:
    for n in (1, 2):
        for kind in ("fail", "warning", "overdue", "cannot_tell", "not_comparable", "not_measured", "not_judged"):
            for place in ("first", "then"):
                assert EN.plain(f"fleet.{place}.{kind}", n=n, count="x", all="y")
            assert EN.plain(f"fleet.lead.{kind}", n=n, scanners="x")
            assert EN.plain(f"fleet.alone.{kind}", scanner="x")


def test_made_measures_are_judged_as_the_limits_say() -> None:
    """The fleet of these tests is judged by the rules themselves, under the conditions of its baseline."""
    assert (PASSES.outcome, WARNS.outcome, FAILS.outcome) == (Outcome.PASS, Outcome.WARNING, Outcome.FAIL)
    other = made_measure(NOISE, FAILS.measurement, under=replace(STANDARD, kv=80.0))
    assert other.outcome == Outcome.NOT_COMPARABLE
