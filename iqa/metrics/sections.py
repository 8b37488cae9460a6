"""The section profile on a scan's ramps and rows, fitted together by kind and module, and the surest group as one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import absent, ramp_reasons
from iqa.metrics.ramp_reasons import SMALLEST_CNR
from iqa.metrics.ramps import MARGIN_MM, SUPPORT, Fault, Line, Strip, ZBlur, see_ramp, windows
from iqa.metrics.regions import u_drift
from iqa.metrics.steps import Row, rough_width, see_row
from iqa.model import Grade, Located, Module, ModuleFit, NotMeasured, Ramp, Scan, StepRamp
from iqa.signal.disc import Edge
from iqa.signal.section import Mixture, Profiles, Section, section
from iqa.signal.shapes import Shape, shapes
from iqa.signal.tilt import Lean, lean_of

FloatArray = NDArray[np.float64]

RAMP_METHOD, STEP_METHOD = "ramp-fit@3", "step-fit@3"
"""A change that moves a number raises the version."""
BLUR_U = 0.03
"""Relative standard uncertainty of the in-plane blur along a ramp: edges of inserts scatter by 2 to 3 %."""
OVERSHOOT_U = 0.1
"""Share of an edge's overshoot, over its blur, added to that: real kernels' line spreads are not quite of that form."""
OWN_U: dict[Grade, float] = {"A": 0.0, "B": 0.1, "C": 0.3, "M": 0.1, "U": 0.58}
"""Relative standard uncertainty of a wire's squared diameter, by the diameter's grade; U: from none to twice."""
SLOPE_U_DEG = 0.15
"""Standard uncertainty of a ramp's angle that is not the maker's: what measured angles scatter by."""
FAMILY_U = 0.002
"""Relative standard uncertainty of a width because its section is none of the table's: without noise, sections between
two of them are read wrong by up to 0.3 %."""
SAMPLING_U = 0.29
"""Standard uncertainty of a flank between two samples against their distance: 1/√12."""
UNBALANCED = 0.3
"""Length of the mean of the ramps' directions above which a tilt of the phantom does not cancel; 0 for pairs."""
SOFTEST_STEPS = 0.1
"""Of a row's step: the least sigma of a flank, so that one between two samples can be fitted."""
UNSEEN_STEPS = 0.25
"""Of a row's step: the sigma up to which its samples leave open how soft a flank is."""
HIDDEN = 1.5
"""Of that: flanks hardly softer, which little noise prefers to steep ones for what the model of an element leaves."""
REACH_Z_MM = 4.0
"""A row's slices are used this far beyond its ends: its base."""
SCATTER_OF_WIDTHS = 1.07
"""By how much widths scatter more than the residuals of their fit say: over 1,320 simulated scans of three sections the
tilt that the ramps show did so by 1.05 to 1.07."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One ramp as it entered the fit."""

    name: str
    line: Line
    slices: tuple[int, ...]
    u_slope: float
    """Relative standard uncertainty of the thickness from the ramp's own angle."""
    u_blur: float
    """Relative standard uncertainty of the blur along z."""
    blur_mm: float = 0.0
    """That blur."""
    step_mm: float = 0.0
    """Of a row, along z; 0 of a ramp."""
    gap_mm: float = 0.0
    """Of a row, distance of its samples about a flank: a steep one can lie anywhere between two of them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """Ramps of one kind and module, with all that their common fit needs."""

    parts: tuple[Part, ...]
    sigma_hu: FloatArray
    """(ramps,) noise of a pixel."""
    rough_cnr: FloatArray
    """(ramps,) peak over that noise before a fit."""
    profiles: Profiles
    first: NDArray[np.int64]
    centre_mm: FloatArray
    width_mm: float
    """Where to start."""

    def only(self, kept: NDArray[np.bool_]) -> _Ready:
        """The same without the ramps that are not kept."""
        data, rows = self.profiles, kept[self.profiles.ramp]
        number = np.cumsum(kept) - 1
        return _Ready(
            tuple(p for p, held in zip(self.parts, kept, strict=True) if held),
            self.sigma_hu[kept],
            self.rough_cnr[kept],
            replace(
                data,
                z_mm=data.z_mm[rows],
                values=data.values[rows],
                blur_mm=data.blur_mm[rows],
                overshoot_mm2=data.overshoot_mm2[rows],
                blur_u=data.blur_u[rows],
                ramp=number[data.ramp[rows]],
            ),
            self.first[rows],
            self.centre_mm[rows],
            self.width_mm,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Ramps of one kind and module that were fitted together."""

    module: str
    method: str
    seen: tuple[Part, ...]
    fit: Section

    @property
    def unsure_mm(self) -> float:
        """Standard deviation whose square is the standard uncertainty of the blur's own square."""
        return max(math.sqrt(2.0 * p.u_blur) * p.blur_mm for p in self.seen)

    @property
    def unseen_mm(self) -> float:
        """Sigma up to which the flanks of the section may be soft or steep, for all that rows show; 0 of ramps."""
        return UNSEEN_STEPS * max(p.step_mm for p in self.seen)

    @property
    def mixture(self) -> Mixture:
        """The shapes that were averaged, those whose flanks rows may hide as the rectangle."""
        return tuple(
            (shapes()[0] if self._hides(shape, width).any() else shape, share, width)
            for shape, share, width in self.fit.mixture
        )

    def _hides(self, shape: Shape, width: FloatArray) -> NDArray[np.bool_]:
        """(ramps,) whether the flanks of a shape so wide may be steep ones between two samples."""
        return np.asarray(shape.flank * width <= HIDDEN * self.unseen_mm)

    @property
    def slices(self) -> tuple[int, ...]:
        """All that any of its ramps was read on."""
        return tuple(sorted({i for p in self.seen for i in p.slices}))

    def u(self, weight: FloatArray, u_tilt_deg: float) -> float:
        """Standard uncertainty of the weighted mean of its ramps, mm."""
        mean = float(weight @ self.fit.width_mm)
        fitted = float(weight @ self.fit.covariance @ weight)
        steep = sum(share * self._hides(shape, width) for shape, share, width in self.fit.mixture)
        sampling = SAMPLING_U * float(weight @ (steep * np.array([p.gap_mm for p in self.seen])))
        leaning = np.array([[p.line.per_tilt * a for a in p.line.along] for p in self.seen])
        tilt = math.radians(u_tilt_deg) * float(np.linalg.norm(weight @ leaning))
        slope = float(np.sqrt(((weight * np.array([p.u_slope for p in self.seen])) ** 2).sum()))
        return math.sqrt(fitted + sampling**2 + mean**2 * (tilt**2 + slope**2 + FAMILY_U**2))


