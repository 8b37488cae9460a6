"""Charts of an analysis: CT number against nominal, noise by slice and other curves, profiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from iqa.model import COVERAGE_FACTOR, Analysis, Curve, Insert, Measurement, PhantomSpec
from iqa.report.colours import BAND, INFO, INK, INK_2, RULE, RULE_2
from iqa.report.numbers import print_unit, show

MOST_MARKED = 40
"""Points that are still told apart on one chart; more are a line."""
ROOM_FOR_NAMES = 0.22
"""Height kept free below the profiles for their names, as a part of theirs."""
_X_NAMES = {"noise.sigma": "slice position z, mm", "low_contrast.statistical": "diameter of the disc, mm"}


@dataclass(frozen=True, slots=True)
class InsertPoint:
    """One insert's measured CT number beside its nominal one, HU."""

    name: str
    nominal: float
    measured: float
    u: float
    accepted: tuple[float, float] | None
    """The acceptable range of the definition, where it has one."""


def insert_points(analysis: Analysis) -> list[InsertPoint]:
    """The measured inserts of an analysis, by rising nominal CT number."""
    return inserts_of(analysis.located.spec, analysis.value)


def inserts_of(spec: PhantomSpec, value: Callable[[str], Measurement | None]) -> list[InsertPoint]:
    """The inserts of a definition of whose CT number there is a value, by rising nominal CT number."""
    inserts = (f for m in spec.modules for f in m.of(Insert) if isinstance(f, Insert))
    points = []
    for insert in inserts:
        measured = value(f"ct_number.{insert.name}")
        if measured is not None:
            points.append(
                InsertPoint(insert.name, insert.expected_hu, measured.value, measured.u or 0.0, insert.hu_range)
            )
    return sorted(points, key=lambda p: p.nominal)


def draw_ct_numbers(axes: Axes, points: Sequence[InsertPoint]) -> Axes:
    """Difference of measured and nominal CT number for each insert, ± 2 u, with the acceptable range behind it."""
    draw_differences(axes, points, [p.name.replace("_", " ") for p in points])
    axes.set_xlabel("measured − nominal CT number, HU")
    ranges = "\ngrey: acceptable range of the definition" if any(p.accepted for p in points) else ""
    axes.set_title(f"CT number of the inserts (name, nominal); bar ± 2 u{ranges}", fontsize=8)
    return axes


def draw_differences(axes: Axes, points: Sequence[InsertPoint], names: Sequence[str]) -> Axes:
    """The same without words but the inserts' names and their nominal CT numbers."""
    rows = np.arange(len(points))
    for row, p in zip(rows, points, strict=True):
        if p.accepted is not None:
            low, high = (bound - p.nominal for bound in p.accepted)
            axes.barh(row, high - low, left=low, height=0.62, color=BAND)
    difference = [p.measured - p.nominal for p in points]
    axes.errorbar(difference, rows, xerr=[COVERAGE_FACTOR * p.u for p in points], fmt="o", color=INFO, elinewidth=1.2)
    axes.use_sticky_edges = False  # or a bar would end exactly on the frame
    axes.autoscale_view()
    axes.axvline(0.0, color=INK, linewidth=0.6)
    nominal = (show(round(p.nominal), None, "HU").value for p in points)
    axes.set_yticks(rows, [f"{name}  {value}" for name, value in zip(names, nominal, strict=True)])
    axes.tick_params(axis="y", length=0)
    return axes


def draw_against_nominal(axes: Axes, points: Sequence[InsertPoint]) -> Axes:
    """Measured against nominal CT number, and the line on which both are equal."""
    nominal = [p.nominal for p in points]
    ends = (min(nominal), max(nominal))
    axes.plot(ends, ends, color=RULE_2, linewidth=0.8)
    axes.plot(nominal, [p.measured for p in points], "o", color=INFO)
    axes.margins(0.08)
    return axes


def draw_curve(axes: Axes, curve: Curve) -> Axes:
    """A curve with its ± 2 u band."""
    x, values, u = np.asarray(curve.x), np.asarray(curve.values), np.asarray(curve.u)
    axes.fill_between(
        x, values - COVERAGE_FACTOR * u, values + COVERAGE_FACTOR * u, color=INFO, alpha=0.15, linewidth=0
    )
    axes.plot(x, values, color=INFO, marker="o" if len(x) <= MOST_MARKED else "")
    axes.set_xlabel(_X_NAMES.get(curve.key) or _axis(curve.x_unit))
    axes.set_title(f"{curve.key}{_of(curve.unit)}; band ± 2 u; {curve.method}", fontsize=8)
    return axes


def draw_profiles(
    axes: Axes, distance_mm: NDArray[np.float64], across: NDArray[np.float64], down: NDArray[np.float64], title: str
) -> Axes:
    """Mean CT number along the row and the column through the body's centre."""
    axes.axvline(0.0, color=RULE, linewidth=0.6)
    axes.plot(distance_mm, across, color=INFO)
    axes.plot(distance_mm, down, color=INK_2, dashes=(4, 2))
    axes.set_xlabel("distance from the centre, mm")
    axes.set_title(title, fontsize=8)
    low, high = axes.get_ylim()
    axes.set_ylim(low - ROOM_FOR_NAMES * (high - low), high)
    ends = [("left to right", across, INFO), ("top to bottom", down, INK_2)]
    for height, (name, _, colour) in zip((0.12, 0.04), ends, strict=True):
        axes.text(0.5, height, name, color=colour, transform=axes.transAxes, ha="center", fontsize=8)
    return axes


def _axis(unit: str) -> str:
    return "spatial frequency, mm⁻¹" if unit == "1/mm" else print_unit(unit)


def _of(unit: str) -> str:
    printed = print_unit(unit)
    return f", {printed}" if printed else ""
