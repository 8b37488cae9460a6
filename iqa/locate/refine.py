"""From a recognised pose to hundredths of a millimetre: every round feature by its own edge, then all together.

The centre and roll of a module are the best rigid fit of its features, never the body's centre: bodies lie up to some
tenths of a millimetre beside them. z comes from `iqa.locate.along`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from iqa.locate.body import Body
from iqa.model import FeatureFit, Insert, Module, Pin, Pose, Scan, tilt_matrix
from iqa.signal.centres import DiscCentres, disc_centres, fits_field

Round = Insert | Pin
Array = NDArray[np.float64]

LEAST_CONTRAST_HU = 60.0
"""Fainter inserts (acrylic in a CTP404: 15 HU) have no edge to fit in one slice's noise."""
LEAST_SNR = 2.0
"""Contrast over residual below which a disc's edge is not seen."""
FIRST_SLICES = 3
MOST_SLICES = 9
"""Slices used for one feature: more say little and cost time."""
STRAYED_MM = 1.5
"""A fit further than this from its place followed something else."""
ODD_RADIUS = 0.25
"""A fit whose radius differs by more than this share is no such disc."""
ROBUST_MM = 0.3
"""Features off by more than this are weighted down: real copies stray by 0.03–0.3 mm."""
CORRELATED = 2.1
"""Ramp noise makes a centre this many times less certain than white noise of the same variance would."""
FIRST_BLUR_MM = 0.55
BLURS_MM = (0.3, 0.45, 0.6, 0.8, 1.1)


@dataclass(frozen=True, slots=True)
class Disc:
    """A round feature as it was found on several slices, each centre carried to the module's plane."""

    feature: Round
    fit: FeatureFit
    contrast_hu: float


@dataclass(frozen=True, slots=True)
class RigidFit:
    """The best in-plane pose of some discs."""

    x_mm: float
    y_mm: float
    roll_deg: float
    scale: float
    u_xy_mm: float
    u_roll_deg: float


def slices_inside(scan: Scan, pose: Pose, feature_range: tuple[float, float], at: tuple[float, float]) -> list[int]:
    """Slices that lie wholly within a feature's z range where it stands, tilt and section thickness considered."""
    ends = [pose.place(*at, z)[2] for z in feature_range]
    margin = 0.5 * scan.section_mm + 0.25
    low, high = min(ends) + margin, max(ends) - margin
    return [int(k) for k in np.flatnonzero((scan.z_mm >= low - 1e-6) & (scan.z_mm <= high + 1e-6))]


def seen_features(module: Module) -> Iterable[Round]:
    """The round features of a module that stand out enough to be fitted."""
    return (
        f for f in module.features if isinstance(f, Insert | Pin) and abs(f.hu - module.body_hu) >= LEAST_CONTRAST_HU
    )


