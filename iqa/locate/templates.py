"""What each layer of a definition looks like: its contrasts drawn in the plane, as a signature.

A module is cut into layers where its inserts or line pairs begin and end. Ramps, wires and beads are left out: they
move along z and average away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from iqa.model import Bead, Feature, Insert, LinePairs, Module, PhantomSpec, Pin, Target, block_of
from iqa.signal import polar
from iqa.signal.disc import disc_profile

SAME_DIAMETER = 0.06
"""A definition is tried when the outline agrees this well: a cone beam with a bright rim needs 3.2 %, and at 7.3 %
the 216 mm body of the GE phantom would meet the Catphan family's."""
BLUR_MM = 0.8
"""Between the blur of soft and sharp kernels; bars finer than 4 lp/cm become arcs of about half their contrast."""
BLUR_REACH = 4.0
"""Blurs from its edge at which a shape ends."""
KNOT_MM = 0.1
SMALLEST_BALL_MM = 2.0
THINNEST_LAYER_MM = 1.0
THIN_MM = 8.0
SLIVER_MM = 2.5
"""Layers of inserts thinner than this are ends that stick out by tolerance, not layers of their own."""

Shape = tuple[float, ...]
"""contrast (HU), x, y, diameter of a disc; of a group of bars contrast, x, y, bar width, length, angle (rad), number
and 1 where each bar points to the axis."""
Shapes = tuple[Shape, ...]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layer:
    """A length of the phantom with one picture. z in the phantom's frame."""

    module: str
    block: str
    """inserts, gauge, low_contrast or uniform."""
    z_from_mm: float
    z_to_mm: float
    shapes: Shapes
    turn_free_deg: float

    @property
    def shown(self) -> bool:
        """True where it has a picture to compare: pins and balls alone are too little."""
        return self.block != "uniform"

    @property
    def thin(self) -> bool:
        """True for a plane rather than a block: a slice holds all of it, and a lean spreads it over several."""
        return self.length_mm < THIN_MM

    @property
    def z_mm(self) -> float:
        """Its middle."""
        return 0.5 * (self.z_from_mm + self.z_to_mm)

    @property
    def length_mm(self) -> float:
        """Extent along the axis."""
        return self.z_to_mm - self.z_from_mm


def layers(spec: PhantomSpec, diameter_mm: float) -> tuple[Layer, ...]:
    """The layers of a definition whose body has that diameter, along its axis."""
    modules = [m for m in spec.modules if same_diameter(m.diameter_mm or spec.diameter_mm, diameter_mm)]
    return tuple(layer for m in modules for layer in _module_layers(m, m.name == spec.origin))


def spans(spec: PhantomSpec, diameter_mm: float) -> bool:
    """True where the diameter lies between those of a definition's tiers: a taper may have been seen."""
    tiers = [d for d in (m.diameter_mm or spec.diameter_mm for m in spec.modules) if d is not None]
    return len(set(tiers)) > 1 and min(tiers) < diameter_mm < max(tiers)


def same_diameter(nominal_mm: float | None, seen_mm: float) -> bool:
    """True where a body of nominal diameter may have been seen as one of `seen_mm`."""
    return nominal_mm is not None and abs(nominal_mm - seen_mm) < SAME_DIAMETER * nominal_mm


def _module_layers(module: Module, origin: bool) -> Iterator[Layer]:
    cuts = {module.z_from_mm, module.z_to_mm}
    for f in module.features:
        if isinstance(f, Insert | LinePairs):
            cuts |= {f.z_from_mm, f.z_to_mm}
    for low, high in pairwise(sorted(cuts)):
        held = tuple(f for f in module.features if _within(f, low, high) > 0.0)
        block = block_of(held)
        if high - low >= (SLIVER_MM if block == "inserts" else THINNEST_LAYER_MM):
            free = 0.0 if origin else module.turn_free_deg
            shapes = tuple(s for f in held for s in _shapes(f, module.body_hu, _within(f, low, high)))
            yield Layer(module.name, block, module.z_mm + low, module.z_mm + high, shapes, free)


def _within(feature: Feature, low: float, high: float) -> float:
    """Share of the layer's length that holds the feature."""
    if isinstance(feature, Bead):
        half = 0.5 * feature.extent_mm
        start, end = feature.z_mm - half, feature.z_mm + half
        share = 2.0 / 3.0 if feature.height_mm is None else 1.0  # a ball's mean chord over its diameter
    elif isinstance(feature, Insert | Pin | Target | LinePairs):
        start, end, share = feature.z_from_mm, feature.z_to_mm, 1.0
    else:
        return 0.0
    return share * max(0.0, min(end, high) - max(start, low)) / (high - low)


# ------------------------------------------------------------------------------------------ drawing


