"""Family `line_pairs`: modulation of bars, fitted and as sites read it, and the finest group that is resolved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from iqa.metrics import absent, bars
from iqa.metrics.bars import Seen
from iqa.metrics.context import Context, Measured
from iqa.metrics.extremes import BIAS_WEIGHT, expected_excess
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.regions import SMALLEST_PIXELS, where
from iqa.metrics.transfers import nyquist
from iqa.model import Drawn, LinePairs, Measurement, Module, ModuleFit, NotMeasured, Result
from iqa.signal.bar_strips import FAINTEST
from iqa.signal.bars import BarsFit, GroupFit, find_offset, fit_bars
from iqa.signal.noise import Covariance
from iqa.signal.penalised import CHANCE_OF_NOISE

Array = NDArray[np.float64]

QUANTITIES = ("modulation", "droege_morin", "bar_contrast")
RESOLVED = "line_pairs.resolved"
MORE = "A sharper kernel, more dose or more slices."
METHOD, DROEGE, CONTRAST, LIMIT = "bar-fit@2", "droege-morin@2", "max-min@1", "bar-limit@1"
MODEL_U = (0.004, 0.0005)
"""Relative and absolute u of a modulation for what the model leaves out: without noise it was off by up to 0.6 % of T
from 0.1 up, by 0.0006 below."""
DETECTED = 4.0
"""Modulation over its u from which it is a number: 25 %, as for transfer functions."""
VISIBLE = 0.05
"""Modulation at which bars are just told apart by eye: limits of 2 to 10 % are in use."""
SURE = 1.645
"""A group is resolved if its modulation exceeds that with 95 % certainty, one-sided: noise then hides bars, as to the
eye."""
MET = 0.5
"""A group with less than this share of the contrast of the gauge's strongest is met by the fringe of the section."""
PLACING = 5
"""Coarse groups that tell where a gauge lies; each group's own place is then sought again."""
DROEGE_MORIN = math.pi / math.sqrt(2.0)
"""Contrast over standard deviation of the fundamental of a square wave, a sine of amplitude 2/π."""


@dataclass(frozen=True, eq=False)
class _Gauge:
    """The groups of one module, fitted."""

    module: Module
    seen: tuple[Seen, ...]
    fit: BarsFit
    covariance: Covariance
    """Of the noise at the groups, HU² per slice."""
    u_variance: float
    """Of its pixel variance, HU²."""
    widen: Array
    """(groups,) factor of u where the fit leaves more than noise."""


def measure(context: Context) -> Measured:
    """`line_pairs.modulation.<lp>`, `.droege_morin.<lp>`, `.bar_contrast.<lp>` of each group and `line_pairs.resolved`.

    Notes
    -----
    See `iqa.signal.bars` for the modulation. Bars and gaps together are as high as half the contrast, in every group:
    so each group gives its own contrast, whatever part of the section its bars fill.

    References
    ----------
    Droege and Morin, Med Phys 1982;9:758.
    """
    results: list[Result] = []
    regions: list[Drawn] = []
    for module in context.located.spec.modules:
        groups = sorted((f for f in module.features if isinstance(f, LinePairs)), key=lambda g: g.lp_per_cm)
        if groups:
            found = _module(context, module, groups)
            results += [*found.results, _resolved(groups, found.results, module.name)]
            regions += found.regions
    return Measured(tuple(results), tuple(regions))


def _module(context: Context, module: Module, groups: Sequence[LinePairs]) -> Measured:
    noise, fit = context.noise, context.whole.module(module.name)
    if noise is None or fit is None or not fit.slices:
        why = absent.noise("") if noise is None else absent.module("", context.scan, context.located, module)
        return Measured(tuple(_all(groups, why)))
    limit = nyquist(context.scan)
    outcomes = {
        g.label: bars.see(context.scan, module, fit, g, noise) if _frequency(g, fit) < limit else _too_fine(limit)
        for g in groups
    }
    seen = [s for s in outcomes.values() if isinstance(s, Seen)]
    gauge = _fitted(context, module, fit, groups, seen) if seen else None
    results: list[Result] = []
    for group in groups:
        outcome = outcomes[group.label]
        if isinstance(outcome, NotMeasured):
            results += _all([group], outcome)
        elif gauge is not None:
            results += _values(context, gauge, [s.group for s in gauge.seen].index(group))
    return Measured(tuple(results), tuple(_drawn(s, fit, module, context) for s in seen))


