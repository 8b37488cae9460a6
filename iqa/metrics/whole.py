"""Which of a module's slices truly show it: a unit may end sooner than its definition says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from iqa.metrics.regions import Circle, crop, places
from iqa.model import Located, ModuleFit, Scan

CORE_MM = 20.0
"""Radius of the disc on the axis that stands for a uniform slice."""
LARGEST_STRAY_HU = 30.0
"""A uniform slice further than this from the module's median is no longer wholly in it: cone-beam scans drift by 10 HU
along a module, a slice that reaches a tenth out of its end falls by 100."""


def whole_slices(scan: Scan, located: Located) -> Located:
    """The same, each module with only those slices on which the body is seen and, if uniform, the module itself."""
    body = located.body
    first, last = (body.slices[0], body.slices[-1]) if body and body.slices else (0, len(scan) - 1)
    fits = (replace(m, slices=tuple(i for i in m.slices if first <= i <= last)) for m in located.modules)
    return replace(located, modules=tuple(_steady(scan, located, fit) for fit in fits))


def _steady(scan: Scan, located: Located, fit: ModuleFit) -> ModuleFit:
    if located.spec.module(fit.name).block != "uniform" or not fit.slices:
        return fit
    means = np.array([_core_mean(scan, i, at) for i, at in places(scan, fit, Circle(0.0, 0.0, CORE_MM), fit.slices)])
    stray = np.abs(means - np.nanmedian(means)) if np.any(np.isfinite(means)) else np.zeros_like(means)
    return replace(fit, slices=tuple(i for i, s in zip(fit.slices, stray, strict=True) if not s > LARGEST_STRAY_HU))


def _core_mean(scan: Scan, index: int, circle: Circle) -> float:
    """Mean on the axis, HU; not a number where the field cuts the disc, which the measurement itself then tells."""
    seen = crop(scan, index, circle)
    return float("nan") if seen is None else float(seen.hu[seen.mask].mean())
