"""Measures as rows of a table: rounded once, and placed between their limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal

from iqa.judge.bounds import no_percent, unwarned
from iqa.model import COVERAGE_FACTOR, Baseline, Bounds, Outcome
from iqa.report.content import Amount, Group, Row, Spark, Strip
from iqa.report.naming import family_of, name_of, unit_text
from iqa.report.numbers import MINUS, NO_BREAK, fixed, rounded, shared_digit, show
from iqa.report.pages.signals import tag_of
from iqa.report.stories import Measure, Story
from iqa.report.text import Text, as_text
from iqa.report.words import Words

_Share = Callable[[float], float]
FAILS = (0.1, 0.9)
WARNS = (0.25, 0.75)
"""Shares of a strip at which failing limits stand, and warning limits where none fails."""
EDGE = 0.02
"""Share of a strip within which a mark that lies beyond it stands."""
SPARK_EDGE = 0.1
"""Share of a small chart's height within which a point that lies beyond it stands: its dot must be whole."""
MOST_DECIMALS = 6
"""Of a limit as it was adopted; more are arithmetic."""
MOST_DIGITS = 3
"""By which a number is shown longer where rounding would hide on which side of a limit it lies."""
NO_SPREAD = 4.0
"""Half height of a small chart without limits, in spreads of the baseline."""
FAMILIES = ("ct_number", "linearity", "noise", "nps", "uniformity", "artefact", "geometry", "slice_thickness", "ssp",
            "ttf", "mtf", "line_pairs", "low_contrast", "detectability", "dose", "position", "manual")  # fmt: skip
"""In the order in which a page shows them."""
TEXT_IN_PLACE = frozenset({Outcome.CANNOT_TELL, Outcome.NOT_COMPARABLE})
"""Verdicts whose reason stands where the limits would."""


def groups(measures: Sequence[Measure], story: Story, words: Words) -> tuple[Group, ...]:
    """Rows of measures by family, in the order of `FAMILIES`."""
    found: dict[str, list[Row]] = {}
    for one in sorted(measures, key=row_place):
        family = family_of(one.key)
        name = words.written(f"family.{family}" if words.has(f"family.{family}") else "family.other")
        found.setdefault(name, []).append(row(one, story, words))
    return tuple(Group(as_text(name), tuple(rows)) for name, rows in found.items())


def row_place(measure: Measure) -> tuple[int, float, str]:
    """Where a measure stands among others: by family, inserts by the CT number of their baseline, else by their own.

    Two of one material are told apart by their names, so that a row stands in one place week by week.
    """
    family, m, baseline = family_of(measure.key), measure.measurement, measure.baseline
    if family != "ct_number" or m is None:
        return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), math.inf, ""
    number = baseline.value if baseline else m.value
    return FAMILIES.index(family), round(number, -1), measure.key


def row(measure: Measure, story: Story, words: Words) -> Row:
    """One measure."""
    m, bounds, baseline = measure.measurement, measure.bounds, measure.baseline
    silent = m is None or measure.outcome in TEXT_IN_PLACE
    return Row(
        key=measure.key,
        name=name_of(measure.key, words),
        outcome=measure.outcome,
        verdict=words(f"verdict.{measure.outcome}"),
        amount=amount(measure),
        baseline=at_digit(baseline.value, measure) if baseline and m else "",
        change=change(measure),
        allowed=allowed(measure, words),
        strip=strip(measure) if bounds and m else None,
        spark=spark(measure, story),
        signal=tag_of(measure, story, words),
        reason=reason(measure, words) if silent else (),
        entered=m is not None and m.method.startswith("entered"),
    )


def amount(measure: Measure) -> Amount | None:
    """The number as it is printed: one digit more where rounding would hide on which side of a limit it lies."""
    m = measure.measurement
    if m is None:
        return None
    if not m.u or not math.isfinite(m.u):
        return Amount(show(m.value, None, m.unit).value, "", unit_text(m.unit))
    digit = _digit(measure)
    u = rounded(m.u, min(digit, shared_digit(m.value, m.u)))
    return Amount(rounded(m.value, digit), u, unit_text(m.unit))


def _digit(measure: Measure) -> int:
    """Power of ten of the last digit that is shown of a value with u."""
    m, bounds = measure.measurement, measure.bounds
    if m is None or not m.u:
        return 0
    usual = shared_digit(m.value, m.u)
    limits = [] if bounds is None else _numbers(bounds)
    hidden = (d for d in range(usual, usual - MOST_DIGITS - 1, -1) if all(tells_apart(m.value, x, d) for x in limits))
    return next(hidden, usual - MOST_DIGITS)