def _all(groups: Sequence[LinePairs], why: NotMeasured) -> Iterator[NotMeasured]:
    """The same reason for all numbers of the groups."""
    return (replace(why, key=f"line_pairs.{q}.{g.label}") for g in groups for q in QUANTITIES)


def _frequency(group: LinePairs, fit: ModuleFit) -> float:
    """Fundamental frequency on the image, 1/mm."""
    return 0.1 * group.lp_per_cm / fit.pose.scale


def _too_fine(limit: float) -> NotMeasured:
    return NotMeasured(
        "",
        f"Groups at or beyond {10.0 * limit:.1f} lp/cm are finer than the pixels can show.",
        "Smaller pixels: a smaller field of view.",
    )


def _fitted(
    context: Context, module: Module, fit: ModuleFit, groups: Sequence[LinePairs], seen: Sequence[Seen]
) -> _Gauge | None:
    """All groups of a module that are seen, fitted together where their gauge is found to lie."""
    scan, noise, blur = context.scan, context.noise, context.edge.width_mm
    if noise is None:
        return None
    slices = sorted({i for s in seen for i in s.slices})
    levels = bars.noise_levels(scan, module, fit, groups, slices, noise)
    covariance = noise.covariance.scaled(float(np.median(levels))) if len(levels) else noise.covariance
    radius = bars.radius_mm(fit, [s.group for s in seen])
    offset = find_offset([s.fitted(noise, scan.z_mm) for s in seen[:PLACING]], blur, covariance)
    turned = offset * np.array([1.0, 1.0, 1.0 / radius])
    placed = [bars.moved(scan, fit, s, turned) for s in seen]
    found = fit_bars([s.fitted(noise, scan.z_mm) for s in placed], blur, covariance)
    spread = float(levels.std() / math.sqrt(len(levels))) if len(levels) > 1 else covariance.variance
    return _Gauge(module, tuple(placed), found, covariance, spread, _widening(found.groups))


def _widening(groups: Sequence[GroupFit]) -> Array:
    """(groups,) by how much u is too small: where more is left than noise explains, in a group or in half of them."""
    left = np.array([g.misfit for g in groups])
    freedom = np.array([g.freedom for g in groups])
    common = float(np.median(left)) if np.median(left) > _by_chance(float(freedom.sum())) else 1.0
    own = np.where(left > [_by_chance(f) for f in freedom], left, 1.0)
    return np.asarray(np.sqrt(np.maximum(common, own)))


def _by_chance(freedom: float) -> float:
    """What noise alone leaves at most, against its mean."""
    return float(chdtri(freedom, CHANCE_OF_NOISE)) / freedom


def _values(context: Context, gauge: _Gauge, at: int) -> Iterator[Result]:
    """The three numbers of one group."""
    seen = gauge.seen[at]
    independent = context.noise.slices.independent(context.scan.z_mm[list(seen.slices)]) if context.noise else 1
    place, flags = where(gauge.module.name, seen.slices), (*one_slice(seen.slices), *_fringe(gauge, at))
    modulation = _modulation(gauge, at)
    droege = _droege_morin(context, gauge, at)
    best = max(seen.cuts, key=lambda c: c.height)
    for name, method, found in (("modulation", METHOD, modulation), ("droege_morin", DROEGE, droege)):
        key = f"line_pairs.{name}.{seen.group.label}"
        if isinstance(found, NotMeasured):
            yield replace(found, key=key)
        else:
            yield Measurement(key, *found, "1", independent, place, method, flags)
    contrast = _bar_contrast(gauge, at)
    key = f"line_pairs.bar_contrast.{seen.group.label}"
    if isinstance(contrast, NotMeasured):
        yield replace(contrast, key=key)
    else:
        unseen = ("unresolved",) if isinstance(modulation, NotMeasured) else ()
        flags = ("one_slice", *unseen, *_fringe(gauge, at), *uncalibrated(context))
        yield Measurement(key, *contrast, "HU", 1, where(gauge.module.name, [best.index]), CONTRAST, flags)


