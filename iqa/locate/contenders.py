"""The best explanation by each definition, judged again where landmarks put it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iqa.locate import decide
from iqa.locate.body import Body
from iqa.locate.evidence import Explained, Judge
from iqa.locate.pose import Refined, refine
from iqa.model import PhantomSpec, Scan

HOPEFUL = 0.5
"""Share of the best pose's likelihood below which another pose of the same phantom is not looked at further."""
TIE = 0.03
"""Evidence that two poses of one phantom may differ by and still say the same."""
WITHIN_REACH = 2.0
"""Evidence that a finer z may add: a line-pair plane counts up to this."""
CLOSE = 1.2
"""Evidence by which another model may lead the true one where only one slice tells their distances apart: 0.9 seen."""
AS_LIKELY = 0.9
"""Likelihood, against the best pose's, from which a block may as well lie the other way round."""
LEAD = 1.0
"""Evidence by which one way round may lead and ramps still say that it is the other. A slice of noise beyond the end of
a block was seen to give 0.6, since it resembled a neighbour."""
REFINED_MM = 1.0
"""How far a pose's z may still be off once landmarks have set it: what z and the definition's distances leave open."""


def best_poses(judge: Judge, specs: Sequence[PhantomSpec]) -> list[Explained]:
    """One explanation for each definition."""
    return _settled(judge, [_best(judge, spec) for spec in specs])


def _best(judge: Judge, spec: PhantomSpec) -> Explained:
    """The best pose; of equal ones the least turned, so that rounding does not decide for a symmetric phantom."""
    hypotheses = list(judge.scorer.hypotheses(spec))
    hopeful = HOPEFUL * max(h.likelihood for h in hypotheses)
    explained = [judge.explain(h) for h in hypotheses if h.likelihood >= hopeful]
    best = max(e.evidence for e in explained)
    level = [e for e in explained if e.evidence > best - TIE]
    return min(level, key=lambda e: (e.hypothesis.mirrored + e.hypothesis.reversed, e.hypothesis.mirrored))


def _settled(judge: Judge, explained: list[Explained]) -> list[Explained]:
    """Those near the top, at the z that explains most; the others cannot win by it."""
    top = max((e.evidence for e in explained), default=0.0)
    near = [e.evidence > top - WITHIN_REACH for e in explained]
    reach = 2.0 * judge.scorer.step_mm
    return [judge.settle(e, e.hypothesis.z_mm, reach) if n else e for e, n in zip(explained, near, strict=True)]


class Refiner:
    """Refines an explanation; once for each definition, whatever z it is judged at afterwards."""

    def __init__(self, scan: Scan, body: Body) -> None:
        self.scan = scan
        self.body = body
        self._known: dict[str, Refined] = {}

    def __call__(self, explained: Explained) -> Refined:
        """The geometry of an explanation."""
        label = explained.hypothesis.spec.label
        if label not in self._known:
            self._known[label] = refine(self.scan, self.body, explained)
        return replace(self._known[label], explained=explained)

    def distrust(self, explained: Explained) -> None:
        """Keep an explanation from being named by landmarks that belong to something else."""
        label = explained.hypothesis.spec.label
        self._known[label] = replace(self._known[label], axial=None, inside=False)


def right_way_round(judge: Judge, refiner: Refiner, refined: Refined) -> Refined:
    """The same; or the phantom lying the other way round, where one block alone is seen and its ramps say so."""
    one = refined.explained
    if refined.slanted or not refined.slants:
        return refined
    for other in judge.scorer.hypotheses(one.hypothesis.spec):
        turned = other.mirrored == one.hypothesis.mirrored and other.reversed != one.hypothesis.reversed
        if turned and other.likelihood >= AS_LIKELY * one.hypothesis.likelihood:
            explained = judge.explain(other)
            found = refine(refiner.scan, refiner.body, explained)
            if found.slanted and explained.evidence > one.evidence - LEAD:
                return found
    return refined


def at_landmarks(judge: Judge, refiner: Refiner, explained: list[Explained]) -> list[Explained]:
    """Contenders judged again where landmarks put them: recognition knows z to a slice or two only.

    Models that share two blocks differ by the distance between them. A block that the best explanation shares with
    others lies at one place for all.
    """
    proven = [e for e in explained if decide.proof(e).by_structure]
    if len({e.hypothesis.spec.name for e in proven}) < 2:
        return explained
    best = max(proven, key=lambda e: e.evidence)
    refined = refiner(best)
    there = _at_z(judge, refined, refined.pose.z_mm)
    if not decide.proof(there).by_structure:
        refiner.distrust(best)
        return [_judged_again(judge, refiner, e, None, best.evidence - CLOSE) for e in explained]
    least = min(best.evidence, there.evidence) - CLOSE
    return [there if e is best else _judged_again(judge, refiner, e, refined, least) for e in explained]


def _judged_again(
    judge: Judge, refiner: Refiner, explained: Explained, best: Refined | None, least: float
) -> Explained:
    """An explanation where the block that it shares with the best lies; else, if it is close, at its own landmarks."""
    if not decide.proof(explained).by_structure:
        return explained
    if best is not None and (shared := _shared_z(best, explained)) is not None:
        return _at_z(judge, replace(best, explained=explained), shared)
    if explained.evidence < least:
        return explained
    refined = refiner(explained)
    judged = _at_z(judge, refined, refined.pose.z_mm)
    return judged if decide.proof(judged).by_structure else explained


def _shared_z(refined: Refined, other: Explained) -> float | None:
    """Stack z of another definition's origin by a block that it shares with a refined one, if about there."""
    one, h = refined.explained.hypothesis, other.hypothesis
    for layer in one.layers:
        if layer.module != refined.anchor or not layer.shown:
            continue
        centre = refined.pose.place(0.0, 0.0, layer.z_mm)[2]
        for same in (own for own in h.layers if own.shapes == layer.shapes):
            z = centre - (-1.0 if h.reversed else 1.0) * same.z_mm
            if abs(z - h.z_mm) < 0.5 * layer.length_mm:
                return z
    return None


def _at_z(judge: Judge, refined: Refined, z_mm: float) -> Explained:
    """The explanation within what is left open about `z_mm`; as it is where no landmark tells z."""
    if refined.axial is None:
        return refined.explained
    return judge.settle(refined.explained, z_mm, REFINED_MM)
