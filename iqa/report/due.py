"""When the checks of an inspection record are due, and which of them were not done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from iqa.report.periods import Stretch
from iqa.report.records import Checked, RecordStory

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time within which a check is to be done once."""

    time: Stretch
    place: date
    """Day of the period at which it stands where it was missed: the last on which it could have been done."""
    done: bool


def slots(checked: Checked, story: RecordStory) -> tuple[Slot, ...]:
    """The times within which a check was due, as far as they are over when the record is made.

    Notes
    -----
    Each day of work; each week from Monday to Sunday that ends in the period; each of its months; its fiscal year. A
    time without a day of work asks nothing, nor does one before the device was put into use.
    """
    found = (_slot(time, checked, story) for time in _times(checked, story))
    return tuple(slot for slot in found if slot is not None)


def _times(checked: Checked, story: RecordStory) -> Iterator[Stretch]:
    period, today = story.period, date.fromisoformat(story.made_at[:10])
    match checked.check.when:
        case "start" | "end":
            times: Sequence[Stretch] = [Stretch(day, day) for day in period.whole.days]
        case "weekly":
            sundays = [day for day in period.whole.days if day.weekday() == 6]
            times = [Stretch(day - WEEK + timedelta(days=1), day) for day in sundays]
        case "monthly":
            times = period.months
        case "annual":
            times = [period.whole] if period.kind == "year" else []
        case "other":
            times = []
    # what is done before work counts from the morning on, all else when its time is over
    reached = today if checked.check.when == "start" else today - timedelta(days=1)
    return (time for time in times if time.last <= reached)


def _slot(time: Stretch, checked: Checked, story: RecordStory) -> Slot | None:
    work = [day for day in time.days if story.due(day)]
    if not work:
        return None
    inside = [day for day in work if story.period.whole.holds(day)]
    done = any(time.holds(n.day) for n in checked.noted)
    return Slot(time, inside[-1] if inside else story.period.first, done)


def missed(checked: Checked, story: RecordStory) -> tuple[Slot, ...]:
    """The times in which a check was due and was not done."""
    return tuple(slot for slot in slots(checked, story) if not slot.done)
