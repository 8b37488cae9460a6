"""Low-contrast rods as they are really measured: their slices, the pixels about each, and what stands beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.frames import Frames
from iqa.metrics.plateau import ENOUGH_SLICES
from iqa.metrics.regions import Array, Rod, depth_mm, small_features
from iqa.model import Bead, Module, ModuleFit, Scan, Target
from iqa.signal.disc import Edge
from iqa.signal.faint import About, Shape
from iqa.signal.noise import Mask
from iqa.signal.plane import distance

FARTHEST_MM = 20.0
"""Base material is sought to this distance from a rod's edge: past the whole row of its neighbours."""
BAND_MM = 3.0
"""Least half width of the band of base material beside a rod, on the circle on which it stands."""
STRAIGHT_MM = 20.0
"""Rods nearer to the axis have their base material on a straight band: their circle would bend round them."""
MARGIN_BLURS, MARGIN_MM = 2.0, 0.3
"""Kept from any rod's edge: edge blurs, where 1 % of its contrast is left, and how far a rod may stray."""
LEAST_OVERLAP = 0.5
"""Share of a section, or of a rod shorter than it, that the rod must fill for its partial volume to be of use."""
Box = tuple[slice, slice]
"""Rows and columns."""
NOBODY, SEVERAL = -1, -2
"""Pixels of base material, and those near two rods."""


@dataclass(frozen=True, eq=False)
class Window:
    """The pixels about one rod."""

    box: Box
    """Where they lie in the frames."""
    free: Mask
    """Clear of every other feature."""
    band: Mask
    """Of these, base material at the rod's distance from the axis."""
    about: About
    centre_mm: tuple[float, float]
    """Of the rod, in the stack frame of the middle slice."""


