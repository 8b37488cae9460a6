"""The page about one key over time: the verdict, the chart, what may explain it, what happened, what is behind it."""

from __future__ import annotations

from collections.abc import Sequence

from iqa.model import Outcome, Verdict
from iqa.report.content import Drawing, Fact, Head, Headline, KeyNumber, Panel, TrendPage
from iqa.report.figures.control import has_ewma, has_ranges
from iqa.report.figures.others import Shown
from iqa.report.figures.trend import ewma_svg, other_svg, ranges_svg, trend_svg
from iqa.report.naming import family_of, name_of, unit_text
from iqa.report.numbers import NO_BREAK, fixed, print_unit, rounded, show
from iqa.report.pages.entries import MOST_ENTRIES, entries
from iqa.report.pages.facts import limits_said, short_hash, technique
from iqa.report.pages.headline import ADVICE, MARKS, SIGNAL_MARK, course_said
from iqa.report.pages.rows import allowed, amount, at_digit, change
from iqa.report.pages.signals import way_of
from iqa.report.small_charts import trend_alt
from iqa.report.stories import Made, Measure, TrendStory
from iqa.report.text import Span, Text, as_text, data, joined, plain
from iqa.report.trend_parts import latest_run, out_of_control, signals, tightest
from iqa.report.trends import Trend
from iqa.report.words import Words, day_at, stored_moment
from iqa.spc import WEIGHT, c4, prediction_factor
from iqa.version import __version__

PASSES = (Outcome.PASS, Outcome.PASS_WITHIN_U)
URGENT = (Outcome.FAIL, Outcome.WARNING)


def trend_page(story: TrendStory, words: Words, *, logo: str = "", notes: Sequence[Text] = ()) -> TrendPage:
    """The content of a trend's page.

    Raises
    ------
    DefinitionError
        A string of the site's own has a character that the figures' fonts lack.
    """
    trend = story.trend
    told = entries(trend, words)
    last = words.day(trend.points[-1].dated)
    foot = words("trend.foot", who=_owner(trend, words), measure=trend.key, day=last)
    return TrendPage(
        language=words.language,
        title=plain(foot),
        head=Head(
            words("trend.title"),
            joined([data(story.site), _owner(trend, words), name_of(trend.key, words), as_text(trend.key)], " · "),
            words("trend.period", first=words.day(trend.points[0].dated), last=last),
            tuple(notes),
            logo,
        ),
        said=trend_headline(story, words),
        numbers=tuple(key_numbers(story, words)),
        chart=Drawing(trend_svg(trend, words), trend_alt(trend, words), (), "chart"),
        panels=tuple(_panels(trend, words)),
        others=tuple(_other(t, _shown(trend), words) for t in story.others),
        others_aside=_others_aside(trend, words),
        others_said=_others_said(story.others, words),
        entries=told[:MOST_ENTRIES],
        left_out=words("trend.earlier", n=len(told) - MOST_ENTRIES) if len(told) > MOST_ENTRIES else (),
        facts=_facts(story, words),
        foot=(foot, words("plus_minus")),
    )


def measure_of(story: TrendStory) -> Measure:
    """The latest value with all that is said of it."""
    trend = story.trend
    last, outcome = trend.segments[-1], trend.outcomes[-1] or Outcome.NOT_JUDGED
    said = tuple(Verdict(trend.key, outcome, "", story.rule, limit, last.baseline) for limit in last.limits)
    return Measure(
        key=trend.key,
        measurement=trend.points[-1].measurement,
        verdicts=said,
        outcome=outcome,
        bounds=tightest(trend.bounds) if trend.bounds else None,
        baseline=last.baseline,
        out_of_control=out_of_control(trend),
    )


def _owner(trend: Trend, words: Words) -> Text:
    return data(trend.scope.scanner) if trend.scope.scanner else words("unassigned")


def trend_headline(story: TrendStory, words: Words) -> Headline:
    """Tolerance and control in a sentence, what stands behind it, and what is suggested."""
    measure, trend = measure_of(story), story.trend
    urgent = measure.outcome in URGENT or measure.out_of_control
    return Headline(
        mark=MARKS[measure.outcome],
        flag=measure.out_of_control,
        title=_title(measure, trend, words),
        lead=joined([_lead(measure, trend, words), *([words.sentence(trend.apart)] if trend.apart else [])], " "),
        suggested=words(f"suggest.{ADVICE.get(family_of(trend.key), 'other')}") if urgent else (),
        tallies=(),
    )


