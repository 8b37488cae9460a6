"""The verdict in a sentence, what stands behind it, and what is suggested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from iqa.model import Outcome
from iqa.report.content import Headline, Tally
from iqa.report.naming import family_of, name_of, unit_text
from iqa.report.numbers import NO_BREAK, fixed, show
from iqa.report.pages.rows import amount, at_digit, in_percent, limit_shown, signed_at
from iqa.report.pages.signals import way_of
from iqa.report.stories import URGENT, Measure, Story
from iqa.report.text import Span, Text, as_text, data, joined
from iqa.report.trends import Projection, Trend
from iqa.report.words import Words, day_at

MARKS = {outcome: outcome.value.replace(" ", "-") for outcome in Outcome}
"""Files of the verdicts' marks."""
SIGNAL_MARK = "out-of-control"
TALLIED = (
    Outcome.PASS,
    Outcome.PASS_WITHIN_U,
    Outcome.WARNING,
    Outcome.FAIL,
    Outcome.CANNOT_TELL,
    Outcome.NOT_COMPARABLE,
    Outcome.NOT_MEASURED,
    Outcome.NOT_JUDGED,
)
ALWAYS_TALLIED = frozenset({Outcome.PASS, Outcome.WARNING, Outcome.FAIL})
"""Counted even where there is none."""
MOST_NAMED = 3
"""Measures that the lead names one by one."""
WEEK_DAYS = 7.0
ADVICE = {
    "nps": "noise",
    "noise": "noise",
    "linearity": "ct_number",
    "ct_number": "ct_number",
    "artefact": "uniformity",
    "uniformity": "uniformity",
    "slice_thickness": "geometry",
    "ssp": "geometry",
    "position": "geometry",
    "geometry": "geometry",
    "mtf": "resolution",
    "ttf": "resolution",
    "line_pairs": "resolution",
    "detectability": "low_contrast",
    "low_contrast": "low_contrast",
    "dose": "dose",
}
"""Which suggestion a family of measures calls for."""


def headline(story: Story, words: Words) -> Headline:
    """What a page about a scan says first."""
    judged = [m for m in story.all if m.verdicts]
    top = next((o for o in URGENT if any(m.outcome == o for m in judged)), None)
    signals = signals_of(story)
    about = [m for m in judged if m.outcome == top] if top else signals
    passed = any(m.outcome in (Outcome.PASS, Outcome.PASS_WITHIN_U) for m in judged)
    kind = top.replace(" ", "_") if top else "signal" if signals and passed else "pass" if passed else "not_judged"
    return Headline(
        mark=MARKS[top or (Outcome.PASS if passed else Outcome.NOT_JUDGED)],
        flag=bool(signals),
        title=_title(kind, about, story, words),
        lead=joined([_lead(kind, about, signals, story, words), _waiting(judged, words)], " "),
        suggested=_suggested(kind, about, judged, words),
        tallies=tallies(story, words),
    )


def signals_of(story: Story) -> list[Measure]:
    """The measures that are out of control, judged ones first."""
    return sorted((m for m in story.all if m.out_of_control), key=lambda m: not m.verdicts)


def who(story: Story, words: Words) -> Text:
    """The scanner's name, or that it is a scan without one."""
    return data(story.scanner) if story.scanner else words("headline.no_scanner")


def _title(kind: str, about: Sequence[Measure], story: Story, words: Words) -> Text:
    first = about[0] if about else None
    values: dict[str, Text | str | int] = {"scanner": who(story, words), "n": len(about)}
    if first is None:
        return words(f"headline.{kind}", **values)
    how = _way(first, story, words) if kind == "signal" else how_far(first, words)
    return words(f"headline.{kind}", what=name_of(first.key, words), how=how, **values)


def _way(measure: Measure, story: Story, words: Words) -> Text:
    return words(f"how.{way_of(story.trends.get(measure.key))}")


def how_far(measure: Measure, words: Words) -> Text:
    """How a value lies to its baseline or its limit: a clause."""
    m, limit, bounds, baseline = measure.measurement, measure.limit, measure.bounds, measure.baseline
    if m is None or limit is None or bounds is None:
        return ()
    if limit.kind != "absolute" and baseline is not None:
        return words(f"how.{'above' if m.value >= baseline.value else 'below'}_baseline", x=_distance(measure))
    fails = measure.outcome == Outcome.FAIL
    low, high = (bounds.fail_low, bounds.fail_high) if fails else (bounds.warn_low, bounds.warn_high)
    above = high is not None and m.value > high
    bound = high if above else low
    shown = amount(measure)
    if bound is None or shown is None:
        return ()
    value = (*as_text(shown.value), *_with_unit(shown.unit))
    said = f"how.{'above' if above else 'below'}_{'limit' if fails else 'warning'}"
    return words(said, value=value, limit=(*as_text(limit_shown(bound, measure)), *_with_unit(shown.unit)))


def _distance(measure: Measure) -> Text:
    """From the baseline, unsigned: in percent where the limit is."""
    m, baseline = measure.measurement, measure.baseline
    if m is None or baseline is None:
        return ()
    away = abs(m.value - baseline.value)
    if in_percent(measure):
        return as_text(f"{fixed(100.0 * away / abs(baseline.value), 1)}{NO_BREAK}%")
    return (*as_text(signed_at(away, measure).removeprefix("+")), *_with_unit(unit_text(m.unit)))


