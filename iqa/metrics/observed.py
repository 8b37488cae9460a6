"""What an observer's channels see of each low-contrast target, and of its own place where nothing stands.

Nothing stands at the same place of the uniform module: cupping, rings and the couch's shade are there what they are at
the target, and so is the noise. Between the many rods of its own module no place is free, and none at another angle or
distance from the axis is alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.inserts import measure_edge
from iqa.metrics.patches import covering
from iqa.metrics.regions import Array, Circle, Noise, crop, cut_by_field, middle_slices, places, small_features
from iqa.metrics.rod_places import stand
from iqa.metrics.rods import Stand
from iqa.model import Located, Module, ModuleFit, NotMeasured, Scan, Target
from iqa.signal.channels import ChannelSet
from iqa.signal.faint import Shape

REACH, ROOM_MM = 2.0, 4.0
"""A region reaches so many radii from its target's centre, and as far beyond its edge at least: wide enough that taking
off level and slope costs little of a target."""
MOST_SLICES = 12
"""Of the uniform module, the middle ones: more cost time, and the target's own slices are then most of the noise."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Channel outputs of one target and of its place without it, in one scan.

    Attributes
    ----------
    present : (slices, rods, p) float
    absent : (slices, rods, p) float
        In the module `plain`.
    slices, plain_slices : tuples of int
    partial : bool
        Sections may reach beyond the target's ends.
    nominal : float
        Its contrast in the definition, HU.
    shown, missed : (p,) float
        Outputs of a target of 1 HU in the region's middle, and their mean where its place is off by its u.
    channels : str
        Name of the set they are of.
    """

    module: str
    plain: str
    present: Array
    absent: Array
    slices: tuple[int, ...]
    plain_slices: tuple[int, ...]
    partial: bool
    nominal: float
    shown: Array
    missed: Array
    channels: str


Outcome = Seen | NotMeasured
"""A NotMeasured has the target's name for its key."""


def observe_targets(scan: Scan, located: Located, noise: Noise | None, channels: ChannelSet) -> dict[str, Outcome]:
    """Every target of the phantom by its name, seen through channels, or why not; empty for a phantom without any."""
    modules = [m for m in located.spec.modules if m.targets]
    return {name: outcome for m in modules for name, outcome in _module(scan, located, m, noise, channels)}


def _module(
    scan: Scan, located: Located, module: Module, noise: Noise | None, channels: ChannelSet
) -> Iterator[tuple[str, Outcome]]:
    fit, plain = located.module(module.name), _plain(located, module)
    if fit is None or not fit.slices:
        yield from ((name, absent.module(name, scan, located, module)) for name in module.targets)
    elif plain is None:
        yield from ((name, _no_plain(name)) for name in module.targets)
    elif noise is None:
        yield from ((name, absent.noise(name)) for name in module.targets)
    elif (at := stand(scan, module, fit, measure_edge(scan, located), noise)) is None:
        yield from ((name, cut_by_field(name, name)) for name in module.targets)
    else:
        yield from ((name, _see(at, plain, name, rods, channels)) for name, rods in module.targets.items())


def _plain(located: Located, module: Module) -> tuple[Module, ModuleFit] | None:
    """The uniform module next to another one, of those that the scan shows."""
    pairs = [(m, located.module(m.name)) for m in located.spec.modules if m.block == "uniform"]
    shown = [(m, fit) for m, fit in pairs if fit is not None and fit.slices]
    return min(shown, key=lambda pair: abs(pair[0].z_mm - module.z_mm), default=None)


def _no_plain(name: str) -> NotMeasured:
    return NotMeasured(
        name,
        "The scan shows no uniform module, which has the images without a target.",
        "A scan range that holds the whole of a uniform module.",
    )


def _no_place(name: str, module: Module) -> NotMeasured:
    return NotMeasured(
        name,
        f"The place of '{name}' is not free in the uniform module {module.name}, or the field cuts it there.",
        "A field of view that holds the whole phantom; else this unit has no place to compare with.",
    )