def _fringe(gauge: _Gauge, at: int) -> tuple[str, ...]:
    """`partial` where the section meets the group less than others of the gauge."""
    largest = max(g.contrast for g in gauge.fit.groups)
    return ("partial",) if gauge.fit.groups[at].contrast < MET * largest else ()


def _modulation(gauge: _Gauge, at: int) -> tuple[float, float] | NotMeasured:
    found = gauge.fit.groups[at]
    model = math.hypot(MODEL_U[0] * found.modulation, MODEL_U[1], found.whole - found.modulation)
    u = math.hypot(found.u * float(gauge.widen[at]), model)
    if found.common < FAINTEST or found.modulation < DETECTED * u:
        return _drowned(gauge.seen[at].group, max(found.modulation, 0.0) + 2.0 * u)
    return found.modulation, u


def _drowned(group: LinePairs, limit: float) -> NotMeasured:
    reason = f"Bars of {group.lp_per_cm:g} lp/cm do not stand out: their modulation is below {limit:.3f} (95 %)."
    return NotMeasured("", reason, MORE)


def _spread_drowned(group: LinePairs, limit: float) -> NotMeasured:
    """A fit may find bars all the same."""
    reason = (
        f"The standard deviation over bars of {group.lp_per_cm:g} lp/cm does not stand out: the modulation it tells "
        f"is below {limit:.3f} (95 %)."
    )
    return NotMeasured("", reason, MORE)


