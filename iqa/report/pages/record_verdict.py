"""What a record says of its whole period: the verdict, and what one must know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from iqa.model import Outcome
from iqa.report.due import missed
from iqa.report.pages.headline import MOST_NAMED
from iqa.report.pages.record_dates import days_said
from iqa.report.pages.record_grid import MARK, check_name, shown, together
from iqa.report.pages.record_values import full_name
from iqa.report.records import Checked, RecordStory
from iqa.report.stories import URGENT
from iqa.report.text import Text, as_text, data, joined
from iqa.report.words import Words
from iqa.store.checks import IMAGE_QUALITY, Check, Display

UNSURE = (Outcome.CANNOT_TELL, Outcome.NOT_COMPARABLE, Outcome.NOT_MEASURED)
NO_RECORD = "－"
JUDGED = frozenset({Outcome.PASS, Outcome.PASS_WITHIN_U, *URGENT})


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict of the record."""

    key: str
    day: date
    outcome: Outcome
    of: Check | Display | None = None
    """What it is called by; None of a measure of a scan."""


@dataclass(frozen=True, slots=True)
class Overall:
    """The verdict on a period."""

    mark: str
    word: Text
    said: Text


def overall(story: RecordStory, words: Words) -> Overall:
    """The worst of all that counts, and what stands behind it.

    Notes
    -----
    Of a day that a check was done several times the last counts. What was not done changes no verdict; it is said.
    """
    found = findings(story)
    judged = [f for f in found if f.outcome in JUDGED]
    worst = together([f.outcome for f in judged]) if judged else None
    parts = [_first(found, judged, worst, words), *_bad(judged, words), *_signals(story, words), *_open(story, words)]
    said = joined(parts, "" if words.language == "ja" else " ")
    if worst is None:
        word = words("verdict.not judged" if found else "record.no_record")
        return Overall(MARK[Outcome.NOT_JUDGED] if found else NO_RECORD, word, said)
    # the form knows one kind of pass; which value is near its limit stands in the table
    plain = Outcome.PASS if worst is Outcome.PASS_WITHIN_U else worst
    return Overall(MARK[worst], words(f"verdict.{plain}"), said)


def findings(story: RecordStory) -> tuple[Finding, ...]:
    """All that counts: each check on each day, each judged measure of a scan, each display; nothing twice."""
    seen: dict[tuple[str, date], Finding] = {}
    for found in (*_checks(story), *_scans(story), *_displays(story)):
        before = seen.get((found.key, found.day))
        if before is None or together([before.outcome, found.outcome]) != before.outcome:
            seen[found.key, found.day] = found
    return tuple(seen.values())


def _checks(story: RecordStory) -> Iterator[Finding]:
    for checked in shown(story):
        if checked.check.key != IMAGE_QUALITY:  # its measures stand by themselves
            for noted in checked.within(story.period.whole):
                yield Finding(checked.check.key, noted.day, checked.outcome(noted), checked.check)


def _scans(story: RecordStory) -> Iterator[Finding]:
    for scan in (scan for group in story.together for scan in group.last_of_days):
        judged = ((key, measure) for key, measure in scan.measures.items() if measure.verdicts)
        yield from (Finding(key, scan.day, measure.outcome) for key, measure in judged)


def _displays(story: RecordStory) -> Iterator[Finding]:
    for display in story.displays:
        for noted in display.noted:
            yield Finding(noted.measure.key, noted.day, noted.measure.outcome, display.display)


def _name(found: Finding, words: Words) -> Text:
    match found.of:
        case Check():
            return check_name(found.of, words)
        case Display():
            return words("record.display", name=data(found.of.control_number or found.of.name))
    return full_name(found.key, words)


def _first(found: Sequence[Finding], judged: Sequence[Finding], worst: Outcome | None, words: Words) -> Text:
    if not found:
        return words("record.said_none")
    if not judged:
        return words("record.said_unjudged")
    return words("record.said_pass") if worst not in URGENT else ()


def _bad(judged: Sequence[Finding], words: Words) -> Iterator[Text]:
    for kind, outcomes in (("fail", (Outcome.FAIL,)), ("warning", (Outcome.WARNING,)), ("unsure", UNSURE)):
        days: dict[str, list[Finding]] = {}
        for one in judged:
            if one.outcome in outcomes:
                days.setdefault(one.key, []).append(one)
        named = [_named(same, words) for same in list(days.values())[:MOST_NAMED]]
        more = [words("record.more", n=len(days) - MOST_NAMED)] if len(days) > MOST_NAMED else []
        if named:
            yield words(f"record.said_{kind}", what=joined([*named, *more], words.written("record.comma")))


def _named(same: Sequence[Finding], words: Words) -> Text:
    days = sorted({f.day for f in same})
    return words("record.finding", what=_name(same[0], words), days=days_said(days, words))


def _signals(story: RecordStory, words: Words) -> Iterator[Text]:
    """What was out of control, and when."""
    scans = [scan for group in story.together for scan in group.last_of_days]
    days: dict[str, set[date]] = {}
    for key, day in ((k, s.day) for s in scans for k, m in s.measures.items() if m.out_of_control):
        days.setdefault(key, set()).add(day)
    named = [
        words("record.finding", what=full_name(key, words), days=days_said(sorted(on), words))
        for key, on in list(days.items())[:MOST_NAMED]
    ]
    more = [words("record.more", n=len(days) - MOST_NAMED)] if len(days) > MOST_NAMED else []
    if named:
        yield words("record.said_signal", what=joined([*named, *more], words.written("record.comma")))


def _open(story: RecordStory, words: Words) -> Iterator[Text]:
    """What was not done, and what nothing judges."""
    for when in ("start", "end", "weekly", "monthly", "annual"):
        places = {s.place for c in shown(story) if c.check.when == when for s in missed(c, story)}
        if places:
            yield words(f"record.said_missed_{when}", n=len(places))
    open_ = [c for c in shown(story) if _unjudged(c, story)]
    if open_:
        yield words("record.said_not_judged", n=len(open_))


def _unjudged(checked: Checked, story: RecordStory) -> bool:
    """Whether a check has numbers and nothing to judge them by."""
    noted = checked.within(story.period.whole)
    numbers = checked.check.show == "value" or checked.check.key == IMAGE_QUALITY
    return bool(noted) and numbers and all(checked.outcome(n) is Outcome.NOT_JUDGED for n in noted)


def mark_of(said: Sequence[Outcome]) -> Text:
    """The mark of some verdicts together."""
    return as_text(MARK[together(said)]) if said else ()
