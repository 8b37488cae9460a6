"""How a module's image is shown: which slice, cut where, grey from what to what, and where it was measured.

The one place where this is chosen, for the figures and for the pictures of a report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.ramps import END_MM, INNER, LATERAL_MM
from iqa.model import Analysis, Block, Drawn, Module, ModuleFit, Pose, Ramp, Scan, StepRamp

HALF_WINDOW_HU: dict[Block, float] = {"inserts": 500.0, "gauge": 600.0, "low_contrast": 40.0, "uniform": 60.0}
"""Half widths that show a block's features: inserts from LDPE to Delrin, metal bars, 1 % targets, shading."""
NOISE_IN_WINDOW = 3.0
"""A window narrower than ± this many σ would show a low-dose scan as black and white dots."""
WHOLE_RANGE = (0.1, 99.9)
"""Percentiles that are black and white where there is no body: a wire in air has both, and streaks of neither."""
MARGIN = 1.07
"""Picture width over body diameter: room for the outline and no more."""
UNKNOWN_BODY_MM = 200.0
"""Width of the view where no outline of a body was seen and the image is wider."""
INSIDE = 0.4
"""Radius over body diameter within which the CT numbers set the window: off the edge."""
SCALE_BARS_MM = (50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
LARGEST_BAR = 0.4
"""A scale bar's length as a part of the view's width."""
RADIUS_PER_BLUR = 2.0
"""A ramp's region is stated with this many σ of the blur as its radius."""

Extent = tuple[float, float, float, float]
"""(left, right, bottom, top) of an image in mm; bottom > top, since y runs down."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A ramp as it lies on the image: a rectangle about the place of its region."""

    half_length_mm: float
    half_width_mm: float
    angle_deg: float
    """Of its length, counter-clockwise as displayed."""

    def corners(self, x_mm: float, y_mm: float) -> list[tuple[float, float]]:
        """Its corners about a place, (x, y) in mm."""
        angle = math.radians(self.angle_deg)
        along = (self.half_length_mm * math.cos(angle), -self.half_length_mm * math.sin(angle))
        across = (self.half_width_mm * math.sin(angle), self.half_width_mm * math.cos(angle))
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return [(x_mm + i * along[0] + j * across[0], y_mm + i * along[1] + j * across[1]) for i, j in signs]


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """One module's image as it is shown, in the stack frame."""

    module: Module
    hu: NDArray[np.float32]
    """(rows, columns) of the whole image, HU."""
    slices: tuple[int, int]
    """First and last of those that it is the mean of; twice the same where it is one slice."""
    extent: Extent
    """Of the whole image."""
    crop: Extent
    """Of what is shown."""
    centre_mm: tuple[float, float]
    """Of the module."""
    window_hu: tuple[float, float]
    """(low, high) CT numbers of black and white."""
    regions: tuple[Drawn, ...]
    strips: Mapping[str, Strip]
    """Of the ramps among the regions, by name."""

    @property
    def scale_bar_mm(self) -> float:
        """Length of its scale bar."""
        return scale_bar_mm(self.crop[1] - self.crop[0])


def view_of(scan: Scan, analysis: Analysis, module: ModuleFit) -> View:
    """One module as it is shown.

    The slice nearest to its reference plane, or the mean of all where only that shows the targets (low contrast).
    """
    index = min(module.slices, key=lambda i: abs(float(scan.z_mm[i]) - module.pose.z_mm))
    centre = module.pose.on_plane(0.0, 0.0, float(scan.z_mm[index]))
    defined = analysis.located.spec.module(module.name)
    slices = (module.slices[0], module.slices[-1]) if defined.block == "low_contrast" else (index, index)
    hu = scan.hu(index) if slices[0] == slices[1] else _mean(scan, module.slices)
    extent = extent_mm(scan, index)
    body = body_mm(analysis, module)
    diameter = body or min(UNKNOWN_BODY_MM, extent[1] - extent[0], extent[2] - extent[3])
    inside = within(extent, hu.shape, centre, INSIDE * diameter)
    regions = on_slice(analysis.regions, module.name, index)
    return View(
        module=defined,
        hu=hu,
        slices=slices,
        extent=extent,
        crop=crop_mm(centre, diameter, extent),
        centre_mm=centre,
        window_hu=window_hu(hu, inside, defined.block) if body else whole_window_hu(hu, inside),
        regions=tuple(regions),
        strips=strips(defined, module.pose, regions),
    )


def body_mm(analysis: Analysis, module: ModuleFit) -> float | None:
    """Diameter of a module's body, defined or else measured; None where there is none to be seen."""
    body = analysis.located.spec.module(module.name).diameter_mm
    measured = analysis.located.body.diameter_mm if analysis.located.body else None
    return body or measured


def extent_mm(scan: Scan, index: int) -> Extent:
    """Stack-frame edges of one slice's image, pixel boxes included."""
    rows, columns = scan.stored.shape[1:]
    left, top = scan.to_stack(-0.5, -0.5, index)
    right, bottom = scan.to_stack(columns - 0.5, rows - 0.5, index)
    return left, right, bottom, top


def crop_mm(centre: tuple[float, float], diameter_mm: float, extent: Extent) -> Extent:
    """A square round the body, as far as the image reaches."""
    half = diameter_mm * MARGIN / 2
    return (
        max(centre[0] - half, extent[0]),
        min(centre[0] + half, extent[1]),
        min(centre[1] + half, extent[2]),
        max(centre[1] - half, extent[3]),
    )


def window_hu(hu: NDArray[np.float32], inside: NDArray[np.bool_], block: Block) -> tuple[float, float]:
    """(low, high) CT numbers of black and white: round the body's median, wide enough for block and noise."""
    values = hu[inside]
    middle = float(np.median(values))
    neighbours = np.diff(hu, axis=1)[inside[:, 1:] & inside[:, :-1]]
    noise = 1.4826 * float(np.median(np.abs(neighbours))) / math.sqrt(2.0)
    bars = float(np.percentile(values, WHOLE_RANGE[1])) - middle if block == "gauge" else 0.0
    half = max(HALF_WINDOW_HU[block], NOISE_IN_WINDOW * noise, bars)
    return _tens(middle - half), _tens(middle + half)


def whole_window_hu(hu: NDArray[np.float32], inside: NDArray[np.bool_]) -> tuple[float, float]:
    """(low, high) CT numbers of black and white that show all there is: for objects without a body."""
    low, high = np.percentile(hu[inside], WHOLE_RANGE)
    return _tens(low), max(_tens(high), _tens(low) + 10.0)


def _tens(hu: float) -> float:
    """Rounded to tens, and never −0."""
    return round(float(hu), -1) + 0.0


def within(extent: Extent, shape: tuple[int, int], centre: tuple[float, float], radius_mm: float) -> NDArray[np.bool_]:
    """(rows, columns) mask of the pixels whose centres lie within a circle."""
    left, right, bottom, top = extent
    x = left + (np.arange(shape[1]) + 0.5) * (right - left) / shape[1]
    y = top + (np.arange(shape[0]) + 0.5) * (bottom - top) / shape[0]
    return np.asarray(np.hypot(x[None, :] - centre[0], y[:, None] - centre[1]) <= radius_mm)


def scale_bar_mm(width_mm: float) -> float:
    """Length of the scale bar in a view so wide: 50 mm, or less where the view is small."""
    return next((b for b in SCALE_BARS_MM if b <= LARGEST_BAR * width_mm), SCALE_BARS_MM[-1])


def on_slice(regions: Sequence[Drawn], module: str, index: int) -> list[Drawn]:
    """A module's regions on one slice; a region that was measured on other slices only is shown as well."""
    own = [r for r in regions if r.module == module]
    here = {r.name for r in own if index in r.slices}
    return [r for r in own if index in r.slices or r.name not in here]


def strips(module: Module, pose: Pose, regions: Sequence[Drawn]) -> dict[str, Strip]:
    """The strip that was read of each ramp among a module's regions, by name, as long as defined, turned by the pose.

    Its width is what `iqa.metrics` sums: the inner part of slits and short wires; about a thin line, 1 mm for its place
    and 3 σ of the blur to either side.
    """
    radii = {r.name: r.radius_mm for r in regions}
    ramps = (f for f in module.of(Ramp, StepRamp) if isinstance(f, Ramp | StepRamp))
    return {f.name: _strip(f, pose, radii[f.name]) for f in ramps if f.name in radii}


def _strip(ramp: Ramp | StepRamp, pose: Pose, radius_mm: float) -> Strip:
    if isinstance(ramp, StepRamp):
        length, width = pose.scale * ramp.step_mm * ramp.count, ramp.element_length_mm
    else:
        length, width = pose.scale * ramp.length_mm - 2.0 * END_MM, ramp.width_mm
    half_width = 0.5 * INNER * width if width else LATERAL_MM + 3.0 * radius_mm / RADIUS_PER_BLUR
    return Strip(0.5 * length, half_width, pose.displayed_deg(ramp.direction_deg))


def _mean(scan: Scan, slices: Sequence[int]) -> NDArray[np.float32]:
    """Summed slice by slice, which takes neither the memory nor the time of a stack of them."""
    total = scan.hu(slices[0]).astype(np.float32)
    for index in slices[1:]:
        total += scan.hu(index)
    return np.asarray(total / len(slices), dtype=np.float32)
