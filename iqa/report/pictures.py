"""A scan's pictures for its reports: bare grey images of the modules, and beside them what was measured where.

The pixels are at hand only while a scan is analysed, yet its reports are written again months later, in another
language and with other verdicts. So what is kept is grey and geometry; words, colours and verdicts come with the page
(`iqa.report.picture_svg`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from PIL import Image

from iqa.model import Analysis, Block, Drawn, Scan
from iqa.report.labels import Anchor, shape_of

if TYPE_CHECKING:
    from iqa.report.views import View

PIXELS = 430
"""Of the longer side: 240 an inch on paper 45 mm wide, and near a head scan's own pixels."""
LARGEST_JPEG = 40_000
"""Bytes of one picture, so that a page of a phantom's modules stays a mail attachment; only deep noise needs more."""
QUALITIES = (88, 80, 70, 60, 50)
"""Of the JPEG, tried from the best; the last is taken whatever its size."""
DECIMALS = 3
"""Of what is kept in mm: a micrometre is far below every uncertainty of a place."""

KEYS = (
    (r"noise", r"noise.sd"),
    (r"statistical", r"low_contrast.statistical.5"),
    (r"line_pairs\.(.+)", r"line_pairs.modulation.\1"),
    (r"[mt]tf\..+", r"\g<0>.f50"),
    (r".+", r"ct_number.\g<0>"),
    (r".+", r"uniformity.\g<0>"),
    (r".+", r"slice_thickness.\g<0>"),
    (r".+", r"low_contrast.\g<0>.cnr"),
)
"""Names of regions, and the measurement that each is the place of."""

Positive = Annotated[float, Gt(0), Le(10_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A region where something was measured, in mm from the picture's upper left corner, x to the right, y down."""

    name: str
    """Of the region, as the analysis has it: `teflon`, `ttf.teflon`, `mtf.bead`, `line_pairs.5`."""
    key: str
    """Of the measurement whose verdict and value belong to it; empty where there is none, or more than one."""
    shape: Literal["circle", "strip"]
    x: float
    y: float
    """Its middle."""
    radius_mm: Annotated[float, Ge(0)] = 0.0
    """Of a circle."""
    corners: tuple[tuple[float, float], ...] = ()
    """Of a strip."""
    label_x: float
    label_y: float
    label_anchor: Anchor
    """Which end of its label is at (label_x, label_y) if no other label or region is in the way."""
    label_above: bool
    """Of a label anchored at its middle: whether it stands above that point or below; others stand level with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One module's image without words."""

    module: str
    block: Block
    slices: tuple[int, int]
    """First and last of those it is the mean of."""
    window_hu: tuple[float, float]
    """(low, high) CT numbers of black and white."""
    width_mm: Positive
    height_mm: Positive
    scale_bar_mm: Positive
    """A length that suits the view."""
    jpeg: bytes
    """Grey, covers width × height exactly."""
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """All pictures of one scan, in the order of its stack."""

    pictures: tuple[Picture, ...]
    pixel_sha256: str
    """Of the scan."""


def pictures_of(scan: Scan, analysis: Analysis) -> Pictures:
    """One picture of every module that the scan holds, cropped to the body, with all that was measured on it."""
    from iqa.report.views import view_of  # noqa: PLC0415 - loads the measuring rooms; the writer of a page does without

    held = sorted((m for m in analysis.located.modules if m.slices), key=lambda m: m.pose.z_mm)
    keys = {result.key for result in analysis.results}
    views = (view_of(scan, analysis, module) for module in held)
    return Pictures(tuple(_picture(view, keys) for view in views), analysis.identity.pixel_sha256)


def _picture(view: View, keys: Collection[str]) -> Picture:
    left, right, bottom, top = view.crop
    width, height = right - left, bottom - top
    return Picture(
        module=view.module.name,
        block=view.module.block,
        slices=view.slices,
        window_hu=view.window_hu,
        width_mm=round(width, DECIMALS),
        height_mm=round(height, DECIMALS),
        scale_bar_mm=view.scale_bar_mm,
        jpeg=_jpeg(view),
        marks=tuple(_mark(region, view, keys) for region in view.regions),
    )


def _mark(region: Drawn, view: View, keys: Collection[str]) -> Mark:
    strip = view.strips.get(region.name)
    corners = strip.corners(region.x_mm, region.y_mm) if strip else []
    x, y = _in_picture(region.x_mm, region.y_mm, view)
    spot = shape_of(region, strip, view.centre_mm).first
    label_x, label_y = _in_picture(spot.x, spot.y, view)
    return Mark(
        name=region.name,
        key=key_of(region.name, keys),
        shape="strip" if strip else "circle",
        x=x,
        y=y,
        radius_mm=0.0 if strip else round(float(region.radius_mm), DECIMALS),
        corners=tuple(_in_picture(*corner, view) for corner in corners),
        label_x=label_x,
        label_y=label_y,
        label_anchor=spot.anchor,
        label_above=spot.level == "above",
    )


def key_of(name: str, keys: Collection[str]) -> str:
    """The measurement that a region of a name is the place of, among those there are.

    Examples
    --------
    >>> key_of("teflon", ["ct_number.teflon"]), key_of("line_pairs.5", ["line_pairs.modulation.5"]), key_of("1", [])
    ('ct_number.teflon', 'line_pairs.modulation.5', '')
    """
    wanted = (found.expand(key) for pattern, key in KEYS if (found := re.fullmatch(pattern, name)))
    return next((key for key in wanted if key in keys), "")


def _in_picture(x_mm: float, y_mm: float, view: View) -> tuple[float, float]:
    return round(float(x_mm - view.crop[0]), DECIMALS), round(float(y_mm - view.crop[3]), DECIMALS)


def _jpeg(view: View) -> bytes:
    """What is shown, resampled so that the edges of the picture are those of the crop.

    Grey is cut off at the window before resampling: a filter on CT numbers would ring at the body's edge over all of a
    narrow window.
    """
    low, high = view.window_hu
    grey = np.clip((view.hu - low) * (255.0 / (high - low)), 0.0, 255.0)
    image = Image.fromarray(np.rint(grey).astype(np.uint8))
    rows, columns = view.hu.shape
    left, right, bottom, top = view.extent
    across, down = columns / (right - left), rows / (bottom - top)
    x0, x1, y1, y0 = view.crop
    scale = PIXELS / max(x1 - x0, y1 - y0)
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    box = ((x0 - left) * across, (y0 - top) * down, (x1 - left) * across, (y1 - top) * down)
    return _encoded(image.resize(size, Image.Resampling.LANCZOS, box=box))


def _encoded(image: Image.Image) -> bytes:
    for quality in QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() <= LARGEST_JPEG:
            break
    return out.getvalue()
