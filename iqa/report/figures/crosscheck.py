"""Differences from another program over their expanded uncertainty, quantity by quantity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from iqa.model import Agreement, Answer, Compared, Crosschecked
from iqa.report.colours import BAND, FAIL, INFO, INK, INK_2, INK_3, RULE
from iqa.report.crosschecks import BOTH, expected_text, labels, other_text, over_allowed, summary, titled
from iqa.report.figures.fonts import printable
from iqa.report.figures.style import new_figure, save, styled
from iqa.report.table import phantom_line, scanner_line

REACH = 5.0
"""Differences over U that are drawn to scale; what is larger stands on the frame as an arrow."""
WIDTH_IN, ROW_IN, MARGINS_IN = 7.2, 0.165, 1.5
TEXT_PT = 7.0
LOOKS: Mapping[Agreement, Mapping[str, Any]] = {
    "agrees": {"marker": "o", "markerfacecolor": INFO, "markeredgecolor": INFO},
    "explained": {"marker": "D", "markerfacecolor": "white", "markeredgecolor": INK_2},
    "untestable": {"marker": "^", "markerfacecolor": "white", "markeredgecolor": INK_3},
    "unexplained": {"marker": "s", "markerfacecolor": FAIL, "markeredgecolor": FAIL},
}
NAMES: Mapping[Agreement, str] = {
    "agrees": "agrees within U",
    "explained": "differs by its definition",
    "untestable": "another quantity, not testable",
    "unexplained": "differs, no reason known",
}


def draw_all(scans: Sequence[Crosschecked], folder: Path) -> list[Path]:
    """The files that were written, ``<number>-<phantom>-<program>.png``; none for a program that gave no numbers."""
    with styled():
        return [save(figure, folder / f"{name}.png") for name, figure in _figures(scans)]


def draw_differences(axes: Axes, rows: Sequence[Compared], program: str) -> Axes:
    """One line a quantity, the first on top: its difference over U, or its number where the two are not comparable."""
    axes.axvspan(-1.0, 1.0, color=BAND, linewidth=0)
    axes.axvline(0.0, color=INK, linewidth=0.6)
    for at, row in enumerate(rows):
        _draw_row(axes, row, at)
    axes.set(xlim=(-REACH, REACH), ylim=(len(rows) - 0.4, -0.6))
    axes.set_yticks(range(len(rows)), [printable(label) for label in labels(rows)], fontsize=TEXT_PT)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"({program} − iqa) / U;  U: k = 2, of the difference;  grey: agreement")
    return axes


def _draw_row(axes: Axes, row: Compared, at: int) -> None:
    over = over_allowed(row)
    if over is None:
        axes.plot([-REACH + 0.25], [at], linestyle="none", markersize=4.0, **LOOKS[row.outcome])
        expected = f"; expected {expected_text(row)}" if row.expected and row.outcome != "agrees" else ""
        said = printable(f"{other_text(row)}{expected}")
        axes.text(-REACH + 0.5, at, said, fontsize=TEXT_PT - 0.5, color=INK_2, va="center_baseline", zorder=3)
        return
    axes.axhline(at, color=RULE, linewidth=0.4, zorder=0)
    if abs(over) <= REACH:
        axes.plot([over], [at], linestyle="none", markersize=4.0, clip_on=False, **LOOKS[row.outcome])
        return
    side = 1.0 if over > 0 else -1.0
    axes.plot([side * (REACH - 0.35)], [at], linestyle="none", markersize=4.0, **LOOKS[row.outcome])
    axes.annotate("", (side * REACH, at), (side * (REACH - 0.3), at), arrowprops={"arrowstyle": "->", "color": INK_2})


def _figures(scans: Sequence[Crosschecked]) -> Iterator[tuple[str, Figure]]:
    for number, checked in enumerate(scans, start=1):
        for answer in checked.answers:
            rows = [r for r in answer.rows if r.outcome in BOTH]
            if rows:
                name = f"{number}-{checked.analysis.located.spec.name}-{answer.program}"
                yield name, _figure(checked, answer, rows)


def _figure(checked: Crosschecked, answer: Answer, rows: Sequence[Compared]) -> Figure:
    figure = new_figure(WIDTH_IN, MARGINS_IN + ROW_IN * len(rows))
    axes = draw_differences(figure.subplots(), rows, answer.program)
    for outcome in (o for o in BOTH if answer.count(o)):
        axes.plot([], [], linestyle="none", markersize=4.0, label=NAMES[outcome], **LOOKS[outcome])
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(BOTH), fontsize=TEXT_PT, handletextpad=0.2)
    figure.suptitle(f"iqa beside {titled(answer)}\n{summary(answer)}", fontsize=8.5, x=0.01, ha="left")
    scan = f"{phantom_line(checked.analysis)}\n{scanner_line(checked.analysis)}"
    figure.supxlabel(scan, fontsize=6.5, color=INK_3, x=0.01, ha="left")
    return figure
