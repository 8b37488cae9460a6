"""The mean CT number of each insert, with the blur of its edge and the noise round it taken into account."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from iqa.metrics import absent
from iqa.metrics.regions import (
    Noise,
    Sample,
    crop,
    cut_by_field,
    feature_places,
    pixels,
    rod_slices,
    section_mm,
    take,
)
from iqa.model import Drawn, Insert, Located, Module, ModuleFit, NotMeasured, Scan
from iqa.signal.disc import DiscFit, edge_bleed, fit_disc

BLUR_DISTANCE = 3.0
"""Edge blurs that a mean keeps away from the insert's edge: a Gaussian edge then adds under 1e-4 of its contrast."""
DEFAULT_BLUR_MM = 0.7
"""Edge blur where no insert is strong enough to show it: that of a body kernel."""
START_BLUR_MM = 0.5
STRONG_HU = 300.0
"""Nominal contrast from which an insert's edge tells the blur well."""
STRONGEST = 4
"""Inserts whose edges are fitted; their median is the blur."""
SURROUNDINGS = 1.6
"""Outer radius of the pixels given to an edge fit, in insert radii: short of any neighbour."""
OWN_FREEDOM = 30.0
"""Degrees of freedom with which the common noise level of a module's inserts steadies that of each one."""


@dataclass(frozen=True, eq=False)
class InsertMean:
    """A measured insert."""

    insert: Insert
    module: str
    value: float
    """HU."""
    u: float
    """HU, k = 1: noise over the disc and its slices, and the edge's bleed."""
    slices: tuple[int, ...]
    independent: int
    """Slices as many as are independent in their noise."""
    partial: bool
    """Sections may reach beyond the insert's ends."""
    drawn: Drawn


Outcome = InsertMean | NotMeasured


@dataclass(frozen=True, eq=False)
class _Seen:
    """An insert's pixels before the common noise level is known."""

    insert: Insert
    sample: Sample
    partial: bool


def measure_blur(scan: Scan, located: Located) -> float:
    """In-plane edge blur, mm (standard deviation): median over the strongest inserts, or the default."""
    edges = [
        (abs(i.hu - module.body_hu), module, fit, i)
        for module, fit in _seen_modules(located)
        for i in _inserts(module)
        if abs(i.hu - module.body_hu) >= STRONG_HU
    ]
    edges.sort(key=lambda edge: -edge[0])
    fits = [_edge(scan, fit, insert) for _, _, fit, insert in edges[:STRONGEST]]
    blurs = [f.blur_mm for f in fits if f is not None]
    return float(np.median(blurs)) if blurs else DEFAULT_BLUR_MM


def measure_inserts(scan: Scan, located: Located, noise: Noise | None, blur_mm: float) -> tuple[Outcome, ...]:
    """Each insert of the definition once, in its order: measured, or why not."""
    outcomes: dict[str, Outcome] = {}
    for module in located.spec.modules:
        for outcome in _module_means(scan, located, module, noise, blur_mm):
            name = outcome.key if isinstance(outcome, NotMeasured) else f"ct_number.{outcome.insert.name}"
            if name not in outcomes or isinstance(outcomes[name], NotMeasured):
                outcomes[name] = outcome
    return tuple(outcomes.values())


def _module_means(
    scan: Scan, located: Located, module: Module, noise: Noise | None, blur_mm: float
) -> Iterator[Outcome]:
    fit = located.module(module.name)
    if fit is None or not fit.slices or noise is None:
        for insert in _inserts(module):
            key = f"ct_number.{insert.name}"
            yield absent.module(key, scan, located, module) if noise is not None else absent.noise(key)
        return
    seen = [_see(scan, fit, insert, blur_mm) for insert in _inserts(module)]
    common = _common_level(noise, [s.sample for s in seen if isinstance(s, _Seen)])
    for one in seen:
        yield one if isinstance(one, NotMeasured) else _mean(scan, module, one, noise, blur_mm=blur_mm, common=common)


def _see(scan: Scan, fit: ModuleFit, insert: Insert, blur_mm: float) -> _Seen | NotMeasured:
    """An insert's pixels, from sections surely inside it if there are any, else from those nominally inside."""
    key = f"ct_number.{insert.name}"
    radius = insert.diameter_mm / 2 * fit.pose.scale - BLUR_DISTANCE * blur_mm
    if radius <= max(scan.pixel_mm):
        return NotMeasured(
            key,
            f"At an edge blur of {blur_mm:.2f} mm nothing of the {insert.diameter_mm:g} mm insert is free of its edge.",
            "A sharper kernel or smaller pixels.",
        )
    section = section_mm(scan)
    sure = rod_slices(scan, fit, insert, section + (fit.u_z_mm or 0.0))
    slices = sure or rod_slices(scan, fit, insert, section / 2)
    if not slices:
        return absent.section(key, insert.name, insert.z_to_mm - insert.z_from_mm, section)
    sample = take(scan, feature_places(scan, fit, insert, radius, slices))
    return cut_by_field(key, insert.name) if sample is None else _Seen(insert, sample, not sure)


def _mean(scan: Scan, module: Module, seen: _Seen, noise: Noise, *, blur_mm: float, common: float) -> InsertMean:
    sample, insert = seen.sample, seen.insert
    z = scan.z_mm[list(sample.slices)]
    freedom = noise.freedom(sample, z)
    level = (freedom * noise.level(sample) + OWN_FREEDOM * common) / (freedom + OWN_FREEDOM)
    radius = sample.circle.radius_mm
    bleed = edge_bleed(radius + BLUR_DISTANCE * blur_mm, blur_mm, radius) * (insert.hu - module.body_hu)
    return InsertMean(
        insert=insert,
        module=module.name,
        value=sample.mean,
        u=math.hypot(noise.u_mean(sample, z, level), bleed),
        slices=sample.slices,
        independent=noise.slices.independent(z),
        partial=seen.partial,
        drawn=Drawn(module.name, insert.name, sample.circle.x_mm, sample.circle.y_mm, radius, sample.slices),
    )


def _common_level(noise: Noise, samples: list[Sample]) -> float:
    """Median pixel variance of a module's inserts, HU²: one of them full of streaks does not move it."""
    return float(np.median([noise.level(s) for s in samples])) if samples else 0.0


def _edge(scan: Scan, fit: ModuleFit, insert: Insert) -> DiscFit | None:
    """The blurred edge of an insert on the middle slice inside it."""
    slices = rod_slices(scan, fit, insert, section_mm(scan) / 2)
    if not slices:
        return None
    radius = insert.diameter_mm / 2 * fit.pose.scale
    index, circle = feature_places(scan, fit, insert, SURROUNDINGS * radius, slices)[len(slices) // 2]
    seen = crop(scan, index, circle)
    if seen is None:
        return None
    start = (circle.x_mm, circle.y_mm)
    return fit_disc(*pixels(scan, index, seen), start, radius_mm=radius, blur_mm=START_BLUR_MM)


def _seen_modules(located: Located) -> Iterator[tuple[Module, ModuleFit]]:
    return ((located.spec.module(fit.name), fit) for fit in located.modules if fit.slices)


def _inserts(module: Module) -> list[Insert]:
    return [f for f in module.features if isinstance(f, Insert)]