def _with_unit(unit: Text) -> Text:
    return (Span(NO_BREAK), *unit) if unit else ()


def _lead(kind: str, about: Sequence[Measure], signals: Sequence[Measure], story: Story, words: Words) -> Text:
    judged = sum(1 for m in story.all if m.outcome in (Outcome.PASS, Outcome.PASS_WITHIN_U))
    measured = sum(1 for m in story.measures if m.measurement is not None)
    drifting = joined([said for m in signals if (said := drift_said(m, story, words))], " ")
    match kind:
        case "pass":
            charted = any(m.baseline is not None for m in story.measures)
            return words("lead.pass" if charted else "lead.pass_no_chart", n=judged)
        case "signal":
            return drifting
        case "not_judged":
            key = "not_judged" if story.remembered else "alone"
            return joined([words(f"lead.{key}" if measured else "lead.nothing", n=measured), drifting], " ")
    return joined([_named(about, words), drifting], " ")


def _named(about: Sequence[Measure], words: Words) -> Text:
    """The measures that a headline is about, each with what was compared with what."""
    said = [
        words("lead.reasoned", what=name_of(one.key, words), reason=words.sentence(one.reason) or how_far(one, words))
        for one in about[:MOST_NAMED]
    ]
    more = len(about) - MOST_NAMED
    return joined([*said, *([words("lead.more", n=more)] if more > 0 else [])], " ")


def drift_said(measure: Measure, story: Story, words: Words) -> Text:
    """What a measure that is out of control does, and when it reaches a limit."""
    return course_said(measure, story.trends.get(measure.key), words)


def course_said(measure: Measure, trend: Trend | None, words: Words) -> Text:
    """The same from its history."""
    what = name_of(measure.key, words)
    if trend is None:
        return words("lead.shifted_bare", what=what)
    if trend.course is None:
        return _shifted(trend, measure, what, words)
    course, unit = trend.course, _with_unit(unit_text(trend.unit))
    slope = abs(course.slope) * WEEK_DAYS
    way = words("lead.rising" if course.slope > 0 else "lead.falling")
    shown = show(slope, course.u * WEEK_DAYS, trend.unit)
    since = words.day(day_at(course.start))
    drifts = words(
        "lead.drift",
        what=what,
        way=way,
        since=since,
        slope=as_text(f"{shown.value}{NO_BREAK}±{NO_BREAK}{shown.u}") + unit,
    )
    still = words("lead.allowed") if measure.outcome in (Outcome.PASS, Outcome.PASS_WITHIN_U) else ()
    return joined([drifts, still, _crossing(trend, measure, words)], " ")


def _shifted(trend: Trend, measure: Measure, what: Text, words: Words) -> Text:
    """The average that the chart follows, beside the baseline's."""
    baseline, control = measure.baseline, trend.control
    if baseline is None or control is None or not control.average:
        return words("lead.shifted_bare", what=what)
    unit = _with_unit(unit_text(trend.unit))
    return words(
        "lead.shifted", what=what, value=(*as_text(at_digit(control.average[-1], measure)), *unit),
        baseline=(*as_text(at_digit(baseline.value, measure)), *unit),
    )  # fmt: skip


def _crossing(trend: Trend, measure: Measure, words: Words) -> Text:
    """When the first limit is reached, with its interval; nothing beyond a year."""
    first: Projection | None = next(iter(trend.near), None)
    if first is None:
        return ()
    found, unit = first.crossing, _with_unit(unit_text(trend.unit))
    latest = day_at(found.latest) if found.latest < float("inf") else None
    return words(
        "lead.crossing" if latest else "lead.crossing_open",
        limit=words("lead.fail" if first.fails else "lead.warning"),
        bound=(*as_text(at_digit(first.bound, measure)), *unit),
        day=words.day(day_at(found.day)),
        earliest=words.day(day_at(found.earliest)),
        latest=words.day(latest) if latest else "",
    )


def _waiting(judged: Sequence[Measure], words: Words) -> Text:
    """How many limits cannot judge yet: a pass beside them is no whole pass."""
    waiting = sum(1 for m in judged if m.outcome == Outcome.NOT_JUDGED)
    return words("lead.waiting", n=waiting) if waiting else ()


def _suggested(kind: str, about: Sequence[Measure], judged: Sequence[Measure], words: Words) -> Text:
    """What a person may do, marked as a suggestion."""
    if kind in ("fail", "warning", "signal"):
        key = ADVICE.get(family_of(about[0].key), "other")
    elif kind == "pass" and any(m.outcome == Outcome.NOT_JUDGED for m in judged):
        key = "not_judged"
    else:
        key = "none" if kind == "pass" else kind
    return words(f"suggest.{key}")


def tallies(story: Story, words: Words) -> tuple[Tally, ...]:
    """How many of each verdict; those that matter are named even where there is none."""
    counted = Counter(m.outcome for m in story.all if m.verdicts)
    shown = [o for o in TALLIED if counted[o] or o in ALWAYS_TALLIED]
    found = [Tally(MARKS[o], words(f"tally.{o}", n=counted[o]), counted[o]) for o in shown]
    signals = sum(1 for m in story.all if m.out_of_control)
    flagged = [Tally(SIGNAL_MARK, words("tally.out of control", n=signals), signals)] if signals else []
    return (*found, *flagged)
