"""The look of every figure: the shipped style file, and what a style file cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqa.errors import UsageError
from iqa.report.colours import CASING
from iqa.report.figures.fonts import add_fonts, check_glyphs
from iqa.shipped import shipped

LINE_PT, CASING_PT = 1.1, 2.4

FORMATS = {".png": "Software", ".svg": "Date", ".pdf": "CreationDate"}
"""What a figure may be saved as, and what of it would make two files of one figure differ."""

PX = 0.75
"""Points of a pixel of the page's design; a page is 960 of them wide."""


@contextmanager
def styled() -> Iterator[None]:
    """Within it, matplotlib draws in the style of reports/figures.mplstyle."""
    add_fonts()
    with mpl.rc_context(fname=str(shipped("reports") / "figures.mplstyle")):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure on the Agg canvas; no window system and no global state of pyplot is touched."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def sized(width_px: float, height_px: float) -> Figure:
    """An empty figure without a layout of its own, for charts whose parts are put in place one by one."""
    figure = Figure(figsize=(width_px * PX / 72.0, height_px * PX / 72.0))
    FigureCanvasAgg(figure)
    return figure


def dots(axes: Axes) -> float:
    """Of the canvas in a pixel of the page's design."""
    return float(axes.figure.dpi) * PX / 72.0


def save(figure: Figure, file: Path) -> Path:
    """The figure as a file in one of `FORMATS`, by its suffix; its folder is made where it is missing.

    Raises
    ------
    UsageError
        The suffix is none of them.
    """
    unsaid = FORMATS.get(file.suffix.lower())
    if unsaid is None:
        raise UsageError(f"'{file.name}' says no format of a picture: its name must end in {', '.join(FORMATS)}.")
    check_glyphs(figure)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={unsaid: None})
    return file


def cased(line_pt: float = LINE_PT, casing_pt: float = CASING_PT) -> list[patheffects.AbstractPathEffect]:
    """Path effects of a white line, or white letters, on a dark casing."""
    extra = (casing_pt - line_pt) / 2
    return [patheffects.withStroke(linewidth=line_pt + 2 * extra, foreground=CASING)]


def bare(axes: Axes) -> Axes:
    """An Axes for a picture to scale: no ticks, no frame, equal scales."""
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return axes
