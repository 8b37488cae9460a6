"""The mean CT number of each insert, with the blur of its edge and the noise round it taken into account."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from iqa.metrics import absent
from iqa.metrics.plateau import ENOUGH_SLICES, plateau
from iqa.metrics.regions import (
    CLIPPED_SHARE,
    Noise,
    Places,
    Sample,
    at_scan_end,
    crop,
    cut_by_field,
    feature_places,
    pixels,
    rod_slices,
    take,
)
from iqa.model import Drawn, Insert, Located, Module, ModuleFit, NotMeasured, Scan
from iqa.signal.disc import Edge, edge_bleed, fit_edge

BLUR_DISTANCE = 4.0
"""Edge blurs that a mean keeps from the insert's edge; 3.5 would let a sharp kernel add 1e-4 of the contrast."""
GIVEN_UP = (0.35, 0.5)
"""Least and largest share of an insert's radius that is given up for that. The least keeps clear of the faint wide veil
of cone-beam scans (0.7 % of the contrast on a real one), which no edge fit shows, and is about what makers' programs
take; beyond the largest, what bleeds in is a component of u."""
CLEAR_OVERSHOOT = 0.3
"""Overshoot against blur that is more than noise: soft kernels scatter by 0.1, the sharp one has 0.85."""
OVERSHOOT_TAIL = 1.5e-3
"""Share of the contrast that such a kernel's far tails add to a mean, per unit of overshoot against blur. They are too
faint to be fitted; 1.2e-3 was found for (1 + 6f²) exp(−(f/0.5)^2.2) with an overshoot of 0.84."""
BIAS_WEIGHT = 2.0
"""What the edge adds to a mean as a component of u: with twice its size the mean error stays under half of u."""
DEFAULT_EDGE = Edge(0.7, 0.0)
"""Edge where no insert is strong enough to show it: that of a body kernel."""
STRONG_HU = 300.0
"""Nominal contrast from which an insert's edge tells the blur well."""
STRONGEST = 4
"""Inserts whose edges are fitted; their median is the blur."""
SURROUNDINGS = 1.6
"""Outer radius of the pixels given to an edge fit, in insert radii: short of any neighbour."""
TRUE_AIR_HU = -1000.0
AIR_SLACK_HU = 100.0
"""An insert defined this near to −1000 HU is air; one measured further from it was not measured in CT numbers."""
MOST_CUT_OFF = 0.9
"""Share of pixels at the end of the scale beyond which the rest no longer tells the noise."""
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
    """HU, k = 1: noise over the disc and its slices, the edge's bleed, and what is cut off."""
    slices: tuple[int, ...]
    independent: int
    """Slices as many as are independent in their noise."""
    partial: bool
    """Sections may reach beyond the insert's ends."""
    cut_off: float
    """By how much the end of the grey scale, at which its noise is cut off, may have moved the mean, HU."""
    level: float
    """Pixel variance of the noise in it, HU²."""
    drawn: Drawn

    @property
    def is_air(self) -> bool:
        """True where the definition has air."""
        return abs(self.insert.hu - TRUE_AIR_HU) <= AIR_SLACK_HU


Outcome = InsertMean | NotMeasured


@dataclass(frozen=True, eq=False)
class _Seen:
    """An insert's pixels before the common noise level is known."""

    insert: Insert
    sample: Sample
    partial: bool


