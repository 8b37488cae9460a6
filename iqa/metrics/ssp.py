"""Family `ssp`: the full section sensitivity profile, from beads, discs of foil, ramps or rows, whichever is surest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.points import Source, is_ball, is_foil, is_point
from iqa.metrics.regions import Circle, centred, where
from iqa.metrics.sections import OWN_U, RAMP_METHOD
from iqa.model import Bead, Curve, Drawn, Measurement, NotMeasured, Result, Wire
from iqa.signal.points import REACH as REACH_WIDTHS
from iqa.signal.points import height_weights
from iqa.signal.profile import REACH, Profile, Samples, Width, of_mixture, profile

FloatArray = NDArray[np.float64]

KEYS = ("ssp.fwhm", "ssp.fwtm")
BEAD_METHOD, FOIL_METHOD = "ssp-bead@1", "ssp-disc@1"
FROM_RAMPS, FROM_ROWS = "ssp-ramp@2", "ssp-rows@2"
SPAN = 4.0
"""Distance along z, in nominal sections, over which a source is first looked at: cone beams are half as thick again."""
LIT = 0.25
"""Height, against the largest, of the samples whose middle is where a fit begins."""
COVERED = 0.9
"""Distance to either side of a source, in FWHM, that its slices must reach: a triangle ends at 1, and what lies beyond
the last slice would be guessed."""
FEWEST = 4
"""Slices about a source from which a profile can be tried: one more than a height, a place and a width."""
LARGEST_GAP = 0.5
"""Distance of samples along z, in FWHM, above which a width follows from where the slices happen to lie: linear
interpolation at a whole FWHM errs by 9 to 21 % on average, and by 77 % at worst."""
LARGEST_U = 0.1
"""Relative standard uncertainty above which a width says too little to be a number."""
PER_VARIANCE = 4.0 * math.log(2.0)
"""Change of a Gaussian's FWHM with its variance, times the FWHM: 8 ln 2 / 2; sharper profiles change less."""
BALL_VARIANCE, SLAB_VARIANCE, DISC_VARIANCE = 1.0 / 20.0, 1.0 / 12.0, 1.0 / 16.0
"""Variance of a ball and of a slab along an axis, and of a disc along its diameter, per squared size."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The profile as one kind of source shows it."""

    profile: Profile
    method: str
    n: int
    at: str
    flags: tuple[str, ...] = ()
    regions: tuple[Drawn, ...] = ()


def measure(context: Context) -> Measured:
    """`ssp.fwhm`, `ssp.fwtm` and the curve `ssp` of height 1, from the source whose FWHM has the smallest u.

    Notes
    -----
    Beads and foils show the profile itself (see `iqa.signal.profile`): each one's height on every slice, by one set of
    weights, so that neither in-plane blur nor a plane base enters, all on one z axis with a height and a place of its
    own. Ramps and rows show it through the family of shapes with which `slice_thickness` is fitted.

    References
    ----------
    IEC 61223-3-5:2019; Polacin et al., Med Phys 1994;21:133 (small objects for the profile of a spiral scan).
    """
    balls = _kind(context, lambda f: is_ball(f) and is_point(f), BEAD_METHOD)
    found = [s for s in (balls, _kind(context, is_foil, FOIL_METHOD), _of_ramps(context)) if s is not None]
    seen = [s for s in found if isinstance(s, _Seen)]
    if seen:
        best = min(seen, key=lambda s: s.profile.half.u_mm)
        return Measured((*_widths(best), _curve(best)), best.regions)
    refused = absent.none_of([s for s in found if isinstance(s, NotMeasured)]) if found else None
    return Measured(tuple(replace(refused, key=key) for key in KEYS) if refused else ())


def _widths(seen: _Seen) -> tuple[Result, ...]:
    widths = zip(KEYS, (seen.profile.half, seen.profile.tenth), strict=True)
    return tuple(
        _shallow(key)
        if width is None
        else Measurement(key, width.mm, width.u_mm, "mm", seen.n, seen.at, seen.method, seen.flags)
        for key, width in widths
    )


def _curve(seen: _Seen) -> Curve:
    own = seen.profile
    return Curve(
        "ssp", tuple(own.z_mm.tolist()), tuple(own.values.tolist()), tuple(own.u.tolist()), "mm", "1", seen.method
    )


# ----------------------------------------------------------------------------------------- ramps and rows


def _of_ramps(context: Context) -> _Seen | NotMeasured | None:
    found = context.sections
    if found.best is None:
        return found.refused[0] if found.refused else None
    group = found.best.group
    method = FROM_RAMPS if group.method == RAMP_METHOD else FROM_ROWS
    shown = of_mixture(group.mixture, Width(found.best.width_mm, found.best.u_mm), group.unseen_mm, group.unsure_mm)
    flags = ("tilt_not_cancelled",) if found.best.lean is None else ()
    return _Seen(shown, method, len(group.slices), where(group.module, group.slices), flags)


