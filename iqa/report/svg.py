"""Strips and sparklines as SVG, one drawing for HTML and PDF; the content says where each mark stands."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from iqa.model import Outcome
from iqa.report.colours import BAND, CONTROL, FAIL, GOOD, INFO, INK, INK_2, INK_3, RULE_2, WARN, WARN_FILL
from iqa.report.content import Spark, Strip

STRIP_WIDTH, STRIP_HEIGHT = 124.0, 15.0
SPARK_WIDTH, SPARK_HEIGHT = 102.0, 16.0
HALF_BAND = 5.0
MIDDLE = STRIP_HEIGHT / 2
LABELLED_HEIGHT = 33.0
LETTER_SIZE = 6.0
LETTER_GAP = 1.5
"""Half of what stays free between two numbers."""
FONTS = "Roboto, IPAexGothic, sans-serif"
"""Of the PDF; on a page in a browser the style of the page counts."""


def strip_svg(strip: Strip) -> str:
    """A value in its limits: grey allowed, amber line warning, red tick fail, thin tick baseline, bar ± 2 u, a dot."""
    return _svg(STRIP_WIDTH, STRIP_HEIGHT, _strip(strip))


def _strip(strip: Strip) -> list[str]:
    parts = [_box(*strip.allowed, BAND, HALF_BAND)]
    parts += [_box(a, b, WARN, 1.3, opacity=0.75) for a, b in strip.warnings]
    parts += [_tick(x, FAIL, 1.6, 6.4) for x in strip.fails]
    parts += [] if strip.baseline is None else [_tick(strip.baseline, INK, 0.9, 5.0)]
    low, high = (_x(x) for x in strip.bar)
    parts.append(f'<path d="M{low:.2f} {MIDDLE}H{high:.2f}" stroke="{INK}" stroke-width="1.3"/>')
    return [*parts, _dot(_x(strip.value), strip.outcome)]


def labelled_strip_svg(strip: Strip, above: str, below: Sequence[Sequence[tuple[float, str]]], title: str) -> str:
    """The same, large: a line of text above the value, and numbers below the places (shares) of limits.

    Parameters
    ----------
    below
        Limits that belong together, the most telling first; those that have no room are left out together.
    """
    parts = [
        text(_held(_x(strip.value), above), 6.0, above, INK_2, LETTER_SIZE),
        f'<g transform="translate(0 8)">{"".join(_strip(strip))}</g>',
    ]
    placed: list[tuple[float, float]] = []
    for pair in below:
        spans = [(_held(_x(share), said), 0.5 * width(said, LETTER_SIZE) + LETTER_GAP) for share, said in pair]
        if not any(abs(x - y) < a + b for x, a in spans for y, b in placed) and not _overlap(spans):
            placed += spans
            parts += [text(x, 31.0, said, INK_2, LETTER_SIZE) for (x, _), (_, said) in zip(spans, pair, strict=True)]
    return _svg(STRIP_WIDTH, LABELLED_HEIGHT, parts, f'role="img" aria-label={quoteattr(title)}')


def _overlap(spans: Sequence[tuple[float, float]]) -> bool:
    return any(abs(x - y) < a + b for i, (x, a) in enumerate(spans) for y, b in spans[:i])


def _held(x: float, said: str) -> float:
    """The middle of a text that reaches beyond neither end."""
    half = 0.5 * width(said, LETTER_SIZE)
    return min(STRIP_WIDTH - half, max(half, x))


def width(said: str, size: float) -> float:
    """About how wide letters of a size are: a Japanese one as wide as it is high, a Latin one a little over half."""
    return size * sum(1.0 if east_asian_width(c) in "WF" else 0.56 for c in said)


def spark_svg(spark: Spark) -> str:
    """Scans since the baseline: a thin line, violet where out of control, the last one as a dot."""
    parts = []
    if spark.band:
        top, bottom = (SPARK_HEIGHT * (1 - y) for y in (spark.band[1], spark.band[0]))
        parts.append(f'<path d="M0 {top:.2f}H{SPARK_WIDTH}V{bottom:.2f}H0z" fill="{BAND}"/>')
    if spark.middle is not None:
        parts.append(f'<path d="M0 {_y(spark.middle):.2f}H{SPARK_WIDTH}" stroke="{RULE_2}" stroke-width=".7"/>')
    places = [(x * (SPARK_WIDTH - 6) + 2, _y(y)) for x, y in spark.points]
    if places:
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{line}" fill="none" stroke="{INK_2}" stroke-width="1"/>')
    parts += [
        f'<circle cx="{places[i][0]:.1f}" cy="{places[i][1]:.1f}" r="1.9" fill="{CONTROL}"/>' for i in spark.signals
    ]
    if places:
        parts.append(_end(places[-1], spark.outcome, signal=len(places) - 1 in spark.signals))
    return _svg(SPARK_WIDTH, SPARK_HEIGHT, parts)


def _svg(width: float, height: float, parts: list[str], told: str = 'aria-hidden="true"') -> str:
    """Of a drawing that stands beside its numbers nothing is read aloud."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" {told}>{"".join(parts)}</svg>'
    )


