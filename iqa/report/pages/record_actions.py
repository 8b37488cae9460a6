"""Corrective actions and remarks of an inspection record: what people wrote, and what a reader must know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from iqa.report.naming import name_of
from iqa.report.pages.record_dates import days_said
from iqa.report.pages.record_grid import MARK, STRONG, check_name, shown, together
from iqa.report.record_content import Action
from iqa.report.records import Checked, Noted, RecordStory, Remark
from iqa.report.text import Text, as_text, data, joined
from iqa.report.words import Words
from iqa.store.history import Happened

DESCRIBED = ("name", "control_number", "general_name", "put_into_use", "model", "holder")
"""Of a device, for which the form has a place."""
Dated = tuple[str, Text]


def actions(story: RecordStory, words: Words) -> tuple[Action, ...]:
    """By date; what has none stands last."""
    dated = [*_happened(story, words), *_written(story, words), *_again(story, words)]
    placed = [Action(as_text(words.short_date(day)), said) for day, said in sorted(dated, key=lambda d: d[0][:10])]
    return (*placed, *(Action((), said) for said in _undated(story, words)))


def _happened(story: RecordStory, words: Words) -> Iterator[Dated]:
    for event in story.happened:
        yield event.dated, _event(event, words)


def _event(event: Happened, words: Words) -> Text:
    values = {"kind": words(f"event.{event.kind}"), "note": data(event.note), "who": data(event.entered_by)}
    if event.phantom is None:
        return words("record.event", **values)
    return words("record.event_phantom", phantom=data(event.phantom), **values)


def _written(story: RecordStory, words: Words) -> Iterator[Dated]:
    names = {c.check.key: c for c in story.checked}
    for remark in story.remarks:
        checked = names.get(remark.key)
        name = check_name(checked.check, words) if checked else name_of(remark.key, words)
        mark = _mark(checked, remark) if checked else ""
        values = {"what": name, "note": data(remark.text), "who": data(remark.person)}
        yield remark.dated, words("record.noted" if mark else "record.noted_plain", mark=mark, **values)


def _mark(checked: Checked, remark: Remark) -> str:
    """Of the entry that a remark stands beside."""
    own = [n for n in checked.noted if n.dated == remark.dated and n.value == remark.value]
    return MARK[checked.outcome(own[-1])] if own else ""


def _again(story: RecordStory, words: Words) -> Iterator[Dated]:
    """Days on which a check was done several times, of which the last is shown; one line for each check."""
    for checked in shown(story):
        days = {day: noted for day, noted in _by_day(checked, story).items() if len(noted) > 1}
        if days:
            yield min(days).isoformat(), _times(checked, days, words)


def _by_day(checked: Checked, story: RecordStory) -> dict[date, list[Noted]]:
    found: dict[date, list[Noted]] = defaultdict(list)
    for noted in checked.noted:
        if story.period.whole.holds(noted.day):
            found[noted.day].append(noted)
    return found


def _times(checked: Checked, days: Mapping[date, Sequence[Noted]], words: Words) -> Text:
    """How many times on which day, and what worse was said before the last."""
    first = min(days)
    before = [checked.outcome(n) for noted in days.values() for n in noted[:-1]]
    worst, last = together(before), together([checked.outcome(noted[-1]) for noted in days.values()])
    hidden = worst in STRONG and worst is not last and together([worst, last]) is worst
    several = len(days) > 1
    key = f"again{'_days' if several else ''}{'_worse' if hidden else ''}"
    return words(
        f"record.{key}",
        what=check_name(checked.check, words),
        n=len(days) if several else len(days[first]),
        days=days_said(sorted(days), words),
        worst=words(f"verdict.{worst}"),
    )


def _undated(story: RecordStory, words: Words) -> Iterator[Text]:
    if not story.together:
        yield words("record.no_scan")
    absent = [words(f"record.{name}") for name in DESCRIBED if not getattr(story.device, name)]
    if absent:
        what = joined(absent, words.written("record.comma"))
        yield words("record.no_device", what=what, scanner=data(story.scanner))
