"""The grid of an inspection record: checks against days, weeks or months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from iqa.judge.bounds import unwarned
from iqa.model import Bounds, Outcome
from iqa.report.due import Slot, slots
from iqa.report.naming import name_of
from iqa.report.numbers import fixed, show
from iqa.report.pages.record_dates import column
from iqa.report.pages.rows import allowed, amount
from iqa.report.periods import Kind, Period, Stretch
from iqa.report.record_content import Cell, Grid, GridGroup, GridRow
from iqa.report.records import Checked, Noted, RecordStory
from iqa.report.stories import MOST_URGENT_FIRST, URGENT
from iqa.report.text import Text, data, joined
from iqa.report.words import Words
from iqa.store.checks import Check, When

GROUPS: tuple[When, ...] = ("start", "end", "weekly", "monthly", "annual", "other")
MARK = {
    Outcome.PASS: "○",
    Outcome.PASS_WITHIN_U: "○",
    Outcome.WARNING: "△",
    Outcome.FAIL: "×",
    Outcome.CANNOT_TELL: "?",
    Outcome.NOT_COMPARABLE: "?",
    Outcome.NOT_MEASURED: "?",
    Outcome.NOT_JUDGED: "✓",
}
"""As Japanese forms write them; each is in the PDF's fonts."""
NOT_DONE = "－"
STRONG = frozenset(URGENT)
"""Framed, and marked beside a number."""
MOST_LETTERS: Mapping[Kind, int] = {"month": 4, "quarter": 7, "year": 8}
"""Of a number in a column, which is 4.4 mm wide for a day, 9.8 mm for a week, 11 mm for a month."""
Letters = dict[str, str]


def grid(story: RecordStory, words: Words) -> Grid:
    """All checks with what was noted."""
    letters = people(story)
    columns = story.period.columns
    return Grid(
        heads=tuple(Cell(column(c, story.period, words), off=off(c, story)) for c in columns),
        groups=tuple(_groups(story, words)),
        checked_by=tuple(_letters(c, story, letters) for c in columns),
        confirmed_by=tuple(Cell(off=off(c, story)) for c in columns),
        legend=_legend(story, letters, words),
    )


def off(stretch: Stretch, story: RecordStory) -> bool:
    """Whether a column is shaded: a day on which nothing is checked."""
    return stretch.first == stretch.last and story.off(stretch.first)


def people(story: RecordStory) -> Letters:
    """A letter for each person who entered something in the period, in the order of their first entry."""
    inside = [n for c in story.checked for n in c.noted if n.person and story.period.whole.holds(n.day)]
    beside = [n for d in story.displays for n in d.noted if n.person]
    doses = [n for d in story.doses for n in (d.ctdivol, d.dlp, d.count) if n is not None and n.person]
    names = dict.fromkeys(n.person for n in sorted((*inside, *beside, *doses), key=lambda n: n.dated) if n.person)
    return {name: _letter(number) for number, name in enumerate(names)}


def _letter(number: int) -> str:
    again, place = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[place] + (str(again + 1) if again else "")


def shown(story: RecordStory) -> tuple[Checked, ...]:
    """The checks of a period: annual ones stand on the sheet of a year alone."""
    return tuple(c for c in story.checked if c.check.when != "annual" or story.period.kind == "year")


def _groups(story: RecordStory, words: Words) -> list[GridGroup]:
    found = []
    for when in GROUPS:
        rows = tuple(_row(c, story, words) for c in shown(story) if c.check.when == when)
        if rows:
            found.append(GridGroup(words(f"record.{when}"), rows))
    return found


def _row(checked: Checked, story: RecordStory, words: Words) -> GridRow:
    due = slots(checked, story)
    decimals = _decimals(checked, story.period)
    cells = tuple(_cell(c, checked, due, decimals, story, words) for c in story.period.columns)
    return GridRow(check_name(checked.check, words), not checked.check.manual, criterion(checked, words), cells)


def check_name(check: Check, words: Words) -> Text:
    """What a check is called; one that the site does not name, as its key."""
    if not check.name:
        return name_of(check.key, words)
    return data(check.name_en or check.name if words.language == "en" else check.name)


