"""What is new since the scan before."""

from __future__ import annotations

import math
from collections.abc import Iterator

from iqa.model import Outcome
from iqa.report.naming import name_of, unit_text
from iqa.report.numbers import NO_BREAK, fixed
from iqa.report.pages.rows import signed_at
from iqa.report.stories import Before, Measure, Story
from iqa.report.text import Span, Text, data
from iqa.report.words import Words

MOST_CHANGES = 2
MOST_MOVES = 2
"""Changes that are named one by one."""
NOTABLE = 1.0
"""Of a difference in its uncertainty, below which no move is named."""
SHIFT_MM = 0.5
"""Of the phantom along the axis, below which nobody would notice it."""


def since_last(story: Story, words: Words) -> tuple[Text, tuple[Text, ...]]:
    """(heading, sentences) about the scan before."""
    before = story.before
    if before is None:
        key = "first_text" if story.scanner else "unassigned"
        return words("since.first" if story.scanner else "since.before"), (
            words(f"since.{key}"),
        ) if story.remembered else ()
    return words("since.title", day=words.day(before.dated)), tuple(_told(story, before, words))


def _told(story: Story, before: Before, words: Words) -> Iterator[Text]:
    yield from _verdicts(before, words)
    yield from _moves(story, words)
    yield from _circumstances(story, before, words)
    yield from _shift(story, words)
    for event in story.happened:
        kind = words(f"event.{event.kind}") if words.has(f"event.{event.kind}") else data(event.kind)
        yield words("since.event", day=words.short_date(event.dated), event=kind)


def _verdicts(before: Before, words: Words) -> Iterator[Text]:
    if not before.changed:
        yield words("since.no_change")
    for key, then, now in before.changed[:MOST_CHANGES]:
        yield words(
            "since.changed", what=name_of(key, words), then=words(f"verdict.{then}"), now=words(f"verdict.{now}")
        )
    more = len(before.changed) - MOST_CHANGES
    if more > 0:
        yield words("since.changed_more", n=more)


def _moves(story: Story, words: Words) -> Iterator[Text]:
    """The judged measures that changed most in their own uncertainty."""
    moved = [(_in_u(m), m) for m in story.measures if m.before is not None and m.outcome != Outcome.NOT_JUDGED]
    largest = sorted((x for x in moved if x[0] >= NOTABLE), key=lambda x: -x[0])[:MOST_MOVES]
    if largest:
        said = [words("since.move", what=name_of(m.key, words), change=_change(m)) for _, m in largest]
        yield words("since.moves", moves=words.listed(said))


def _in_u(measure: Measure) -> float:
    m, before = measure.measurement, measure.before
    if m is None or before is None or not m.u:
        return 0.0
    return abs(m.value - before[0]) / (math.sqrt(2.0) * m.u)


def _change(measure: Measure) -> Text:
    m, before = measure.measurement, measure.before
    if m is None or before is None:
        return ()
    unit = unit_text(m.unit)
    return (Span(signed_at(m.value - before[0], measure)), *((Span(NO_BREAK), *unit) if unit else ()))


def _circumstances(story: Story, before: Before, words: Words) -> Iterator[Text]:
    then, now = before.software
    if before.version != story.made.version:
        yield words("since.iqa", then=before.version, now=story.made.version)
    if then != now:
        yield words("since.software", then=data(then or "–"), now=data(now or "–"))
    elif not before.unlike:
        yield words("since.same")
    for reason in before.unlike:
        yield words.sentence(reason)


def _shift(story: Story, words: Words) -> Iterator[Text]:
    z = story.measure("position.z")
    if z is not None and z.measurement is not None and z.before is not None:
        away = abs(z.measurement.value - z.before[0])
        if away >= SHIFT_MM:
            yield words("since.set", mm=fixed(away, 1))