def tells_apart(value: float, limit: float, digit: int) -> bool:
    """Whether numbers rounded at a digit say on which side of a limit a value lies."""
    step = 10.0**digit
    a, b = round(value / step), round(limit / step)
    return value == limit or abs(value - limit) > step or ((a > b) == (value > limit) and (a < b) == (value < limit))


def _numbers(bounds: Bounds) -> list[float]:
    every = (bounds.fail_low, bounds.warn_low, bounds.warn_high, bounds.fail_high)
    return [x for x in every if x is not None]


def at_digit(value: float, measure: Measure) -> str:
    """A limit or baseline to the last digit of the value that it belongs to."""
    m = measure.measurement
    if m is None or not m.u or not math.isfinite(m.u):
        return show(value, None, "1").value
    return rounded(value, _digit(measure))


def limit_shown(value: float, measure: Measure) -> str:
    """A limit to the last digit of the value, or with more where it was adopted with more."""
    limit = measure.limit
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    if limit is None or limit.kind != "absolute" or not isinstance(exponent, int) or exponent < -MOST_DECIMALS:
        return at_digit(value, measure)
    m = measure.measurement
    shown = _digit(measure) if m is not None and m.u and math.isfinite(m.u) else 0
    return rounded(value, min(shown, exponent))


def change(measure: Measure) -> str:
    """Difference from the baseline, signed: in percent where that is defined, else in the value's unit."""
    m, baseline = measure.measurement, measure.baseline
    if m is None or baseline is None:
        return ""
    if in_percent(measure):
        return f"{signed(100.0 * (m.value - baseline.value) / abs(baseline.value), 1)}{NO_BREAK}%"
    return signed_at(m.value - baseline.value, measure)


def in_percent(measure: Measure) -> bool:
    """Whether a difference from the baseline is told in percent: as its limit is, or where none says otherwise."""
    baseline, limit = measure.baseline, measure.limit
    if baseline is None or (limit is not None and limit.kind == "difference"):
        return False
    return not no_percent(baseline, measure.measurement.u if measure.measurement else None)


def signed(value: float, decimals: int) -> str:
    """A change: always signed, zero unsigned."""
    return with_plus(fixed(value, decimals))


def signed_at(value: float, measure: Measure) -> str:
    """A change to the last digit of the value."""
    return with_plus(at_digit(value, measure))


def with_plus(said: str) -> str:
    """A printed number with a sign before it, unless it is zero."""
    return said if said.startswith(MINUS) or not said.strip("0.") else f"+{said}"


def allowed(measure: Measure, words: Words) -> Text:
    """The range that is allowed without a warning, in words."""
    if measure.bounds is None or measure.measurement is None:
        return ()
    low, high = unwarned(measure.bounds)
    if low is None and high is None:
        return ()
    if low is None or high is None:
        value = low if high is None else high
        return words("allowed.least" if high is None else "allowed.most", low=limit_shown(value or 0.0, measure),
                     high=limit_shown(value or 0.0, measure))  # fmt: skip
    return words("allowed.between", low=limit_shown(low, measure), high=limit_shown(high, measure))


def reason(measure: Measure, words: Words) -> Text:
    """Why there is no number or no verdict, and what would help."""
    need = measure.missing.needs if measure.missing else ""
    return words.sentence(" ".join(s for s in (measure.reason, need) if s))


def scale(measure: Measure) -> tuple[float, float] | None:
    """(value at share 0, value at share 1) of a strip; None where no limit tells."""
    bounds = measure.bounds
    if bounds is None:
        return None
    ends = _pair(bounds.fail_low, bounds.fail_high, measure), _pair(bounds.warn_low, bounds.warn_high, measure)
    for pair, places in zip(ends, (FAILS, WARNS), strict=True):
        if pair is not None and pair[0] < pair[1]:
            unit = (pair[1] - pair[0]) / (places[1] - places[0])
            return pair[0] - places[0] * unit, pair[1] + (1.0 - places[1]) * unit
    return None


def _pair(low: float | None, high: float | None, measure: Measure) -> tuple[float, float] | None:
    """Two limits, or one and its mirror image about the baseline, or about what lies as far on its other side."""
    if low is not None and high is not None:
        return low, high
    one = low if high is None else high
    if one is None or measure.measurement is None:
        return None
    middle = _middle(one, measure.baseline, measure.measurement.value, below=high is not None)
    return (one, 2.0 * middle - one) if high is None else (2.0 * middle - one, one)


