"""The locator's one public function, readable top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iqa.locate import decide, plain, templates
from iqa.locate.body import Body, find_body
from iqa.locate.contenders import Refiner, at_landmarks, best_poses, right_way_round
from iqa.locate.evidence import Explained, Judge
from iqa.locate.pictures import Pictures, take_pictures
from iqa.locate.pose import Refined
from iqa.locate.search import Scorer
from iqa.model import Candidate, Candidates, Located, PhantomSpec, Refused, Scan
from iqa.phantom.find import find

LEAST_UNIFORM = 0.5
"""Share of the pictures that show nothing but the body; below it the phantom is another one, named wrongly."""
UNIFORM_NOISE = 2.0
UNIFORM_ENERGY_MM2 = 1000.0
"""A slice with less energy than this over twice the noise shows no block: bead and wire modules stay below it, and the
faintest block with inserts has ten times as much."""
WHOLE_BLOCK_MM2 = 10000.0
"""Energy above that at which a slice holds a whole block with inserts, and is explained by one definition or none."""
HOUSING_MM = 60.0
"""A housing may go on by a third of this beyond the outermost module; the wrong end of a phantom goes on by more."""
CYLINDER = "uniform_cylinder"
NO_BODY = (
    "no slice shows the outline of a round body of at least 80 mm: the field cuts it all round, or there is none;"
    " reconstruct a wider field, or say --phantom wire or bead for one of these"
)


def locate(scan: Scan, specs: Sequence[PhantomSpec], phantom: str | None = None) -> Located | Candidates | Refused:
    """The phantom in a scan with its pose; or the candidates that fit; or why nothing does.

    Parameters
    ----------
    scan : Scan
        Any stack with a round body; calibrated or not, whole or a fragment.
    specs : sequence of PhantomSpec
        All definitions and variants to choose from.
    phantom : str, optional
        Name of a definition: only its variants are tried, and the lead over others is not asked for. Inserts that
        contradict it are refused all the same.

    Raises
    ------
    UsageError
        If no definition has the name `phantom`.
    """
    tried = _asked_for(specs, phantom)
    if all(s.modules[0].diameter_mm is None and s.modules[0].features for s in tried):
        return plain.locate_point(tried[0], scan)
    body = find_body(scan)
    if body is None:
        return Refused(scan.source, NO_BODY)
    pictures = take_pictures(scan, body)
    if phantom is not None and _featureless(tried[0]):
        return _cylinder(tried[0], body, scan, pictures)
    fitting = [s for s in tried if templates.layers(s, body.fit.diameter_mm)]
    if phantom is not None and not fitting:
        return Refused(
            scan.source, f"the body measures {body.fit.diameter_mm:.1f} mm, no part of {tried[0].title} does"
        )
    judge = Judge(Scorer(pictures, fitting, body.fit.diameter_mm), body.outlines_mm)
    refiner = Refiner(scan, body)
    explained = best_poses(judge, fitting)
    if phantom is None:
        explained = at_landmarks(judge, refiner, explained)
    ranked = decide.best_by_name(explained)
    if not any(decide.proof(e) for e in ranked):
        tapering = [s for s in tried if templates.spans(s, body.fit.diameter_mm)]
        cut = decide.weakly_seen(ranked, len(pictures.z_mm))
        return _unproven(scan, pictures, body, fitting, tapering=tapering, cut=cut, named=phantom is not None)
    return _decided(judge, refiner, ranked, explained, named=phantom is not None)


def _asked_for(specs: Sequence[PhantomSpec], phantom: str | None) -> list[PhantomSpec]:
    if phantom is None:
        return list(specs)
    return [s for s in specs if phantom in (s.name, s.label)] or [find(phantom, specs)]


def _featureless(spec: PhantomSpec) -> bool:
    """True for a definition without anything to recognise."""
    return all(module.block == "uniform" for module in spec.modules)


def _cylinder(spec: PhantomSpec, body: Body, scan: Scan, pictures: Pictures) -> Located | Refused:
    nominal = spec.diameter_mm
    if nominal is not None and not templates.same_diameter(nominal, body.fit.diameter_mm):
        return Refused(scan.source, f"the body measures {body.fit.diameter_mm:.1f} mm, {spec.title} {nominal:.1f} mm")
    quiet = pictures.energy <= _quiet(pictures)
    if np.mean(quiet) < LEAST_UNIFORM:
        return Refused(scan.source, f"a round body of {body.fit.diameter_mm:.1f} mm, but not a uniform one")
    first, last = _longest(quiet)
    z, step = scan.z_mm[body.first : body.last + 1], 0.5 * pictures.step_mm
    shown = body.first + np.flatnonzero((z >= pictures.z_mm[first] - step) & (z <= pictures.z_mm[last] + step))
    return plain.locate_cylinder(spec, body, scan, (int(shown[0]), int(shown[-1])))


def _longest(quiet: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last place of the longest run without a gap."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]))).reshape(-1, 2)
    start, stop = ends[int(np.argmax(ends[:, 1] - ends[:, 0]))]
    return int(start), int(stop) - 1


def _quiet(pictures: Pictures) -> float:
    """Energy up to which a picture shows no block."""
    return UNIFORM_NOISE * pictures.noise_energy + UNIFORM_ENERGY_MM2


def _unproven(
    scan: Scan,
    pictures: Pictures,
    body: Body,
    fitting: Sequence[PhantomSpec],
    *,
    tapering: Sequence[PhantomSpec],
    cut: Sequence[Explained],
    named: bool,
) -> Candidates | Refused:
    """A featureless cylinder fits every definition of its diameter; structure that nothing explains fits none."""
    energy = pictures.energy
    diameter = f"a round body of {body.fit.diameter_mm:.1f} mm"
    if named:
        what = f"nothing that fixes the pose of {fitting[0].title} is seen; a uniform part alone"
        return Refused(scan.source, f"{what} can be measured as --phantom {CYLINDER}")
    if cut:
        return Candidates("the end of the scan cuts what would tell the phantom", tuple(map(_candidate, cut)))
    quiet = _quiet(pictures)
    if float(np.median(energy)) < quiet and energy.max() < quiet + WHOLE_BLOCK_MM2:
        names = dict.fromkeys([*(s.name for s in fitting), *(s.name for s in tapering), CYLINDER])
        what = "without structure" if energy.max() < quiet else "mostly without structure, and what there is fits none"
        reason = f"{diameter} {what}: any phantom of that diameter may have such a part"
        return Candidates(reason, tuple(Candidate(n, None, 0.0) for n in names))
    near = ", ".join(dict.fromkeys(s.title for s in fitting)) or "no definition has that diameter"
    return Refused(scan.source, f"{diameter} whose structure no definition explains (tried: {near})")


def _decided(
    judge: Judge, refiner: Refiner, ranked: Sequence[Explained], explained: Sequence[Explained], *, named: bool
) -> Located | Candidates | Refused:
    best, rivals = decide.contest(ranked, explained)
    sure = decide.proof(best).by_structure and best.evidence >= decide.LEAST_TO_NAME
    if not named and not sure and not best.whole:
        return Candidates("too little of a block is seen to tell which it is", tuple(map(_candidate, ranked)))
    if not named and rivals:
        level = [best, *rivals]
        close = decide.fewest(level) if decide.proof(best).by_structure else level
        return Candidates("the scan shows only what several phantoms share", tuple(map(_candidate, close)))
    if not named and not sure:
        return Candidates("too little is seen to tell phantoms of that diameter apart", tuple(map(_candidate, ranked)))
    wrong = ""
    for e in [best] if named else [e for e in ranked if decide.proof(e).by_structure]:
        refined = refiner(e)
        # One picture, maybe a block's fading end, shows no contrasts and tells no phantom from one that resembles it.
        single = not refined.inside and decide.resembled(ranked, e)
        objection = _objection(refined, contrasts=not single)
        alike = decide.near(ranked, e, refined.checked)
        alone = e.unexplained == 0 and decide.clearly_ahead(ranked, e) and not _goes_on(refiner, refined)
        judged = not single and (refined.checked >= decide.RIGHT_CONTRASTS or alone)
        if objection is None and e is best and (named or judged):
            second = next((r for r in ranked if r is not best), None)
            return _located(refiner.body, right_way_round(judge, refiner, refined), second)
        if objection is None:  # its lead rests on contrasts that are wrong or were not seen
            why = wrong or "the inserts that would settle which phantom this is are not seen, or not as they should be"
            return Candidates(why, tuple(_candidate(r) for r in alike))
        wrong = wrong or objection
    return Refused(refiner.scan.source, wrong)


def _goes_on(refiner: Refiner, refined: Refined) -> bool:
    """True where the body is seen far beyond the definition's ends."""
    modules = refined.explained.hypothesis.spec.modules
    ends = [refined.pose.place(0.0, 0.0, m.z_mm + z)[2] for m in modules for z in (m.z_from_mm, m.z_to_mm)]
    seen = refiner.scan.z_mm[[refiner.body.first, refiner.body.last]]
    return bool(min(ends) - seen.min() > HOUSING_MM or seen.max() - max(ends) > HOUSING_MM)


