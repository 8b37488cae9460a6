"""The contrast of each low-contrast target against the base material beside it, with the noise it stands in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import absent
from iqa.metrics.inserts import DEFAULT_EDGE
from iqa.metrics.regions import Array, Noise, cut_by_field, u_drift
from iqa.metrics.rod_places import stand
from iqa.metrics.rods import Box, Stand
from iqa.model import Drawn, Located, Module, NotMeasured, Scan, Target
from iqa.signal.disc import Edge
from iqa.signal.faint import Shape, difference
from iqa.signal.noise import Mask
from iqa.signal.plane import distance

GIVEN_UP_BLURS, GIVEN_UP_SHARE = 2.0, 0.2
"""Radius given up to the edge, in edge blurs and at most as a share of it: what bleeds is known and put back, so that
little rods keep their pixels."""
SIDE_MM2 = 30.0
"""Least area of base material on either side; a large rod has its own area."""
LEAST_SHARE = 0.4
"""Share of a rod's contrast that its edge's blur must leave: below it the blur and not the rod decides."""
BLUR_U, DEFAULT_BLUR_U = 0.15, 0.5
"""Relative u of what is put back for the blur, and where no insert shows the blur: true edges of kernels and their fits
differ by 0.01 to 0.15 of it."""
OWN_FREEDOM = 30.0
"""Degrees of freedom with which a module's common noise level steadies that beside each rod."""


@dataclass(frozen=True, eq=False)
class TargetContrast:
    """A measured target: one rod, or several equal ones pooled."""

    name: str
    group: str
    module: str
    shape: Shape
    nominal: float
    """HU, of the definition."""
    contrast: float
    """HU."""
    u: float
    level: float
    """Pixel variance beside it on one slice, HU²."""
    u_level: float
    slices: tuple[int, ...]
    independent: int
    partial: bool
    """Sections may reach beyond the rod's ends."""
    drawn: tuple[Drawn, ...]

    @property
    def cnr(self) -> tuple[float, float]:
        """Contrast over the noise of a slice, and its u."""
        sigma = math.sqrt(self.level)
        return self.contrast / sigma, math.hypot(self.u, self.contrast * self.u_level / self.level / 2.0) / sigma


Outcome = TargetContrast | NotMeasured
"""A NotMeasured has the target's name for its key."""


