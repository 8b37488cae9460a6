"""Found, candidates or refused: what the evidence allows to say.

Thresholds come from real scans and from simulated phantoms, fragments and impostors; `tests/full` repeats the
simulated ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iqa.locate.evidence import Explained, LayerMatch
from iqa.locate.refine import Disc
from iqa.model import Insert, PhantomSpec, Pin

STRONG_DICE = 0.75
"""An insert or gauge block that fits this well proves that the phantom is one of its kind."""
LOW_CONTRAST_DICE, LOW_CONTRAST_SIGNIFICANCE = 0.45, 15.0
"""Targets that fit as well and stand out as much prove that there are some; less counts as evidence alone."""
STRUCTURE = ("inserts", "gauge")
LEAST_EVIDENCE = 0.15
LEAST_TO_NAME = 0.5
LEAD = 0.4
"""Evidence by which the named phantom must lead every other; 0.4 to 0.7 give the same outcomes on real scans."""
SAME = 0.05
"""Evidence within which two definitions explain the same, whatever a turned block costs one of them."""
CLEAR_LEAD = 1.5
"""A fading block of one model has led the true one by 1.05."""
LEAST_SHARE = 0.45
"""A rival with less than this share of the best evidence is none, however little there is to see."""
CLEAR_SHARE = 0.85
"""Of the evidence of the leading candidate, below which no other comes near it."""
GAIN = (0.55, 1.45)
LEAST_FOR_GAIN = 3
"""With fewer strong inserts a free gain would explain any contrast."""
GAIN_FROM_HU = 80.0
CONTRAST_SHARE, CONTRAST_HU = 0.20, 40.0
FEW_CONTRAST_HU = 15.0
RIGHT_CONTRASTS = 0.85
MOST_CANDIDATES = 4
"""Every block of the Catphan family is shared by four models at most; a fifth only resembles them."""
HALF_CHECKED = 0.6
GOOD_FIT, WORSE_FIT = 0.94, 0.08
"""A block seen whole fits its own drawing by 0.95 and more, and another model's by 0.87 at most."""
WEAK_DICE, WEAK_SIGNIFICANCE, WEAK_EVIDENCE = 0.6, 20.0, 0.25
"""A block cut by the end of the scan fits no better than this."""
AGAINST = -0.5
"""Evidence of a block of inserts below which something else stands in its place."""
FAR_OFF = 2.0
"""No insert may miss its contrast by more than this many tolerances: it is another material, or none."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether an explanation holds, and by what."""

    by_structure: bool
    """An insert or line-pair block fits."""
    by_low_contrast: bool

    def __bool__(self) -> bool:
        return self.by_structure or self.by_low_contrast


def proof(explained: Explained) -> Proof:
    """What of an explanation is beyond doubt; nothing, where its evidence is not."""
    if explained.evidence < LEAST_EVIDENCE:
        return Proof(by_structure=False, by_low_contrast=False)
    return Proof(any(_structure(m) for m in explained.matches), any(_faint(m) for m in explained.matches))


def _structure(match: LayerMatch) -> bool:
    return match.layer.block in STRUCTURE and match.dice >= STRONG_DICE and match.evidence > 0.0


def _faint(match: LayerMatch) -> bool:
    return (
        match.layer.block == "low_contrast"
        and match.evidence > 0.0
        and match.dice >= LOW_CONTRAST_DICE
        and match.significance > LOW_CONTRAST_SIGNIFICANCE
    )


def best_by_name(explained: Sequence[Explained]) -> list[Explained]:
    """The best variant of each phantom, best phantom first; equal evidence keeps the order of the definitions."""
    best: dict[str, Explained] = {}
    for e in explained:
        name = e.hypothesis.spec.name
        if name not in best or e.evidence > best[name].evidence:
            best[name] = e
    return sorted(best.values(), key=lambda e: -e.evidence)


def contest(ranked: Sequence[Explained], explained: Sequence[Explained]) -> tuple[Explained, list[Explained]]:
    """The best proven explanation, and those too near it to be told apart.

    Against a block that proves itself a rival needs a fair share of its evidence, or to explain the same in any
    variant: that a turned block is rare names no phantom. Where faint targets are all that is seen, every explanation
    by faint targets counts, since noise alone decides which of them passes the test.

    ranked : the best of each phantom, best first; explained : all variants.
    """
    best = next(e for e in ranked if proof(e))
    others = [e for e in ranked if e is not best]
    if not proof(best).by_structure:
        return best, [e for e in others if e.evidence > 0.0 and e.shows("low_contrast")]
    least = best.evidence - LEAD
    if best.evidence >= LEAST_TO_NAME:
        least = max(least, LEAST_SHARE * best.evidence)
    level = [e for e in explained if e.evidence > least or e.seen > best.evidence - SAME]
    near = [e for e in level if e.shows(*STRUCTURE) and not _refutes(best, e)]
    names = {e.hypothesis.spec.name for e in near}
    return best, [e for e in others if e.hypothesis.spec.name in names]


def clearly_ahead(ranked: Sequence[Explained], one: Explained) -> bool:
    """True where no other phantom comes near, so that a name does not hang on inserts which the scan does not show."""
    return all(one.evidence - e.evidence >= CLEAR_LEAD or _refutes(one, e) for e in ranked if e is not one)


def resembled(ranked: Sequence[Explained], one: Explained) -> bool:
    """True where another phantom has a block that looks like the one seen; a fading picture may then mistake them."""
    return any(e.shows(*STRUCTURE) for e in ranked if e is not one)


