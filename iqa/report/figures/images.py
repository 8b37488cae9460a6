"""A module's image, with the regions where they were really measured."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from iqa.report.figures.marks import LABEL_PT
from iqa.report.figures.style import bare, cased
from iqa.report.numbers import fixed
from iqa.report.views import Extent, scale_bar_mm


def draw_image(axes: Axes, hu: NDArray[np.float32], extent: Extent, window: tuple[float, float]) -> Axes:
    """The image in mm, grey from the window's low to its high CT number."""
    axes.imshow(hu, extent=extent, vmin=window[0], vmax=window[1])
    return bare(axes)


def frame(axes: Axes, crop: Extent) -> Axes:
    """The view limited to what is shown."""
    axes.set_xlim(crop[0], crop[1])
    axes.set_ylim(crop[2], crop[3])
    return axes


def draw_scale_bar(axes: Axes) -> Axes:
    """A bar in the lower left corner: 50 mm, or less where the view is small."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    length = scale_bar_mm(abs(right - left))
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