def _middle(limit: float, baseline: Baseline | None, value: float, *, below: bool) -> float:
    """About which a one-sided limit is mirrored: the baseline, else half of the limit away from it, else the value.

    What does not lie on the side that the limit allows is no middle; a value beyond the limit is mirrored to it.
    """
    if baseline is not None and baseline.value != limit:
        return baseline.value
    for middle in (0.5 * limit, 1.5 * limit):
        if middle != limit and (middle < limit) == below:
            return middle
    away = abs(value - limit) or 1.0
    return limit - away if below else limit + away


def strip(measure: Measure) -> Strip | None:
    """The value between its limits."""
    ends, m, bounds = scale(measure), measure.measurement, measure.bounds
    if ends is None or m is None or bounds is None:
        return None

    def share(value: float) -> float:
        return (value - ends[0]) / (ends[1] - ends[0])

    def held(value: float) -> float:
        return min(1.0, max(0.0, share(value)))

    low, high = unwarned(bounds)
    doubt = COVERAGE_FACTOR * (m.u or 0.0)
    place = share(m.value)
    far = not 0.0 <= place <= 1.0
    return Strip(
        allowed=(0.0 if low is None else held(low), 1.0 if high is None else held(high)),
        warnings=tuple(_spans(bounds, held)),
        fails=tuple(share(x) for x in (bounds.fail_low, bounds.fail_high) if x is not None),
        baseline=None if measure.baseline is None else held(measure.baseline.value),
        value=min(1.0 - EDGE, max(EDGE, place)),
        bar=(held(m.value - doubt), held(m.value + doubt)),
        outcome=measure.outcome,
        far=far,
    )


def limits_placed(measure: Measure) -> list[list[tuple[float, str]]]:
    """Share of the strip and number of the failing limits, then of the warning ones."""
    ends, bounds = scale(measure), measure.bounds
    if ends is None or bounds is None:
        return []
    pairs = (bounds.fail_low, bounds.fail_high), (bounds.warn_low, bounds.warn_high)
    return [
        [((x - ends[0]) / (ends[1] - ends[0]), limit_shown(x, measure)) for x in pair if x is not None]
        for pair in pairs
    ]


def twice(measure: Measure) -> str:
    """Expanded uncertainty U = 2 u to the digit of the value."""
    m = measure.measurement
    return at_digit(COVERAGE_FACTOR * m.u, measure) if m is not None and m.u else ""


def _spans(bounds: Bounds, held: _Share) -> list[tuple[float, float]]:
    """Between a warning and a failing limit, or the end of the strip."""
    found = []
    if bounds.warn_low is not None:
        found.append((0.0 if bounds.fail_low is None else held(bounds.fail_low), held(bounds.warn_low)))
    if bounds.warn_high is not None:
        found.append((held(bounds.warn_high), 1.0 if bounds.fail_high is None else held(bounds.fail_high)))
    return found


def spark(measure: Measure, story: Story) -> Spark | None:
    """The scans since the baseline on the strip's scale."""
    past, trend = measure.history, story.trends.get(measure.key)
    flagged = {trend.points[s.at].dated for s in trend.control.signals} if trend and trend.control else set()
    return spark_between(measure, (past[0].day, past[-1].day), flagged) if past else None


def spark_between(measure: Measure, days: tuple[float, float], flagged: Collection[str]) -> Spark | None:
    """The history of a measure on the strip's scale; None where there are less than two scans or nothing differs.

    Parameters
    ----------
    days
        Day numbers at the left and at the right end.
    flagged
        Dates of the scans that are out of control.
    """
    past, ends = measure.history, scale(measure) or _natural(measure)
    if len(past) < 2 or ends is None:
        return None
    length = days[1] - days[0] or 1.0

    def share(value: float) -> float:
        return min(1.0 - SPARK_EDGE, max(SPARK_EDGE, (value - ends[0]) / (ends[1] - ends[0])))

    bounds, baseline = measure.bounds, measure.baseline
    low, high = unwarned(bounds) if bounds else (None, None)
    band = (0.0 if low is None else share(low), 1.0 if high is None else share(high)) if bounds else None
    return Spark(
        points=tuple((min(1.0, (p.day - days[0]) / length), share(p.value)) for p in past),
        signals=tuple(i for i, p in enumerate(past) if p.dated in flagged),
        band=band,
        middle=None if baseline is None else share(baseline.value),
        outcome=measure.outcome,
    )


def _natural(measure: Measure) -> tuple[float, float] | None:
    """Ends of a small chart without limits: the baseline ± 4 spreads, and all values."""
    values = [p.value for p in measure.history]
    baseline = measure.baseline
    if baseline is not None and baseline.spread:
        reach = NO_SPREAD * baseline.spread
        values += [baseline.value - reach, baseline.value + reach]
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    room = 0.25 * (high - low)
    return (low - room, high + room) if high > low else None