def _see(
    at: Stand, plain: tuple[Module, ModuleFit], name: str, rods: Sequence[Target], channels: ChannelSet
) -> Outcome:
    first, (module, fit) = rods[0], plain
    slices, partial = at.sections(first)
    if not slices:
        return absent.section(name, name, first.z_to_mm - first.z_from_mm, at.scan.section_mm)
    regions = [_region(at, rod, channels) for rod in rods]
    free = middle_slices(fit.slices, MOST_SLICES)
    present = [r.outputs(at.scan, at.fit, slices) for r in regions]
    bare = [r.outputs(at.scan, fit, free) if r.is_free(module) else None for r in regions]
    whole, clear = [o for o in present if o is not None], [o for o in bare if o is not None]
    if len(whole) < len(rods):
        return cut_by_field(name, name)
    if len(clear) < len(rods):
        return _no_place(name, module)
    shape, step = at.shapes[first.diameter_mm], min(at.scan.pixel_mm)
    return Seen(
        module=at.module.name,
        plain=module.name,
        present=np.stack(whole, axis=1),
        absent=np.stack(clear, axis=1),
        slices=slices,
        plain_slices=free,
        partial=partial,
        nominal=first.contrast_hu,
        shown=regions[0].answer(shape, step, 0.0),
        missed=regions[0].answer(shape, step, math.sqrt(2.0) * at.u_mm(first)),
        channels=channels.name,
    )


@dataclass(frozen=True, eq=False)
class _Region:
    """The pixels about a target's place, its neighbours left out; in the module's own frame, mm."""

    channels: ChannelSet
    target: Circle
    radius_mm: float
    neighbours: tuple[Circle, ...]

    def is_free(self, module: Module) -> bool:
        """Whether no feature of a module stands in it."""
        features = (Circle(*c) for f in module.features for c in covering(f))
        return all(_apart(self.target, f) >= self.radius_mm + f.radius_mm + ROOM_MM for f in features)

    def outputs(self, scan: Scan, fit: ModuleFit, slices: Sequence[int]) -> Array | None:
        """(slices, p) channel outputs; None where the field cuts the region."""
        at = places(scan, fit, replace(self.target, radius_mm=self.radius_mm * fit.pose.scale), slices)
        beside = [places(scan, fit, c, slices) for c in self.neighbours]
        own = np.asarray(np.linalg.inv(fit.pose.matrix[:2, :2]))
        found = [self._output(scan, own, i, circle, [b[k][1] for b in beside]) for k, (i, circle) in enumerate(at)]
        whole = [o for o in found if o is not None]
        return np.stack(whole) if len(whole) == len(found) else None

    def _output(self, scan: Scan, own: Array, index: int, circle: Circle, neighbours: Sequence[Circle]) -> Array | None:
        seen = crop(scan, index, circle, neighbours)
        if seen is None:
            return None
        rows, columns = np.nonzero(seen.mask)
        rows, columns = rows + seen.corner[0], columns + seen.corner[1]
        column, row = scan.to_pixel(circle.x_mm, circle.y_mm, index)
        away = np.stack([(columns - column) * scan.pixel_mm[1], (rows - row) * scan.pixel_mm[0]])
        x, y = own @ away
        weights = self.channels.weights(x, y, self.target.radius_mm)
        # in double precision, and without the intercept, which has no output
        return np.asarray(weights @ (scan.stored[index][rows, columns] * float(scan.slope[index])))

    def answer(self, shape: Shape, step_mm: float, off_mm: float) -> Array:
        """(p,) outputs of a target of 1 HU, the mean over four places so far off; as pixels of a step would show it."""
        reach = np.arange(-self.radius_mm, self.radius_mm + step_mm, step_mm)
        x, y = (a.ravel() for a in np.meshgrid(reach, reach))
        kept = np.hypot(x, y) <= self.radius_mm
        for c in self.neighbours:
            kept &= np.hypot(x + self.target.x_mm - c.x_mm, y + self.target.y_mm - c.y_mm) > c.radius_mm
        x, y = x[kept], y[kept]
        places = ((off_mm, 0.0), (-off_mm, 0.0), (0.0, off_mm), (0.0, -off_mm))
        heights = [shape.at(np.hypot(x - dx, y - dy)) for dx, dy in places]
        return np.asarray(self.channels.weights(x, y, self.target.radius_mm) @ np.mean(heights, axis=0))


def _region(at: Stand, rod: Target, channels: ChannelSet) -> _Region:
    radius = rod.diameter_mm / 2.0
    target = Circle(rod.x_mm, rod.y_mm, radius)
    reach = max(REACH * radius, radius + ROOM_MM)
    others = (
        Circle(f.x_mm, f.y_mm, f.diameter_mm / 2.0 + at.margin_mm) for f in small_features(at.module) if f is not rod
    )
    return _Region(channels, target, reach, tuple(c for c in others if _apart(c, target) < reach + c.radius_mm))


def _apart(one: Circle, other: Circle) -> float:
    return math.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm)
