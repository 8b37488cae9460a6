"""Family `noise`: standard deviation of the uniform module, plain, detrended, and relative to the water-air span."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.discs import Central
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.regions import Noise, u_drift, where
from iqa.model import Curve, Measurement, NotMeasured

KEYS = ("noise.sd", "noise.sigma", "noise.relative")
SD_METHOD = "sd-disc@2"
SIGMA_METHOD = "sd-detrended@2"
RELATIVE_METHOD = "sd-of-span@2"


def measure(context: Context) -> Measured:
    """`noise.sd`, `noise.sigma` with its curve by slice, and `noise.relative`.

    Notes
    -----
    Both are root mean squares over the module's slices. `sd` is freed from nothing but the n − 1; `sigma` loses a
    2nd-order trend, and its divisor is the one right for noise of this texture, tr(PC)/σ². u holds the sampling of
    correlated Gaussian noise, and where the slices scatter by more than that explains, their scatter; it leaves out
    that the noise differs over the disc.
    """
    disc, noise = context.central, context.noise
    if disc is None:
        return Measured()
    if isinstance(disc, NotMeasured) or noise is None:
        lack = disc if isinstance(disc, NotMeasured) else absent.noise("")
        return Measured(tuple(replace(lack, key=key) for key in KEYS))
    sd, sigma, curve = _spreads(context, disc, noise)
    return Measured((sd, sigma, curve, _relative(context, disc, sd)), (disc.drawn,))


def _spreads(context: Context, disc: Central, noise: Noise) -> tuple[Measurement, Measurement, Curve]:
    sample, covariance = disc.sample, noise.covariance
    z = context.scan.z_mm[list(sample.slices)]
    relative = math.sqrt(covariance.relative_variance_of_variance(sample.mask)) / 2
    u = relative * math.sqrt(noise.slices.variance_factor(z))
    by_slice = np.sqrt(disc.detrended / covariance.kept_after_detrend(sample.mask))
    sd, sigma = math.sqrt(sample.variance), math.sqrt(float(np.mean(by_slice**2)))
    u_sd = math.hypot(sd * u, u_drift(np.sqrt(sample.variances), sd * relative))
    u_sigma = math.hypot(sigma * u, u_drift(by_slice, sigma * relative))
    place, independent = where(disc.module, sample.slices), noise.slices.independent(z)
    flags = (*one_slice(sample.slices), *uncalibrated(context))
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
        Measurement("noise.sd", sd, u_sd, "HU", independent, place, SD_METHOD, flags),
        Measurement("noise.sigma", sigma, u_sigma, "HU", independent, place, SIGMA_METHOD, flags),
        curve,
    )


def _relative(context: Context, disc: Central, sd: Measurement) -> Measurement | NotMeasured:
    """noise.sd in per cent of the span from the uniform module to air."""
    air = [m for m in context.tier_means if m.is_air]
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
