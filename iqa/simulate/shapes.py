"""What a phantom is made of, blurred: rods, bars and slanted lines, each drawn on its own piece of a slice.

Every shape is held in the stack frame and knows where its own centre lies on any plane z. A picture is the mean of the
blurred sections over the slice's profile, so partial volume and the shift of tilted features inside a slice are there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.special import erf, j1

from iqa.simulate.blur import Blur, Disc
from iqa.simulate.section import Section

Floats = NDArray[np.float64]
Window = tuple[slice, slice]

NODES = ((1.0, 3), (2.5, 5), (6.0, 9), (math.inf, 20))
"""Gauss nodes over a slice, by the travel of a feature inside it in units of the blur's width. Three nodes leave 4e-5
of the contrast at a travel of 1."""
LINE_STEP = 1.0 / 60.0
"""Grid along a slanted line against the narrowest Gaussian; linear interpolation then errs by 4e-5 of the peak."""
STILL = 1e-9
"""A slope below this moves nothing by a nanometre."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """The pixels of one slice and how the scanner blurs.

    Attributes
    ----------
    x_mm, y_mm : (columns,), (rows,) float
        Places of the pixels in the stack frame.
    blur : Blur
    section : Section
    """

    x_mm: Floats
    y_mm: Floats
    blur: Blur
    section: Section

    def window(self, x: float, y: float, half_x: float, half_y: float) -> Window | None:
        """Rows and columns within a distance of a point; None when that lies outside the picture."""
        columns = np.searchsorted(self.x_mm, (x - half_x, x + half_x))
        rows = np.searchsorted(self.y_mm, (y - half_y, y + half_y))
        if columns[0] == columns[1] or rows[0] == rows[1]:
            return None
        return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))

    def offsets(self, window: Window, x: float, y: float) -> tuple[Floats, Floats]:
        """(1, columns) and (rows, 1) distances of the window's pixels from a point."""
        return self.x_mm[None, window[1]] - x, self.y_mm[window[0], None] - y

    def nodes(self, low: float, high: float, slope: float) -> tuple[Floats, Floats]:
        """Distances from the slice's plane, and weights, that average a feature moving by `slope` mm per mm."""
        reach = self.section.half_mm
        travel = slope * (min(high, reach) - max(low, -reach)) / self.blur.width_mm
        count = 1 if slope < STILL else next(n for limit, n in NODES if travel < limit)
        return self.section.nodes(low, high, count)


Picture = tuple[Window, Floats]


