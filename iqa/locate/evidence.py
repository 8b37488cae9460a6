"""How well a definition explains a scan at one pose: layer by layer, ring by ring.

Rings with their own residual variance keep a crescent elsewhere from diluting a weak layer. The units are nepers of
likelihood, scaled so that one slice of a well-seen insert layer counts about one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from iqa.locate.pictures import Pictures
from iqa.locate.search import Hypothesis, Scorer, Window, amplitude_of, mean_picture, window
from iqa.locate.templates import Layer, same_diameter
from iqa.signal import polar

RING_WEIGHT = 1.0 / (58.5 * 15.0)
"""Rings count by their radius; 15 rings at 58.5 mm make 1."""
RING_FLOOR = 0.05
"""Compressed contrast that a ring may always differ by; 0.02 to 0.1 give the same outcomes, 0.2 loses some."""
MOST_SLICES = 4.0
"""Slices of one layer share errors of the definition: more than four say no more."""
FULL_SLICE_MM = 2.5
TURNED_PENALTY = 0.7
"""A block put in end for end: rarer than an unturned one of another model."""
HAND_PENALTY = 0.1
"""Mirrored without being reversed, or the other way round: no rigid phantom gives that image, but exports do."""
TIER_PENALTY = 1.0
"""A phantom of several tiers whose outlines lie in another order: its pattern may repeat, its diameters do not."""
MISSING_SIGNIFICANCE = 20.0
MISSING_AMPLITUDE = 0.4
MISSING_PENALTY = 0.5
QUIET_SHARE = 0.7
QUIET_NOISE = 2.0
QUIET_ENERGY_MM2 = 2500.0
FADING = 3
"""Pictures beside a block that may still show its end: half a section and the lean of the body."""
LOUD_ENERGY_MM2 = 6000.0
"""A block with inserts has 8,000 mm² and more, faint and low-contrast blocks less than 5,000."""
QUIET_PENALTY = 0.3
QUIET_MOST = 0.6
SEEN_DICE, SEEN_SIGNIFICANCE = 0.35, 6.0
"""Targets that fit less, or stand out by less of their noise, count for nothing."""
SURE_DICE, SURE_SIGNIFICANCE, SURE_EVIDENCE = 0.5, 8.0, 0.5
"""Targets seen by eight deviations with the right pattern are there, however little of a noisy picture they explain."""
STEADY = 0.5
"""Of the mean contrast, that the median picture must show: one slice with the end of another block is no target."""
SMOOTHING_MM2 = 8.0
"""Area over which noise of a smoothed polar picture is correlated."""
DICE_MARGIN_MM = 2.0


@dataclass(frozen=True, slots=True)
class LayerMatch:
    """One layer at its place."""

    layer: Layer
    span: Window
    core_mm: tuple[float, float]
    """Stack z of the first and the last picture of its middle half."""
    whole: bool
    """Its pictures hold nothing else; else they show its fading end, and prove nothing against it."""
    roll_deg: float
    amplitude: float
    dice: float
    """Fit on the layer's own rings: 1 is perfect, mirror images and other models lie below 0.87."""
    significance: float
    """Standard deviations of noise by which it is seen."""
    evidence: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A hypothesis with its evidence."""

    hypothesis: Hypothesis
    matches: tuple[LayerMatch, ...]
    evidence: float
    unexplained: int
    """Pictures with as much structure as a block that lie in none of its layers."""

    @property
    def seen(self) -> float:
        """The evidence without what a turned block costs."""
        return self.evidence + TURNED_PENALTY * sum(m.turned for m in self.hypothesis.spec.modules)

    @property
    def whole(self) -> bool:
        """True where a picture holds nothing but the block that speaks for it most, or targets do."""
        best = max(self.matches, key=lambda m: m.evidence, default=None)
        return best is not None and (best.whole or best.layer.block == "low_contrast")

    def shows(self, *blocks: str) -> bool:
        """True where a layer of one of these kinds speaks for the hypothesis."""
        return any(m.layer.block in blocks and m.evidence > 0.0 for m in self.matches)


@dataclass(frozen=True, slots=True)
class _Span:
    """Where along the stack a layer lies."""

    covered: Window
    """All its pictures: as many as it counts for, wherever within reach its z is assumed."""
    judged: Window
    """Those it is judged by."""
    whole: bool


class Judge:
    """Weighs hypotheses about one scan; a layer that several definitions share is matched once at each place."""

    def __init__(self, scorer: Scorer, outlines_mm: NDArray[np.float64]) -> None:
        self.scorer = scorer
        self.outlines_mm = outlines_mm
        self._known: dict[tuple[object, ...], LayerMatch] = {}

    def explain(self, hypothesis: Hypothesis) -> Explained:
        """Evidence for a hypothesis, penalties taken off."""
        pictures = self.scorer.pictures
        sign = -1.0 if hypothesis.reversed else 1.0
        matches: list[LayerMatch] = []
        penalty = HAND_PENALTY if hypothesis.mirrored != hypothesis.reversed else 0.0
        penalty += TURNED_PENALTY * sum(m.turned for m in hypothesis.spec.modules)
        penalty += TIER_PENALTY * self._other_tier(hypothesis)
        quiet = 0.0
        for layer in hypothesis.layers:
            centre = hypothesis.z_mm + sign * layer.z_mm
            if not layer.shown:
                span = window(pictures, centre, QUIET_SHARE * layer.length_mm)
                quiet += 0.0 if layer.shapes else QUIET_PENALTY * _loud(pictures, span)
            elif (places := _span(pictures, layer, centre)).covered.count:
                matches.append(self._match(hypothesis, layer, places))
        total = sum(m.evidence for m in matches) - penalty - min(quiet, QUIET_MOST)
        covered = [(m.span.start, m.span.stop) for m in matches]
        return Explained(hypothesis, tuple(matches), total, _unexplained(pictures, covered))

    def _other_tier(self, hypothesis: Hypothesis) -> float:
        """Share of the outlines of tiers that lie within no such tier; 0 for a phantom of one diameter."""
        modules = hypothesis.spec.modules
        if len({m.diameter_mm for m in modules}) < 2:
            return 0.0
        sign = -1.0 if hypothesis.reversed else 1.0
        z, diameter = (self.outlines_mm - (hypothesis.z_mm, 0.0)).T * ((sign,), (1.0,))
        same = np.array([[same_diameter(m.diameter_mm, d) for d in diameter] for m in modules])
        there = np.array([(m.z_mm + m.z_from_mm <= z) & (z <= m.z_mm + m.z_to_mm) for m in modules])
        seen = same.any(axis=0)
        return 1.0 - float((same & there).any(axis=0).sum()) / max(int(seen.sum()), 1)

    def _match(self, hypothesis: Hypothesis, layer: Layer, places: _Span) -> LayerMatch:
        looks = layer.shapes, layer.block, layer.thin, layer.turn_free_deg
        key = (*looks, places, hypothesis.mirrored, round(hypothesis.roll_deg))
        if key not in self._known:
            self._known[key] = _match(self.scorer, hypothesis, layer, places)
        return replace(self._known[key], layer=layer)

    def settle(self, explained: Explained, z_mm: float, reach_mm: float) -> Explained:
        """The same hypothesis at the z near `z_mm` that explains most; the search's grid is coarser than a thin layer.

        The z it has is kept where it lies within reach and is as good.
        """
        h = explained.hypothesis
        places = {z_mm + i * reach_mm for i in (-1.0, -0.5, 0.0, 0.5, 1.0)} - {h.z_mm}
        tried = [self.explain(replace(h, z_mm=z)) for z in sorted(places)]
        return max([explained, *tried] if abs(h.z_mm - z_mm) <= reach_mm else tried, key=lambda e: e.evidence)


def _unexplained(pictures: Pictures, covered: list[tuple[int, int]]) -> int:
    """Loud pictures outside all spans; next to one a picture may hold the block's fading end."""
    loud = pictures.energy > QUIET_NOISE * pictures.noise_energy + LOUD_ENERGY_MM2
    for start, stop in covered:
        loud[max(0, start - FADING) : stop + FADING] = False
    return int(np.count_nonzero(loud))


