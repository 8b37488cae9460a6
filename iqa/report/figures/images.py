"""A module's image, with the regions where they were really measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from iqa.model import Block, Drawn, Scan
from iqa.report.figures.marks import LABEL_PT
from iqa.report.figures.style import Extent, bare, cased
from iqa.report.numbers import fixed

HALF_WINDOW_HU: dict[Block, float] = {"inserts": 500.0, "gauge": 600.0, "low_contrast": 40.0, "uniform": 60.0}
"""Half widths that show a block's features: inserts from LDPE to Delrin, metal bars, 1 % targets, shading."""
NOISE_IN_WINDOW = 3.0
"""A window narrower than ± this many σ would show a low-dose scan as black and white dots."""
MARGIN = 1.07
"""Picture width over body diameter: room for the outline and no more."""
SCALE_BARS_MM = (50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
LARGEST_BAR = 0.4
"""A scale bar's length as a part of the view's width."""
WHOLE_RANGE = (0.1, 99.9)
"""Percentiles that are black and white where there is no body: a wire in air has both, and streaks of neither."""


def extent_mm(scan: Scan, index: int) -> Extent:
    """Stack-frame edges of one slice's image, pixel boxes included."""
    rows, columns = scan.stored.shape[1:]
    left, top = scan.to_stack(-0.5, -0.5, index)
    right, bottom = scan.to_stack(columns - 0.5, rows - 0.5, index)
    return left, right, bottom, top


def window_hu(hu: NDArray[np.float32], inside: NDArray[np.bool_], block: Block) -> tuple[float, float]:
    """(low, high) CT numbers of black and white: round the body's median, wide enough for block and noise."""
    values = hu[inside]
    middle = float(np.median(values))
    neighbours = np.diff(hu, axis=1)[inside[:, 1:] & inside[:, :-1]]
    noise = 1.4826 * float(np.median(np.abs(neighbours))) / math.sqrt(2.0)
    bars = float(np.percentile(values, WHOLE_RANGE[1])) - middle if block == "gauge" else 0.0
    half = max(HALF_WINDOW_HU[block], NOISE_IN_WINDOW * noise, bars)
    return round(middle - half, -1), round(middle + half, -1)


def whole_window_hu(hu: NDArray[np.float32], inside: NDArray[np.bool_]) -> tuple[float, float]:
    """(low, high) CT numbers of black and white that show all there is: for objects without a body."""
    low, high = np.percentile(hu[inside], WHOLE_RANGE)
    return round(float(low), -1), max(round(float(high), -1), round(float(low), -1) + 10.0)


def within(extent: Extent, shape: tuple[int, int], centre: tuple[float, float], radius_mm: float) -> NDArray[np.bool_]:
    """(rows, columns) mask of the pixels whose centres lie within a circle."""
    left, right, bottom, top = extent
    x = left + (np.arange(shape[1]) + 0.5) * (right - left) / shape[1]
    y = top + (np.arange(shape[0]) + 0.5) * (bottom - top) / shape[0]
    return np.asarray(np.hypot(x[None, :] - centre[0], y[:, None] - centre[1]) <= radius_mm)


def draw_image(axes: Axes, hu: NDArray[np.float32], extent: Extent, window: tuple[float, float]) -> Axes:
    """The image in mm, grey from the window's low to its high CT number."""
    axes.imshow(hu, extent=extent, vmin=window[0], vmax=window[1])
    return bare(axes)


def frame(axes: Axes, centre: tuple[float, float], diameter_mm: float, extent: Extent) -> Axes:
    """The view limited to a square round the body, as far as the image reaches."""
    half = diameter_mm * MARGIN / 2
    axes.set_xlim(max(centre[0] - half, extent[0]), min(centre[0] + half, extent[1]))
    axes.set_ylim(min(centre[1] + half, extent[2]), max(centre[1] - half, extent[3]))
    return axes


def on_slice(regions: Sequence[Drawn], module: str, index: int) -> list[Drawn]:
    """A module's regions on one slice; a region that was measured on other slices only is shown as well."""
    own = [r for r in regions if r.module == module]
    here = {r.name for r in own if index in r.slices}
    return [r for r in own if index in r.slices or r.name not in here]


def draw_scale_bar(axes: Axes) -> Axes:
    """A bar in the lower left corner: 50 mm, or less where the view is small."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    length = next((b for b in SCALE_BARS_MM if b <= LARGEST_BAR * abs(right - left)), SCALE_BARS_MM[-1])
    x, y = left + 0.03 * (right - left), bottom - 0.03 * (bottom - top)
    effect = cased(2.0, 4.0)
    axes.plot([x, x + length], [y, y], color="white", linewidth=2.0, path_effects=effect, solid_capstyle="butt")
    axes.text(
        x,
        y + 0.01 * (top - bottom),
        f"{length:g} mm",
        color="white",
        fontsize=LABEL_PT,
        va="bottom",
        path_effects=cased(0.0, 2.0),
    )
    return axes


def window_text(window: tuple[float, float]) -> str:
    """The window for a caption."""
    low, high = window
    return f"window {fixed(low, 0)} to {fixed(high, 0)} HU"
