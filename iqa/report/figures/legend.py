"""The key below a trend: what its marks mean, only those that occur."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from iqa.model import Bounds
from iqa.report.colours import CONTROL, INK, INK_2, RULE, TINT, WARN_HATCH
from iqa.report.figures.fonts import width
from iqa.report.figures.limits import CONTROL_PX, DOTS, HATCH
from iqa.report.figures.points import kinds, look
from iqa.report.figures.style import PX, dots
from iqa.report.trend_parts import crossings, single_limits, tightest
from iqa.report.trends import Trend
from iqa.report.words import Words

TEXT_PX, ROW_PX, SIGN_PX, GAP_PX, BETWEEN_PX = 11.0, 17.0, 26.0, 6.0, 20.0


def entries(trend: Trend) -> Iterator[str]:
    """The marks that a trend shows, by the string that names them."""
    found = kinds(trend)
    yield from (kind for kind, places in found.items() if places and not (kind == "ring" and found["signal"]))
    bounds = tightest(b for s in trend.segments for b in s.bounds)
    if bounds != Bounds():
        yield "allowed"
    if bounds.warn_low is not None or bounds.warn_high is not None:
        yield "warned"
    if any(single_limits(s.control) for s in trend.segments):
        yield "control"
    if crossings(trend):
        yield "crossing"


def placed(trend: Trend, words: Words, width_px: float) -> tuple[tuple[str, str, float, int], ...]:
    """(entry, its words, where it begins in pixels of the design, row) of each, one beside the other."""
    found: list[tuple[str, str, float, int]] = []
    x, row = 0.0, 0
    for name in entries(trend):
        text = words.plain(f"trend.legend.{name}")
        room = SIGN_PX + GAP_PX + width(text, TEXT_PX)
        if x and x + room > width_px:
            x, row = 0.0, row + 1
        found.append((name, text, x, row))
        x += room + BETWEEN_PX
    return tuple(found)


def legend_px(trend: Trend, words: Words, width_px: float) -> float:
    """How high the key is, in pixels of the design."""
    return ROW_PX * (1 + max(row for *_, row in placed(trend, words, width_px)))


def draw_legend(axes: Axes, trend: Trend, words: Words) -> Axes:
    """One entry beside the other, in rows from the top, on axes without a frame."""
    axes.set_axis_off()
    across, down = (size / dots(axes) for size in (axes.bbox.width, axes.bbox.height))
    axes.set(xlim=(0.0, across), ylim=(-down, 0.0))
    for name, text, x, row in placed(trend, words, across):
        y = -ROW_PX * (row + 0.5)
        _sign(axes, name, x, y)
        axes.text(x + SIGN_PX + GAP_PX, y, text, va="center_baseline", color=INK_2, fontsize=TEXT_PX * PX)
    return axes


def _sign(axes: Axes, name: str, x: float, y: float) -> None:
    middle, end = x + 0.5 * SIGN_PX, x + SIGN_PX
    match name:
        case "allowed":
            box = Rectangle((x, y - 5.0), SIGN_PX, 10.0, facecolor=TINT, edgecolor=RULE, lw=PX)
            axes.add_patch(box)
        case "warned":
            box = Rectangle((x, y - 5.0), SIGN_PX, 10.0, facecolor="none", edgecolor=WARN_HATCH, hatch=HATCH, lw=0)
            axes.add_patch(box)
        case "control":
            axes.plot([x, end], [y, y], color=CONTROL, lw=CONTROL_PX * PX, ls=DOTS)
        case "crossing":
            axes.plot([x + 2.0, end - 2.0], [y, y], color=INK, lw=1.6 * PX, marker="|", ms=9 * PX, mew=1.6 * PX)
            axes.plot([middle], [y], "D", ms=6 * PX, mfc="white", mec=INK, mew=1.4 * PX)
        case _:
            axes.plot([middle], [y], ls="none", **look(name, 1.0))
