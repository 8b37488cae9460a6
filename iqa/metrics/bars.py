"""Line-pair groups on the image: which slices show them, which pixels, and where their bars lie there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.regions import (
    Circle,
    Noise,
    at_end_of_scale,
    crop,
    cut_by_field,
    depth_mm,
    middle_slices,
    places,
    small_features,
    take,
)
from iqa.model import LinePairs, Module, ModuleFit, NotMeasured, Scan
from iqa.signal.bar_strips import Group, Patch
from iqa.signal.noise import Mask

Array = NDArray[np.float64]

FLANK_MM = 2.5
"""Base beside the outer bars that is given to the fit: groups of a Catphan stand 5 mm apart."""
CLEAR_MM = 1.2
"""Distance from the outer bars from which the base is free of their blur, for a rough contrast and for the noise."""
INNER = 0.4
"""Part of a bar's length, about its middle, that is used: what a gauge stands off in the radius (0.2 mm), and ends that
a sharp kernel overshoots, then change T by less than 0.3 %."""
INNER_MM = 4.0
"""Largest such part: of 15 mm more would cost time, and noise is no limit there."""
SHOWN = 0.5
"""Slices are pooled that show a group with at least this share of the contrast of the one that shows it best."""
FRINGE = 0.1
"""Slices with less, down to this, are its fringe: a cone beam's showed bars of 6 lp/cm with a third less modulation."""
MOST_SLICES = 3
"""Slices used of bars that are longer along z than a section, the middle ones, for the same reason."""
STRAY_Z_MM = 1.0
"""A gauge's plane may lie this far from its place in the definition: 504 differ by 0.4 mm, two 604 by 0.5 mm."""
SMALLEST_CNR = 2.0
"""Contrast of bars over the noise of a pixel below which none are seen."""
NOISE_RADIUS_MM = (1.3, 5.0)
"""Radii of the discs of base between groups in which the noise is read."""
NOISE_DISCS = 8
"""Such discs used, the largest."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A group in the stack frame of one slice, at the image's scale: middle, and unit vectors along and across."""

    middle: Array
    """From the module's centre, mm."""
    along: Array
    across: Array
    centre: Array
    """Of the module, mm."""
    scale: float

    @classmethod
    def of(cls, scan: Scan, fit: ModuleFit, index: int, group: LinePairs, offset_mm: Array) -> Frame:
        """The group with a gauge shifted by (x, y) and turned by an angle, rad, against its module."""
        c, s = math.cos(offset_mm[2]), math.sin(offset_mm[2])
        turn = np.array([[c, s], [-s, c]]) @ fit.pose.matrix[:2, :2]
        angle = math.radians(group.bar_angle_deg)
        along = turn @ (math.cos(angle), -math.sin(angle)) / fit.pose.scale
        across = turn @ (math.sin(angle), math.cos(angle)) / fit.pose.scale
        centre = np.array(fit.pose.on_plane(0.0, 0.0, float(scan.z_mm[index]))) + offset_mm[:2]
        return cls(turn @ (group.x_mm, group.y_mm), along, across, centre, fit.pose.scale)

    def places(self, group: LinePairs, x: Array, y: Array) -> tuple[Array, Array]:
        """Distances across and along the bars from the group's middle; round the module's centre for a fan."""
        px, py = x - self.centre[0], y - self.centre[1]
        if not group.radial:
            px, py = px - self.middle[0], py - self.middle[1]
        across, along = (v[0] * px + v[1] * py for v in (self.across, self.along))
        if not group.radial:
            return across, along
        radius = math.hypot(*self.middle)
        return radius * np.arctan2(across, along), np.hypot(px, py) - radius

    def bars(self, group: LinePairs) -> tuple[Array, Array, Array]:
        """Normals (m, 2), offsets and distances from the group's middle (m, k) of the bars; see `Patch`."""
        spread = spread_mm(group) * self.scale
        if not group.radial:
            return self.across[None], (spread + self.across @ (self.centre + self.middle))[None], spread[None]
        # Bars of a fan meet in the module's centre; one at +d across is turned from the middle one towards `across`.
        turn = spread / math.hypot(*self.middle)
        normals = np.multiply.outer(np.cos(turn), self.across) - np.multiply.outer(np.sin(turn), self.along)
        return normals, (normals @ self.centre)[:, None], spread[:, None]

    def lever(self, radius_mm: float) -> Array:
        """(3,) how far the group moves across its bars with its gauge; see `Group`."""
        turned = self.across[0] * self.middle[1] - self.across[1] * self.middle[0]
        return np.array([self.across[0], self.across[1], turned / radius_mm])


@dataclass(frozen=True, eq=False)
class Cut:
    """A group's middle part on one slice."""

    index: int
    patch: Patch
    corner: tuple[int, int]
    """(row, column) of the patch's axes in the slice."""
    height: float
    """Mean of bars and gaps above the base beside them, HU."""

    def saturated(self, scan: Scan) -> bool:
        """True where pixels lie at the end of the grey scale."""
        rows, columns = self.patch.rows + self.corner[0], self.patch.columns + self.corner[1]
        return at_end_of_scale(scan, self.index, scan.stored[self.index][rows, columns].astype(np.int64))