# ------------------------------------------------------------------------------------------ beads and foils


@dataclass(frozen=True, slots=True, eq=False)
class _Heights:
    """One source, slice by slice."""

    source: Source
    z_mm: FloatArray
    values: FloatArray
    variance: float
    """Of the noise of each value, HU²."""
    slices: tuple[int, ...]

    @property
    def centre_mm(self) -> float:
        """Its place along z, roughly."""
        lit = np.clip(self.values - LIT * self.values.max(), 0.0, None)
        return float(self.z_mm @ lit / lit.sum())

    @property
    def width_mm(self) -> float:
        """Area over height, roughly; never under half a step."""
        step = float(np.median(np.diff(self.z_mm)))
        return max(float(np.trapezoid(self.values, self.z_mm) / self.values.max()), 0.5 * step)

    @property
    def step_mm(self) -> float:
        """Largest distance of neighbouring slices."""
        return float(np.diff(self.z_mm).max())

    def within(self, reach_mm: float) -> _Heights:
        """The same on the slices near it."""
        near = np.abs(self.z_mm - self.centre_mm) <= reach_mm
        slices = tuple(i for i, kept in zip(self.slices, near, strict=True) if kept)
        return replace(self, z_mm=self.z_mm[near], values=self.values[near], slices=slices)

    def covers(self, width_mm: float) -> bool:
        """Its slices reach far enough to either side."""
        centre, wanted = self.centre_mm, COVERED * width_mm
        return bool(self.z_mm[0] <= centre - wanted and self.z_mm[-1] >= centre + wanted)


def _kind(context: Context, wanted: Callable[[Bead | Wire], bool], method: str) -> _Seen | NotMeasured | None:
    features = [(m, f) for m in context.located.spec.modules for f in m.features if isinstance(f, Bead) and wanted(f)]
    if not features:
        return None
    sources = context.sources
    if isinstance(sources, NotMeasured):
        return sources
    shown = [(m, sources[m.name, f]) for m, f in features if (m.name, f) in sources]
    if not shown:
        return absent.module("", context.scan, context.whole, features[0][0])
    seen = [_heights(context, s) if isinstance(s, Source) else s for _, s in shown]
    heights = [h for h in seen if isinstance(h, _Heights)]
    if not heights:
        return absent.none_of([s for s in seen if isinstance(s, NotMeasured)])
    return _pooled(context, heights, method)