def _span(pictures: Pictures, layer: Layer, centre_mm: float) -> _Span:
    """The pictures of a layer, and those of them to judge it by: wholly inside a block, its lean considered, if any."""
    covered = window(pictures, centre_mm, layer.length_mm)
    if layer.thin:
        return _Span(covered, covered, whole=True)
    inside = window(pictures, centre_mm, layer.length_mm - pictures.thickness_mm - pictures.lean_mm)
    whole = inside.stop > inside.start
    return _Span(covered, inside if whole else covered, whole)


def _loud(pictures: Pictures, span: Window) -> int:
    """How many pictures of a layer without features show some."""
    energy = pictures.energy[span.start : span.stop]
    return int(np.count_nonzero(energy > QUIET_NOISE * pictures.noise_energy + QUIET_ENERGY_MM2))


def _match(scorer: Scorer, hypothesis: Hypothesis, layer: Layer, places: _Span) -> LayerMatch:
    pictures, span = scorer.pictures, places.judged
    seen = mean_picture(pictures, span, layer.thin)
    drawn = scorer.spectrum(layer, hypothesis.mirrored)
    roll = _own_roll(seen, drawn, hypothesis.roll_deg, layer.turn_free_deg)
    posed = polar.turned(drawn, roll)
    inner, norm = _rings(seen, posed), _rings(posed, posed)
    amplitude = float(amplitude_of(np.asarray([inner.sum()]), float(norm.sum()), layer.block)[0])
    n = span.count
    noise = pictures.noise / np.sqrt(n)
    significance = float(inner.sum() / (np.sqrt(norm.sum() * SMOOTHING_MM2) * noise + 1e-9))
    dice = _dice(inner, norm, _rings(seen, seen), amplitude, noise)
    share = (2.0 * amplitude * inner - amplitude**2 * norm) / (
        _rings(seen, seen) + _ring_area(len(norm)) * RING_FLOOR**2
    )
    nepers = float(np.sum(pictures.rings_mm * RING_WEIGHT * -0.5 * np.log1p(-np.clip(share, -10.0, 0.999))))
    slices = min(places.covered.count * max(1.0, pictures.thickness_mm / FULL_SLICE_MM), MOST_SLICES)
    quarter = n // 4
    core = float(pictures.z_mm[span.start + quarter]), float(pictures.z_mm[span.stop - 1 - quarter])
    evidence = nepers * slices if places.whole else max(0.0, nepers * slices)
    match = LayerMatch(layer, span, core, places.whole, roll, amplitude, dice, significance, evidence)
    expected = float(np.sqrt(norm.sum() / SMOOTHING_MM2)) / (noise + 1e-9)
    if layer.block != "low_contrast":
        return match
    single = np.sum((pictures.of(layer.thin)[span.start : span.stop] * np.conj(posed)).real, axis=(1, 2)) / norm.sum()
    return _admitted(match, single, expected)


