"""Family `noise`: standard deviation of the uniform module, plain, detrended, and relative to the water-air span."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.regions import Circle, Noise, Sample, cut_by_field, places, small_features, take, where
from iqa.model import Curve, Drawn, Measurement, Module, ModuleFit, NotMeasured

SHARE_OF_DIAMETER = 0.4
"""Diameter of the central disc against the body's, as IEC 61223-3-5 and makers have it."""
SMALL_MARGIN_MM = 3.0
"""Left out round beads, wires and the like inside the disc: their blur and their streaks' roots."""
SD_METHOD = "sd-disc@1"
SIGMA_METHOD = "sd-detrended@1"
RELATIVE_METHOD = "sd-of-span@1"
AIR_HU = -900.0
"""Nominal CT number below which an insert is air."""


@dataclass(frozen=True, eq=False)
class NoiseDisc:
    """The central disc of the uniform module."""

    module: str
    sample: Sample
    drawn: Drawn


def measure(context: Context) -> Measured:
    """`noise.sd`, `noise.sigma` with its curve by slice, and `noise.relative`.

    Notes
    -----
    Both are root mean squares over the module's slices. `sd` is freed from nothing but the n − 1; `sigma` loses a
    2nd-order trend, and its divisor is the one right for noise of this texture, tr(PC)/σ². u holds the sampling of
    correlated Gaussian noise; it leaves out that the noise differs over the disc.
    """
    disc = noise_disc(context, "noise.sd")
    if disc is None:
        return Measured()
    noise = context.noise
    if isinstance(disc, NotMeasured) or noise is None:
        lack = disc if isinstance(disc, NotMeasured) else absent.noise("noise.sd")
        keys = ("noise.sd", "noise.sigma", "noise.relative")
        return Measured(tuple(NotMeasured(key, lack.reason, lack.needs) for key in keys))
    sd, sigma, curve = _spreads(context, disc, noise)
    return Measured((sd, sigma, curve, _relative(context, disc, sd)), (disc.drawn,))


def noise_disc(context: Context, key: str) -> NoiseDisc | NotMeasured | None:
    """Pixels of the central disc over the uniform module's slices; None where the phantom has no such module."""
    if context.uniform is None:
        return None
    module, fit = context.uniform
    if fit is None:
        return absent.module(key, context.scan, context.located, module)
    diameter = body_diameter(context, module)
    if diameter is None:
        return NotMeasured(
            key, "The body's diameter is unknown, and with it the disc.", "The whole outline in the field."
        )
    scan = context.scan
    disc = places(scan, fit, Circle(0.0, 0.0, SHARE_OF_DIAMETER * diameter / 2), fit.slices)
    sample = take(scan, disc, holes(context, module, fit))
    if sample is None:
        return cut_by_field(key, "central disc")
    circle = sample.circle
    drawn = Drawn(module.name, "noise", circle.x_mm, circle.y_mm, circle.radius_mm, sample.slices)
    return NoiseDisc(module.name, sample, drawn)


def body_diameter(context: Context, module: Module) -> float | None:
    """The body's diameter, mm: measured, else as defined."""
    body = context.located.body
    return body.diameter_mm if body else module.diameter_mm


def holes(context: Context, module: Module, fit: ModuleFit) -> tuple[Circle, ...]:
    """What discs of a module leave out: its small features with a margin, on its middle slice."""
    z = float(context.scan.z_mm[fit.slices[len(fit.slices) // 2]])
    return tuple(
        Circle(*fit.pose.on_plane(f.x_mm, f.y_mm, z), f.diameter_mm / 2 + SMALL_MARGIN_MM)
        for f in small_features(module)
    )


def _spreads(context: Context, disc: NoiseDisc, noise: Noise) -> tuple[Measurement, Measurement, Curve]:
    sample, covariance = disc.sample, noise.covariance
    z = context.scan.z_mm[list(sample.slices)]
    relative = math.sqrt(covariance.relative_variance_of_variance(sample.mask)) / 2
    u = relative * math.sqrt(noise.slices.variance_factor(z))
    by_slice = np.sqrt(sample.detrended / covariance.kept_after_detrend(sample.mask))
    sd, sigma = math.sqrt(sample.variance), math.sqrt(float(np.mean(by_slice**2)))
    place, independent = where(disc.module, sample.slices), noise.slices.independent(z)
    flags = ("one_slice",) if len(sample.slices) == 1 else ()
    curve = Curve(
        key="noise.sigma",
        x=tuple(z.tolist()),
        values=tuple(by_slice.tolist()),
        u=tuple((by_slice * relative).tolist()),
        x_unit="mm",
        unit="HU",
        method=SIGMA_METHOD,
    )
    return (
        Measurement("noise.sd", sd, sd * u, "HU", independent, place, SD_METHOD, flags),
        Measurement("noise.sigma", sigma, sigma * u, "HU", independent, place, SIGMA_METHOD, flags),
        curve,
    )


def _relative(context: Context, disc: NoiseDisc, sd: Measurement) -> Measurement | NotMeasured:
    """noise.sd in per cent of the span from the uniform module to air."""
    air = [m for m in context.insert_means if m.insert.hu <= AIR_HU]
    if not air:
        return NotMeasured(
            "noise.relative",
            "The span from water to air is unknown, since no air insert was measured.",
            "A phantom with an air insert, and a scan that shows it.",
        )
    span = disc.sample.mean - float(np.mean([m.value for m in air]))
    value = 100.0 * sd.value / span
    u = value * (sd.u or 0.0) / sd.value if sd.value > 0.0 else 0.0
    return Measurement("noise.relative", value, u, "%", sd.n, sd.where, RELATIVE_METHOD, sd.flags)