def _heights(context: Context, source: Source) -> _Heights | NotMeasured:
    """Heights on all slices of the module near a source, or why there are too few."""
    scan, place = context.scan, source.drawn
    middle = float(np.mean(scan.z_mm[list(source.slices)]))
    reach = SPAN * max(scan.section_mm, scan.step_mm or 0.0)
    slices = [i for i in _plain(context, source) if abs(float(scan.z_mm[i]) - middle) <= reach]
    circle = Circle(place.x_mm, place.y_mm, REACH_WIDTHS * source.width_mm)
    crops = [(i, c) for i in slices if (c := centred(scan, i, circle)) is not None]
    if len(crops) < FEWEST:
        return _few(source)
    weights = [height_weights(c.x_mm, c.y_mm, source.width_mm) for _, c in crops]
    values = np.array([float((w * c.hu).sum()) for w, (_, c) in zip(weights, crops, strict=True)])
    covariance = source.noise.covariance
    variance = covariance.variance_of_sum(weights[len(weights) // 2]) / covariance.variance * source.level
    kept = tuple(i for i, _ in crops)
    return _Heights(source, scan.z_mm[list(kept)], values, variance, kept)


def _plain(context: Context, source: Source) -> Sequence[int]:
    """Slices that hold nothing else at its place: its module's; a bare source has a holder about it on all of them."""
    if context.located.body is None:
        return range(len(context.scan))
    fit = context.whole.module(source.module)
    return fit.slices if fit else ()


def _pooled(context: Context, heights: Sequence[_Heights], method: str) -> _Seen | NotMeasured:
    """All sources of one kind on one z axis, refused where they lie too far apart on it."""
    width = float(np.median([h.width_mm for h in heights]))
    covering = [h.within(REACH * width) for h in heights if h.covers(width)]
    if not covering:
        return _short(heights[0], width)
    step = min(h.step_mm for h in covering)
    used = [h for h in covering if h.step_mm <= LARGEST_GAP * width]
    if not used:
        return _sparse(covering, step, width)
    found = profile(_samples(context, used), width, np.array([h.centre_mm for h in used]))
    if found is None:
        return _unsettled(used)
    found = _allowing(found, used)
    if found.half.u_mm > LARGEST_U * found.half.mm:
        return _unsure(used, found.half)
    if step > LARGEST_GAP * found.half.mm:
        return _sparse(used, step, found.half.mm)
    at = ", ".join(dict.fromkeys(where(h.source.module, h.slices) for h in used))
    return _Seen(found, method, len(used), at, regions=tuple(_drawn(h) for h in used))


def _samples(context: Context, used: Sequence[_Heights]) -> Samples:
    source = np.concatenate([np.full(h.z_mm.size, k, dtype=np.int64) for k, h in enumerate(used)])
    covariance = np.zeros((source.size, source.size))
    for k, h in enumerate(used):
        own = np.ix_(source == k, source == k)
        covariance[own] = h.variance * h.source.noise.slices.modelled(h.z_mm)
    variance, extent = np.mean([_extent(context, h.source) for h in used], axis=0)
    z, values = (np.concatenate([getattr(h, name) for h in used]) for name in ("z_mm", "values"))
    return Samples(z, values, source, covariance, math.sqrt(variance), float(extent))


def _extent(context: Context, source: Source) -> tuple[float, float]:
    """Variance and whole extent of a source along z: of a ball; of a foil its height, and its lean with the pose."""
    feature, fit = source.feature, context.whole.module(source.module)
    if not isinstance(feature, Bead) or feature.height_mm is None or fit is None:
        return BALL_VARIANCE * feature.diameter_mm**2, feature.diameter_mm
    # A foil that leans smears along z as the plane through it rises.
    variance = SLAB_VARIANCE * feature.height_mm**2 + DISC_VARIANCE * (feature.diameter_mm * fit.pose.lean) ** 2
    return variance, feature.extent_mm


def _allowing(found: Profile, used: Sequence[_Heights]) -> Profile:
    """With a component of u for an extent that nobody vouches for, as large as a Gaussian profile would take it."""
    unsure = max(_unsure_variance(h.source.feature) for h in used)
    half = found.half
    own = PER_VARIANCE * unsure / half.mm
    tenth = found.tenth and replace(found.tenth, u_mm=math.hypot(found.tenth.u_mm, own * found.tenth.mm / half.mm))
    return replace(found, half=replace(half, u_mm=math.hypot(half.u_mm, own)), tenth=tenth)


def _unsure_variance(feature: Bead | Wire) -> float:
    """Standard uncertainty of the variance of a source's extent, mm²."""
    if isinstance(feature, Bead) and feature.height_mm is not None:
        return OWN_U[feature.provenance.of("height_mm")[1]] * SLAB_VARIANCE * feature.height_mm**2
    return OWN_U[feature.provenance.of("diameter_mm")[1]] * BALL_VARIANCE * feature.diameter_mm**2


def _drawn(h: _Heights) -> Drawn:
    place = h.source.drawn
    return Drawn(place.module, "ssp", place.x_mm, place.y_mm, REACH_WIDTHS * h.source.width_mm, h.slices)


# ------------------------------------------------------------------------------------------ the refusals


def _names(used: Sequence[_Heights]) -> str:
    return " and ".join(f"'{h.source.feature.name}'" for h in used)


def _few(source: Source) -> NotMeasured:
    reason = f"Fewer than {FEWEST} slices lie about '{source.feature.name}'."
    return NotMeasured("", reason, "A reconstruction with a smaller increment.")


def _short(heights: _Heights, width_mm: float) -> NotMeasured:
    name = heights.source.feature.name
    return NotMeasured(
        "",
        f"The slices about '{name}' do not reach {COVERED * width_mm:.1f} mm to both sides of it, "
        f"as a section of about {width_mm:.1f} mm needs.",
        "A scan range that holds the whole module, or thinner slices.",
    )


def _sparse(used: Sequence[_Heights], step_mm: float, width_mm: float) -> NotMeasured:
    return NotMeasured(
        "",
        f"{_names(used)} is seen every {step_mm:.2f} mm along z; "
        f"a section of about {width_mm:.2f} mm shows its profile at half of that.",
        "A reconstruction with a smaller increment.",
    )


def _unsettled(used: Sequence[_Heights]) -> NotMeasured:
    return NotMeasured(
        "", f"No section profile fits the heights of {_names(used)}.", "Slices without artefacts about it."
    )


def _unsure(used: Sequence[_Heights], width: Width) -> NotMeasured:
    share = 100.0 * width.u_mm / width.mm
    return NotMeasured(
        "",
        f"Noise and the distance of the slices leave the section that {_names(used)} shows uncertain by {share:.0f} %.",
        "More dose, or a reconstruction with a smaller increment.",
    )


def _shallow(key: str) -> NotMeasured:
    return NotMeasured(
        key,
        "The section profile is not seen to fall to a tenth of its top.",
        "More slices about the bead, or less noise.",
    )