@dataclass(frozen=True, eq=False)
class Seen:
    """A group on the slices that show it."""

    group: LinePairs
    cuts: tuple[Cut, ...]
    fringe: tuple[Cut, ...]
    """On further slices, which show it faintly."""
    lever: Array
    scale: float
    sign: float
    """−1 for bars darker than the base; the patches hold the image times it."""

    @property
    def slices(self) -> tuple[int, ...]:
        """Sorted indices."""
        return tuple(c.index for c in self.cuts)

    @cached_property
    def heights(self) -> Array:
        """(slices,) how strongly each slice shows it, against their mean."""
        heights = np.array([c.height for c in self.cuts])
        return np.asarray(heights / heights.mean())

    @property
    def reach_mm(self) -> float:
        """Distance of the outer bars' middles from the group's middle."""
        return float(spread_mm(self.group)[-1]) * self.scale

    def fitted(self, noise: Noise, z_mm: Array) -> Group:
        """What the fit needs."""
        group = self.group
        length = group.length_mm * self.scale
        return Group(
            patches=tuple(c.patch for c in self.cuts),
            fringe=tuple(c.patch for c in self.fringe),
            heights=self.heights,
            bar_mm=group.bar_mm * self.scale,
            length_mm=length,
            half_mm=_half_mm(length),
            contrast=2.0 * float(np.mean([c.height for c in self.cuts])),
            lever=self.lever,
            noise=noise.slices.mean_factor(z_mm[list(self.slices)]),
        )


def _half_mm(length_mm: float) -> float:
    """Half of the part of a bar's length that is used."""
    return min(INNER * length_mm, INNER_MM) / 2


def spread_mm(group: LinePairs) -> Array:
    """(bars,) distances of the bars' middles from the group's middle, at the definition's scale."""
    return np.asarray(2.0 * group.bar_mm * (np.arange(group.bars) - 0.5 * (group.bars - 1)))


def nominal_slices(scan: Scan, fit: ModuleFit, group: LinePairs) -> tuple[int, ...]:
    """Slices inside bars that are longer along z than two sections, the middle ones; else those that may meet them."""
    depth = depth_mm(fit.pose, group.x_mm, group.y_mm, scan.z_mm[list(fit.slices)])
    half, section = (group.z_to_mm - group.z_from_mm) / 2, scan.section_mm
    thin = half < section
    reach = half + section / 2 + STRAY_Z_MM + (fit.u_z_mm or 0.0) if thin else half - section / 2
    away = np.abs(depth - (group.z_to_mm + group.z_from_mm) / 2)
    met = tuple(i for i, a in zip(fit.slices, away, strict=True) if a <= reach)
    return met if thin else middle_slices(met, MOST_SLICES)


def see(scan: Scan, module: Module, fit: ModuleFit, group: LinePairs, noise: Noise) -> Seen | NotMeasured:
    """A group on those slices that show it, its gauge where the module's pose has it; or why it is not seen."""
    slices = nominal_slices(scan, fit, group)
    if not slices:
        return _no_plane(fit, module, group)
    seen = _seen(scan, fit, group, slices, math.copysign(1.0, group.hu - module.body_hu), np.zeros(3))
    if seen is None:
        return cut_by_field("", f"bars of {group.lp_per_cm:g} lp/cm")
    heights = np.array([c.height for c in seen.cuts])
    if 2.0 * heights.max() < SMALLEST_CNR * noise.covariance.sd:
        return _no_plane(fit, module, group)
    cuts = tuple(c for c in seen.cuts if c.height >= SHOWN * heights.max())
    fringe = tuple(c for c in seen.cuts if FRINGE <= c.height / heights.max() < SHOWN)
    if any(c.saturated(scan) for c in cuts):
        reason = f"Pixels of the bars of {group.lp_per_cm:g} lp/cm lie at the end of the grey scale."
        return NotMeasured("", reason, "An extended CT number scale.")
    return replace(seen, cuts=cuts, fringe=fringe)


def moved(scan: Scan, fit: ModuleFit, seen: Seen, offset_mm: Array) -> Seen:
    """The same group, its gauge shifted by (x, y) and turned by an angle, rad; unmoved where the field would cut it."""
    faint = [c.index for c in seen.fringe]
    again = _seen(scan, fit, seen.group, [*seen.slices, *faint], seen.sign, offset_mm)
    if again is None:
        return seen
    count = len(seen.cuts)
    return replace(again, cuts=again.cuts[:count], fringe=again.cuts[count:])