def picture(layer: Layer) -> NDArray[np.float32]:
    """(rings, angles) contrast of a layer to its body, HU, blurred as a scanner does."""
    return polar.flattened(_polar_of(layer.shapes))


def _shapes(feature: Feature, body_hu: float, share: float) -> Iterator[Shape]:
    """What is drawn of a feature that fills `share` of its layer's length: targets and balls pale with it."""
    match feature:
        case Target():
            yield share * feature.contrast_hu, feature.x_mm, feature.y_mm, feature.diameter_mm
        case Bead() if feature.diameter_mm >= SMALLEST_BALL_MM:
            yield share * (feature.hu - body_hu), feature.x_mm, feature.y_mm, feature.diameter_mm
        case Insert() | Pin():
            yield feature.hu - body_hu, feature.x_mm, feature.y_mm, feature.diameter_mm
        case LinePairs(x_mm=x, y_mm=y, bar_mm=bar, length_mm=length, bars=bars, radial=radial):
            turn = math.radians(feature.bar_angle_deg)
            yield feature.hu - body_hu, x, y, bar, length, turn, float(bars), float(radial)
        case _:
            pass


@lru_cache(maxsize=256)
def _polar_of(shapes: Shapes) -> NDArray[np.float32]:
    drawn = np.zeros(polar.X_MM.shape, dtype=np.float32)
    for shape in shapes:
        rings, angles = _around(shape)
        x, y = polar.X_MM[rings][:, angles], polar.Y_MM[rings][:, angles]
        drawn[rings, angles] += np.float32(shape[0]) * (_disc if len(shape) == 4 else _comb)(shape, x, y)
    return polar.smoothed(drawn)


def _around(shape: Shape) -> tuple[slice, NDArray[np.int_]]:
    """Rings and angles that a blurred shape touches."""
    radius = math.hypot(shape[1], shape[2])
    width, length, bars = (shape[3], shape[4], shape[6]) if len(shape) > 4 else (shape[3], 0.0, 1.0)
    reach = 0.5 * math.hypot((2.0 * bars - 1.0) * width, length) + BLUR_REACH * BLUR_MM
    low, high = np.searchsorted(polar.RINGS_MM, (radius - reach, radius + reach))
    half = math.ceil(math.degrees(math.asin(reach / radius))) if radius > reach else polar.ANGLES // 2
    middle = round(math.degrees(math.atan2(-shape[2], shape[1])))
    return slice(low, high), (middle - half + np.arange(min(2 * half + 1, polar.ANGLES))) % polar.ANGLES


def _disc(shape: Shape, x: Array, y: Array) -> Array:
    """Share, 0 to 1, of a disc blurred by a Gaussian."""
    return np.interp(np.hypot(x - shape[1], y - shape[2]), *_disc_profile(shape[3], BLUR_MM), right=0.0)


@lru_cache(maxsize=256)
def _disc_profile(diameter_mm: float, blur_mm: float) -> tuple[Array, Array]:
    """Distances from a blurred disc's middle, and its share there."""
    knots = np.arange(0.0, 0.5 * diameter_mm + BLUR_REACH * blur_mm, KNOT_MM)
    return knots, disc_profile(knots, 0.5 * diameter_mm, blur_mm)


def _comb(shape: Shape, x: Array, y: Array) -> Array:
    """Share, 0 to 1, of a group's bars blurred by a Gaussian: side by side, or each along its own radius."""
    _, x_mm, y_mm, bar_mm, length_mm, turn, bars, radial = shape
    off = (2.0 * np.arange(bars) - (bars - 1.0)) * bar_mm
    radius = math.hypot(x_mm, y_mm)
    turns = turn + off / radius if radial else np.full_like(off, turn)
    s, c = np.sin(turns), np.cos(turns)
    dx = x[..., None] - (radius * c if radial else x_mm - off * s)
    dy = y[..., None] - (-radius * s if radial else y_mm - off * c)
    return np.asarray((_box(bar_mm, dx * s + dy * c) * _box(length_mm, dx * c - dy * s)).sum(axis=-1))


def _box(width_mm: float, t: Array) -> Array:
    """Share, 0 to 1, of a blurred strip at distances from its middle."""
    return np.interp(np.abs(t), *_box_profile(width_mm), right=0.0)


@lru_cache(maxsize=256)
def _box_profile(width_mm: float) -> tuple[Array, Array]:
    """Distances from a blurred strip's middle, and its share there."""
    knots = np.arange(0.0, 0.5 * width_mm + BLUR_REACH * BLUR_MM, KNOT_MM)
    return knots, ndtr((knots + 0.5 * width_mm) / BLUR_MM) - ndtr((knots - 0.5 * width_mm) / BLUR_MM)