@dataclass(frozen=True, eq=False)
class _Rod:
    """One rod as its pixels show it."""

    centre_mm: tuple[float, float]
    box: Box
    """Of its weights, in the frames."""
    weights: Array
    """Of pixels in the contrast."""
    share: float
    """Of the contrast, that the blur leaves in the bare weighted sum."""
    means: Array
    """(slices,) contrast, HU."""
    base: Mask
    """Pixels of base material among them."""
    columns: Array
    """The plane through these."""
    square: float
    """Their mean square about that plane on one slice, HU²."""
    missed: float
    """Share of the contrast lost by a displacement of one u."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """A target before the common noise level is known."""

    name: str
    first: Target
    rods: tuple[_Rod, ...]
    slices: tuple[int, ...]
    partial: bool

    @property
    def square(self) -> float:
        return float(np.mean([r.square for r in self.rods]))


def measure_targets(scan: Scan, located: Located, module: Module, noise: Noise | None, edge: Edge) -> Iterator[Outcome]:
    """Every target of a module, in its order: measured, or why not."""
    fit = located.module(module.name)
    if fit is None or not fit.slices:
        yield from (absent.module(name, scan, located, module) for name in module.targets)
    elif noise is None:
        yield from (absent.noise(name) for name in module.targets)
    elif (at := stand(scan, module, fit, edge, noise)) is None:
        yield from (cut_by_field(name, name) for name in module.targets)
    else:
        yield from _targets(at, noise)


def _targets(at: Stand, noise: Noise) -> Iterator[Outcome]:
    outcomes = [_see(at, name, rods) for name, rods in at.module.targets.items()]
    seen = [o for o in outcomes if isinstance(o, _Seen)]
    # What a plane swallows depends on the base material's size, and so on the rod's.
    first = {s.first.diameter_mm: s.rods[0] for s in reversed(seen)}
    kept = {d: noise.covariance.kept_after_fit(rod.base, rod.columns) for d, rod in first.items()}
    variances = {s.name: s.square / kept[s.first.diameter_mm] for s in seen}
    common = float(np.median(list(variances.values()))) if seen else 0.0
    for one in outcomes:
        yield one if isinstance(one, NotMeasured) else _contrast(at, noise, one, variances[one.name], common)


def _see(at: Stand, name: str, rods: Sequence[Target]) -> _Seen | NotMeasured:
    first = rods[0]
    slices, partial = at.sections(first)
    if not slices:
        return absent.section(name, name, first.z_to_mm - first.z_from_mm, at.scan.section_mm)
    found = []
    for rod in rods:
        one = _rod(at, rod, slices)
        if isinstance(one, NotMeasured):
            return replace(one, key=name)
        found.append(one)
    return _Seen(name, first, tuple(found), slices, partial)


def _rod(at: Stand, rod: Target, slices: Sequence[int]) -> _Rod | NotMeasured:
    window, shape, scan = at.window(rod, slices), at.shapes[rod.diameter_mm], at.scan
    inner = shape.radius_mm - min(GIVEN_UP_BLURS * at.edge.blur_mm, GIVEN_UP_SHARE * shape.radius_mm)
    side = round(max(SIDE_MM2, math.pi * inner**2) / math.prod(scan.pixel_mm))
    taken = difference(window.about, inner, window.band, side)
    if taken is None:
        reason = f"Too few pixels show '{rod.name}' and the base material on either side of it."
        return NotMeasured(rod.name, reason, "Smaller pixels: a smaller field of view.")
    box = _box(taken.weights)
    weights, base = taken.weights[box], taken.base[box]
    dx, dy = window.about.x_mm[box], window.about.y_mm[box]
    share, missed = (
        float(np.sum(weights * shape.at(distance(dx - off, dy)))) for off in (0.0, math.sqrt(2.0) * at.u_mm(rod))
    )
    if share < LEAST_SHARE:
        reason = f"The image's blur leaves {100 * share:.0f} % of the contrast of '{rod.name}'."
        return NotMeasured(rod.name, reason, "A sharper kernel and smaller pixels.")
    placed = _shifted(box, window.box)
    hu = at.frames.hu[at.frames.numbers(slices)][:, placed[0], placed[1]]
    return _Rod(
        centre_mm=window.centre_mm,
        box=placed,
        weights=weights / share,
        share=share,
        means=np.tensordot(hu, weights / share),
        base=base,
        columns=taken.columns,
        square=_square(hu, base, taken.columns),
        missed=max(0.0, 1.0 - missed / share),
    )


def _square(hu: NDArray[np.float32], base: Mask, columns: Array) -> float:
    """Mean square of the base material about its plane on each slice, HU²."""
    values = hu[:, base].astype(np.float64)
    values -= values.mean(axis=1, keepdims=True)
    basis = np.linalg.solve(np.linalg.cholesky(columns @ columns.T), columns)
    return float(np.sum(values**2) - np.sum((values @ basis.T) ** 2)) / values.size


def _contrast(at: Stand, noise: Noise, seen: _Seen, own: float, common: float) -> TargetContrast:
    z = at.scan.z_mm[list(seen.slices)]
    level, u_level = _level(noise, seen, z, own, common)
    share = noise.covariance.variance_of_sum(_together(seen.rods)) / noise.covariance.variance
    one, means = math.sqrt(share * level), np.mean([r.means for r in seen.rods], axis=0)
    contrast = float(means.mean())
    blur_u = DEFAULT_BLUR_U if at.edge is DEFAULT_EDGE else BLUR_U
    blurred = contrast * blur_u * float(np.mean([1.0 / r.share - 1.0 for r in seen.rods]))
    missed = contrast * float(np.mean([r.missed for r in seen.rods])) / math.sqrt(len(seen.rods))
    u = math.hypot(one * math.sqrt(noise.slices.mean_factor(z)), u_drift(means, one), blurred, missed)
    shape = at.shapes[seen.first.diameter_mm]
    return TargetContrast(
        name=seen.name,
        group=seen.first.group,
        module=at.module.name,
        shape=shape,
        nominal=seen.first.contrast_hu,
        contrast=contrast,
        u=u,
        level=level,
        u_level=u_level,
        slices=seen.slices,
        independent=noise.slices.independent(z),
        partial=seen.partial,
        drawn=tuple(Drawn(at.module.name, seen.name, *r.centre_mm, shape.radius_mm, seen.slices) for r in seen.rods),
    )


def _level(noise: Noise, seen: _Seen, z: Array, own: float, common: float) -> tuple[float, float]:
    """Pixel variance beside a target, steadied by its module's common one, and its u, HU²."""
    pixels = sum(np.count_nonzero(r.base) for r in seen.rods)
    freedom = pixels / noise.covariance.grain / noise.slices.variance_factor(z)
    share = freedom / (freedom + OWN_FREEDOM)
    return share * own + (1.0 - share) * common, share * own * math.sqrt(2.0 / freedom)


def _together(rods: Sequence[_Rod]) -> Array:
    """One field of weights: the mean of the rods' contrasts, each at its place on the slice."""
    rows, columns = (
        slice(min(b.start for b in side), max(b.stop for b in side))
        for side in zip(*(r.box for r in rods), strict=True)
    )
    field = np.zeros((rows.stop - rows.start, columns.stop - columns.start))
    for rod in rods:
        down, right = rod.box
        part = field[
            down.start - rows.start : down.stop - rows.start, right.start - columns.start : right.stop - columns.start
        ]
        part += rod.weights / len(rods)
    return field


def _box(weights: Array) -> Box:
    """The smallest window that holds all that is not 0."""
    rows, columns = (np.flatnonzero(np.any(weights != 0.0, axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _shifted(box: Box, window: Box) -> Box:
    """A box within a window, counted as the window is."""
    rows, columns = (slice(b.start + w.start, b.stop + w.start) for b, w in zip(box, window, strict=True))
    return rows, columns