class Discs:
    """Fits round features of one scan at given poses."""

    def __init__(self, scan: Scan, body: Body) -> None:
        self.scan = scan
        self.body = body
        self.blur_mm = FIRST_BLUR_MM

    def find(self, module: Module, pose: Pose, within: Sequence[int] | None = None) -> tuple[Disc, ...]:
        """All round features of a module that show an edge, near the places that `pose` (of the module) gives."""
        found = (self._one(feature, pose, within) for feature in seen_features(module))
        return tuple(d for d in found if d is not None)

    def edgeless(self, module: Module, pose: Pose, found: Sequence[Disc]) -> tuple[Insert, ...]:
        """The inserts whose edge was looked for on slices wholly inside them, and is not there."""
        seen = {d.feature.name for d in found}
        missing = (f for f in seen_features(module) if isinstance(f, Insert) and f.name not in seen)
        return tuple(f for f in missing if self._fit(f, pose, self._surely_inside(f, pose)) is not None)

    def _surely_inside(self, feature: Round, pose: Pose) -> list[int]:
        """The middle one of at least two slices inside a feature: inside even where z is known coarsely; or none."""
        inside = self._inside(feature, pose)
        return _middle(inside, 1) if len(inside) > 1 else []

    def _inside(self, feature: Round, pose: Pose) -> list[int]:
        return slices_inside(self.scan, pose, (feature.z_from_mm, feature.z_to_mm), (feature.x_mm, feature.y_mm))

    def _one(self, feature: Round, pose: Pose, within: Sequence[int] | None) -> Disc | None:
        indices = self._inside(feature, pose)
        if within is not None:
            indices = [k for k in indices if k in within] or list(within)
        indices = _middle(indices, MOST_SLICES if within is None else FIRST_SLICES)
        fits = self._fit(feature, pose, indices)
        return None if fits is None else self._pooled(feature, pose, indices, fits)

    def _fit(self, feature: Round, pose: Pose, indices: list[int], blur_mm: float | None = None) -> DiscCentres | None:
        """The feature's centres on slices, at the edge blur that was learnt or another."""
        if not indices:
            return None
        x, y = self._expected(feature, pose, indices)
        radius = 0.5 * feature.diameter_mm * pose.scale
        if not fits_field(self.scan.stored.shape[1:], self.scan.pixel_mm, x, y, radius):
            return None
        units = np.array([self.body.greys.unit(self.scan, k) for k in indices])
        images = [self.scan.stored[k] for k in indices]
        return disc_centres(images, self.scan.pixel_mm, (x, y), radius, blur_mm or self.blur_mm).scaled(units)

    def _expected(self, feature: Round, pose: Pose, indices: list[int]) -> Array:
        """(2, n) place of a feature on slices, mm from each slice's first pixel."""
        return pose.on_planes(feature.x_mm, feature.y_mm, self.scan.z_mm[indices]) - self.scan.drift_mm[indices].T

    def _pooled(self, feature: Round, pose: Pose, indices: list[int], fits: DiscCentres) -> Disc | None:
        expected = self._expected(feature, pose, indices)
        dx, dy = fits.x_mm - expected[0], fits.y_mm - expected[1]
        radius = 0.5 * feature.diameter_mm * pose.scale
        good = (np.abs(fits.contrast) > LEAST_SNR * fits.residual) & (np.abs(fits.contrast) > 0.25 * LEAST_CONTRAST_HU)
        good &= np.hypot(dx, dy) < max(STRAYED_MM, 0.3 * radius)
        good &= np.abs(fits.radius_mm - radius) < max(ODD_RADIUS * radius, 0.5)
        count = int(np.count_nonzero(good))
        if count < max(1, len(indices) // 2):
            return None
        weight = good / np.maximum(fits.u_white_mm, 1e-6) ** 2
        weight /= weight.sum()
        x, y, _ = pose.place(feature.x_mm, feature.y_mm, 0.0)
        model = CORRELATED / math.sqrt(float(np.sum(good / np.maximum(fits.u_white_mm, 1e-6) ** 2)))
        mean = float(weight @ dx), float(weight @ dy)
        scatter = math.sqrt(float(weight @ ((dx - mean[0]) ** 2 + (dy - mean[1]) ** 2)) / 2.0 / max(count - 1, 1))
        fit = FeatureFit(
            feature.name, x + mean[0], y + mean[1], max(model, scatter), 2.0 * float(weight @ fits.radius_mm),
            tuple(k for k, g in zip(indices, good, strict=True) if g),
        )  # fmt: skip
        return Disc(feature, fit, float(weight @ fits.contrast))

    def learn_blur(self, discs: Sequence[Disc], pose: Pose) -> None:
        """Set the edge blur to the one that leaves the least at the strongest insert."""
        inserts = [d for d in discs if isinstance(d.feature, Insert)]
        if not inserts:
            return
        strongest = max(inserts, key=lambda d: abs(d.contrast_hu))
        index = strongest.fit.slices[len(strongest.fit.slices) // 2]
        fits = [self._fit(strongest.feature, pose, [index], blur) for blur in BLURS_MM]
        left = [float(f.residual[0]) if f is not None else math.inf for f in fits]
        self.blur_mm = _lowest(np.array(BLURS_MM), np.array(left))


def _lowest(x: Array, y: Array) -> float:
    """Abscissa of the lowest point, refined by the parabola through its neighbours."""
    i = int(np.argmin(y))
    if i in (0, len(x) - 1):
        return float(x[i])
    a, b, _ = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)
    return float(-0.5 * b / a) if a > 0.0 else float(x[i])


def _middle(indices: list[int], most: int) -> list[int]:
    spare = max(0, len(indices) - most)
    return indices[spare // 2 : spare // 2 + most]


def rigid_fit(discs: Sequence[Disc], pose: Pose) -> RigidFit | None:
    """Best shift, roll and scale of a module from its discs; None with fewer than two.

    Notes
    -----
    The tilt is undone first. Then complex least squares u = A f + B over the plane: A holds roll and scale, B the
    shift; re-weighted so that a strayed feature does not pull. Stray and noise are both in the residual, hence in the
    stated uncertainties; these are raised by t₉₅(ν)/1.96, since few discs tell their own scatter badly (GUM, G.3).
    """
    if len(discs) < 2:
        return None
    hand = -1.0 if pose.mirrored else 1.0
    nominal = np.array([complex(hand * d.feature.x_mm, d.feature.y_mm) for d in discs])
    upright = np.array([_upright(d, pose) for d in discs])
    own = np.array([d.fit.u_mm for d in discs])
    weight = np.ones(len(discs))
    for _ in range(10):
        w = weight / weight.sum()
        f0, s0 = np.sum(w * nominal), np.sum(w * upright)
        spread = float(np.sum(w * np.abs(nominal - f0) ** 2))
        a = complex(np.sum(w * (upright - s0) * np.conj(nominal - f0)) / spread)
        b = complex(s0 - a * f0)
        off = np.abs(upright - a * nominal - b)
        weight = 1.0 / (1.0 + (off / ROBUST_MM) ** 2)
    freedom = 2 * len(discs) - 4
    noise = float(np.sqrt(np.mean(own**2)))
    rms = math.sqrt(float(np.sum(weight * off**2) / np.mean(weight)) / freedom) if freedom > 0 else 0.0
    per_coordinate = max(rms * _few(freedom), noise)
    x, y = _tilted(b, pose)
    return RigidFit(
        x, y, -math.degrees(math.atan2(a.imag, a.real)), abs(a),
        per_coordinate / math.sqrt(len(discs)),
        math.degrees(per_coordinate / math.sqrt(spread * len(discs))),
    )  # fmt: skip


@cache
def _few(freedom: int) -> float:
    """How much wider a 95 % interval is when the scatter itself is known from so few degrees of freedom."""
    return float(stdtrit(freedom, 0.975) / ndtri(0.975)) if freedom > 0 else 1.0


def _upright(disc: Disc, pose: Pose) -> complex:
    """Where the disc lies about the pose's origin once the tilt is undone."""
    z = pose.place(disc.feature.x_mm, disc.feature.y_mm, 0.0)[2]
    away = np.array([disc.fit.x_mm - pose.x_mm, disc.fit.y_mm - pose.y_mm, z - pose.z_mm])
    x, y, _ = tilt_matrix(pose.pitch_deg, pose.yaw_deg).T @ away
    return complex(x, y)


def _tilted(shift: complex, pose: Pose) -> tuple[float, float]:
    """The pose's new (x, y), at its old z, after a shift across its axis."""
    dx, dy, dz = tilt_matrix(pose.pitch_deg, pose.yaw_deg) @ (shift.real, shift.imag, 0.0)
    along_x, along_y = pose.slopes
    return float(pose.x_mm + dx - dz * along_x), float(pose.y_mm + dy - dz * along_y)


def apply(pose: Pose, fit: RigidFit) -> Pose:
    """The pose with a fit's shift, roll and scale."""
    return replace(pose, x_mm=fit.x_mm, y_mm=fit.y_mm, roll_deg=fit.roll_deg, scale=fit.scale)