def criterion(checked: Checked, words: Words) -> Text:
    """As the check says it, else the range that its limit allows without a warning."""
    check = checked.check
    said = check.criterion_en or check.criterion if words.language == "en" else check.criterion
    if said:
        return data(said)
    judged = next((n.measure for n in reversed(checked.noted) if n.measure.bounds is not None), None)
    if judged is not None and judged.limit is not None and judged.limit.kind != "absolute":
        return allowed(judged, words)
    return _range(checked.bounds, words) if checked.bounds else ()


def _range(bounds: Bounds, words: Words) -> Text:
    ends = unwarned(bounds)
    low, high = ("" if x is None else show(x, None, "1").value for x in ends)
    if not (low or high):
        return ()
    if ends[0] is not None and ends[0] == -(ends[1] or 0.0):
        return words("record.within", high=high)
    return words(f"allowed.{'between' if low and high else 'least' if low else 'most'}", low=low, high=high)


def _cell(
    stretch: Stretch, checked: Checked, due: Sequence[Slot], decimals: int, story: RecordStory, words: Words
) -> Cell:
    noted, own = checked.within(stretch), [s for s in due if stretch.holds(s.place)]
    shaded = off(stretch, story)
    if not noted:
        return Cell((NOT_DONE,) if own and not all(s.done for s in own) else (), shaded)
    worst = together([checked.outcome(n) for n in noted])
    lines = _lines(checked, noted, worst, decimals, words)
    done = sum(s.done for s in own)
    if stretch.first != stretch.last and done < len(own):
        lines = (*lines, words.plain("record.done_of", done=done, due=len(own)))
    return Cell(lines, shaded, worst in STRONG)


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """What is said of some outcomes, at least one."""
    return min(outcomes, key=MOST_URGENT_FIRST.index)


def _lines(checked: Checked, noted: Sequence[Noted], worst: Outcome, decimals: int, words: Words) -> tuple[str, ...]:
    values = [n.value for n in noted if n.value is not None]
    match checked.check.show:
        case "yes_no" if values:
            return (words.written("record.yes" if any(values) else "record.no"),)
        case "value" if values:
            numbers = values if len(values) == 1 else [max(values), sum(values) / len(values), min(values)]
            return (*(fixed(v, decimals) for v in numbers), *((MARK[worst],) if worst in STRONG else ()))
    return (MARK[worst],)


def _decimals(checked: Checked, period: Period) -> int:
    """Of all numbers of a row: as the values are printed elsewhere, or fewer, so that the longest fits its column."""
    noted = checked.within(period.whole)
    said = [(a.u, len(a.value.partition(".")[2])) for n in noted if (a := amount(n.measure)) is not None]
    # a value near nothing is printed with more digits than its u; in a row of many that says nothing
    most = min((d for u, d in said if u), default=max((d for _, d in said), default=0))
    room = MOST_LETTERS[period.kind]
    values = [n.value for n in noted if n.value is not None]
    return next((d for d in range(most, 0, -1) if all(len(fixed(v, d)) <= room for v in values)), 0)


def _letters(stretch: Stretch, story: RecordStory, letters: Letters) -> Cell:
    inside = [n for c in story.checked for n in c.noted if n.person and stretch.holds(n.day)]
    own = sorted({letters[n.person] for n in inside if n.person})
    return Cell(("".join(own),) if own else (), off(stretch, story))


def _legend(story: RecordStory, letters: Letters, words: Words) -> Text:
    """What the marks mean, as far as they may occur, and whose the letters are."""
    said = {c.outcome(n) for c in shown(story) for n in c.noted if story.period.whole.holds(n.day)}
    said |= {m.outcome for t in story.together for s in t.scans for m in s.measures.values() if m.verdicts}
    unsure = any(MARK[o] == "?" for o in said)
    month = story.period.kind == "month"
    parts = [
        words("record.legend_marks"),
        words("record.legend_unsure") if unsure else (),
        words("record.legend_done"),
        words("record.legend_off") if month else words("record.legend_three"),
        () if month else words("record.legend_counts"),
        words("record.legend_measured"),
        _whose(letters, words),
    ]
    return joined(parts, words.written("record.space"))


def _whose(letters: Letters, words: Words) -> Text:
    if not letters:
        return ()
    named = [words("record.person", letter=letter, name=data(name)) for name, letter in letters.items()]
    return words("record.legend_people", people=joined(named, words.written("record.comma")))
