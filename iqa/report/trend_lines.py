"""Limits of a chart as lines with words: which there are, what is said beside them, and how far apart that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa.report.colours import CONTROL, FAIL, INK, WARN
from iqa.report.trend_parts import Stretch
from iqa.report.trends import Trend, at_point_digit
from iqa.report.words import Words


@dataclass(frozen=True, slots=True)
class Line:
    """A limit as a line with its words."""

    kind: str
    """The string that names it."""
    value: float
    colour: str


def lines(stretch: Stretch) -> tuple[Line, ...]:
    """All that holds over a stretch, from the highest to the lowest."""
    b = stretch.bounds
    every = [
        ("fail", b.fail_low, FAIL),
        ("warning", b.warn_low, WARN),
        ("warning", b.warn_high, WARN),
        ("fail", b.fail_high, FAIL),
        ("baseline", stretch.segment.baseline.value if stretch.segment.baseline else None, INK),
        *zip(("control_low", "control_high"), stretch.control or (None, None), (CONTROL, CONTROL), strict=True),
    ]
    found = [Line(kind, value, colour) for kind, value, colour in every if value is not None]
    return tuple(sorted(found, key=lambda line: -line.value))


def line_words(line: Line, trend: Trend, words: Words) -> str:
    """Word and value, to the decimal of the latest value."""
    return words.plain(f"trend.line.{line.kind}", value=at_point_digit(line.value, trend))


def spread(places: Sequence[float], least: float) -> list[float]:
    """Rising places moved as little as can be (least squares), so that each two are at least so far apart."""
    heaps: list[tuple[float, int]] = []
    for i, place in enumerate(places):
        heap = (place - i * least, 1)
        while heaps and heaps[-1][0] > heap[0]:
            mean, n = heaps.pop()
            heap = ((mean * n + heap[0] * heap[1]) / (n + heap[1]), n + heap[1])
        heaps.append(heap)
    level = [mean for mean, n in heaps for _ in range(n)]
    return [x + i * least for i, x in enumerate(level)]