def _objection(refined: Refined, *, contrasts: bool) -> str | None:
    """Why the inserts found cannot be those of the definition, if so."""
    spec = refined.explained.hypothesis.spec
    if (missing := decide.contradicted(refined.explained)) is not None:
        return missing
    for module, discs in refined.discs if contrasts else ():
        edgeless = refined.edgeless if module == refined.anchor else ()
        if (wrong := decide.wrong_contrasts(spec, module, discs, edgeless)) is not None:
            return wrong
    return None


def _candidate(explained: Explained) -> Candidate:
    spec = explained.hypothesis.spec
    return Candidate(spec.name, spec.variant, explained.evidence)


def _located(body: Body, refined: Refined, second: Explained | None) -> Located:
    spec, fit = refined.explained.hypothesis.spec, refined.fit
    axial = refined.axial
    return Located(
        spec=spec,
        score=refined.explained.evidence,
        runner_up=None if second is None else _candidate(second),
        pose=refined.pose,
        u_xy_mm=None if fit is None else fit.u_xy_mm,
        u_z_mm=None if axial is None else axial.u_mm,
        u_roll_deg=None if fit is None else fit.u_roll_deg,
        u_tilt_deg=body.u_tilt_deg,
        mirror_known=not spec.mirror_symmetric,
        body=body.fit,
        modules=refined.modules,
    )
