"""The numbers of a fleet's table: what a column counts in, and each number rounded so that no limit is hidden."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from iqa.model import Outcome
from iqa.report.naming import unit_text
from iqa.report.numbers import MINUS, NO_BREAK, rounded, shared_digit, show
from iqa.report.pages.rows import MOST_DIGITS, amount, at_digit, in_percent, tells_apart, with_plus
from iqa.report.stories import Measure
from iqa.report.text import Span, Text, as_text

Counted = Literal["value", "percent", "difference"]
"""The value itself, or its difference from the scanner's own baseline, in its unit or in percent."""
PERCENT_DIGIT = -1
"""Last digit that is shown of a percentage, as a power of ten."""


class Number(NamedTuple):
    """A printed number, and what it was before it was rounded."""

    said: str
    value: float


def counted_in(measures: Sequence[Measure]) -> Counted:
    """What a column of one key counts in: values where absolute limits judge most scanners or most have no baseline."""
    measured = [m for m in measures if m.measurement is not None]
    compared = [m for m in measured if m.baseline is not None and not _absolute(m)]
    if not compared or 2 * len(compared) < len(measured):
        return "value"
    return "percent" if all(in_percent(m) for m in compared) else "difference"


def _absolute(measure: Measure) -> bool:
    """Whether every limit that judged it is a number for the value itself."""
    kinds = {v.limit.kind for v in measure.verdicts if v.limit is not None}
    return kinds == {"absolute"}


def number(measure: Measure, counted: Counted) -> Number | None:
    """A measure in what its column counts in; None where it has no value or no baseline to differ from."""
    m, baseline = measure.measurement, measure.baseline
    if m is None or (counted != "value" and baseline is None):
        return None
    if counted == "value" or baseline is None:
        shown = amount(measure)
        return Number(shown.value, m.value) if shown else None
    scale = 100.0 / abs(baseline.value) if counted == "percent" else 1.0
    if not math.isfinite(scale):
        return None
    away = scale * (m.value - baseline.value)
    limits = [scale * (x - baseline.value) for x in _bounds(measure)]
    return Number(with_plus(_rounded(away, limits, _usual_digit(measure, counted))), away)


def _usual_digit(measure: Measure, counted: Counted) -> int | None:
    """Power of ten of the last digit of a difference; None of a header value in its own unit."""
    m = measure.measurement
    if counted == "percent":
        return PERCENT_DIGIT
    return shared_digit(m.value, m.u) if m is not None and m.u and math.isfinite(m.u) else None


def _rounded(value: float, limits: Sequence[float], usual: int | None) -> str:
    if usual is None:
        return show(value, None, "1").value
    fitting = (d for d in range(usual, usual - MOST_DIGITS - 1, -1) if all(tells_apart(value, x, d) for x in limits))
    return rounded(value, next(fitting, usual - MOST_DIGITS))


def _bounds(measure: Measure) -> list[float]:
    b = measure.bounds
    return [] if b is None else [x for x in (b.fail_low, b.warn_low, b.warn_high, b.fail_high) if x is not None]


def beyond(measure: Measure) -> tuple[Text, Text] | None:
    """(number, limit) of a value that fails or is beyond a warning, both as the limit counts."""
    m, limit, bounds, baseline = measure.measurement, measure.limit, measure.bounds, measure.baseline
    if m is None or limit is None or bounds is None or (limit.kind != "absolute" and baseline is None):
        return None
    fails = measure.outcome == Outcome.FAIL
    low, high = (bounds.fail_low, bounds.fail_high) if fails else (bounds.warn_low, bounds.warn_high)
    above = high is not None and m.value > high
    crossed = high if above else low if low is not None and m.value < low else None
    counted: Counted = "value" if limit.kind == "absolute" else limit.kind
    shown = number(measure, counted)
    if crossed is None or shown is None:
        return None
    unit = as_text("%") if counted == "percent" else unit_text(m.unit)
    if limit.kind == "absolute" or baseline is None:
        said = at_digit(crossed, measure)
    else:
        said = _plain(crossed - baseline.value if counted == "difference" else _percent(crossed, baseline.value))
    return with_unit(as_text(shown.said), unit), with_unit(as_text(said), unit)


def _percent(value: float, baseline: float) -> float:
    return 100.0 * (value - baseline) / abs(baseline)


def _plain(value: float) -> str:
    """A limit's number, as a person wrote it."""
    return f"{value:.6g}".replace("-", MINUS)


def with_unit(said: Text, unit: Text) -> Text:
    """A number and its unit."""
    return (*said, Span(NO_BREAK), *unit) if unit else said
