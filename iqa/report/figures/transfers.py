"""Transfer functions that can be compared: a panel for each on one scale, line pairs on all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from iqa.metrics.transfers import LEVELS
from iqa.model import COVERAGE_FACTOR, Analysis, Curve, LinePairs, Measurement
from iqa.report.colours import INFO, INK, INK_2, RULE, RULE_2
from iqa.report.figures.style import new_figure
from iqa.report.numbers import show

FAMILIES = ("mtf", "ttf")
PANEL_IN, COLUMNS = (2.75, 2.1), 3
SQUARE = 4
"""Panels that stand two by two."""
HEAD_IN = 0.75
"""Height of title, axis label and foot."""
LOWEST, HIGHEST = -0.08, (1.12, 1.5)
"""Ends of the common scale, as far as curves and bars reach; a band beyond is cut: it says nothing there."""


@dataclass(frozen=True, slots=True)
class Bars:
    """The measured modulation of a group of line pairs."""

    per_mm: float
    modulation: Measurement


def transfer_curves(analysis: Analysis) -> list[Curve]:
    """The curves of beads and wires, then those of inserts."""
    found = [c for c in analysis.curves if c.key.split(".")[0] in FAMILIES and len(c.x) > 1]
    return sorted(found, key=lambda c: FAMILIES.index(c.key.split(".")[0]))


def line_pairs(analysis: Analysis) -> list[Bars]:
    """The groups whose modulation was measured, by rising frequency; the definition says which that is."""
    groups = (f for m in analysis.located.spec.modules for f in m.of(LinePairs) if isinstance(f, LinePairs))
    found = ((g.lp_per_cm / 10.0, analysis.value(f"line_pairs.modulation.{g.label}")) for g in groups)
    return sorted((Bars(f, m) for f, m in found if m is not None), key=lambda b: b.per_mm)


def transfer_figure(analysis: Analysis) -> Figure | None:
    """A panel for each transfer function, the others grey behind it; None where there is none and no line pair."""
    curves, bars = transfer_curves(analysis), line_pairs(analysis)
    if not curves and not bars:
        return None
    count = max(1, len(curves))
    columns = 2 if count == SQUARE else min(COLUMNS, count)
    rows = math.ceil(count / columns)
    figure = new_figure(PANEL_IN[0] * max(2, columns), PANEL_IN[1] * rows + HEAD_IN)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    limit = 0.5 / max(analysis.spacing_mm[1:])
    for at, axes in enumerate(panels[:count]):
        draw_transfer(axes, curves, at if curves else None, bars, limit)
        axes.set_title(_title(analysis, curves[at]) if curves else "modulation of line pairs", fontsize=7.5)
        axes.tick_params(labelbottom=at >= count - columns)  # the lowest of its column
        if at >= columns * (rows - 1):
            axes.set_xlabel("spatial frequency, mm⁻¹")
    for axes in panels[count:]:
        axes.remove()
    figure.suptitle(
        _head(curves, bars, cut=_highest(curves, bars) > HIGHEST[1]), fontsize=8, x=0.01, ha="left", color=INK
    )
    return figure


def draw_transfer(axes: Axes, curves: Sequence[Curve], at: int | None, bars: Sequence[Bars], limit: float) -> Axes:
    """One of the curves with its ± 2 u band, the others grey, line pairs as points with bars of ± 2 u.

    Parameters
    ----------
    limit : float
        Nyquist frequency of the pixels, 1/mm: a thin line.
    """
    for level in LEVELS.values():
        axes.axhline(level, color=RULE, linewidth=0.6, zorder=0)
    axes.axvline(limit, color=RULE_2, linewidth=0.8, dashes=(4, 2), zorder=0)
    for curve in curves:
        axes.plot(curve.x, curve.values, color=RULE_2, linewidth=0.6, zorder=1)
    if at is not None:
        x, values, u = (np.asarray(v) for v in (curves[at].x, curves[at].values, curves[at].u))
        axes.fill_between(
            x, values - COVERAGE_FACTOR * u, values + COVERAGE_FACTOR * u, color=INFO, alpha=0.2, linewidth=0, zorder=2
        )
        axes.plot(x, values, color=INFO, zorder=3)
    axes.errorbar(
        [b.per_mm for b in bars],
        [b.modulation.value for b in bars],
        yerr=[COVERAGE_FACTOR * (b.modulation.u or 0.0) for b in bars],
        fmt="o",
        markersize=2.8,
        color=INK_2,
        markerfacecolor="white",
        elinewidth=0.8,
        zorder=4,
    )
    axes.set_xlim(0.0, limit * 1.03)
    axes.set_ylim(LOWEST, float(np.clip(_highest(curves, bars), *HIGHEST)))
    axes.set_yticks([0.0, *sorted(LEVELS.values()), 1.0])
    return axes


def _highest(curves: Sequence[Curve], bars: Sequence[Bars]) -> float:
    """Up to where bands and bars reach."""
    tops = [max(v + COVERAGE_FACTOR * u for v, u in zip(c.values, c.u, strict=True)) for c in curves]
    return 0.02 + max(tops + [b.modulation.value + COVERAGE_FACTOR * (b.modulation.u or 0.0) for b in bars])


def _title(analysis: Analysis, curve: Curve) -> str:
    """The key, and f50 with its flags where it was measured."""
    half = analysis.value(f"{curve.key}.f50")
    if half is None:
        return curve.key
    below = f"\n{', '.join(half.flags)}" if half.flags else ""
    return f"{curve.key}, f50 {show(half.value, half.u, half.unit)}{below}"


def _head(curves: Sequence[Curve], bars: Sequence[Bars], *, cut: bool) -> str:
    parts = ["Transfer functions with a band of ± 2 u" if curves else "Line pairs"]
    parts += ["the others grey"] if len(curves) > 1 else []
    parts += ["points: line pairs ± 2 u"] if bars else []
    below = "Level lines at 0.5 and 0.1; dashed: limit of the pixels" + (
        "; a band beyond the scale is cut" if cut else ""
    )
    return f"{'; '.join(parts)}.\n{below}"