Outcome = Group | None
Refusals = list[NotMeasured]


@dataclass(frozen=True, slots=True)
class Combined:
    """The mean over the ramps of one group."""

    group: Group
    width_mm: float
    u_mm: float
    lean: Lean | None
    """Of its block against the pose; None where the ramps do not oppose one another, and nothing is corrected."""


@dataclass(frozen=True, slots=True)
class Sections:
    """All that a scan's ramps show."""

    groups: tuple[Group, ...]
    refused: tuple[NotMeasured, ...]
    best: Combined | None
    """The surest group as one; None where there is no group."""


@dataclass(frozen=True, slots=True)
class _Scene:
    scan: Scan
    located: Located
    edge: Edge


def find_sections(scan: Scan, located: Located, edge: Edge) -> Sections:
    """Every group of ramps or rows, fitted, and the ramps that could not be."""
    scene = _Scene(scan, located, edge)
    groups: list[Group] = []
    refused: Refusals = []
    for module in located.spec.modules:
        for kind in (Ramp, StepRamp):
            features = tuple(f for f in module.features if isinstance(f, kind))
            if features:
                group, reasons = _group(scene, module, features)
                groups += [group] if group else []
                refused += reasons
    together = [_combined(g, located.u_tilt_deg or 0.0) for g in groups]
    return Sections(tuple(groups), tuple(refused), min(together, key=lambda c: c.u_mm, default=None))


