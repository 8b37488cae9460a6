"""Which of a module's slices truly show it: a unit may end sooner than its definition says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from iqa.locate.templates import same_diameter
from iqa.metrics.plateau import ENOUGH_SLICES, plateau
from iqa.metrics.regions import Circle, base_diameter, crop, depth_mm, places
from iqa.model import Located, Module, ModuleFit, Scan

CORE_MM = 20.0
"""Radius of the disc on the axis that stands for a uniform slice."""
LARGEST_STRAY_HU = 30.0
"""A uniform slice further than this from the module's median is no longer wholly in it: cone-beam scans drift by 10 HU
along a module, a slice that reaches a tenth out of its end falls by 100."""
CORE_NOISE = 0.03
"""Noise of the core's mean against a pixel's: 0.015 to 0.04 on real scans; the texture is not known yet here."""


def whole_slices(scan: Scan, located: Located) -> Located:
    """The same, each module with only those slices on which the body is seen and, if uniform, the module itself.

    Of a phantom of several tiers the body is that of one. The inserts of the others lie where its axis and definition
    have them; their uniform parts, whose outline nobody followed, are left alone.
    """
    fits = (replace(fit, slices=_seen(located, fit)) for fit in located.modules)
    return replace(located, modules=tuple(_steady(scan, located, fit) for fit in fits))


def is_followed(located: Located, module: Module) -> bool:
    """True for a module as wide as the body whose outline was followed, or where there is but one width."""
    if located.body is None or module.diameter_mm is None:
        return True
    return same_diameter(module.diameter_mm, located.body.diameter_mm)


def _seen(located: Located, fit: ModuleFit) -> tuple[int, ...]:
    module, body = located.spec.module(fit.name), located.body
    if not is_followed(located, module):
        return () if module.block == "uniform" else fit.slices
    first, last = (body.slices[0], body.slices[-1]) if body and body.slices else (0, math.inf)
    return tuple(i for i in fit.slices if first <= i <= last)


def _steady(scan: Scan, located: Located, fit: ModuleFit) -> ModuleFit:
    module = located.spec.module(fit.name)
    if module.block != "uniform" or not fit.slices:
        return fit
    fit = replace(fit, slices=clear_of_ends(scan, located, module, fit))
    seen = [_core(scan, i, at) for i, at in places(scan, fit, Circle(0.0, 0.0, CORE_MM), fit.slices)]
    means, spreads = np.array(seen).T
    if not np.all(np.isfinite(means)):
        return fit
    near = np.flatnonzero(np.abs(means - np.median(means)) <= LARGEST_STRAY_HU)
    kept = near[plateau(means[near], CORE_NOISE * float(np.median(spreads)))]
    return replace(fit, slices=tuple(fit.slices[i] for i in kept))


def clear_of_ends(scan: Scan, located: Located, module: Module, fit: ModuleFit) -> tuple[int, ...]:
    """Slices that stay inside the module even if its plane is off by its u and the section is half a step thicker.

    All across the uniform area where enough slices do, else on its axis.
    """
    depth = depth_mm(fit.pose, 0.0, 0.0, scan.z_mm[list(fit.slices)])
    reach = (scan.section_mm + (scan.step_mm or 0.0)) / 2 + (fit.u_z_mm or 0.0)
    for more in (_lean_mm(located, module, fit), 0.0):
        inside = (module.z_from_mm + reach + more <= depth) & (depth <= module.z_to_mm - reach - more)
        clear = tuple(i for i, held in zip(fit.slices, inside, strict=True) if held)
        if len(clear) >= ENOUGH_SLICES:
            return clear
    return fit.slices


def _lean_mm(located: Located, module: Module, fit: ModuleFit) -> float:
    """How much further up or down the module its uniform area reaches at the rim than on the axis, on one slice."""
    diameter = base_diameter(module, located.body) or 0.0
    return 0.5 * diameter * fit.pose.lean


def _core(scan: Scan, index: int, circle: Circle) -> tuple[float, float]:
    """Mean and spread on the axis, HU; not numbers where the field cuts the disc, which the measurement then tells."""
    seen = crop(scan, index, circle)
    values = np.full(1, np.nan) if seen is None else seen.hu[seen.mask]
    return float(values.mean()), float(values.std())