class Shape(Protocol):
    """What the renderer needs of a shape."""

    @property
    def steady(self) -> bool:
        """Its picture is the same on every slice, up to its share of the slice."""

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest stack z that it touches."""

    def share(self, canvas: Canvas, z_mm: float) -> float:
        """Share of a slice at z that it fills, where it is steady."""

    def picture(self, canvas: Canvas, z_mm: float) -> Picture | None:
        """Window and CT number to add on a slice at z (whole, where steady); None off the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where a shape lies: a point of its axis, how the axis leans, its two end faces and its contrast."""

    x_mm: float
    y_mm: float
    z_mm: float
    z_from_mm: float
    z_to_mm: float
    hu: float
    """Contrast to what surrounds it."""
    slope_x: float = 0.0
    slope_y: float = 0.0
    """dx/dz and dy/dz of the axis, which is normal to the end faces."""

    @property
    def steady(self) -> bool:
        """The axis stands upright on the slices."""
        return self.slope < STILL

    @property
    def slope(self) -> float:
        """Travel on the image in mm per mm of z."""
        return math.hypot(self.slope_x, self.slope_y)

    def centre(self, z_mm: float) -> tuple[float, float]:
        """(x, y) of the axis on the plane z."""
        dz = z_mm - self.z_mm
        return self.x_mm + dz * self.slope_x, self.y_mm + dz * self.slope_y

    def share(self, canvas: Canvas, z_mm: float) -> float:
        """Share of the slice between the end faces, on the axis."""
        return float(canvas.section.share(self.z_from_mm - z_mm, self.z_to_mm - z_mm))

    def shares(self, canvas: Canvas, z_mm: float, dx: Floats, dy: Floats) -> Floats | float:
        """Share of the slice between the leaning end faces, at offsets from the axis on the plane z; 1 where steady."""
        if self.steady or self._holds(canvas, z_mm, dx, dy):
            return 1.0
        lean = dx * self.slope_x + dy * self.slope_y
        low, high = ((face - z_mm) * (1.0 + self.slope**2) - lean for face in (self.z_from_mm, self.z_to_mm))
        return canvas.section.share(low, high)

    def _holds(self, canvas: Canvas, z_mm: float, dx: Floats, dy: Floats) -> bool:
        """The whole slice lies between the end faces, at every offset."""
        lean = abs(self.slope_x) * float(np.abs(dx).max()) + abs(self.slope_y) * float(np.abs(dy).max())
        reach = canvas.section.half_mm + lean
        return self.z_from_mm < z_mm - reach and z_mm + reach < self.z_to_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Rod(Extent):
    """A cylinder: the body, an insert, a pin, a target, an upright or leaning wire, a slab of a ball.

    `bowl_hu` is added at its rim, growing from its axis with the square of the radius.
    """

    disc: Disc
    bowl_hu: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest stack z that it touches."""
        lean = self.slope * self.disc.radius_mm
        return self.z_from_mm - lean, self.z_to_mm + lean

    def picture(self, canvas: Canvas, z_mm: float) -> Picture | None:
        """Window and CT number to add on a slice at z."""
        x, y = self.centre(z_mm)
        half = self.disc.radius_mm * (1.0 + self.slope**2) + canvas.blur.reach_mm + self.slope * canvas.section.half_mm
        window = canvas.window(x, y, half, half)
        if window is None:
            return None
        dx, dy = canvas.offsets(window, x, y)
        filled = self._section(canvas, z_mm, dx, dy)
        return window, self._hu(dx, dy) * filled * self.shares(canvas, z_mm, dx, dy)

    def _hu(self, dx: Floats, dy: Floats) -> Floats | float:
        return self.hu + self.bowl_hu * (dx**2 + dy**2) / self.disc.radius_mm**2 if self.bowl_hu else self.hu

    def _section(self, canvas: Canvas, z_mm: float, dx: Floats, dy: Floats) -> Floats:
        """Blurred section, averaged over the slice; only the ring in which anything changes is looked up."""
        away, weights = canvas.nodes(self.z_from_mm - z_mm, self.z_to_mm - z_mm, self.slope)
        mean = float(away @ weights)
        # squared distances first: the exact radius is needed in the ring alone
        square = (dx - mean * self.slope_x) ** 2 + (dy - mean * self.slope_y) ** 2
        spare = canvas.blur.reach_mm + self.slope * float(np.abs(away - mean).max())
        within = max(self.disc.radius_mm - spare, 0.0)
        filled = (square < within**2).astype(np.float64)
        beyond = self.disc.radius_mm * math.hypot(1.0, self.slope) + spare
        rows, columns = np.nonzero((square >= within**2) & (square < beyond**2))
        x, y = dx[0, columns], dy[rows, 0]
        ring = np.zeros_like(x)
        for a, weight in zip(away, weights, strict=True):
            ring += weight * self.disc.at(self._radius(x - a * self.slope_x, y - a * self.slope_y))
        filled[rows, columns] = ring
        return filled

    def _radius(self, dx: Floats, dy: Floats) -> Floats:
        """Distance from the axis, plus that to the edge: a leaning cylinder is cut into an ellipse.

        The distance to the ellipse is taken to first order, q / |∇q|, so that the blur stays round.
        """
        if self.steady:
            return np.hypot(dx, dy)
        stretch = 1.0 + self.slope**2
        along = (dx * self.slope_x + dy * self.slope_y) / self.slope
        across = (dx * self.slope_y - dy * self.slope_x) / self.slope
        q = np.sqrt(along**2 / stretch + across**2)
        steep = np.sqrt(along**2 / stretch**2 + across**2)
        radius = self.disc.radius_mm
        return np.asarray(radius + (q - radius) * q / np.maximum(steep, 1e-12))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Extent):
    """An upright rectangle: a bar of a line-pair group, a short wire in the plane."""

    half_length_mm: float
    half_width_mm: float
    along_x: float
    along_y: float
    """Unit vector along the bar on the image."""

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest stack z that it touches."""
        lean = self.slope * self.half_length_mm
        return self.z_from_mm - lean, self.z_to_mm + lean

    def picture(self, canvas: Canvas, z_mm: float) -> Picture | None:
        """Window and CT number to add on a slice at z."""
        x, y = self.centre(z_mm)
        margin = canvas.blur.reach_mm + self.half_width_mm + self.slope * canvas.section.half_mm
        half_x = self.half_length_mm * abs(self.along_x) + margin
        window = canvas.window(x, y, half_x, self.half_length_mm * abs(self.along_y) + margin)
        if window is None:
            return None
        dx, dy = canvas.offsets(window, x, y)
        total = np.zeros((dx.size, dy.size)).T
        distances, weights = canvas.nodes(self.z_from_mm - z_mm, self.z_to_mm - z_mm, self.slope)
        for away, weight in zip(distances, weights, strict=True):
            total += weight * self._section(canvas.blur, dx - away * self.slope_x, dy - away * self.slope_y)
        return window, self.hu * total * self.shares(canvas, z_mm, dx, dy)

    def _section(self, blur: Blur, dx: Floats, dy: Floats) -> Floats:
        along = dx * self.along_x + dy * self.along_y
        across = dy * self.along_x - dx * self.along_y
        total = np.zeros_like(along)
        for s, w in zip(blur.sigma_mm, blur.weight, strict=True):
            total += w * _bar(along, self.half_length_mm, s) * _bar(across, self.half_width_mm, s)
        return total


def _bar(x: Floats, half: float, sigma: float) -> Floats:
    """Gaussian-blurred interval of half width `half`."""
    k = 1.0 / (math.sqrt(2.0) * sigma)
    return np.asarray(0.5 * (erf((x + half) * k) - erf((x - half) * k)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A wire or a slit slanted against the slices: its image is the slice's profile laid out along it, then blurred.

    Attributes
    ----------
    x_mm, y_mm, z_mm : float
        Its middle in the stack frame.
    along_x, along_y : float
        Unit vector on the image along which it travels; it rises by `rise` mm of z per mm.
    half_length_mm : float
        Along the image plane.
    diameter_mm : float
        Of a wire; of a slit its height along z.
    half_width_mm : float or None
        Of a slit, across the travel; None for a wire.
    hu : float
        Contrast to what surrounds it.
    """

    x_mm: float
    y_mm: float
    z_mm: float
    along_x: float
    along_y: float
    rise: float
    half_length_mm: float
    diameter_mm: float
    half_width_mm: float | None
    hu: float

    @property
    def steady(self) -> bool:
        """Never: its picture travels from slice to slice."""
        return False

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest stack z that it touches."""
        half = abs(self.rise) * self.half_length_mm + 0.5 * self.diameter_mm
        return self.z_mm - half, self.z_mm + half

    def share(self, canvas: Canvas, z_mm: float) -> float:
        """Share of the slice at the middle of the line."""
        half = 0.5 * self.diameter_mm
        return float(canvas.section.share(self.z_mm - z_mm - half, self.z_mm - z_mm + half))

    def picture(self, canvas: Canvas, z_mm: float) -> Picture | None:
        """Window and CT number to add on a slice at z."""
        # how far from the crossing the slice still sees the line
        spread = (canvas.section.half_mm + 0.5 * self.diameter_mm) / abs(self.rise) + self.diameter_mm
        crossing = (z_mm - self.z_mm) / self.rise
        low, high = max(crossing - spread, -self.half_length_mm), min(crossing + spread, self.half_length_mm)
        if low >= high:
            return None
        mid, half = 0.5 * (low + high), 0.5 * (high - low) + canvas.blur.reach_mm
        x, y = self.x_mm + mid * self.along_x, self.y_mm + mid * self.along_y
        across = canvas.blur.reach_mm + (self.half_width_mm or self.diameter_mm)
        window = canvas.window(
            x,
            y,
            half * abs(self.along_x) + across * abs(self.along_y),
            half * abs(self.along_y) + across * abs(self.along_x),
        )
        if window is None:
            return None
        dx, dy = canvas.offsets(window, self.x_mm, self.y_mm)
        u, v = dx * self.along_x + dy * self.along_y, dy * self.along_x - dx * self.along_y
        return window, self._image(canvas, z_mm, (low - half, high + half), u, v)

    def _image(self, canvas: Canvas, z_mm: float, ends: tuple[float, float], u: Floats, v: Floats) -> Floats:
        step = LINE_STEP * min(canvas.blur.sigma_mm)
        grid = ends[0] + step * np.arange(next_fast_len(int((ends[1] - ends[0]) / step) + 1, real=True))
        f = rfftfreq(len(grid), step)
        # along the line everything is a product in frequency; only the blur is met in each of its Gaussians
        spectrum = rfft(self._mass(canvas.section, z_mm, grid, step)) * self._smear(f)
        total = np.zeros(np.broadcast_shapes(u.shape, v.shape))
        for s, w in zip(canvas.blur.sigma_mm, canvas.blur.weight, strict=True):
            profile = irfft(spectrum * np.exp(-2.0 * (np.pi * s * f) ** 2), len(grid)) / step
            total += w * np.interp(u, grid, profile) * self._across(v, s)
        return self.hu * total

    def _mass(self, section: Section, z_mm: float, grid: Floats, step: float) -> Floats:
        """Area (wire) or length (slit) of the line per grid cell, weighted by the slice's profile."""
        low, high = (np.clip(grid + side * step / 2, -self.half_length_mm, self.half_length_mm) for side in (-1, 1))
        if self.half_width_mm is not None:
            height, middle = 0.5 * self.diameter_mm, self.z_mm - z_mm + 0.5 * (low + high) * self.rise
            return section.share(middle - height, middle + height) * (high - low)
        area = 0.25 * math.pi * self.diameter_mm**2 * math.hypot(1.0, self.rise) / abs(self.rise)
        below, above = (self.z_mm - z_mm + end * self.rise for end in (low, high))
        return area * np.abs(section.share(below, above))

    def _smear(self, f: Floats) -> Floats:
        """Transform along the travel of a wire's elliptic section, 2 J₁(πdf)/(πdf); 1 for a slit."""
        if self.half_width_mm is not None:
            return np.ones_like(f)
        u = np.pi * f * self.diameter_mm * math.hypot(1.0, self.rise) / abs(self.rise)
        return np.asarray(np.divide(2.0 * j1(u), u, out=np.ones_like(u), where=u > 1e-9))

    def _across(self, v: Floats, sigma: float) -> Floats:
        if self.half_width_mm is not None:
            return _bar(v, self.half_width_mm, sigma)
        wide = math.hypot(sigma, 0.25 * self.diameter_mm)
        return np.asarray(np.exp(-0.5 * (v / wide) ** 2) / (math.sqrt(2.0 * math.pi) * wide))