def _combined(group: Group, u_tilt_deg: float) -> Combined:
    weight = np.full(len(group.seen), 1.0 / len(group.seen))
    opposed = np.linalg.norm(weight @ np.array([p.line.along for p in group.seen])) <= UNBALANCED
    lean = _lean(group) if opposed else None
    width = group.fit.width_mm if lean is None else group.fit.width_mm * lean.factor
    u = math.hypot(group.u(weight, u_tilt_deg), u_drift(width, _own_u(group.fit.covariance)))
    return Combined(group, float(weight @ width), u, lean)


def _own_u(covariance: FloatArray) -> float:
    """Standard uncertainty of one ramp's width beside what all ramps share."""
    n = len(covariance)
    return math.sqrt(max(0.0, float(np.trace(covariance) * n - covariance.sum()) / (n * (n - 1)))) if n > 1 else 0.0


def _lean(group: Group) -> Lean:
    width, slope = group.fit.width_mm, np.array([p.u_slope for p in group.seen])
    relative = SCATTER_OF_WIDTHS**2 * group.fit.covariance / (width[:, None] * width) + np.diag(slope**2)
    lines = [p.line for p in group.seen]
    return lean_of(width, relative, np.array([k.tangent for k in lines]), np.array([k.along for k in lines]))


def _group(scene: _Scene, module: Module, features: Sequence[Ramp | StepRamp]) -> tuple[Outcome, Refusals]:
    fit = scene.located.module(module.name)
    keys = [f"slice_thickness.{f.name}" for f in features]
    if fit is None or not fit.slices:
        return None, [absent.module(k, scene.scan, scene.located, module) for k in keys]
    ramps = [f for f in features if isinstance(f, Ramp)]
    if ramps:
        return _ramps(scene, module, fit, ramps)
    return _rows(scene, module, fit, [f for f in features if isinstance(f, StepRamp)])


# ------------------------------------------------------------------------------- continuous ramps


def _ramps(scene: _Scene, module: Module, fit: ModuleFit, ramps: Sequence[Ramp]) -> tuple[Outcome, Refusals]:
    seen = [(r, see_ramp(scene.scan, fit, r, scene.edge.blur_mm)) for r in ramps]
    refused = [ramp_reasons.unusable(r.name, s) for r, s in seen if isinstance(s, Fault)]
    strips = [s for _, s in seen if isinstance(s, Strip)]
    if not strips:
        return None, refused
    width = float(np.median([s.width_mm for s in strips]))
    samples = _samples(strips, width)
    blurs = {s.ramp.name: _z_blur(scene, s) for s in strips}
    cut = [(s, windows(s, width, samples, blurs[s.ramp.name])) for s in strips]
    refused += [ramp_reasons.too_thick(s, width) for s, w in cut if not w.slices]
    usable = [(s, w) for s, w in cut if w.slices]
    if not usable:
        return None, refused
    profiles = _joined([w.profiles for _, w in usable])
    centres = np.concatenate([w.centre_mm for _, w in usable])
    first = np.concatenate([w.first for _, w in usable])
    parts = tuple(
        Part(
            name=s.ramp.name,
            line=s.line,
            slices=w.slices,
            u_slope=_u_slope(s.ramp),
            u_blur=blurs[s.ramp.name].u,
            blur_mm=blurs[s.ramp.name].sigma_mm,
        )
        for s, w in usable
    )
    sigma = np.array([s.sigma_hu for s, _ in usable])
    rough = np.array([s.rough_cnr for s, _ in usable])
    return _fitted(module.name, RAMP_METHOD, _Ready(parts, sigma, rough, profiles, first, centres, width), refused)


def _samples(strips: Sequence[Strip], width: float) -> int:
    step = float(strips[0].x_mm[1] - strips[0].x_mm[0])
    wanted = 2.0 * (SUPPORT * width / min(s.line.tangent for s in strips) + MARGIN_MM)
    return min([int(wanted / step)] + [s.x_mm.size for s in strips])