def _seen(
    scan: Scan, fit: ModuleFit, group: LinePairs, slices: Sequence[int], sign: float, offset_mm: Array
) -> Seen | None:
    frames = [Frame.of(scan, fit, i, group, offset_mm) for i in slices]
    cuts = [_cut(scan, index, group, frame, sign) for index, frame in zip(slices, frames, strict=True)]
    whole = tuple(c for c in cuts if c is not None)
    if len(whole) < len(cuts):
        return None
    return Seen(group, whole, (), frames[0].lever(radius_mm(fit, [group])), fit.pose.scale, sign)


def radius_mm(fit: ModuleFit, groups: Sequence[LinePairs]) -> float:
    """Mean distance of groups from the module's centre, on the image."""
    return fit.pose.scale * float(np.mean([math.hypot(g.x_mm, g.y_mm) for g in groups]))


def _cut(scan: Scan, index: int, group: LinePairs, frame: Frame, sign: float) -> Cut | None:
    outer = (group.bars - 0.5) * group.bar_mm * frame.scale
    half = _half_mm(group.length_mm * frame.scale)
    x, y = frame.centre + frame.middle
    seen = crop(scan, index, Circle(float(x), float(y), math.hypot(outer + FLANK_MM, half) + max(scan.pixel_mm)))
    if seen is None:
        return None
    x0, y0 = scan.to_stack(seen.corner[1], seen.corner[0], index)
    x_mm = x0 + scan.pixel_mm[1] * np.arange(seen.hu.shape[1], dtype=np.float64)
    y_mm = y0 + scan.pixel_mm[0] * np.arange(seen.hu.shape[0], dtype=np.float64)
    across, along = frame.places(group, x_mm[None, :], y_mm[:, None])
    mask = seen.mask & (np.abs(along) <= half) & (np.abs(across) <= outer + FLANK_MM)
    rows, columns = np.nonzero(mask)
    place, hu = across[mask], sign * seen.hu[mask].astype(np.float64)
    beside = np.abs(place) > outer + CLEAR_MM
    height = float(hu[np.abs(place) < outer].mean() - hu[beside].mean())
    return Cut(index, Patch(hu, place, rows, columns, x_mm, y_mm, *frame.bars(group)), seen.corner, height)


def core(cut: Cut, reach_mm: float, shift_mm: float) -> tuple[Mask, Mask]:
    """Mask (rows, columns) of the pixels between the middles of the outer bars, and the same for those of the patch."""
    kept = np.asarray(np.abs(cut.patch.place_mm - shift_mm) <= reach_mm)
    mask = np.zeros((len(cut.patch.y_mm), len(cut.patch.x_mm)), dtype=bool)
    mask[cut.patch.rows[kept], cut.patch.columns[kept]] = True
    return mask, kept


def noise_levels(
    scan: Scan, module: Module, fit: ModuleFit, groups: Sequence[LinePairs], slices: Sequence[int], noise: Noise
) -> Array:
    """(k,) pixel variances, HU², in discs of base between neighbouring groups; empty where there is no room."""
    radius = float(np.mean([math.hypot(g.x_mm, g.y_mm) for g in groups]))
    angles = sorted(math.atan2(-g.y_mm, g.x_mm) for g in groups)
    middles = [(a + b) / 2 for a, b in pairwise([*angles, angles[0] + 2.0 * math.pi])]
    spots = [Circle(radius * math.cos(a), -radius * math.sin(a), NOISE_RADIUS_MM[1]) for a in middles]
    spots = [replace(c, radius_mm=min(_room(module, groups, c), c.radius_mm)) for c in spots]
    roomy = sorted((c for c in spots if c.radius_mm >= NOISE_RADIUS_MM[0]), key=lambda c: -c.radius_mm)[:NOISE_DISCS]
    samples = [take(scan, places(scan, fit, c, slices)) for c in roomy]
    return np.array([noise.level(s) for s in samples if s is not None])


def _room(module: Module, groups: Sequence[LinePairs], spot: Circle) -> float:
    """Radius of the largest disc of base about a spot of the module's frame."""
    free = [math.hypot(f.x_mm - spot.x_mm, f.y_mm - spot.y_mm) - f.diameter_mm / 2 for f in small_features(module)]
    for g in groups:
        angle = math.radians(g.bar_angle_deg)
        dx, dy = spot.x_mm - g.x_mm, spot.y_mm - g.y_mm
        along = abs(dx * math.cos(angle) - dy * math.sin(angle)) - g.length_mm / 2
        across = abs(dx * math.sin(angle) + dy * math.cos(angle)) - (g.bars - 0.5) * g.bar_mm
        free.append(math.hypot(max(along, 0.0), max(across, 0.0)))
    return min(free) - CLEAR_MM


def _no_plane(fit: ModuleFit, module: Module, group: LinePairs) -> NotMeasured:
    z = fit.pose.place(group.x_mm, group.y_mm, (group.z_from_mm + group.z_to_mm) / 2)[2]
    return NotMeasured(
        "",
        f"No slice of module {module.name} shows bars of {group.lp_per_cm:g} lp/cm, expected near z = {z:.1f} mm.",
        "A slice in the plane of the line pairs, and contiguous slices about it.",
    )
