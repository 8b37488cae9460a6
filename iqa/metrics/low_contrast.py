"""Family `low_contrast`: contrast and CNR of every target, the smallest that is seen, and what noise alone allows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtri

from iqa.metrics import statistical_contrast
from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.regions import Array, Noise, where
from iqa.metrics.statistical_contrast import CRITERION
from iqa.metrics.targets import Outcome, TargetContrast, measure_targets
from iqa.model import Measurement, Module, NotMeasured, Result
from iqa.signal.disc_means import disc_variance_u, disc_variances
from iqa.signal.penalised import CHANCE_OF_NOISE

CONTRAST_METHOD, CNR_METHOD, VISIBLE_METHOD = "rod-contrast@1", "rod-cnr@1", "visible-disc@1"
ALL_VISIBLE = ("all_visible",)
POINTS = 24
"""Diameters between a group's smallest and largest at which it is reckoned how it stands out."""
LEAST_OF_NOMINAL = 0.25
"""Of a group's defined contrast: where it lies two u below, the rods are not there. Tube voltage and partial volume
leave half and more."""


MOST_DOSE = 30.0
"""Times the dose above which a wish for more is no advice."""


def measure(context: Context) -> Measured:
    """`low_contrast.<target>.contrast`, `.cnr`, `.visible.<group>`, `.statistical.<d>` and its curve.

    Notes
    -----
    See `iqa.metrics.targets`, `iqa.metrics.rod_places` and `iqa.metrics.statistical_contrast`. A group of rods of one
    contrast is seen down to the diameter at which that contrast, in the mean over a disc, is `CRITERION` times the
    scatter of such means on one slice.

    References
    ----------
    Chao et al., RSNA 2000 (statistical low contrast); Samei et al. (AAPM TG-233), Med Phys 2019;46:e735.
    """
    parts = [_module(context, m) for m in context.located.spec.modules if m.targets]
    parts.append(statistical_contrast.measure(context))
    return Measured(tuple(r for p in parts for r in p.results), tuple(d for p in parts for d in p.regions))


@dataclass(frozen=True, eq=False)
class _Group:
    """Targets of one contrast, and that contrast."""

    name: str
    targets: tuple[TargetContrast, ...]
    contrast: float
    u: float

    @classmethod
    def of(cls, name: str, targets: Sequence[TargetContrast]) -> _Group:
        """The weighted mean; u is widened where the targets differ by more than noise explains."""
        values, weights = np.array([t.contrast for t in targets]), np.array([t.u**-2 for t in targets])
        mean, u = float(weights @ values / weights.sum()), float(weights.sum() ** -0.5)
        spare = len(targets) - 1
        excess = float(weights @ (values - mean) ** 2)
        if spare and excess > chdtri(spare, CHANCE_OF_NOISE):
            u *= math.sqrt(excess / spare)
        return cls(name, tuple(targets), mean, u)

    @property
    def there(self) -> bool:
        """False where its rods are surely not where the definition has them."""
        nominal = self.targets[0].nominal
        return math.copysign(self.contrast, self.contrast * nominal) + 2.0 * self.u >= LEAST_OF_NOMINAL * abs(nominal)


def _module(context: Context, module: Module) -> Measured:
    outcomes = measure_targets(context.scan, context.whole, module, context.noise, context.edge)
    found = dict(zip(module.targets, outcomes, strict=True))
    groups: dict[str, list[str]] = {}
    for name, rods in module.targets.items():
        groups.setdefault(rods[0].group, []).append(name)
    parts = [_group(context, group, [found[n] for n in names]) for group, names in groups.items()]
    return Measured(tuple(r for p in parts for r in p.results), tuple(d for p in parts for d in p.regions))


def _group(context: Context, name: str, outcomes: Sequence[Outcome]) -> Measured:
    seen = [o for o in outcomes if isinstance(o, TargetContrast)]
    noise, visible = context.noise, f"low_contrast.visible.{name}"
    if not seen or noise is None:
        lacks = [o for o in outcomes if isinstance(o, NotMeasured)]
        return Measured((*(r for o in lacks for r in _none(o)), replace(lacks[0], key=visible)))
    group = _Group.of(name, seen)
    if not group.there:
        lack = _not_there(group)
        names = [o.key if isinstance(o, NotMeasured) else o.name for o in outcomes]
        return Measured((*(r for n in names for r in _none(replace(lack, key=n))), replace(lack, key=visible)))
    results = [r for o in outcomes for r in (_none(o) if isinstance(o, NotMeasured) else _values(context, o))]
    result = replace(_visible(context, noise, group), key=visible)
    return Measured((*results, result), tuple(d for t in seen for d in t.drawn))