def _z_blur(scene: _Scene, strip: Strip) -> ZBlur:
    """The blur of the scan's edges, carried along the ramp to z, and the ramp's own thickness.

    T(f) = (1 + b f²) exp(−2π² s² f²) has the line spread g + κ g″ of a Gaussian g of s, κ = −b / 4π². Along a thin wire
    b is b / (1 + b ⟨f²⟩), since its cross profile was summed with the weights of a Gaussian as wide as g, which pass
    the frequencies across it with ⟨f²⟩ = 1 / 8π² s². A slit is summed along what does not change.
    """
    edge, ramp, tangent = scene.edge, strip.ramp, strip.line.tangent
    bent = min(edge.overshoot_mm / edge.blur_mm, 1.0)  # beyond, a line spread would be hollow
    if ramp.kind == "wire":
        bent /= 1.0 - 0.5 * bent
    plane = (edge.blur_mm * tangent) ** 2
    chord = (
        ramp.diameter_mm / math.sqrt(12.0)
        if ramp.kind == "slit"
        else 0.25 * ramp.diameter_mm * math.hypot(1.0, tangent)
    )
    total = plane + chord**2
    in_plane = (BLUR_U + OVERSHOOT_U * abs(edge.overshoot_mm) / edge.blur_mm) * plane / total
    own = OWN_U[ramp.provenance.of("diameter_mm")[1]] * chord**2 / (2.0 * total)
    return ZBlur(math.sqrt(total), bent * plane, math.hypot(in_plane, own))


def _joined(parts: Sequence[Profiles]) -> Profiles:
    ramp = np.concatenate([np.full(p.values.shape[0], k, dtype=np.int64) for k, p in enumerate(parts)])
    return Profiles(
        np.concatenate([p.z_mm for p in parts]),
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.blur_mm for p in parts]),
        np.concatenate([p.overshoot_mm2 for p in parts]),
        np.concatenate([p.blur_u for p in parts]),
        ramp,
    )


def _u_slope(ramp: Ramp) -> float:
    if ramp.provenance.of("slope_deg")[1] == "A":
        return 0.0
    angle = math.radians(ramp.angle_deg)
    return math.radians(SLOPE_U_DEG) / (math.sin(angle) * math.cos(angle))


# ------------------------------------------------------------------------------------ stepped ramps


def _rows(scene: _Scene, module: Module, fit: ModuleFit, ramps: Sequence[StepRamp]) -> tuple[Outcome, Refusals]:
    if dark := [r for r in ramps if r.hu < module.body_hu]:
        return None, [ramp_reasons.dark(r.name) for r in dark]
    slices = _near(scene, fit, ramps)
    seen = [(r, see_row(scene.scan, fit, r, scene.edge.blur_mm, slices)) for r in ramps]
    refused = [ramp_reasons.unusable(r.name, s) for r, s in seen if isinstance(s, Fault)]
    rows, faint = _standing_out([s for _, s in seen if isinstance(s, Row)])
    refused += faint
    if not rows:
        return None, refused
    width = float(np.median([rough_width(r) for r in rows]))
    thick = [r for r in rows if width > 0.5 * r.ramp.step_z_mm * (r.ramp.count - 1)]
    refused += [ramp_reasons.too_short(r, width) for r in thick]
    rows = [r for r in rows if r not in thick]
    if not rows:
        return None, refused
    profiles, centres = _pooled(scene, rows)
    parts = tuple(
        Part(
            name=r.ramp.name,
            line=r.line,
            slices=r.slices,
            u_slope=0.0,
            u_blur=0.0,
            step_mm=abs(r.ramp.step_z_mm),
            gap_mm=_gap(z, width),
        )
        for r, z in zip(rows, profiles.z_mm, strict=True)
    )
    sigma, first = np.array([r.sigma_hu for r in rows]), np.zeros(len(rows), dtype=np.int64)
    rough = np.array([_row_cnr(r) for r in rows])
    return _fitted(module.name, STEP_METHOD, _Ready(parts, sigma, rough, profiles, first, centres, width), refused)


def _standing_out(rows: Sequence[Row]) -> tuple[list[Row], Refusals]:
    """The rows of which at least one element stands out on a slice, if they are enough, and why not the others."""
    cnr = [_row_cnr(r) for r in rows]
    clear = [r for r, c in zip(rows, cnr, strict=True) if c >= SMALLEST_CNR]
    faint = [ramp_reasons.faint(r.ramp.name, c) for r, c in zip(rows, cnr, strict=True) if not c >= SMALLEST_CNR]
    if not faint or _balanced([r.line for r in clear]):
        return clear, faint
    return [], faint + [ramp_reasons.beside_faint(r.ramp.name) for r in clear]


