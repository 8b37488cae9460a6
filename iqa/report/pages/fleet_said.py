"""How a fleet stands in sentences: the headline, the lead, and one note for each scanner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iqa.model import Outcome
from iqa.report.fleets import OVERDUE, FleetStory, Machine
from iqa.report.naming import name_of, short_name
from iqa.report.pages.fleet_numbers import beyond
from iqa.report.pages.headline import how_far
from iqa.report.pages.signals import way_of
from iqa.report.stories import Measure
from iqa.report.text import Span, Text, as_text, data, joined
from iqa.report.trends import Trend
from iqa.report.words import Words, day_at

SIGNAL = "signal"
"""A scanner that passes and is out of control: told as a state of its own."""
KINDS = (Outcome.FAIL, Outcome.WARNING, OVERDUE, Outcome.CANNOT_TELL, Outcome.NOT_COMPARABLE, Outcome.NOT_MEASURED,
         Outcome.NOT_JUDGED, SIGNAL)  # fmt: skip
"""What a headline counts, the most urgent first."""
COMPARED = frozenset({Outcome.FAIL, Outcome.WARNING})
"""Verdicts that a number and the limit beyond which it lies explain."""
MOST_COUNTED = 3
"""Of them in one headline."""
MOST_TOLD = 2
"""Scanners that the lead tells of one by one, failing ones and those out of control."""
MOST_NAMED = 4
"""Scanners that a sentence names."""


def kind_of(machine: Machine) -> str:
    """State of a scanner as the headline counts it."""
    return SIGNAL if machine.state == Outcome.PASS and machine.signals else machine.state


def headline(story: FleetStory, words: Words) -> Text:
    """How many fail, warn, are overdue: the first three things that there are."""
    machines = story.machines
    counts = [(kind, n) for kind in KINDS if (n := sum(1 for m in machines if kind_of(m) == kind))]
    if not machines:
        said = words("fleet.nothing")
    elif len(machines) == 1:
        said = words(f"fleet.alone.{_name(kind_of(machines[0]))}", scanner=data(machines[0].scanner or ""))
    elif not counts:
        said = words("fleet.all_pass", all=str(len(machines)))
    elif counts[0][0] == SIGNAL:
        n = counts[0][1]
        said = words("fleet.all_signal", n=n, count=_counted(n, words), all=str(len(machines)))
    else:
        said = _counts(counts[:MOST_COUNTED], len(machines), words)
    return words("fleet.sentence", said=_capital(said))


def _counts(counts: Sequence[tuple[str, int]], every: int, words: Words) -> Text:
    found = [
        words(f"fleet.{'then' if place else 'first'}.{_name(kind)}", n=n, count=_counted(n, words), all=str(every))
        for place, (kind, n) in enumerate(counts)
    ]
    return joined(found, words.written("list.comma"))


def _name(kind: str) -> str:
    return kind.replace(" ", "_")


def _counted(n: int, words: Words) -> str:
    """A small number in words, where the language does so."""
    key = f"number.{n}"
    return words.written(key) if words.has(key) else str(n)


def _capital(said: Text) -> Text:
    """With a capital at the beginning, unless it is a name."""
    first, *rest = said
    return said if first.style == "data" else (Span(first.text[:1].upper() + first.text[1:], first.style), *rest)


def lead(story: FleetStory, words: Words) -> Text:
    """Which scanners those are, what is wrong with the first, and what drifts."""
    return joined(list(_sentences(story, words)), " " if words.language == "en" else "")


def _sentences(story: FleetStory, words: Words) -> Iterator[Text]:
    by_kind = {kind: [m for m in story.machines if kind_of(m) == kind] for kind in KINDS}
    failing, signals = by_kind[Outcome.FAIL], by_kind[SIGNAL]
    for one in failing[:MOST_TOLD]:
        yield _failing(one, story, words)
    rest = {**by_kind, Outcome.FAIL: failing[MOST_TOLD:]}
    for kind in [k for k in KINDS if by_kind[k] and k != SIGNAL][:MOST_COUNTED]:
        if rest[kind] and len(story.machines) > 1:
            yield words(f"fleet.lead.{_name(kind)}", n=len(rest[kind]), scanners=_named(rest[kind], words))
    for one in signals[:MOST_TOLD]:
        yield _drifting(one, story, words)
    if signals[MOST_TOLD:]:
        yield words("fleet.lead.signal_more", n=len(signals) - MOST_TOLD)
    if story.machines and not any(by_kind.values()):
        yield words("fleet.lead.calm")
    if story.unassigned is not None:
        fails = "_fail" if story.unassigned.state == Outcome.FAIL else ""
        yield words(f"fleet.lead.unassigned{fails}", n=story.unassigned.count)


def _named(machines: Sequence[Machine], words: Words) -> Text:
    """Scanners by name; of many the first, and how many more."""
    shown = machines if len(machines) <= MOST_NAMED + 1 else machines[:MOST_NAMED]
    names: list[Text] = [data(m.scanner or "") for m in shown]
    more = len(machines) - len(shown)
    return words.listed([*names, *([words("fleet.more", n=more)] if more else [])])


def _failing(machine: Machine, story: FleetStory, words: Words) -> Text:
    about = [m for m in machine.measures if m.outcome == Outcome.FAIL]
    site = words("fleet.lead.at", site=data(machine.site)) if machine.site else ()
    who = {"scanner": data(machine.scanner or ""), "site": site}
    how = how_far(about[0], words) if len(about) == 1 else ()
    if how:
        return words("fleet.lead.failing", what=called(about[0].key, story, words), how=how, **who)
    return words(
        "fleet.lead.failing_on", what=words.listed([called(m.key, story, words) for m in about[:MOST_NAMED]]), **who
    )


def _drifting(machine: Machine, story: FleetStory, words: Words) -> Text:
    """A scanner that passes and is out of control: how, and when it reaches a limit."""
    first = next(iter(machine.out_of_control), None)
    if first is None:
        return words("fleet.lead.signal_bare", scanner=data(machine.scanner or ""))
    trend = _trend(machine, first, story)
    said = words(
        "fleet.lead.signal",
        scanner=data(machine.scanner or ""),
        what=called(first.key, story, words),
        how=words(f"how.{way_of(trend)}"),
    )
    near = next(iter(trend.near), None) if trend else None
    if near is None:
        return said
    limit, day = words(f"lead.{'fail' if near.fails else 'warning'}"), words.day(day_at(near.crossing.day))
    return joined([said, words("fleet.lead.crossing", limit=limit, day=day)], " " if words.language == "en" else "")


def _trend(machine: Machine, measure: Measure, story: FleetStory) -> Trend | None:
    return story.trends.get((machine.scanner or "", measure.key))


def note(machine: Machine, story: FleetStory, words: Words) -> Text:
    """The one thing to know of a scanner, and that it is overdue; nothing of one that passes and is in control."""
    if machine.scanner is None:
        return words("fleet.note.unassigned", n=machine.count)
    late = _overdue_note(machine, words) if machine.overdue and machine.state != OVERDUE else ()
    return joined([_first_note(machine, story, words), late], "; " if words.language == "en" else "、")


def _first_note(machine: Machine, story: FleetStory, words: Words) -> Text:
    match kind_of(machine):
        case Outcome.PASS:
            return ()
        case "signal":
            return _signal_note(machine, story, words)
        case "overdue":
            return _overdue_note(machine, words)
        case Outcome.NOT_JUDGED:
            return words("fleet.note.not_judged" if machine.count else "fleet.note.never")
    return _verdict_note(machine, story, words)


def _verdict_note(machine: Machine, story: FleetStory, words: Words) -> Text:
    about = [m for m in machine.measures if m.outcome == machine.state]
    if len({m.reason for m in about}) == 1 and about[0].outcome not in COMPARED:
        return _reason_note(about, story, words)
    said = _measure_note(about[0], story, words) if about else ()
    return words("fleet.note.more", said=said, n=len(about) - 1) if len(about) > 1 else said


def _reason_note(about: Sequence[Measure], story: FleetStory, words: Words) -> Text:
    """The reason that all share; the measure is named where it is one alone."""
    reason = words.sentence(about[0].reason)
    if len(about) > 1:
        return reason
    return words("fleet.note.reason", what=called(about[0].key, story, words), reason=reason)


def _measure_note(measure: Measure, story: FleetStory, words: Words) -> Text:
    what, found = called(measure.key, story, words), beyond(measure)
    if found is not None and measure.outcome in COMPARED:
        return words(f"fleet.note.{measure.outcome}", what=what, number=found[0], limit=found[1])
    return words("fleet.note.reason", what=what, reason=words.sentence(measure.reason))


def called(key: str, story: FleetStory, words: Words) -> Text:
    """A measure's name: the short one where it has a column."""
    return short_name(key, words) if key in story.keys else name_of(key, words)


def _overdue_note(machine: Machine, words: Words) -> Text:
    period = as_text(f"{machine.period_days:g}")
    if machine.days is None:
        return words("fleet.note.never_due", period=period)
    return words("fleet.note.overdue", n=machine.days, period=period)


def _signal_note(machine: Machine, story: FleetStory, words: Words) -> Text:
    first = next(iter(machine.out_of_control), None)
    if first is None:
        return words("fleet.note.signal_bare")
    trend = _trend(machine, first, story)
    said = {"what": called(first.key, story, words), "tag": words(f"tag.{way_of(trend)}")}
    near = next(iter(trend.near), None) if trend else None
    if near is None:
        return words("fleet.note.signal", **said)
    limit = words(f"lead.{'fail' if near.fails else 'warning'}")
    return words("fleet.note.crossing", limit=limit, day=words.short_date(day_at(near.crossing.day)), **said)