def _droege_morin(context: Context, gauge: _Gauge, at: int) -> tuple[float, float] | NotMeasured:
    """Modulation from the standard deviation between the outer bars' middles, noise removed, and its u."""
    seen, found, noise = gauge.seen[at], gauge.fit.groups[at], context.noise
    regions = [bars.core(c, seen.reach_mm, found.shift_mm) for c in seen.cuts]
    if noise is None or min(np.count_nonzero(kept) for _, kept in regions) < SMALLEST_PIXELS:
        return _too_small(seen.group)
    covariance, z = gauge.covariance, context.scan.z_mm[list(seen.slices)]
    variances = [float(c.patch.hu[kept].var(ddof=1)) for c, (_, kept) in zip(seen.cuts, regions, strict=True)]
    mask, kept = regions[len(regions) // 2]
    share = covariance.kept(mask)
    power = float(np.mean(variances)) - share * covariance.variance
    image = _image(gauge, at, seen.cuts[len(regions) // 2].patch.place_mm[kept])
    weights = np.zeros(mask.shape)
    weights[mask] = 2.0 * found.contrast * (image - image.mean()) / np.count_nonzero(mask)
    own = covariance.relative_variance_of_variance(mask) * covariance.variance**2
    u_power = math.sqrt(
        own * noise.slices.variance_factor(z)
        + covariance.variance_of_sum(weights) * noise.slices.mean_factor(z)
        + (share * gauge.u_variance) ** 2
    )
    # Slices show the bars more or less strongly; the standard deviation is then that of the mean square contrast.
    unit = DROEGE_MORIN / (found.contrast * math.sqrt(float(np.mean(seen.heights**2))))
    value, limit = (unit * math.sqrt(max(p, 0.0)) for p in (power, max(power, 0.0) + 2.0 * u_power))
    if value == 0.0:
        return _spread_drowned(seen.group, limit)
    u_contrast = found.u_contrast * float(gauge.widen[at]) / found.contrast
    bias = DROEGE_MORIN * float(image.std(ddof=1)) - found.common
    fringe = found.whole - found.modulation
    u = math.hypot(value * u_power / (2.0 * power), value * u_contrast, BIAS_WEIGHT * bias, fringe)
    return (value, u) if value > DETECTED * u else _spread_drowned(seen.group, limit)


def _image(gauge: _Gauge, at: int, place_mm: Array) -> Array:
    """The fitted image of a group of unit contrast at places across it."""
    seen = gauge.seen[at]
    offsets = bars.spread_mm(seen.group) * seen.scale + gauge.fit.groups[at].shift_mm
    return gauge.fit.profile(at, offsets, place_mm)


def _too_small(group: LinePairs) -> NotMeasured:
    return NotMeasured(
        "",
        f"The region between the outer bars of {group.lp_per_cm:g} lp/cm has fewer than {SMALLEST_PIXELS} pixels.",
        "Smaller pixels: a smaller field of view.",
    )


def _bar_contrast(gauge: _Gauge, at: int) -> tuple[float, float] | NotMeasured:
    """Largest less smallest pixel between the outer bars' middles on the slice that shows them best, HU, and its u."""
    seen, found, sd = gauge.seen[at], gauge.fit.groups[at], gauge.covariance.sd
    best = max(seen.cuts, key=lambda c: c.height)
    _, kept = bars.core(best, seen.reach_mm, found.shift_mm)
    if np.count_nonzero(kept) < SMALLEST_PIXELS:
        return _too_small(seen.group)
    hu = best.patch.hu[kept]
    image = found.contrast * _image(gauge, at, best.patch.place_mm[kept])
    raised = expected_excess(image.tolist(), sd) + expected_excess((-image).tolist(), sd)
    return float(np.ptp(hu)), math.hypot(math.sqrt(2.0) * sd, BIAS_WEIGHT * raised)


def _resolved(groups: Sequence[LinePairs], results: Sequence[Result], module: str) -> Result:
    """The finest group up to which all are resolved; the limit lies between it and the next."""
    found = {r.key: r for r in results}
    modulations = [found[f"line_pairs.modulation.{g.label}"] for g in groups]
    sure = [isinstance(m, Measurement) and m.u is not None and m.value - SURE * m.u > VISIBLE for m in modulations]
    count = sure.index(False) if False in sure else len(sure)
    stopped = modulations[count] if count < len(modulations) else None
    if isinstance(stopped, NotMeasured) and not count:
        return replace(stopped, key=RESOLVED)
    if not count:
        reason = f"Not even the bars of {groups[0].lp_per_cm:g} lp/cm have a modulation above {VISIBLE:g} for sure."
        return NotMeasured(RESOLVED, reason, "A sharper kernel, more dose or more slices.")
    last = groups[count - 1].lp_per_cm
    beyond = groups[count].lp_per_cm if stopped else 2.0 * last - groups[max(0, count - 2)].lp_per_cm
    place = modulations[count - 1]
    return Measurement(
        key=RESOLVED,
        value=last,
        u=abs(beyond - last) / math.sqrt(3.0),
        unit="lp/cm",
        n=count,
        where=place.where if isinstance(place, Measurement) else module,
        method=LIMIT,
        flags=() if stopped else ("finest_group",),
    )


def _drawn(seen: Seen, fit: ModuleFit, module: Module, context: Context) -> Drawn:
    """The group as a circle round what is read of it."""
    group, middle = seen.group, seen.slices[len(seen.slices) // 2]
    x, y = fit.pose.on_plane(group.x_mm, group.y_mm, float(context.scan.z_mm[middle]))
    radius = fit.pose.scale * math.hypot((group.bars - 0.5) * group.bar_mm, group.length_mm / 2)
    return Drawn(module.name, f"line_pairs.{group.label}", x, y, radius, seen.slices)