def _admitted(match: LayerMatch, amplitudes: NDArray[np.floating[Any]], expected: float) -> LayerMatch:
    """Low contrast counts only where it is surely seen, and against where it surely is missing.

    amplitudes : share of the drawn contrast that each picture shows; expected : significance that all of it would have.
    """
    amplitude = float(amplitudes.mean())
    if amplitude < MISSING_AMPLITUDE and expected > MISSING_SIGNIFICANCE:
        return replace(match, evidence=-MISSING_PENALTY)
    if match.evidence < 0.0:
        return match
    if float(np.median(amplitudes)) < STEADY * amplitude:
        return replace(match, evidence=0.0)
    if match.dice >= SURE_DICE and match.significance >= SURE_SIGNIFICANCE:
        return replace(match, evidence=max(match.evidence, SURE_EVIDENCE))
    seen = match.dice >= SEEN_DICE and match.significance >= SEEN_SIGNIFICANCE
    return match if seen else replace(match, evidence=0.0)


def _own_roll(seen: polar.Spectrum, drawn: polar.Spectrum, roll_deg: float, free_deg: float) -> float:
    """The roll, within the layer's freedom about the pose's, at which it fits best; sub-degree by a parabola."""
    reach = max(1, round(free_deg))
    whole = reach >= polar.ANGLES // 2
    rolls = np.arange(polar.ANGLES) if whole else round(roll_deg) + np.arange(-reach - 1, reach + 2)
    along = polar.correlation_at(seen, drawn, rolls)
    best = int(np.argmax(along)) if whole else 1 + int(np.argmax(along[1:-1]))
    before, top, after = along[best - 1], along[best], along[(best + 1) % len(along)]
    curve = before - 2.0 * top + after
    return float(rolls[best] + (0.5 * (before - after) / curve if curve < 0.0 else 0.0))


def _rings(a: polar.Spectrum, b: polar.Spectrum) -> NDArray[np.float64]:
    """Inner product of two signatures on each ring, mm²."""
    return np.asarray(np.sum((a * np.conj(b)).real, axis=1), dtype=np.float64)


def _ring_area(rings: int) -> NDArray[np.float64]:
    return 2.0 * np.pi * polar.RINGS_MM[:rings]


def _dice(
    inner: NDArray[np.float64], norm: NDArray[np.float64], energy: NDArray[np.float64], amplitude: float, noise: float
) -> float:
    own = ndimage.binary_dilation(norm > 1e-3 * norm.max(), iterations=round(DICE_MARGIN_MM))
    expected_noise = 0.9 * noise**2 * float(np.sum(_ring_area(len(norm))[own]))
    whole = float(energy[own].sum()) - expected_noise + amplitude**2 * float(norm.sum())
    return min(1.0, 2.0 * amplitude * float(inner.sum()) / max(whole, 1e-6))