def _none(lack: NotMeasured) -> Iterator[NotMeasured]:
    return (replace(lack, key=f"low_contrast.{lack.key}.{quantity}") for quantity in ("contrast", "cnr"))


def _values(context: Context, target: TargetContrast) -> Iterator[Measurement]:
    place = target.independent, where(target.module, target.slices)
    flags = _flags(context, target)
    key = f"low_contrast.{target.name}"
    yield Measurement(f"{key}.contrast", target.contrast, target.u, "HU", *place, CONTRAST_METHOD, flags)
    yield Measurement(f"{key}.cnr", *target.cnr, "1", *place, CNR_METHOD, flags)


def _flags(context: Context, target: TargetContrast) -> tuple[str, ...]:
    partial = ("partial_volume",) if target.partial else ()
    return (*partial, *one_slice(target.slices), *uncalibrated(context))


def _not_there(group: _Group) -> NotMeasured:
    nominal = group.targets[0].nominal
    return NotMeasured(
        "",
        f"Where the definition has the rods of group '{group.name}', with {nominal:g} HU, the image has "
        f"{group.contrast:.1f} ± {group.u:.1f} HU: they are not there.",
        "A definition that says where this unit has them, if it has them at all.",
    )


# ------------------------------------------------------------------------------------------------- the smallest seen


def _visible(context: Context, noise: Noise, group: _Group) -> Result:
    """The diameter at which the group's contrast meets the criterion, between its smallest and its largest."""
    sizes = sorted({2.0 * t.shape.radius_mm for t in group.targets})
    diameters = np.geomspace(sizes[0], sizes[-1], POINTS) if len(sizes) > 1 else np.array(sizes)
    level = float(np.median([t.level for t in group.targets])) / noise.covariance.variance
    variances = level * disc_variances(noise.covariance, diameters)
    shown = abs(group.contrast) * _kept(group, diameters) / np.sqrt(variances)
    largest = max(group.targets, key=lambda t: t.shape.radius_mm)
    if shown[-1] < CRITERION or group.contrast * largest.nominal < 0.0:
        return _unseen(group, sizes[-1], float(shown[-1]))
    made = Measurement(
        "", sizes[0], None, "mm", largest.independent, where(largest.module, largest.slices), VISIBLE_METHOD,
        _flags(context, largest),
    )  # fmt: skip
    below = np.flatnonzero(shown < CRITERION)
    if not len(below):
        return replace(made, flags=(*ALL_VISIBLE, *made.flags))
    after = int(below[-1]) + 1
    near = slice(after - 1, after + 1)
    slope = float(np.diff(np.log(shown[near]))[0] / np.diff(np.log(diameters[near]))[0])
    value = float(diameters[after] * (CRITERION / shown[after]) ** (1.0 / slope))
    u_level = float(np.mean([t.u_level / t.level for t in group.targets])) / math.sqrt(len(group.targets))
    u_noise = 0.5 * math.hypot(disc_variance_u(noise.spectrum, value), u_level)
    relative = math.hypot(group.u / group.contrast, u_noise)
    return replace(made, value=value, u=value * relative / slope)


def _kept(group: _Group, diameters_mm: Array) -> Array:
    """Share of its contrast that the mean over a whole disc keeps behind the edge's blur."""
    # What is lost goes with the edge's length over the area, nearly as 1/diameter.
    lost = {2.0 * t.shape.radius_mm: 2.0 * t.shape.radius_mm * (1.0 - t.shape.kept) for t in group.targets}
    sizes = sorted(lost)
    return np.asarray(1.0 - np.interp(diameters_mm, sizes, [lost[d] for d in sizes]) / diameters_mm)


def _unseen(group: _Group, diameter_mm: float, shown: float) -> NotMeasured:
    reason = (
        f"Group '{group.name}' has {group.contrast:.1f} ± {group.u:.1f} HU: on one slice, at its largest target of "
        f"{diameter_mm:.1f} mm, {shown:.2f} times the scatter of such discs' means, and {CRITERION:g} times is wanted."
    )
    more = (CRITERION / shown) ** 2 if shown > 0.0 else math.inf
    needs = f"{more:.1f} times the dose, or a smoother kernel."
    return NotMeasured("", reason, needs if more < MOST_DOSE else "Far more dose than a scan can have.")
