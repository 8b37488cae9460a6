"""From the best explanation of a scan to `Located`: the pose of the whole phantom, then of each module."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from iqa.locate.along import COARSE_Z_MM, FINE_Z_MM, AxialFit, axial_fit, gauge_fit
from iqa.locate.body import Body
from iqa.locate.evidence import Explained, LayerMatch
from iqa.locate.refine import Disc, Discs, RigidFit, apply, rigid_fit, seen_features, slices_inside
from iqa.model import Insert, Module, ModuleFit, PhantomSpec, Pose, Ramp, Scan, StepRamp

COARSE_Z_U_MM = 1.5
"""Standard uncertainty of z from recognition alone, as simulated scans show it."""
DEFINED_Z_U_MM = 0.6
"""Of a module's z carried from its neighbour by the definition's distances."""
ROLL_U_DEG = {"gauge": 0.1, "low_contrast": 0.5, "inserts": 0.1, "uniform": 1.0}
"""Standard uncertainty of a roll taken from the signature."""
OWN_ROLL_DICE = 0.45
OWN_ROLL_SIGNIFICANCE = 15.0


@dataclass(frozen=True, slots=True)
class Refined:
    """A hypothesis with all its geometry."""

    explained: Explained
    pose: Pose
    fit: RigidFit | None
    """Of the origin, by its own features or by those of the anchor."""
    axial: AxialFit | None
    discs: tuple[tuple[str, tuple[Disc, ...]], ...]
    """(module, its discs)."""
    modules: tuple[ModuleFit, ...]
    anchor: str
    """The module by which the phantom was found along its axis; the others lie about it by definition."""
    edgeless: tuple[Insert, ...]
    """Inserts of that module which should show an edge on some slice and do not."""
    checked: float
    """Share of that module's inserts whose contrast could be judged; 1 where none stands out enough to be."""
    inside: bool
    """The inserts were surely judged inside their block: on several pictures, or by landmarks where it has any."""

    @property
    def slants(self) -> bool:
        """That module has ramps or rows, which tell one end from the other."""
        return any(self.explained.hypothesis.spec.module(self.anchor).of(Ramp, StepRamp))

    @property
    def slanted(self) -> bool:
        """They were seen where they should be."""
        return self.axial is not None and self.axial.by in ("ramps", "steps")


def refine(scan: Scan, body: Body, explained: Explained) -> Refined:
    """The best geometry for an explanation: pose of the origin, then of every module that the scan reaches."""
    spec = explained.hypothesis.spec
    discs = Discs(scan, body)
    anchor = _anchor(explained, spec)
    start = first_pose(body, explained)
    own, found, axial, fit = _settle(discs, anchor, start, core_slices(explained, anchor, scan))
    pose = _carry(own, -anchor.z_mm)
    others = [_place(discs, m, explained, pose) if m.name != anchor.name else None for m in spec.modules]
    z_of = axial.u_mm if axial is not None else COARSE_Z_U_MM
    placed = [(m, o if o is not None else (own, found, fit, axial)) for m, o in zip(spec.modules, others, strict=True)]
    if fit is not None:
        fit = _carried(fit, body, anchor.z_mm)
    at_origin, _, by_own, _ = next(p for m, p in placed if m.name == spec.origin)
    if by_own is not None:  # these know better than those of a module further along
        pose, fit = at_origin, by_own
    modules = tuple(_module_fit(scan, m, place, z_of) for m, place in placed)
    edgeless = discs.edgeless(anchor, own, found)
    wanted = sum(isinstance(f, Insert) for f in seen_features(anchor))
    judged = len(edgeless) + sum(isinstance(d.feature, Insert) for d in found)
    by_module = tuple((m.name, p[1]) for m, p in placed)
    checked = judged / wanted if wanted else 1.0
    inside = axial is not None or _on_several(explained) or not any(anchor.of(Ramp, StepRamp))
    return Refined(explained, pose, fit, axial, by_module, modules, anchor.name, edgeless, checked, inside)


def first_pose(body: Body, explained: Explained) -> Pose:
    """Pose of the origin as recognition leaves it: on the body's axis, roll from the signature."""
    h = explained.hypothesis
    x, y = body.fit.centre(h.z_mm)
    pitch, yaw = (math.degrees(math.atan(s)) for s in (body.fit.slope_y, body.fit.slope_x))
    best = max(explained.matches, key=lambda m: (m.layer.block == "inserts", m.significance), default=None)
    roll = best.roll_deg if best is not None else h.roll_deg
    return Pose(x, y, h.z_mm, roll, pitch, yaw, h.mirrored, h.reversed)


