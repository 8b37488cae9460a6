"""The texture of the noise as pictures: its spectrum in the plane, its standard deviation from place to place."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from iqa.metrics.regions import where
from iqa.metrics.texture import SQUARE_MM, LocalNoise, PlaneSpectrum
from iqa.report.colours import RULE_2, TINT
from iqa.report.figures.images import draw_scale_bar
from iqa.report.figures.style import bare
from iqa.report.numbers import fixed, last_digit, rounded
from iqa.report.views import Extent

LOWEST_BINS = 2.5
"""Bins about frequency 0 that set no scale: shading and rings there can stand ten times above the noise's own peak."""
SHOWN = (0.5, 99.5)
"""Percentiles of the noise map that are black and white: a spot would else take the whole scale."""


def draw_plane_spectrum(axes: Axes, plane: PlaneSpectrum) -> Axes:
    """The noise power spectrum in the plane, grey from 0 to its largest value beside frequency 0."""
    bins = [np.arange(n) - n // 2 for n in plane.nps.shape]
    top = float(plane.nps[np.hypot(bins[0][:, None], bins[1][None, :]) > LOWEST_BINS].max())
    (above, below), (left, right) = (
        ((k[0] - 0.5) * step, (k[-1] + 0.5) * step) for k, step in zip(bins, plane.bin_per_mm, strict=True)
    )
    image = axes.imshow(plane.nps, extent=(left, right, below, above), vmin=0.0, vmax=top)
    axes.set_xlabel("frequency along the rows, mm⁻¹")
    axes.set_ylabel("frequency down the columns, mm⁻¹")
    _scale(axes, image, "HU² mm²", extend="max" if plane.nps.max() > top else "neither")
    squares = plane.squares
    axes.set_title(
        f"Noise power of this scan in the plane, {where(squares.module, squares.slices)}\n"
        f"grey: 0 to {_short(top)} HU² mm²; trend taken out, leakage left in (for the eye)",
        fontsize=8,
    )
    return axes


def draw_local_noise(axes: Axes, local: LocalNoise) -> Axes:
    """The standard deviation about each place, grey over nearly its whole range."""
    low, high = np.nanpercentile(local.sd, SHOWN)
    image = axes.imshow(local.sd, extent=_extent(local), vmin=low, vmax=high)
    axes.set_facecolor(TINT)
    rows, columns = np.nonzero(np.isfinite(local.sd))
    half_x, half_y = _half_mm(local)
    axes.set_xlim(local.x_mm[columns.min()] - half_x, local.x_mm[columns.max()] + half_x)
    axes.set_ylim(local.y_mm[rows.max()] + half_y, local.y_mm[rows.min()] - half_y)
    draw_scale_bar(bare(axes))
    _scale(axes, image, "HU", extend="both")
    middle, digit = float(np.nanmedian(local.sd)), last_digit(0.1 * float(low))
    axes.set_title(
        f"Noise from place to place, {where(local.module, local.slices)}: SD in squares of {SQUARE_MM:g} mm\n"
        f"grey: {rounded(float(low), digit)} to {rounded(float(high), digit)} HU, median {rounded(middle, digit)} HU; "
        f"{fixed(100.0 * local.chance, 0)} % scatter by chance",
        fontsize=8,
    )
    return axes


def _extent(local: LocalNoise) -> Extent:
    """Edges of the picture, pixel boxes included."""
    (half_x, half_y), x, y = _half_mm(local), local.x_mm, local.y_mm
    return float(x[0]) - half_x, float(x[-1]) + half_x, float(y[-1]) + half_y, float(y[0]) - half_y


def _half_mm(local: LocalNoise) -> tuple[float, float]:
    """Half a pixel, (x, y)."""
    return 0.5 * float(local.x_mm[1] - local.x_mm[0]), 0.5 * float(local.y_mm[1] - local.y_mm[0])


def _scale(axes: Axes, image: AxesImage, unit: str, extend: str) -> None:
    """The grey scale beside a picture; pointed where values lie beyond its end."""
    bar = axes.figure.colorbar(image, ax=axes, extend=extend, shrink=0.8, aspect=30, pad=0.02)
    bar.set_label(unit, fontsize=8)
    bar.outline.set_edgecolor(RULE_2)
    bar.outline.set_linewidth(0.6)


def _short(value: float) -> str:
    """With one or two digits that say something."""
    return rounded(value, last_digit(value))
