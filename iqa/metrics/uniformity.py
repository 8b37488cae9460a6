"""Family `uniformity`: edge against centre of the uniform module, at the clock of the displayed image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.discs import body_diameter, holes, plain_radius
from iqa.metrics.extremes import BIAS_WEIGHT, expected_excess, largest_by_size
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.regions import Array, Circle, Noise, Sample, cut_by_field, places, take, u_drift, where
from iqa.model import Drawn, Measurement, Module, ModuleFit, NotMeasured, Region, Scan

CLOCK = {"12h": (0.0, -1.0), "3h": (1.0, 0.0), "6h": (0.0, 1.0), "9h": (-1.0, 0.0)}
"""Directions (x, y) on the displayed image."""
SHARE_OF_DIAMETER = 0.1
"""Diameter of the discs against the body's, where the definition names none."""
RIM_MM = 10.0
"""Distance of their outer edge from the module's, where the definition names none: clear of a water phantom's wall."""
INTEGRAL_OFFSET_HU = 1000.0
"""Added before (max − min)/(max + min), which means nothing near 0 HU (makers' manuals)."""
METHOD = "disc-means@2"
KEYS = (*(f"uniformity.{hour}" for hour in CLOCK), "uniformity.max_deviation", "uniformity.integral")


@dataclass(frozen=True, eq=False)
class _Discs:
    """The five discs, and the noise that their means share."""

    centre: Sample
    edges: dict[str, Sample]
    noise: Noise
    z_mm: Array

    def u_mean(self, sample: Sample) -> float:
        return self.noise.u_mean(sample, self.z_mm, self.noise.level(sample))

    def u_difference(self, edge: Sample) -> float:
        """HU, of edge − centre: each disc at its own noise level, both in one field of correlated noise."""
        field = _paired(
            (edge, math.sqrt(self.noise.level(edge))), (self.centre, -math.sqrt(self.noise.level(self.centre)))
        )
        covariance = self.noise.covariance
        share = covariance.variance_of_sum(field) / covariance.variance
        one = math.sqrt(share)
        drift = u_drift(edge.means - self.centre.means, one)
        return math.hypot(one * math.sqrt(self.noise.slices.mean_factor(self.z_mm)), drift)


def measure(context: Context) -> Measured:
    """Edge − centre at 12, 3, 6 and 9 h, their signed largest, and the integral non-uniformity.

    Notes
    -----
    The discs lie at the definition's radius but on the displayed clock, whatever the roll. The largest of several
    noisy differences is too large in the mean; it is not corrected, u holds the expected excess as a component, and
    so does that of the integral.
    """
    if context.uniform is None:
        return Measured()
    module, fit = context.uniform
    if fit is None:
        return Measured(tuple(absent.module(key, context.scan, context.located, module) for key in KEYS))
    if context.noise is None:
        return Measured(tuple(absent.noise(key) for key in KEYS))
    discs = _discs(context, module, fit, context.noise)
    if isinstance(discs, NotMeasured):
        return Measured(tuple(replace(discs, key=key) for key in KEYS))
    named = {"centre": discs.centre, **discs.edges}
    drawn = (
        Drawn(module.name, name, s.circle.x_mm, s.circle.y_mm, s.circle.radius_mm, s.slices)
        for name, s in named.items()
    )
    return Measured(_results(module.name, discs, uncalibrated(context)), tuple(drawn))


def _results(module: str, discs: _Discs, scale: tuple[str, ...]) -> tuple[Measurement, ...]:
    differences = {hour: s.mean - discs.centre.mean for hour, s in discs.edges.items()}
    u = {hour: discs.u_difference(s) for hour, s in discs.edges.items()}
    largest, u_largest = largest_by_size(list(differences.values()), list(u.values()))
    values = [
        *((f"uniformity.{hour}", differences[hour], u[hour], "HU") for hour in CLOCK),
        ("uniformity.max_deviation", largest, u_largest, "HU"),
        ("uniformity.integral", *_integral(discs), "1"),
    ]
    slices = discs.centre.slices
    flags = (*one_slice(slices), *scale)
    n, place = discs.noise.slices.independent(discs.z_mm), where(module, slices)
    return tuple(Measurement(key, value, u_, unit, n, place, METHOD, flags) for key, value, u_, unit in values)


def _integral(discs: _Discs) -> tuple[float, float]:
    samples = (discs.centre, *discs.edges.values())
    means = [s.mean for s in samples]
    u = max(discs.u_mean(s) for s in samples)
    total = 2.0 * INTEGRAL_OFFSET_HU + max(means) + min(means)
    excess = expected_excess(means, u) + expected_excess([-m for m in means], u)
    return (max(means) - min(means)) / total, math.hypot(math.sqrt(2.0) * u, BIAS_WEIGHT * excess) / total


def _discs(context: Context, module: Module, fit: ModuleFit, noise: Noise) -> _Discs | NotMeasured:
    layout = _layout(context, module)
    if layout is None:
        return absent.diameter("")
    at_mm, radius_mm = layout
    scan, spared = context.scan, holes(context.scan, module, fit)
    axis = places(scan, fit, Circle(0.0, 0.0, radius_mm), fit.slices)
    samples: dict[str, Sample] = {}
    for name, (x, y) in {"centre": (0.0, 0.0), **CLOCK}.items():
        disc = tuple((i, Circle(c.x_mm + at_mm * x, c.y_mm + at_mm * y, radius_mm)) for i, c in axis)
        sample = take(scan, disc, spared)
        if sample is None:
            return cut_by_field("", name)
        samples[name] = sample
    return _Discs(samples.pop("centre"), samples, noise, _z(scan, fit))


def _layout(context: Context, module: Module) -> tuple[float, float] | None:
    """Distance from the axis and radius of the discs, mm."""
    regions = [r for r in module.features if isinstance(r, Region) and math.hypot(r.x_mm, r.y_mm) > r.diameter_mm / 2]
    if regions:
        return math.hypot(regions[0].x_mm, regions[0].y_mm), regions[0].diameter_mm / 2
    diameter = body_diameter(context.located, module)
    if diameter is None:
        return None
    radius = SHARE_OF_DIAMETER * diameter / 2
    return plain_radius(module, diameter) - RIM_MM - radius, radius


def _z(scan: Scan, fit: ModuleFit) -> Array:
    return scan.z_mm[list(fit.slices)]


def _paired(*weighted: tuple[Sample, float]) -> Array:
    """One field of weights: each disc's mean times its factor, at its place in the slice."""
    top = min(s.corner[0] for s, _ in weighted)
    left = min(s.corner[1] for s, _ in weighted)
    bottom = max(s.corner[0] + s.mask.shape[0] for s, _ in weighted)
    right = max(s.corner[1] + s.mask.shape[1] for s, _ in weighted)
    field = np.zeros((bottom - top, right - left))
    for sample, factor in weighted:
        row, column = sample.corner[0] - top, sample.corner[1] - left
        window = field[row : row + sample.mask.shape[0], column : column + sample.mask.shape[1]]
        window += factor * sample.mask / np.count_nonzero(sample.mask)
    return field