def measure_edge(scan: Scan, located: Located) -> Edge:
    """The in-plane edge: of the strongest inserts the one with the median blur, or the default."""
    inserts = [
        (abs(i.hu - module.body_hu), fit, i)
        for module, fit in _seen_modules(located)
        for i in _inserts(module)
        if abs(i.hu - module.body_hu) >= STRONG_HU
    ]
    inserts.sort(key=lambda strong: -strong[0])
    edges = [_edge(scan, fit, insert) for _, fit, insert in inserts[:STRONGEST]]
    seen = sorted((e for e in edges if e is not None), key=lambda e: e.blur_mm)
    return seen[len(seen) // 2] if seen else DEFAULT_EDGE


def measure_inserts(scan: Scan, located: Located, noise: Noise | None, edge: Edge) -> tuple[Outcome, ...]:
    """Each insert of the definition once, in its order: measured, or why not."""
    outcomes: dict[str, Outcome] = {}
    for module in located.spec.modules:
        for outcome in _module_means(scan, located, module, noise, edge):
            name = outcome.key if isinstance(outcome, NotMeasured) else f"ct_number.{outcome.insert.name}"
            if name not in outcomes or isinstance(outcomes[name], NotMeasured):
                outcomes[name] = outcome
    return tuple(outcomes.values())


def _module_means(scan: Scan, located: Located, module: Module, noise: Noise | None, edge: Edge) -> Iterator[Outcome]:
    fit = located.module(module.name)
    if fit is None or not fit.slices or noise is None:
        for insert in _inserts(module):
            key = f"ct_number.{insert.name}"
            yield absent.module(key, scan, located, module) if noise is not None else absent.noise(key)
        return
    seen = [_see(scan, fit, insert, noise, edge) for insert in _inserts(module)]
    common = _common_level(noise, [s.sample for s in seen if isinstance(s, _Seen)])
    for one in seen:
        yield one if isinstance(one, NotMeasured) else _mean(scan, module, fit, one, noise, edge=edge, common=common)


def _see(scan: Scan, fit: ModuleFit, insert: Insert, noise: Noise, edge: Edge) -> _Seen | NotMeasured:
    """An insert's pixels, from sections surely inside it if there are any, else from those nominally inside."""
    key = f"ct_number.{insert.name}"
    radius = insert.diameter_mm / 2 * fit.pose.scale
    least, most = (share * radius for share in GIVEN_UP)
    radius -= min(max(BLUR_DISTANCE * edge.blur_mm, least), most)
    section = scan.section_mm
    sure = rod_slices(scan, fit, insert, section + (fit.u_z_mm or 0.0))
    clear = rod_slices(scan, fit, insert, section + (fit.u_z_mm or 0.0) + (scan.step_mm or 0.0) / 2)
    slices = clear if len(clear) >= ENOUGH_SLICES else sure or rod_slices(scan, fit, insert, section / 2)
    if not slices:
        return absent.section(key, insert.name, insert.z_to_mm - insert.z_from_mm, section)
    sample = take(scan, feature_places(scan, fit, insert, radius, slices))
    return cut_by_field(key, insert.name) if sample is None else _Seen(insert, _steady(sample, noise), not sure)


def _steady(sample: Sample, noise: Noise) -> Sample:
    """The sample without slices at its ends on which the insert is not seen as in the middle."""
    return sample.part(plateau(sample.means, noise.u_slice(sample, noise.level(sample))))


def _mean(
    scan: Scan, module: Module, fit: ModuleFit, seen: _Seen, noise: Noise, *, edge: Edge, common: float
) -> InsertMean:
    sample, insert = seen.sample, seen.insert
    z = scan.z_mm[list(sample.slices)]
    freedom = noise.freedom(sample, z)
    # A small disc knows its own noise to some 15 % only; its neighbours at the same radius steady it.
    level = (freedom * noise.level(sample) + OWN_FREEDOM * common) / (freedom + OWN_FREEDOM)
    radius = sample.circle.radius_mm
    added = _added_by_edge(insert.diameter_mm / 2 * fit.pose.scale, edge, radius) * (insert.hu - module.body_hu)
    cut_off = _cut_off(scan, feature_places(scan, fit, insert, radius, sample.slices), sample.mean, math.sqrt(common))
    return InsertMean(
        insert=insert,
        module=module.name,
        value=sample.mean,
        u=math.hypot(noise.u_mean(sample, z, level), BIAS_WEIGHT * added, cut_off),
        slices=sample.slices,
        independent=noise.slices.independent(z),
        partial=seen.partial,
        cut_off=cut_off,
        level=level,
        drawn=Drawn(module.name, insert.name, sample.circle.x_mm, sample.circle.y_mm, radius, sample.slices),
    )


def _cut_off(scan: Scan, disc: Places, mean: float, common: float) -> float:
    """By how much the mean of Gaussian noise is moved, HU, where the end of the scale cuts a share of it off.

    With Φ(α) that share, the mean lies σ (φ(α) − α (1 − Φ(α))) from the end and the true one σ α beyond it. σ is what
    the first says, or that of the other inserts, `common`, where hardly anything is left. 0 where nothing is cut off,
    or rounding hides the noise.
    """
    crops = [(index, crop(scan, index, circle)) for index, circle in disc]
    share = float(np.mean([at_scan_end(scan, index, c.hu[c.mask]) for index, c in crops if c is not None]))
    if share <= CLIPPED_SHARE or common < float(np.abs(scan.slope).max()):
        return 0.0
    alpha = float(ndtri(min(share, MOST_CUT_OFF)))
    left = math.exp(-0.5 * alpha * alpha) / math.sqrt(2.0 * math.pi) - alpha * (1.0 - min(share, MOST_CUT_OFF))
    ends = scan.slope.mean() * np.array(scan.stored_ends) + scan.intercept.mean()
    away = float(np.abs(mean - ends).min())
    sd = away / left if share < MOST_CUT_OFF else common
    return away + sd * alpha


def _added_by_edge(radius_mm: float, edge: Edge, roi_radius_mm: float) -> float:
    """Share of the contrast that the edge may add to the mean or take from it."""
    overshoot = max(0.0, -edge.overshoot_mm / edge.blur_mm)
    tail = OVERSHOOT_TAIL * overshoot if overshoot > CLEAR_OVERSHOOT else 0.0
    return abs(edge_bleed(radius_mm, edge, roi_radius_mm)) + tail


def _common_level(noise: Noise, samples: list[Sample]) -> float:
    """Median pixel variance of a module's inserts, HU²: one of them full of streaks does not move it."""
    return float(np.median([noise.level(s) for s in samples])) if samples else 0.0


def _edge(scan: Scan, fit: ModuleFit, insert: Insert) -> Edge | None:
    """The edge of an insert on the middle slice inside it."""
    slices = rod_slices(scan, fit, insert, scan.section_mm / 2)
    if not slices:
        return None
    radius = insert.diameter_mm / 2 * fit.pose.scale
    index, circle = feature_places(scan, fit, insert, SURROUNDINGS * radius, slices)[len(slices) // 2]
    seen = crop(scan, index, circle)
    return None if seen is None else fit_edge(pixels(scan, index, seen), (circle.x_mm, circle.y_mm), radius)


def _seen_modules(located: Located) -> Iterator[tuple[Module, ModuleFit]]:
    return ((located.spec.module(fit.name), fit) for fit in located.modules if fit.slices)


def _inserts(module: Module) -> list[Insert]:
    return [f for f in module.features if isinstance(f, Insert)]
