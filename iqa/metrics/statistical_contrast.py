"""The statistical low-contrast limit: what the noise of the uniform module lets be seen, disc size by disc size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.discs import body_diameter, holes, plain_radius
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.frames import Frames, frames
from iqa.metrics.regions import Circle, cut_by_field, middle_slices, where
from iqa.model import Curve, Drawn, Measurement, Module, ModuleFit, NotMeasured
from iqa.signal.disc_means import Scatter, scatter_of_means
from iqa.signal.noise import Mask
from iqa.signal.robust import falling

METHOD = "disc-scatter@2"
CRITERION = 3.29
"""Contrast against the scatter of discs' means at which a disc is told from the base material: a threshold halfway then
errs in 5 % of either (2 · 1.645; Chao et al. 2000)."""
DIAMETERS_MM = (3.0, 5.0, 8.0, 10.0, 15.0)
"""Discs of the limit: sizes that phantoms have, as far as an area of 100 mm tells them to 5 %."""
KEYS = tuple(f"low_contrast.statistical.{d:g}" for d in DIAMETERS_MM)
CURVE = "low_contrast.statistical"
CENTRAL_SHARE = 0.65
"""Radius of the area against the body's: wide enough for 15 mm discs, short of the rim's shading."""
RIM_MM = 8.0
"""Kept from the module's own edge."""
MOST_SLICES = 6
"""Slices used, the middle ones: more cost time and add little."""
LARGEST_STRAY = 6.0
"""Of a disc's mean, in standard deviations: more is a ring or a spot and no noise."""


def measure(context: Context) -> Measured:
    """`low_contrast.statistical.<d>` (HU) of the uniform module, and the curve over the diameter."""
    if context.uniform is None:
        return Measured()
    module, fit = context.uniform
    area, noise = _area(context, module, fit), context.noise
    if isinstance(area, NotMeasured) or noise is None:
        lack = area if isinstance(area, NotMeasured) else absent.noise("")
        return Measured(tuple(replace(lack, key=key) for key in KEYS))
    stack, mask, drawn = area
    z = context.scan.z_mm[list(stack.slices)]
    pooled = noise.slices.variance_factor(z)
    scatters = scatter_of_means(list(stack.hu), mask, noise.covariance, DIAMETERS_MM, pooled)
    seen = [s for s in scatters if s is not None]
    flags = (*one_slice(stack.slices), *uncalibrated(context))
    place = noise.slices.independent(z), where(module.name, stack.slices)
    results = (
        _too_small(key, d)
        if s is None
        else Measurement(key, *_limit(s), "HU", *place, METHOD, (*_structured(s), *flags))
        for key, d, s in zip(KEYS, DIAMETERS_MM, scatters, strict=True)
    )
    return Measured((*results, *_curve(seen)), (drawn,))


def _area(context: Context, module: Module, fit: ModuleFit | None) -> tuple[Frames, Mask, Drawn] | NotMeasured:
    """The module's middle slices about its axis, and which pixels of them count."""
    scan = context.scan
    if fit is None:
        return absent.module("", scan, context.located, module)
    diameter = body_diameter(context.whole, module)
    if diameter is None:
        return absent.diameter("")
    radius = min(CENTRAL_SHARE * diameter / 2.0, plain_radius(module, diameter) - RIM_MM)
    seen = frames(scan, replace(fit, slices=middle_slices(fit.slices, MOST_SLICES)), radius)
    if seen is None:
        return cut_by_field("", "central area")
    x, y = fit.pose.on_plane(0.0, 0.0, float(scan.z_mm[seen.middle]))
    mask = seen.within(Circle(x, y, radius))
    for hole in holes(scan, module, fit):
        mask &= ~seen.within(hole)
    return seen, mask, Drawn(module.name, "statistical", x, y, radius, seen.slices)


def _limit(scatter: Scatter) -> tuple[float, float]:
    return CRITERION * scatter.sd, CRITERION * scatter.u


def _structured(scatter: Scatter) -> tuple[str, ...]:
    return ("structured",) if scatter.largest > LARGEST_STRAY else ()


def _too_small(key: str, diameter_mm: float) -> NotMeasured:
    reason = f"The uniform area is too small for the scatter of discs of {diameter_mm:g} mm."
    return NotMeasured(key, reason, "A larger uniform module, or a field of view that holds it.")


def _curve(scatters: Sequence[Scatter]) -> tuple[Curve, ...]:
    """The limit over the diameter, made to fall steadily; where it had to be levelled, u is the mean of the run."""
    if not scatters:
        return ()
    values, u = np.array([_limit(s) for s in scatters]).T
    fitted = falling(values, u**-2.0)
    level = np.array([u[fitted == value].mean() for value in fitted])
    x = tuple(s.diameter_mm for s in scatters)
    return (Curve(CURVE, x, tuple(fitted.tolist()), tuple(level.tolist()), "mm", "HU", METHOD),)
