"""Curves of a page: this scan solid with its ± 2 u band, the baseline's dashed, and the numbers read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from iqa.metrics.transfers import LEVELS
from iqa.model import COVERAGE_FACTOR, Curve, Measurement
from iqa.report.colours import INFO, INK, INK_2, RULE, RULE_2
from iqa.report.numbers import MINUS, show
from iqa.report.words import Words

LOWEST, HIGHEST = -0.04, (1.06, 1.5)
"""Ends of the scale of transfer functions, as far as curves reach; a band beyond is cut: it says nothing there."""
SMALL_PT, LABEL_PT = 7.5, 8.0
ROOM = 1.12
"""Of the frequencies, so that the number of a level that is reached at the end stands within."""
FEW_TICKS = 5
DASHES = (4.0, 2.5)
READ_ALPHA, BAND_ALPHA = 0.7, 0.18
WIDTHS = {"FWHM": 0.5, "FWTM": 0.1}
"""Levels at which the width of a section profile is read, by the width's name."""
WIDTH_KEYS = {name: f"ssp.{name.lower()}" for name in WIDTHS}

Levels = Mapping[str, Measurement | None]
"""Frequencies at which a curve falls to a level, by the level's name: f50, f10."""


def draw_band(axes: Axes, curve: Curve, *, marker: str = "") -> Axes:
    """A curve of this scan with its ± 2 u band."""
    x, values, u = (np.asarray(v) for v in (curve.x, curve.values, curve.u))
    axes.fill_between(
        x, values - COVERAGE_FACTOR * u, values + COVERAGE_FACTOR * u, color=INFO, alpha=BAND_ALPHA, linewidth=0
    )
    axes.plot(x, values, color=INFO, marker=marker, zorder=3)
    return axes


def draw_baseline(axes: Axes, baseline: Curve | None) -> Axes:
    """The mean curve of the baseline's scans, where there is one."""
    if baseline is not None:
        axes.plot(baseline.x, baseline.values, color=INK_2, linewidth=0.9, dashes=DASHES, zorder=2)
    return axes


def draw_transfer(axes: Axes, curve: Curve, baseline: Curve | None, levels: Levels) -> Axes:
    """A transfer function, lines at its levels, and a point with its frequency where it meets them."""
    for level in LEVELS.values():
        axes.axhline(level, color=RULE, linewidth=0.6, zorder=0)
    draw_baseline(draw_band(axes, curve), baseline)
    for name, found in levels.items():
        if found is not None:
            _draw_read(axes, name, found)
    set_scale(axes, [curve, *([baseline] if baseline else [])])
    axes.set_yticks(ticks := [0.0, *sorted(LEVELS.values()), 1.0], [f"{t:g}" for t in ticks])
    axes.xaxis.set_major_locator(MaxNLocator(FEW_TICKS))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    return axes


def set_scale(axes: Axes, curves: Sequence[Curve]) -> None:
    """One scale for transfer functions, with room for a number at the end."""
    axes.set_xlim(0.0, ROOM * max(c.x[-1] for c in curves))
    axes.set_ylim(LOWEST, highest(curves))


def highest(curves: Sequence[Curve]) -> float:
    """Upper end of the scale of transfer functions: as far as they reach, within bounds."""
    reached = [float(np.nanmax(np.asarray(c.values) + COVERAGE_FACTOR * np.asarray(c.u))) for c in curves if c.x]
    return float(np.clip(0.02 + max(reached, default=HIGHEST[0]), *HIGHEST))


def _draw_read(axes: Axes, name: str, found: Measurement) -> None:
    level = LEVELS[name]
    axes.plot([found.value, found.value], [LOWEST, level], color=INFO, linewidth=0.8, linestyle=":", alpha=READ_ALPHA)
    axes.plot([found.value], [level], "o", color=INFO, markersize=3.2, zorder=4)
    said = f"{name} {show(found.value, found.u, found.unit).value}"
    axes.annotate(said, (found.value, level), (4.0, 3.0), textcoords="offset points", fontsize=SMALL_PT, color=INK)


def draw_spectrum(axes: Axes, curve: Curve, baseline: Curve | None, average: Measurement | None, words: Words) -> Axes:
    """A noise power spectrum, its average frequency as a line with the number."""
    draw_baseline(draw_band(axes, curve), baseline)
    axes.set_xlim(0.0, max(curve.x))
    axes.set_ylim(bottom=0.0)
    if average is not None:
        axes.axvline(average.value, color=INK, linewidth=0.7)
        said = words.plain("figure.average", value=str(show(average.value, average.u, average.unit)))
        axes.annotate(
            said, (average.value, 1.0), (4.0, -2.0), xycoords=("data", "axes fraction"), textcoords="offset points",
            fontsize=LABEL_PT, va="top", color=INK,
        )  # fmt: skip
    axes.set_xlabel(words.plain("figure.frequency"))
    axes.set_ylabel(words.plain("figure.nps_axis"))
    return axes


def draw_section(axes: Axes, curve: Curve, baseline: Curve | None, widths: Mapping[str, Measurement | None]) -> Axes:
    """A section sensitivity profile of height 1, a line with its length across half and a tenth of that.

    Parameters
    ----------
    widths
        FWHM and FWTM by their names, as `WIDTHS` has them.
    """
    draw_baseline(draw_band(axes, curve), baseline)
    for name, found in widths.items():
        if found is not None:
            _draw_width(axes, curve, name, found)
    axes.set_xlim(curve.x[0], curve.x[-1])
    axes.set_ylim(LOWEST, highest([curve]))
    axes.set_yticks(ticks := [0.0, *sorted(WIDTHS.values()), 1.0], [f"{t:g}" for t in ticks])
    axes.xaxis.set_major_locator(MaxNLocator(FEW_TICKS))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", MINUS))
    return axes


def _draw_width(axes: Axes, curve: Curve, name: str, found: Measurement) -> None:
    level, x, values = WIDTHS[name], np.asarray(curve.x), np.asarray(curve.values)
    above = x[values >= level]
    if above.size == 0:
        return
    middle = 0.5 * (above[0] + above[-1])
    ends = [middle - 0.5 * found.value, middle + 0.5 * found.value]
    axes.plot(ends, [level, level], color=INK, linewidth=0.8, marker="|", markersize=5.0, zorder=4)
    said = f"{name} {show(found.value, found.u, found.unit)}"
    axes.annotate(said, (ends[1], level), (5.0, 3.0), textcoords="offset points", fontsize=SMALL_PT, color=INK)


def draw_by_slice(axes: Axes, curve: Curve, baseline: Curve | None, words: Words) -> Axes:
    """A number slice by slice, bars of ± 2 u."""
    draw_baseline(axes, baseline)
    bars = [COVERAGE_FACTOR * u for u in curve.u]
    axes.errorbar(curve.x, curve.values, yerr=bars, fmt="o", color=INFO, markersize=3.0, elinewidth=0.9, zorder=3)
    axes.plot(curve.x, curve.values, color=RULE_2, linewidth=0.6, zorder=1)
    axes.set_xlabel(words.plain("figure.z_axis"))
    return axes
