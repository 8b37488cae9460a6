"""Where a module's low-contrast rods stand: the module's place refined on the rods themselves, all together.

A rod missed by half its radius would give a wrong contrast that looks right, and recognition leaves such modules some
tenths of a millimetre and half a degree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics.frames import frames
from iqa.metrics.plateau import plateau
from iqa.metrics.regions import Array, Noise
from iqa.metrics.rods import BAND_MM, Stand
from iqa.model import Module, ModuleFit, Scan, Target
from iqa.signal.disc import Edge
from iqa.signal.faint import Displaced, displaced

SHIFT_U_MM = 0.4
"""Standard uncertainty of the module's centre before its rods are looked at: 0.6 mm beside the axis was seen."""
ROLL_U_DEG = 0.5
"""Of its roll where the locator says nothing of it."""
STRETCH_U = 0.006
"""Of the circle's radius against the definition's, relative: 49.6 ± 0.3 mm."""
STRAY_U_MM = 0.25
"""Of each coordinate of a rod in its module: real ones lie 0.2 to 0.3 mm off, ± 0.4° of 50 mm."""
LEAST_DIAMETER_MM = 5.0
"""Smaller rods say little of the module's place, and their neighbours much."""
ROUNDS = 2
"""Of the fit of the place; it is linear to 0.3 mm."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """How far one rod lies from its place."""

    group: str
    x_mm: float
    y_mm: float
    """From the module's centre, on the image."""
    area: float
    found: Displaced
    variance: float
    """Of contrast times displacement, HU² mm²."""


def stand(scan: Scan, module: Module, fit: ModuleFit, edge: Edge, noise: Noise) -> Stand | None:
    """A module's rods where they show themselves to be, on slices that show it alike; None where the field cuts them.

    Notes
    -----
    Shift, turn and stretch of the module by least squares from the displacements of all large rods, each counting as
    much as its contrast and the noise let it; recognition and definition count as one more observation each.
    """
    rods = [rod for rows in module.targets.values() for rod in rows]
    reach = max(math.hypot(f.x_mm, f.y_mm) + max(f.diameter_mm / 2, BAND_MM) for f in rods) * fit.pose.scale
    seen = frames(scan, fit, reach + SHIFT_U_MM)
    if seen is None:
        return None
    start = Stand(scan, module, fit, seen, edge, SHIFT_U_MM, fit.u_roll_deg or ROLL_U_DEG, STRAY_U_MM)
    start = _steady(start, noise)
    before = np.zeros(4)
    now = start
    for _ in range(ROUNDS):
        now, before = _fitted(start, now, before, noise)
    return now


def _telling(at: Stand) -> list[Target]:
    """The rods that tell the module's place: large ones, as long as the longest."""
    rods = [rod for rows in at.module.targets.values() for rod in rows]
    length = max(f.z_to_mm - f.z_from_mm for f in rods)
    return [f for f in rods if f.diameter_mm >= LEAST_DIAMETER_MM and f.z_to_mm - f.z_from_mm == length]


def _steady(at: Stand, noise: Noise) -> Stand:
    """Without slices at the module's ends on which the base material is not what it is in the middle."""
    rods = sorted(_telling(at), key=lambda f: -f.diameter_mm)
    slices = at.sections(rods[0])[0] if rods else ()
    if not slices:
        return at
    window = at.window(rods[0], slices)
    base = window.band
    hu = at.frames.hu[at.frames.numbers(slices)]
    means = hu[:, window.box[0], window.box[1]][:, base].mean(axis=1, dtype=np.float64)
    kept = plateau(means, math.sqrt(noise.covariance.variance_of_mean(base)))
    first = slices[kept.start] if kept.start else at.fit.slices[0]
    last = slices[kept.stop - 1] if kept.stop < len(slices) else at.fit.slices[-1]
    return replace(at, fit=replace(at.fit, slices=tuple(i for i in at.fit.slices if first <= i <= last)))


def _fitted(start: Stand, now: Stand, before: Array, noise: Noise) -> tuple[Stand, Array]:
    """The stand moved to where its rods are, and the whole movement: shift x, y, turn in radians, stretch."""
    seen = list(_displacements(now, noise))
    contrasts = {s.group: _contrast([o for o in seen if o.group == s.group]) for s in seen}
    spread = np.array([SHIFT_U_MM, SHIFT_U_MM, math.radians(start.u_roll_deg), STRETCH_U])
    normal = np.diag(spread**-2.0)
    pull = -normal @ before
    for s in seen:
        rows = contrasts[s.group] * np.array([[1.0, 0.0, s.y_mm, s.x_mm], [0.0, 1.0, -s.x_mm, s.y_mm]])
        weight = 1.0 / (s.variance + (contrasts[s.group] * STRAY_U_MM) ** 2)
        normal += weight * rows.T @ rows
        pull += weight * rows.T @ (s.found.x, s.found.y)
    covariance = np.linalg.inv(normal)
    step = covariance @ pull
    moved = now.moved((float(step[0]), float(step[1])), math.degrees(float(step[2])), float(step[3]))
    u = np.sqrt(np.diag(covariance))
    u_shift = math.hypot(float(u[:2].mean()), float(u[3]) * _radius(now))
    return replace(moved, u_shift_mm=u_shift, u_roll_deg=math.degrees(float(u[2]))), before + step


def _radius(at: Stand) -> float:
    """Distance of the farthest rod from the module's centre, mm."""
    return max(math.hypot(f.x_mm, f.y_mm) for rods in at.module.targets.values() for f in rods)


def _contrast(rods: Sequence[_Seen]) -> float:
    """Mean contrast of a group, HU, large rods counting by their area."""
    return sum(s.area * s.found.contrast for s in rods) / sum(s.area for s in rods)


def _displacements(at: Stand, noise: Noise) -> Iterator[_Seen]:
    means: dict[tuple[int, ...], Array] = {}
    variances: dict[float, float] = {}
    for rod in _telling(at):
        slices, _ = at.sections(rod)
        if not slices:
            continue
        if slices not in means:
            means[slices] = at.frames.hu[at.frames.numbers(slices)].mean(axis=0, dtype=np.float64)
        window, shape = at.window(rod, slices), at.shapes[rod.diameter_mm]
        used = window.free & (window.about.r_mm < shape.radius_mm + 2.0 * at.margin_mm)
        found = displaced(means[slices][window.box], window.about, shape, used)
        if rod.diameter_mm not in variances:  # rods of one size differ by a pixel's phase alone
            factor = noise.slices.mean_factor(at.scan.z_mm[list(slices)])
            variances[rod.diameter_mm] = factor * noise.covariance.variance_of_sum(found.weights_x)
        x, y, _ = at.fit.pose.matrix @ (rod.x_mm, rod.y_mm, 0.0)
        yield _Seen(rod.group, float(x), float(y), shape.radius_mm**2, found, variances[rod.diameter_mm])