def text(x: float, y: float, said: str, colour: str, size: float, anchor: str = "middle") -> str:
    """Letters on a drawing."""
    return (
        f'<text x="{x:.2f}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}" '
        f'font-family="{FONTS}">{escape(said)}</text>'
    )


def _x(share: float) -> float:
    return share * STRIP_WIDTH


def _y(share: float) -> float:
    return SPARK_HEIGHT * (1 - share)


def _box(start: float, end: float, colour: str, half: float, opacity: float = 1.0) -> str:
    seen = "" if opacity == 1.0 else f' opacity="{opacity:g}"'
    return (
        f'<path d="M{_x(start):.2f} {MIDDLE - half:g}H{_x(end):.2f}V{MIDDLE + half:g}H{_x(start):.2f}z" '
        f'fill="{colour}"{seen}/>'
    )


def _tick(share: float, colour: str, width: float, half: float) -> str:
    return (
        f'<path d="M{_x(share):.2f} {MIDDLE - half:g}V{MIDDLE + half:g}" stroke="{colour}" stroke-width="{width:g}"/>'
    )


def _dot(x: float, outcome: str) -> str:
    """By the verdict: filled, hollow, triangle, square, diamond, ring."""
    y = MIDDLE
    match outcome:
        case Outcome.PASS:
            return f'<circle cx="{x:.2f}" cy="{y}" r="3.4" fill="{GOOD}"/>'
        case Outcome.PASS_WITHIN_U:
            return f'<circle cx="{x:.2f}" cy="{y}" r="3.1" fill="#fff" stroke="{GOOD}" stroke-width="1.6"/>'
        case Outcome.WARNING:
            return (
                f'<path d="M{x:.2f} {y - 4.4}l4.6 8.2h-9.2z" fill="{WARN_FILL}" stroke="{WARN}" stroke-width="1.1" '
                'stroke-linejoin="round"/>'
            )
        case Outcome.FAIL:
            return f'<rect x="{x - 3.5:.2f}" y="{y - 3.5}" width="7" height="7" fill="{FAIL}"/>'
        case Outcome.CANNOT_TELL | Outcome.NOT_COMPARABLE:
            shape = f"M{x:.2f} {y - 4.2}l4.2 4.2-4.2 4.2-4.2-4.2z"
            return f'<path d="{shape}" fill="#fff" stroke="{INFO}" stroke-width="1.4"/>'
    return f'<circle cx="{x:.2f}" cy="{y}" r="2.6" fill="#fff" stroke="{INK_3}" stroke-width="1.2"/>'


def _end(place: tuple[float, float], outcome: str, *, signal: bool) -> str:
    x, y = place
    if outcome == Outcome.FAIL:
        return f'<rect x="{x - 2.6:.1f}" y="{y - 2.6:.1f}" width="5.2" height="5.2" fill="{FAIL}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{CONTROL if signal else INK}"/>'
