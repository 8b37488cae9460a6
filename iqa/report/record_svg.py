"""The strip of an inspection record: values of a period within their limits, in black and grey alone."""

from __future__ import annotations

from collections.abc import Sequence

from iqa.report.content import Strip

WIDTH, HEIGHT = 92.0, 12.0
MIDDLE = HEIGHT / 2
INK, GREY, BAND = "#111", "#666", "#DDD"
HOLLOW = f'fill="#fff" stroke="{GREY}" stroke-width=".8"'
DASHED = ' stroke-dasharray="1.6 1.2"'
MARGIN = 4.0
"""Within which nothing is drawn at the ends, lest a dot be cut off."""


def record_strip(strip: Strip, others: Sequence[float]) -> str:
    """The last value as a filled dot with ± 2 u, earlier ones hollow; grey allowed, thick ticks fail, dashed warning.

    Parameters
    ----------
    strip
        Of the last value.
    others
        Places of the earlier values, in shares of the strip.
    """
    low, high = (_x(x) for x in strip.allowed)
    parts = [f'<rect x="{low:.1f}" y="2" width="{high - low:.1f}" height="8" fill="{BAND}"/>']
    parts += [_line(x, 0.8, GREY, DASHED) for pair in strip.warnings for x in _inner(pair, strip)]
    parts += [_line(x, 1.5, INK) for x in strip.fails]
    parts += [] if strip.baseline is None else [_line(strip.baseline, 0.7, INK, inset=2.5)]
    parts += [f'<circle cx="{_x(x):.1f}" cy="{MIDDLE}" r="2" {HOLLOW}/>' for x in others]
    start, end = (_x(x) for x in strip.bar)
    parts.append(f'<path d="M{start:.1f} {MIDDLE}H{end:.1f}" stroke="{INK}" stroke-width="1"/>')
    parts.append(f'<circle cx="{_x(strip.value):.1f}" cy="{MIDDLE}" r="2.6" fill="{INK}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" aria-hidden="true">{"".join(parts)}</svg>'
    )


def _inner(pair: tuple[float, float], strip: Strip) -> list[float]:
    """Of a span between warning and failure the end where warnings begin."""
    return [x for x in pair if x in strip.allowed]


def _x(share: float) -> float:
    return MARGIN + min(1.0, max(0.0, share)) * (WIDTH - 2 * MARGIN)


def _line(share: float, width: float, colour: str, more: str = "", inset: float = 0.0) -> str:
    x = _x(share)
    return f'<path d="M{x:.1f} {inset:g}V{HEIGHT - inset:g}" stroke="{colour}" stroke-width="{width:g}"{more}/>'