@dataclass(frozen=True, eq=False)
class Stand:
    """A module's rods where they stand in a scan, and how surely."""

    scan: Scan
    module: Module
    fit: ModuleFit
    frames: Frames
    edge: Edge
    u_shift_mm: float
    """Of each coordinate of the module's centre."""
    u_roll_deg: float
    u_place_mm: float
    """Of each coordinate of a rod in its module."""

    @property
    def margin_mm(self) -> float:
        """Distance kept from every edge."""
        return MARGIN_BLURS * self.edge.blur_mm + MARGIN_MM

    @cached_property
    def shapes(self) -> dict[float, Shape]:
        """Rods by their diameter as the image shows them."""
        diameters = {rod.diameter_mm for rods in self.module.targets.values() for rod in rods}
        return {d: Shape.of(d / 2 * self.fit.pose.scale, self.edge) for d in diameters}

    def u_mm(self, rod: Target) -> float:
        """Standard uncertainty of each coordinate of a rod."""
        turned = math.radians(self.u_roll_deg) * math.hypot(rod.x_mm, rod.y_mm) / math.sqrt(2.0)
        return math.hypot(self.u_shift_mm, self.u_place_mm, turned)

    def sections(self, rod: Target) -> tuple[tuple[int, ...], bool]:
        """Slices of a rod, and whether they may hold less than a whole section of it.

        Surely inside if there are any, else nominally inside, else the one that holds most of a short rod.
        """
        section, u_z, step = self.scan.section_mm, self.fit.u_z_mm or 0.0, self.scan.step_mm or 0.0
        depth = depth_mm(self.fit.pose, rod.x_mm, rod.y_mm, self.scan.z_mm[list(self.fit.slices)])
        spare = np.minimum(depth - rod.z_from_mm, rod.z_to_mm - depth)
        clear, sure, nominal = (
            tuple(i for i, held in zip(self.fit.slices, spare >= reach, strict=True) if held)
            for reach in (section + u_z + step / 2, section + u_z, section / 2)
        )
        inside = clear if len(clear) >= ENOUGH_SLICES else sure
        if inside or nominal:
            return inside or nominal, not inside
        best = int(np.argmax(spare))
        held = section / 2 + spare[best]
        wanted = LEAST_OVERLAP * min(section, rod.z_to_mm - rod.z_from_mm)
        return ((self.fit.slices[best],) if held >= wanted else ()), True

    def window(self, rod: Target, slices: Sequence[int]) -> Window:
        """The pixels about a rod."""
        seen, number = self.frames, next(k for k, f in enumerate(self._round) if f is rod)
        x, y = self._centres[number] + seen.rest_mm[seen.numbers(slices)].mean(axis=0)
        radius = self.shapes[rod.diameter_mm].radius_mm
        box = _near(seen.y_mm, y, radius + FARTHEST_MM), _near(seen.x_mm, x, radius + FARTHEST_MM)
        about, owner = self._about(float(x), float(y), box), self._owner[box]
        beside = (np.abs(about.across_mm) <= max(radius, BAND_MM)) & (about.r_mm <= radius + FARTHEST_MM)
        return Window(
            box=box,
            free=(owner == NOBODY) | (owner == number),
            band=(owner == NOBODY) & beside,
            about=about,
            centre_mm=(float(x), float(y)),
        )

    def _about(self, x: float, y: float, box: Box) -> About:
        ax, ay = self._axis
        away, turn = math.hypot(x - ax, y - ay), math.atan2(ay - y, x - ax)
        dx, dy = np.broadcast_arrays(self.frames.x_mm[None, box[1]] - x, self.frames.y_mm[box[0], None] - y)
        if away < STRAIGHT_MM:
            c, s = math.cos(turn), math.sin(turn)
            return About(dx, dy, -s * dx - c * dy, c * dx - s * dy)
        radius, angle = (field[box] for field in self._polar)
        turned = angle - turn
        along = away * (turned - 2.0 * np.pi * np.rint(turned / (2.0 * np.pi)))
        return About(dx, dy, along, radius - away)

    @cached_property
    def _round(self) -> list[Rod | Bead]:
        return list(small_features(self.module))

    @cached_property
    def _axis(self) -> tuple[float, float]:
        return self.fit.pose.on_plane(0.0, 0.0, float(self.scan.z_mm[self.frames.middle]))

    @cached_property
    def _centres(self) -> Array:
        """(features, 2) on the middle slice."""
        pose = self.fit.pose
        x, y, z = pose.matrix @ np.array([(f.x_mm, f.y_mm, 0.0) for f in self._round]).T
        rise = float(self.scan.z_mm[self.frames.middle]) - pose.z_mm - z
        along_x, along_y = pose.slopes
        return np.stack([pose.x_mm + x + rise * along_x, pose.y_mm + y + rise * along_y], axis=1)

    @cached_property
    def _polar(self) -> tuple[Array, Array]:
        """Distance of each pixel from the axis, mm, and its angle, counter-clockwise as displayed."""
        x, y = self.frames.x_mm[None, :] - self._axis[0], self._axis[1] - self.frames.y_mm[:, None]
        return distance(x, y), np.arctan2(y, x)

    @cached_property
    def _owner(self) -> NDArray[np.int16]:
        """For each pixel, the number of the feature whose edge it is not clear of."""
        owner = np.full(self.frames.hu.shape[1:], NOBODY, dtype=np.int16)
        for k, ((x, y), f) in enumerate(zip(self._centres, self._round, strict=True)):
            radius = f.diameter_mm / 2 * self.fit.pose.scale + self.margin_mm
            box = _near(self.frames.y_mm, y, radius), _near(self.frames.x_mm, x, radius)
            near = np.hypot(self.frames.x_mm[None, box[1]] - x, self.frames.y_mm[box[0], None] - y) <= radius
            owner[box] = np.where(near, np.where(owner[box] == NOBODY, k, SEVERAL), owner[box])
        return owner

    def moved(self, shift_mm: tuple[float, float], turn_deg: float, stretch: float) -> Stand:
        """The same after a shift, a turn and a stretch about the module's centre."""
        pose = self.fit.pose
        pose = replace(
            pose,
            x_mm=pose.x_mm + shift_mm[0],
            y_mm=pose.y_mm + shift_mm[1],
            roll_deg=pose.roll_deg + turn_deg,
            scale=pose.scale * (1.0 + stretch),
        )
        return replace(self, fit=replace(self.fit, pose=pose))


def _near(axis_mm: Array, at: float, reach: float) -> slice:
    """Pixels of an axis within reach of a place."""
    first, last = np.searchsorted(axis_mm, (at - reach, at + reach))
    return slice(int(first), int(last))
