"""The figure files of one analysed scan."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from iqa.metrics.artefacts import Artefacts, artefacts_of
from iqa.metrics.context import Context
from iqa.metrics.texture import texture
from iqa.model import Analysis, Curve, ModuleFit, Scan
from iqa.report.colours import INK_3
from iqa.report.figures import artefacts, charts, images, marks, textures
from iqa.report.figures.curves import WIDTH_KEYS, draw_section
from iqa.report.figures.style import new_figure, save, styled
from iqa.report.figures.transfers import transfer_curves, transfer_figure
from iqa.report.table import scanner_line
from iqa.report.views import UNKNOWN_BODY_MM, body_mm, view_of

PICTURE_IN = 4.2
CHART_IN = (5.6, 3.4)
FOOT_IN, ROW_IN = 1.0, 0.2
"""Height of a chart of rows: title and axis, and each row."""
PANEL_IN = (5.2, 4.7)
"""A square picture with its scale beside it."""
UNROLLED_IN = (6.6, 3.8)
"""A picture with a profile beside it."""
OVERVIEW_IN, OVERVIEW_COLUMNS = 3.3, 4
PROFILE_BAND_MM = 5.0
"""Width over which a profile is averaged: noise goes down by some pixels, shading stays."""


def draw_all(scan: Scan, analysis: Analysis, folder: Path, *, prefix: str) -> list[Path]:
    """The files that were written: modules' pictures, profiles, the noise in the plane, CT numbers, curves.

    Parameters
    ----------
    prefix
        Begins each file's name, ``<prefix>-<what>.png``.
    """
    with styled():
        return [save(figure, folder / f"{prefix}-{what}.png") for what, figure in _figures(scan, analysis)]


def overview(scan: Scan, analysis: Analysis, modules: Sequence[ModuleFit]) -> Figure:
    """All modules that the scan holds, along the stack, with the scan they belong to below them."""
    rows = math.ceil(len(modules) / OVERVIEW_COLUMNS)
    columns = min(OVERVIEW_COLUMNS, len(modules))
    figure = new_figure(OVERVIEW_IN * columns, OVERVIEW_IN * rows + 0.5)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, module in zip(panels, sorted(modules, key=lambda m: m.pose.z_mm), strict=False):
        draw_module_image(axes, scan, analysis, module)
    for axes in panels[len(modules) :]:
        axes.remove()
    footer = f"{analysis.located.spec.title} · {scanner_line(analysis)}"
    figure.supxlabel(footer, fontsize=7, color=INK_3, x=0.01, ha="left")
    return figure


def module_figure(scan: Scan, analysis: Analysis, module: ModuleFit) -> Figure:
    """One module's image with the regions measured on it."""
    figure = new_figure(PICTURE_IN, PICTURE_IN + 0.35)
    draw_module_image(figure.subplots(), scan, analysis, module)
    return figure


def draw_module_image(axes: Axes, scan: Scan, analysis: Analysis, module: ModuleFit) -> Axes:
    """One module's image with regions, scale bar and, as caption, name, slices and window."""
    view = view_of(scan, analysis, module)
    images.draw_image(axes, view.hu, view.extent, view.window_hu)
    images.frame(axes, view.crop)
    marks.draw_regions(axes, view.regions, view.centre_mm, view.strips)
    images.draw_scale_bar(axes)
    marks.draw_units(axes, view.regions)
    axes.set_title(f"{module.name}, {_shown(view.slices)}, {images.window_text(view.window_hu)}", fontsize=8)
    return axes


def _shown(slices: tuple[int, int]) -> str:
    first, last = slices
    return f"slice {first}" if first == last else f"mean of slices {first}–{last}"