def _refutes(one: Explained, other: Explained) -> bool:
    """True where one explains its block wholly and the other, by less evidence, only resembles what is seen."""
    fits = [max((m for m in e.matches), key=lambda m: m.evidence, default=None) for e in (one, other)]
    best, second = (0.0 if m is None else m.dice for m in fits)
    return one.evidence > other.evidence and best >= GOOD_FIT and second <= best - WORSE_FIT


def near(ranked: Sequence[Explained], one: Explained, checked: float) -> list[Explained]:
    """The explanations not told apart from `one`, itself included, best first; no more than four.

    Those with a fair share of its evidence that no other refutes; where the fading end of a block leaves most inserts
    unjudged (`checked` is their share), all that have some evidence.
    """
    fading = checked < HALF_CHECKED and one.shows("inserts")
    least = LEAST_EVIDENCE if fading else LEAST_SHARE * one.evidence
    passing = [e for e in ranked if e.evidence > least]
    return fewest([e for e in passing if fading or not any(_refutes(o, e) for o in passing)])


def weakly_seen(ranked: Sequence[Explained], pictures: int) -> list[Explained]:
    """The explanations by a block which the end of the scan cuts, so that its fit proves nothing; no more than four."""
    seen = [max((_cut_evidence(m, pictures) for m in e.matches), default=0.0) for e in ranked]
    best = max(seen, default=0.0)
    if best <= WEAK_EVIDENCE:
        return []
    return fewest([e for e, s in zip(ranked, seen, strict=True) if s > LEAST_SHARE * best])


def _cut_evidence(match: LayerMatch, pictures: int) -> float:
    """Evidence of a block at the scan's end; 0 where it is not seen."""
    cut = match.span.start == 0 or match.span.stop == pictures
    seen = match.dice >= WEAK_DICE and match.significance >= WEAK_SIGNIFICANCE and match.layer.block in STRUCTURE
    return match.evidence if cut and seen else 0.0


def fewest(level: list[Explained]) -> list[Explained]:
    """At most four where a slice holds nothing but inserts or line pairs; all where such a block is seen in part.

    Those by a block of their own are left out, since one that four models share is the likelier; unless it leads.
    """
    whole = any(m.whole and m.layer.block in STRUCTURE and m.evidence > 0.0 for e in level for m in e.matches)
    if len(level) <= MOST_CANDIDATES or not whole:
        return level
    by = [{m.layer.module for m in e.matches if m.evidence > 0.0} for e in level]
    shared = [e for e, own in zip(level, by, strict=True) if sum(bool(own & other) for other in by) > 1]
    if level[0] not in shared and all(e.evidence < CLEAR_SHARE * level[0].evidence for e in shared):
        return level[:MOST_CANDIDATES]
    return (shared or level)[:MOST_CANDIDATES]


def contradicted(explained: Explained) -> str | None:
    """A sentence if a block of inserts shows something else where the scan holds it; else None."""
    spec = explained.hypothesis.spec
    for m in explained.matches:
        if m.layer.block == "inserts" and m.evidence < AGAINST:
            return f"where {spec.title} has the inserts of {m.layer.module} the scan shows something else"
    return None


def _opposite(disc: Disc, body_hu: float) -> bool:
    """True for a bright disc in place of a dark one, or the other way round."""
    return disc.contrast_hu * (disc.feature.hu - body_hu) < 0.0 and abs(disc.contrast_hu) > GAIN_FROM_HU


def wrong_contrasts(spec: PhantomSpec, module: str, discs: Sequence[Disc], edgeless: Sequence[Insert]) -> str | None:
    """A sentence if a module's inserts have not the contrasts of the definition, up to one common gain; else None.

    edgeless : inserts that were looked for and show no edge; they count as of the body's own CT number.
    """
    body = spec.module(module).body_hu
    opposite = [d.feature.name for d in discs if isinstance(d.feature, Pin) and _opposite(d, body)]
    if len(opposite) > 1:
        return f"the pins {', '.join(opposite)} of {module} have not the materials that {spec.title} has"
    seen = [(d.feature.name, d.contrast_hu, d.feature.hu - body) for d in discs if isinstance(d.feature, Insert)]
    strong = [contrast / expected for _, contrast, expected in seen if abs(expected) > GAIN_FROM_HU]
    if not strong and not edgeless:
        return None
    gain = float(np.median(strong)) if len(strong) >= LEAST_FOR_GAIN else 1.0
    if not GAIN[0] < gain < GAIN[1]:
        return f"the inserts' contrasts are {gain:.2f} times those of {spec.title}; {GAIN[0]} to {GAIN[1]} is expected"
    seen += [(f.name, 0.0, f.hu - body) for f in edgeless]
    loose = CONTRAST_HU if len(strong) >= LEAST_FOR_GAIN else FEW_CONTRAST_HU
    misfit = {name: abs(c - gain * e) / (CONTRAST_SHARE * abs(e) + loose) for name, c, e in seen}
    off = [name for name, m in misfit.items() if m > 1.0]
    allowed = 0 if len(seen) <= 4 else round((1.0 - RIGHT_CONTRASTS) * len(seen))
    if len(off) <= allowed and max(misfit.values()) < FAR_OFF:
        return None
    return f"{len(off)} of {len(seen)} inserts of {module} have another contrast than {spec.title}: {', '.join(off)}"