def _row_cnr(row: Row) -> float:
    """Its tallest element over the noise of a pixel; 0 where none is brighter than its surroundings."""
    return max(float(row.heights.max()), 0.0) / row.sigma_hu


def _gap(z_mm: FloatArray, width_mm: float) -> float:
    """Largest step between samples of a row near either flank of the section, mm."""
    places = np.unique(np.round(np.abs(z_mm), 3))
    near = places[np.abs(places - 0.5 * width_mm) < max(0.5 * width_mm, 1.0)]
    return float(np.diff(near).max()) if near.size > 1 else width_mm


def _near(scene: _Scene, fit: ModuleFit, ramps: Sequence[StepRamp]) -> tuple[int, ...]:
    """Slices that may show an element of any of the rows, or their base; a module placed badly in z keeps its own."""
    reach = max(0.5 * r.step_z_mm * (r.count - 1) for r in ramps) + REACH_Z_MM
    middle = float(np.mean([fit.pose.place(r.x_mm, r.y_mm, r.z_mm)[2] for r in ramps]))
    first, last = fit.slices[0], fit.slices[-1]
    near = tuple(i for i in range(first, last + 1) if abs(float(scene.scan.z_mm[i]) - middle) <= reach)
    return near or fit.slices


def _pooled(scene: _Scene, rows: Sequence[Row]) -> tuple[Profiles, FloatArray]:
    """One profile a row on one z axis, and where to start.

    Element by element, slice by slice: so noise shared by neighbouring slices lies between neighbouring samples.
    """
    count = min(r.ramp.count for r in rows)
    z, values, centres = [], [], []
    for row in rows:
        planes = scene.scan.z_mm[list(row.slices)]
        offset = planes[None, :] - row.z_mm[:count, None]
        heights = row.heights.T[:count]
        z.append(offset.ravel())
        values.append(heights.ravel())
        lit = np.clip(heights, 0.25 * heights.max(), None) - 0.25 * heights.max()
        centres.append(float((offset * lit).sum() / lit.sum()))
    blur = np.array([r.blur_mm for r in rows])
    softest = SOFTEST_STEPS * max(abs(r.ramp.step_z_mm) for r in rows)
    exact = np.zeros_like(blur)
    data = Profiles(np.array(z), np.array(values), blur, exact, exact, np.arange(len(rows)), softest)
    return data, np.array(centres)


# --------------------------------------------------------------------------------------- the results


def _fitted(module: str, method: str, ready: _Ready, refused: Refusals) -> tuple[Outcome, Refusals]:
    """The group when its fit holds; ramps that turn out too faint are left out where the others do without them."""
    parts = ready.parts
    found = section(ready.profiles, ready.first, np.full(len(parts), ready.width_mm), ready.centre_mm)
    # One ramp that nobody sees can keep all from settling.
    cnr = ready.rough_cnr if found is None else _heights(ready, found) / ready.sigma_hu
    clear = cnr >= SMALLEST_CNR
    if clear.all():
        group = None if found is None else Group(module, method, parts, found)
        return group, refused if group else [*refused, *(ramp_reasons.diverged(p.name) for p in parts)]
    low = zip(parts, cnr, clear, strict=True)
    refused = [*refused, *(ramp_reasons.faint(p.name, float(c)) for p, c, stands in low if not stands)]
    left = ready.only(clear)
    if _balanced([p.line for p in left.parts]):
        return _fitted(module, method, left, refused)
    return None, [*refused, *(ramp_reasons.beside_faint(p.name) for p in left.parts)]


def _heights(ready: _Ready, found: Section) -> FloatArray:
    """(ramps,) height of each, HU: the median over its slices."""
    ramps = range(len(ready.parts))
    return np.array([abs(float(np.median(found.amplitude[ready.profiles.ramp == k]))) for k in ramps])


def _balanced(lines: Sequence[Line]) -> bool:
    """Whether what is left of a group still stands for it: three ramps, or two that run against one another."""
    if len(lines) == 2:
        return bool(np.linalg.norm(np.mean([line.along for line in lines], axis=0)) <= UNBALANCED)
    return len(lines) > 2