def _figures(scan: Scan, analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    held = [module for module in analysis.located.modules if module.slices]
    if len(held) > 1:
        yield "overview", overview(scan, analysis, held)
    for module in held:
        yield module.name.lower(), module_figure(scan, analysis, module)
        measured = _measured_slices(analysis, module)
        if measured:
            yield f"{module.name.lower()}-profiles", _profiles(scan, analysis, replace(module, slices=measured))
    yield from _textures(scan, analysis)
    yield from _artefacts(scan, analysis)
    points = charts.insert_points(analysis)
    if points:
        size = CHART_IN[0], max(CHART_IN[1], FOOT_IN + ROW_IN * len(points))
        yield "ct-number", _chart(analysis, lambda axes: charts.draw_ct_numbers(axes, points), size)
    together = transfer_curves(analysis)
    for curve in (c for c in analysis.curves if len(c.x) > 1 and c not in together):
        draw = partial(_section, analysis=analysis) if curve.key == "ssp" else charts.draw_curve
        yield curve.key.replace(".", "-"), _chart(analysis, partial(draw, curve=curve))
    transfers = transfer_figure(analysis)
    if transfers is not None:
        yield "transfer", _signed(transfers, analysis)


def _textures(scan: Scan, analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """The noise in the plane, where its spectrum was measured: that in two dimensions, and a map of it."""
    measured = any(curve.key == "nps" for curve in analysis.curves)
    seen = texture(scan, analysis.located) if measured else None
    if seen is None:
        return
    plane, local = seen
    yield "nps-2d", _chart(analysis, lambda axes: textures.draw_plane_spectrum(axes, plane), PANEL_IN)
    if local is not None:
        yield "noise-map", _chart(analysis, lambda axes: textures.draw_local_noise(axes, local), PANEL_IN)


def _artefacts(scan: Scan, analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """The uniform module about the rotation centre, where rings or crescents were looked for."""
    looked = any(analysis.value(key) is not None for key in ("artefact.ring", "artefact.crescent"))
    found = artefacts_of(Context(scan, analysis.located)) if looked else None
    if isinstance(found, Artefacts):
        figure = new_figure(*UNROLLED_IN)
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2.4, 1.0))
        artefacts.draw_unrolled(left, found)
        artefacts.draw_by_radius(right, found)
        yield "artefacts", _signed(figure, analysis)


def _section(axes: Axes, analysis: Analysis, curve: Curve) -> Axes:
    """The section profile with the widths that were read from it."""
    widths = {name: analysis.value(key) for name, key in WIDTH_KEYS.items()}
    draw_section(axes, curve, None, widths)
    axes.set_xlabel("distance from the middle of the section z, mm")
    axes.set_title(f"section sensitivity profile; band ± 2 u; {curve.method}", fontsize=8)
    return axes


def _chart(analysis: Analysis, draw: Callable[[Axes], Axes], size_in: tuple[float, float] = CHART_IN) -> Figure:
    """One chart, with the scan it belongs to below it."""
    figure = new_figure(*size_in)
    draw(figure.subplots())
    return _signed(figure, analysis)


def _signed(figure: Figure, analysis: Analysis) -> Figure:
    """With the scan that it belongs to below it."""
    figure.supxlabel(scanner_line(analysis), fontsize=6.5, color=INK_3, x=0.01, ha="left")
    return figure


def _profiles(scan: Scan, analysis: Analysis, module: ModuleFit) -> Figure:
    """Profiles through the centre of a uniform module, averaged over the slices of its fit."""
    centre = module.pose.on_plane(0.0, 0.0, float(scan.z_mm[module.slices[len(module.slices) // 2]]))
    defined = analysis.located.spec.module(module.name).insert_diameter_mm
    uniform = defined or body_mm(analysis, module) or UNKNOWN_BODY_MM
    distance, across, down = mean_profiles(scan, module, centre, uniform)
    title = f"{module.name}: mean CT number, HU, over a band of {PROFILE_BAND_MM:g} mm and {_count(module)}"
    return _chart(analysis, lambda axes: charts.draw_profiles(axes, distance, across, down, title))


def mean_profiles(
    scan: Scan, module: ModuleFit, centre: tuple[float, float], diameter_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Distances from the centre (mm) and mean CT numbers (HU) along the row and down the column through it.

    Averaged over the module's slices and a band of 5 mm; only the inner 90 % of the diameter, where the edge plays no
    part. Points beyond the image are left out.
    """
    mean = np.asarray(np.mean([scan.hu(i) for i in module.slices], axis=0, dtype=np.float64))
    column, row = scan.to_pixel(*centre, module.slices[0])
    dy, dx = scan.pixel_mm
    half = int(0.45 * diameter_mm / max(dx, dy))
    reach = int(min(half, column, row, mean.shape[1] - 1 - column, mean.shape[0] - 1 - row))
    steps = np.arange(-reach, reach + 1, dtype=np.float64)
    c, r = round(column), round(row)
    band_x, band_y = (max(1, round(PROFILE_BAND_MM / d / 2)) for d in (dx, dy))
    across = mean[r - band_y : r + band_y + 1, c - reach : c + reach + 1].mean(axis=0)
    down = mean[r - reach : r + reach + 1, c - band_x : c + band_x + 1].mean(axis=1)
    return steps * dx, across, down


def _measured_slices(analysis: Analysis, module: ModuleFit) -> tuple[int, ...]:
    """Slices whose discs gave a uniform module's noise and uniformity; none for any other module."""
    if analysis.located.spec.module(module.name).block != "uniform":
        return ()
    return tuple(sorted({i for r in analysis.regions if r.module == module.name for i in r.slices}))


def _count(module: ModuleFit) -> str:
    n = len(module.slices)
    return f"{n} slice{'s' if n > 1 else ''}"
