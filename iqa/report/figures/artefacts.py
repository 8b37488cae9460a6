"""Rings and crescents for the eye: the uniform module unrolled about the rotation centre, and its mean by radius."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from iqa.metrics.artefacts import Artefacts
from iqa.metrics.regions import where
from iqa.report.colours import INFO, INK_2, RULE, TINT
from iqa.report.figures.style import cased
from iqa.report.numbers import fixed
from iqa.signal.polar_cells import bands_of

BAND_MM = 1.0
"""Radial width of the picture's cells: a ring is seen, single pixels are not."""
SHOWN = 98.0
"""Percentile of the departures from 0 that is white or black."""
INNERMOST_MM = 10.0
"""Radius below which the cells hold few pixels and set no scale."""


def draw_unrolled(axes: Axes, found: Artefacts) -> Axes:
    """Angle across, radius up, shading removed; what was found is marked."""
    area = found.area
    bands = bands_of(area.grid, _shown_cells(found), BAND_MM)
    values = np.where(bands.count > 0.0, bands.values, np.nan)
    outer = np.where(bands.filled, bands.values, np.nan)[:, bands.radius_mm >= INNERMOST_MM]
    top = float(np.nanpercentile(np.abs(outer), SHOWN))
    reach = bands.values.shape[1] * bands.bins * area.grid.step_mm
    axes.imshow(values.T, extent=(0.0, 360.0, 0.0, reach), vmin=-top, vmax=top, aspect="auto", origin="lower")
    axes.set_facecolor(TINT)
    axes.set_xticks(range(0, 361, 90), ("3 h", "12 h", "9 h", "6 h", "3 h"))
    axes.set_ylabel("distance from the rotation centre, mm")
    _mark(axes, found)
    axes.set_title(
        f"{where(area.module, _slices(found))} about the rotation centre, shading taken out\ngrey: ±{fixed(top, 1)} HU",
        fontsize=8,
    )
    return axes


def draw_by_radius(axes: Axes, found: Artefacts) -> Axes:
    """The mean round the circle, beside the picture: HU across, radius up as there."""
    area = found.area
    cells, filled = _shown_cells(found), area.grid.filled
    radius = area.grid.radius_mm
    used = (filled.mean(axis=0) >= 0.5) & (radius >= INNERMOST_MM)
    mean = (cells * filled).sum(axis=0) / np.maximum(filled.sum(axis=0), 1)
    axes.axvline(0.0, color=RULE, linewidth=0.6)
    axes.plot(mean[used], radius[used], color=INFO)
    ring = found.rings.ring if found.rings is not None else None
    if ring is not None:
        axes.axhline(ring.radius_mm, color=INK_2, linewidth=0.6, dashes=(4, 2))
        axes.annotate(
            f"{fixed(ring.height, 1)} HU", (0.98, ring.radius_mm), xycoords=("axes fraction", "data"),
            ha="right", va="bottom", fontsize=7, color=INK_2,
        )  # fmt: skip
    axes.set_xlabel("mean round the circle, HU")
    return axes


def _mark(axes: Axes, found: Artefacts) -> None:
    ring = found.rings.ring if found.rings is not None else None
    crescent = found.crescents.crescent if found.crescents is not None else None
    if ring is not None:
        for x, side in ((0.0, ">"), (360.0, "<")):
            axes.plot([x], [ring.radius_mm], side, color="white", path_effects=cased(), clip_on=False, markersize=6)
    if crescent is not None:
        axes.plot(
            [crescent.angle_deg], [crescent.radius_mm], "o", color="white", fillstyle="none", markersize=12,
            path_effects=cased(),
        )  # fmt: skip


def _slices(found: Artefacts) -> tuple[int, ...]:
    """Those that the picture shows: all, or the one with the ring."""
    ring = found.rings.ring if found.rings is not None else None
    slices = found.area.slices
    return slices if ring is None or ring.slice is None else (slices[ring.slice],)


def _shown_cells(found: Artefacts) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(sectors, radii) of those slices."""
    chosen = [found.area.slices.index(i) for i in _slices(found)]
    return np.asarray(found.flat[chosen].mean(axis=0))
