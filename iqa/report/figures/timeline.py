"""The axis of time of a figure."""

from __future__ import annotations

from matplotlib.axes import Axes

from iqa.report.ticks import ticks
from iqa.report.words import Words


def draw_timeline(axes: Axes, first: float, last: float, width_px: float, words: Words, *, years: bool = True) -> Axes:
    """The axis from a day to another, with its ticks; x is in day numbers of the calendar."""
    axes.set_xlim(first, last)
    found = ticks(first, last, width_px, words)
    labels = [f"{t.text}\n{t.year}" if t.year and years else t.text for t in found]
    axes.set_xticks([t.day for t in found], labels, ha="left")
    axes.tick_params(axis="x", pad=2)
    return axes
