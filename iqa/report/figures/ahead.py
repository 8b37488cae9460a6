"""What lies ahead on a chart: the course with its fan, and when it meets a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from iqa.report.colours import CONTROL, INK
from iqa.report.figures.events import backed
from iqa.report.figures.style import PX
from iqa.report.trends import Projection
from iqa.report.words import Words, day_at
from iqa.spc import COVERAGE, Course

DASHES = (0, (4.2, 2.6))
FAN_ALPHA = 0.12
FAN_DAYS = 14
"""Days that the fan is computed on; it is nearly straight between them."""
DATE_PX = 11.5


def draw_course(axes: Axes, course: Course, last: float, end: float) -> Axes:
    """The course from its bend on, dashed; ahead of the last scan with its fan.

    The line is the median of where the course may lie and the fan its 95 %, so that both meet a limit on the dates that
    are given for it.
    """
    low, high = 0.5 * (1.0 - COVERAGE), 0.5 * (1.0 + COVERAGE)
    days = np.linspace(last, end, FAN_DAYS)
    if end > last + 1.0:
        lower, upper = ([course.quantile(chance, day) for day in days] for chance in (low, high))
        axes.fill_between(days, lower, upper, color=CONTROL, alpha=FAN_ALPHA, lw=0, zorder=1.2, gid="fan")
    every = np.concatenate([np.linspace(course.start, last, FAN_DAYS)[:-1], days])
    axes.plot(every, [course.quantile(0.5, day) for day in every], color=CONTROL, lw=1.2 * PX, ls=DASHES, gid="course")
    return axes


def draw_crossings(axes: Axes, found: Sequence[Projection], words: Words, *, rising: bool) -> Axes:
    """A diamond on each limit that is met, on the bar of its interval, with the date above it, off the course."""
    first, last = axes.get_xlim()
    for p in found:
        until = min(p.crossing.latest, last)
        closed = "|" if math.isclose(until, p.crossing.latest) else ""
        begin = max(p.crossing.earliest, first)
        axes.plot([begin, until], [p.bound] * 2, color=INK, lw=1.7 * PX, zorder=5, gid="interval", clip_on=False)
        for day, cap in ((begin, "|"), (until, closed)):
            axes.plot([day], [p.bound], marker=cap, ms=10 * PX, mew=1.7 * PX, color=INK, zorder=5, clip_on=False)
        axes.plot([p.crossing.day], [p.bound], "D", ms=6.6 * PX, mfc="white", mec=INK, mew=1.5 * PX, zorder=6)
        axes.annotate(
            words.short_date(day_at(p.crossing.day)), (p.crossing.day, p.bound), ((-6 if rising else 6) * PX, 7 * PX),
            textcoords="offset points", ha="right" if rising else "left", va="bottom", color=INK,
            fontsize=DATE_PX * PX, zorder=7, bbox=backed("white"), parse_math=False,
        )  # fmt: skip
    return axes