def _anchor(explained: Explained, spec: PhantomSpec) -> Module:
    """The module whose features fix the pose: the origin where it was seen, else the best-seen one with inserts."""
    seen = [m for m in explained.matches if m.layer.block == "inserts" and m.dice > OWN_ROLL_DICE]
    if not seen or any(m.layer.module == spec.origin for m in seen):
        return spec.module(spec.origin)
    return spec.module(max(seen, key=lambda m: m.significance).layer.module)


def core_slices(explained: Explained, anchor: Module, scan: Scan) -> list[int]:
    """Slices in the middle half of the anchor's window, by index: safe while z is still coarse.

    None at all where no window lies wholly inside the anchor's block of inserts.
    """
    own = [m for m in explained.matches if m.layer.module == anchor.name and m.layer.block == "inserts" and m.whole]
    if not own:
        return []
    low, high = max(own, key=lambda m: m.span.stop - m.span.start).core_mm
    half = 0.505 * (scan.step_mm or 0.0)
    return np.flatnonzero((scan.z_mm > low - half) & (scan.z_mm < high + half)).tolist()


def _on_several(explained: Explained) -> bool:
    """True unless the explanation rests on one picture of inserts, which may be the fading end of their block."""
    best = max(explained.matches, key=lambda m: m.evidence, default=None)
    return best is None or best.layer.block != "inserts" or best.span.count > 1


def _carry(pose: Pose, z_mm: float) -> Pose:
    """The pose of another plane of the phantom, `z_mm` further along its own axis."""
    x, y, z = pose.place(0.0, 0.0, z_mm)
    return replace(pose, x_mm=x, y_mm=y, z_mm=z)


def _carried(fit: RigidFit, body: Body, z_mm: float) -> RigidFit:
    """The fit of a module with the u of a point so many mm further along an axis whose tilt is unsure."""
    return replace(fit, u_xy_mm=math.hypot(fit.u_xy_mm, z_mm * math.radians(body.u_tilt_deg or 0.0)))


def _settle(
    discs: Discs, module: Module, origin: Pose, first: Sequence[int]
) -> tuple[Pose, tuple[Disc, ...], AxialFit | None, RigidFit | None]:
    """In-plane fit on safe slices, then z, then in-plane again on the slices that z allows."""
    pose = _carry(origin, module.z_mm)
    within: Sequence[int] | None = first or None
    axial: AxialFit | None = None
    found: tuple[Disc, ...] = ()
    fit: RigidFit | None = None
    for turn in range(2):
        found = discs.find(module, pose, within)
        if turn == 0:
            discs.learn_blur(found, pose)
        fit = rigid_fit(found, pose)
        pose = apply(pose, fit) if fit is not None else pose
        axial = axial_fit(discs, module, pose, COARSE_Z_MM if axial is None else FINE_Z_MM)
        if axial is not None:
            pose = pose.slid_to(axial.z_mm)
            within = None
    return pose, found, axial, fit


Placed = tuple[Pose, tuple[Disc, ...], RigidFit | None, AxialFit | None]


def _place(discs: Discs, module: Module, explained: Explained, origin: Pose) -> Placed:
    """Pose of a further module: on the axis, at its own z and roll where the scan shows them."""
    pose = _carry(origin, module.z_mm)
    match = _best_match(explained.matches, module.name)
    if match is not None and _trusted(match):
        pose = replace(pose, roll_deg=match.roll_deg)
    axial = gauge_fit(discs, module, pose) if match is not None else None
    if axial is not None:
        pose = pose.slid_to(axial.z_mm)
    found = discs.find(module, pose)
    fit = rigid_fit(found, pose) if any(isinstance(d.feature, Insert) for d in found) else None
    return (apply(pose, fit) if fit is not None else pose), found, fit, axial


def _best_match(matches: Sequence[LayerMatch], module: str) -> LayerMatch | None:
    return max((m for m in matches if m.layer.module == module), key=lambda m: m.significance, default=None)


def _trusted(match: LayerMatch) -> bool:
    return match.dice > OWN_ROLL_DICE and match.significance > OWN_ROLL_SIGNIFICANCE


def _module_fit(scan: Scan, module: Module, place: Placed, u_z_mm: float) -> ModuleFit:
    pose, found, fit, axial = place
    inside = slices_inside(scan, pose, (module.z_from_mm, module.z_to_mm), (0.0, 0.0))
    u_z = axial.u_mm if axial is not None else float(np.hypot(u_z_mm, DEFINED_Z_U_MM))
    return ModuleFit(
        module.name, pose, tuple(inside),
        fit.u_xy_mm if fit is not None else None, u_z,
        fit.u_roll_deg if fit is not None else ROLL_U_DEG[module.block],
        tuple(d.fit for d in found),
    )  # fmt: skip