def _title(measure: Measure, trend: Trend, words: Words) -> Text:
    """Both verdicts in a sentence: tolerance, then control."""
    control = trend.control.in_control if trend.control else None
    said: Text = ()
    if control is not None:
        good = measure.outcome in PASSES
        way = way_of(trend)
        bare = "_bare" if way == "signal" and not control else ""
        which = ("and" if good == control else "but") + ("_in" if control else "_out") + bare
        said = words(f"trend.control.{which}", way=words(f"trend.way.{way}"))
    return words(f"trend.said.{measure.outcome}", control=said)


def _lead(measure: Measure, trend: Trend, words: Words) -> Text:
    """What it does and when it reaches a limit; or why nothing can be said of control."""
    control = trend.control
    if measure.out_of_control:
        return course_said(measure, trend, words)
    if control is None:
        return words("trend.no_baseline")
    if control.in_control is None:
        return words.sentence(control.reason)
    scans, signalled = control.baseline.n if control.baseline else 0, len(signals(trend.segments[-1]))
    said = "in_control_again" if signalled else "in_control"
    return words(f"trend.{said}", n=len(control.average), scans=scans, signalled=signalled)


def key_numbers(story: TrendStory, words: Words) -> list[KeyNumber]:
    """The latest value, its baseline, what is allowed, and the two verdicts."""
    measure, trend = measure_of(story), story.trend
    shown, unit = amount(measure), _unit(trend)
    spread = f"{NO_BREAK}±{NO_BREAK}{shown.u}" if shown and shown.u else ""
    value = (*as_text(f"{shown.value}{spread}"), *unit) if shown else ()
    baseline = measure.baseline
    held = (*as_text(at_digit(baseline.value, measure)), *unit) if baseline else words("nothing")
    moved = words("trend.number.difference", change=_change(measure, unit)) if baseline else ()
    inside = allowed(measure, words)
    return [
        KeyNumber(words("trend.number.value"), value),
        KeyNumber(words("trend.number.baseline"), held, moved),
        KeyNumber(words("trend.number.allowed"), (*inside, *unit) if inside else words("nothing"), _width(measure)),
        KeyNumber(words("trend.number.tolerance"), words(f"verdict.{measure.outcome}"), mark=MARKS[measure.outcome]),
        _control(trend, words),
    ]


def _unit(trend: Trend) -> Text:
    unit = unit_text(trend.unit)
    return (Span(NO_BREAK), *unit) if unit else ()


def _change(measure: Measure, unit: Text) -> Text:
    said = change(measure)
    return as_text(said) if said.endswith("%") else (*as_text(said), *unit)


def _width(measure: Measure) -> Text:
    """Plus or minus how much is allowed about the baseline, where the limit is one about it and two-sided."""
    limit = measure.limit
    if limit is None or limit.kind == "absolute":
        return ()
    b = limit.bounds
    low, high = (b.fail_low, b.fail_high) if b.warn_low is None else (b.warn_low, b.warn_high)
    if low is None or high is None or low != -high:
        return ()
    unit = "%" if limit.kind == "percent" else print_unit(limit.unit)
    return as_text(f"±{high:g}{NO_BREAK}{unit}")


def _control(trend: Trend, words: Words) -> KeyNumber:
    name, control = words("trend.number.control"), trend.control
    if control is None or control.in_control is None:
        return KeyNumber(name, words("trend.number.no_verdict"))
    if control.in_control:
        return KeyNumber(name, words("trend.number.in_control"))
    run = latest_run(trend.segments[-1])
    since = words.short_date(trend.points[run[0]].dated)
    aside = words("trend.number.since", day=since, n=len(run))
    return KeyNumber(name, words("verdict.out of control"), aside, SIGNAL_MARK)


def _panels(trend: Trend, words: Words) -> list[Panel]:
    found = []
    n = trend.control.baseline.n if trend.control and trend.control.baseline else 0
    if has_ewma(trend):
        drawn = Drawing(ewma_svg(trend, words), words.plain("trend.ewma"), (), "chart")
        found.append(Panel(words("trend.ewma"), words("trend.ewma_aside", weight=f"{WEIGHT:g}", n=n), drawn))
    if has_ranges(trend):
        drawn = Drawing(ranges_svg(trend, words), words.plain("trend.ranges"), (), "chart")
        found.append(Panel(words("trend.ranges"), words("trend.ranges_aside"), drawn))
    return found


def _shown(trend: Trend) -> Shown:
    """The days of the small charts: since the baseline of the latest scans."""
    since = trend.course.start if trend.course and out_of_control(trend) else None
    return Shown(trend.days[trend.segments[-1].first], trend.days[-1], since)


def _other(other: Trend, shown: Shown, words: Words) -> Panel:
    m = other.points[-1].measurement
    said = amount(Measure(key=other.key, measurement=m, bounds=tightest(other.bounds) if other.bounds else None))
    spread = f"{NO_BREAK}±{NO_BREAK}{said.u}" if said and said.u else ""
    value = (*as_text(f"{said.value}{spread}"), *_unit(other)) if said else ()
    drawn = Drawing(other_svg(other, words, shown), trend_alt(other, words), (), "chart")
    return Panel(name_of(other.key, words), value, drawn)


def _others_aside(trend: Trend, words: Words) -> Text:
    since = _shown(trend).since
    when = words("trend.since_line", day=words.short_date(day_at(since))) if since is not None else ()
    return joined([words("trend.others_aside"), when], " ")


def _others_said(others: Sequence[Trend], words: Words) -> Text:
    """Which of them are in control and which are not."""
    said = []
    for key, state in (("out", False), ("in", True), ("unknown", None)):
        names = [name_of(t.key, words) for t in others if (t.control.in_control if t.control else None) is state]
        if names:
            said.append(words(f"trend.others_{key}", names=words.listed(names)))
    return joined(said, " ")


def _facts(story: TrendStory, words: Words) -> tuple[Fact, ...]:
    """Provenance in four parts."""
    trend = story.trend
    return (
        Fact(words("trend.fact.subject"), _subject(trend, story.made, words)),
        Fact(words("fact.limits"), limits_said(trend.segments[-1].limits, words)),
        Fact(words("trend.title"), _charts(trend, words)),
        Fact(words("trend.fact.software"), _software(story, words)),
    )


def _subject(trend: Trend, made: Made | None, words: Words) -> Text:
    scope = trend.scope
    of = made.acquisition if made else None
    machine = " ".join(part for part in (of.manufacturer, of.model, of.serial) if part) if of else ""
    phantom = joined([as_text(made.phantom) if made and made.phantom else (), data(scope.phantom or "")], " · ")
    settings = data(", ".join(technique(of))) if of else ()
    certified = () if trend.certified is None else (*as_text(show(trend.certified, None, "1").value), *_unit(trend))
    stated = words("trend.fact.certified", value=certified) if certified else ()
    parts = [data(scope.scanner or ""), data(machine), data(scope.protocol or ""), settings, phantom, stated]
    return joined(parts, "; ")


def _charts(trend: Trend, words: Words) -> Text:
    """The limits of control, and what they are counted from."""
    control = trend.control
    if control is None or control.baseline is None:
        return words("trend.no_baseline")
    base = control.baseline
    factor = fixed(prediction_factor(base.n), 2)
    spread = c4(base.n) * base.sigma
    digit = _last_digit(spread)
    sigma = (*as_text(rounded(spread, digit)), *_unit(trend))
    said = [words("trend.fact.single", centre=rounded(base.centre, digit), factor=factor, n=base.n, sigma=sigma)]
    said += [words("trend.fact.average", weight=f"{WEIGHT:g}")] if control.limits else []
    return joined([*said, *([] if trend.charted else [words("trend.fact.not_charted")])], " ")


def _last_digit(spread: float) -> int:
    """Power of ten of the second digit of a spread."""
    return int(f"{spread:.1e}".split("e")[1]) - 1


def _software(story: TrendStory, words: Words) -> Text:
    made, method = story.made, story.trend.points[-1].measurement.method
    when = stored_moment(story.made_at)
    version, definition = (made.version, short_hash(made.definition_sha256)) if made else (__version__, "–")
    said = words("trend.fact.measured", version=version, method=data(method), definition=definition)
    return joined([said, words("trend.fact.kept"), words("fact.made", when=when)], " ")
