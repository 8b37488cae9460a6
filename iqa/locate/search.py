"""Every definition at every pose: where along z, which way round, which hand, at which roll.

For each layer and window of slices the likelihood of its picture against "nothing here" (unknown residual variance) is
known at all rolls from one inverse FFT; a definition's likelihood is the sum over its layers, shifted by their places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from iqa.locate import templates
from iqa.locate.pictures import Pictures
from iqa.locate.templates import Layer
from iqa.model import PhantomSpec
from iqa.signal import polar

SMALLEST_ENERGY_MM2 = 5.0
"""Floor of a picture's energy: a perfectly empty simulated slice must not become infinite evidence."""
AMPLITUDE = {"inserts": (1.0, 1.0), "gauge": (0.3, 1.5), "low_contrast": (0.7, 1.5)}
"""Share of its drawn contrast that a block may show: the line-pair plane is thinner than most slices, and low-contrast
targets read 8.5 HU on fan beams and 12 HU on cone beams; inserts must be what they are."""
THIN_SHARE = 0.25
"""Of a step, by which the window of a thin plane is widened: a plane between two slices is then seen on both."""
GRID_MM = (0.5, 2.0)
MIRRORED = (False, True)

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One definition in the best pose of one direction and hand."""

    spec: PhantomSpec
    layers: tuple[Layer, ...]
    z_mm: float
    """Stack z of the definition's origin."""
    roll_deg: float
    mirrored: bool
    reversed: bool
    likelihood: float


@dataclass(frozen=True, slots=True)
class Window:
    """Pictures [start, stop) that a layer covers when its middle lies at `centre_mm`."""

    start: int
    stop: int

    @property
    def count(self) -> int:
        """How many pictures; 0 for an empty window, whichever way round."""
        return max(0, self.stop - self.start)


def window(pictures: Pictures, centre_mm: float, length_mm: float) -> Window:
    """The pictures whose middles a layer of that length covers; a thin plane takes one or two."""
    half = half_window(pictures, length_mm)
    start, stop = np.searchsorted(pictures.z_mm, (centre_mm - half, centre_mm + half))
    return Window(int(start), int(stop))


def half_window(pictures: Pictures, length_mm: float) -> float:
    """Half the length within which a picture's middle must lie."""
    if length_mm >= templates.THIN_MM:
        return 0.5 * length_mm + 1e-6
    return 0.5 * max(length_mm, pictures.step_mm) + THIN_SHARE * pictures.step_mm


class Scorer:
    """Layer likelihoods over windows and rolls for one scan; equal layers of several definitions are scored once."""

    def __init__(self, pictures: Pictures, specs: Sequence[PhantomSpec], diameter_mm: float) -> None:
        self.pictures = pictures
        self.layers = {spec.label: templates.layers(spec, diameter_mm) for spec in specs}
        self.step_mm = float(np.clip(0.5 * pictures.step_mm, *GRID_MM))
        drawn = [layer for layers in self.layers.values() for layer in layers if layer.shown]
        reach = max((abs(layer.z_mm) + layer.length_mm for layer in drawn), default=0.0)
        self.grid_mm = np.arange(pictures.z_mm[0] - reach, pictures.z_mm[-1] + reach + self.step_mm, self.step_mm)
        unlike = {layer.shapes: layer for layer in drawn}
        self._spectra = {shapes: self._spectrum(layer) for shapes, layer in unlike.items()}
        blocks: dict[bool, list[templates.Shapes]] = {True: [], False: []}
        for layer in unlike.values():
            blocks[layer.thin].append(layer.shapes)
        self._order = {shapes: i for kind in blocks.values() for i, shapes in enumerate(kind)}
        self._cumulated = {thin: self._cumulate(thin, shapes) for thin, shapes in blocks.items()}
        widest = self._widest(drawn)
        self._energy = {False: _cumulated_gram(pictures.spectra, widest)}
        same = pictures.level is pictures.spectra
        self._energy[True] = self._energy[False] if same else _cumulated_gram(pictures.level, widest)
        self._scores: dict[tuple[templates.Shapes, float, float, bool], NDArray[np.float32]] = {}

    def _spectrum(self, layer: Layer) -> polar.Spectrum:
        rings = len(self.pictures.rings_mm)
        return polar.signature(templates.picture(layer)[:rings], self.pictures.knee_hu)

    def spectrum(self, layer: Layer, mirror: bool) -> polar.Spectrum:
        """(rings, orders) signature of a layer as drawn, or of its mirror image."""
        drawn = self._spectra[layer.shapes]
        return polar.mirrored(drawn) if mirror else drawn

    def _widest(self, drawn: list[Layer]) -> int:
        longest = max((layer.length_mm for layer in drawn), default=0.0)
        return min(len(self.pictures.z_mm), int(longest / self.pictures.step_mm) + 2)

    def _cumulate(self, thin: bool, shapes: list[templates.Shapes]) -> NDArray[np.float32]:
        """(hands, pictures + 1, templates, 360) cumulated correlations."""
        count = len(self.pictures.z_mm)
        if not shapes:
            return np.zeros((len(MIRRORED), count + 1, 0, polar.ANGLES), dtype=np.float32)
        drawn = np.stack([self._spectra[s] for s in shapes])
        seen = polar.correlations(self.pictures.of(thin), np.concatenate([drawn, polar.mirrored(drawn)]))
        sums = np.zeros((len(MIRRORED), count + 1, len(shapes), polar.ANGLES), dtype=np.float32)
        hands = seen.reshape(count, len(MIRRORED), len(shapes), polar.ANGLES).swapaxes(0, 1)
        np.cumsum(hands, axis=1, out=sums[:, 1:])
        return sums

    def scores(self, layer: Layer, mirror: bool) -> NDArray[np.float32]:
        """(grid, 360) likelihood with the layer's middle at each grid z, its own freedom to turn used up."""
        key = (layer.shapes, layer.length_mm, layer.turn_free_deg, mirror)
        if key not in self._scores:
            self._scores[key] = self._score(layer, mirror)
        return self._scores[key]

    def _score(self, layer: Layer, mirror: bool) -> NDArray[np.float32]:
        half = half_window(self.pictures, layer.length_mm)
        starts = np.searchsorted(self.pictures.z_mm, self.grid_mm - half)
        stops = np.searchsorted(self.pictures.z_mm, self.grid_mm + half)
        pairs, of_centre = np.unique(np.stack([starts, stops], axis=1), axis=0, return_inverse=True)
        n = (pairs[:, 1] - pairs[:, 0]).astype(np.float32)[:, None]
        cumulated = self._cumulated[layer.thin][int(mirror), :, self._order[layer.shapes]]
        inner = (cumulated[pairs[:, 1]] - cumulated[pairs[:, 0]]) / np.maximum(n, 1.0)
        energy = _window_energy(self._energy[layer.thin], pairs) / np.maximum(n[:, 0], 1.0) ** 2
        norm = _norm(self.spectrum(layer, mirror=False))
        gain = explained(inner, norm, layer.block)
        share = np.clip(gain / np.maximum(energy, SMALLEST_ENERGY_MM2)[:, None], -10.0, 0.999)
        likelihood = np.asarray(-0.5 * n * np.log1p(-share), dtype=np.float32)
        return _turned_freely(likelihood, layer.turn_free_deg)[of_centre.reshape(-1)]

    def hypotheses(self, spec: PhantomSpec) -> Iterator[Hypothesis]:
        """The best pose of each direction and hand."""
        shown = [layer for layer in self.layers[spec.label] if layer.shown]
        for reverse in (False, True):
            for mirror in MIRRORED:
                total = np.zeros((len(self.grid_mm), polar.ANGLES), dtype=np.float32)
                for layer in shown:
                    _add_shifted(
                        total, self.scores(layer, mirror), round((-1 if reverse else 1) * layer.z_mm / self.step_mm)
                    )
                at, roll = np.unravel_index(int(np.argmax(total)), total.shape)
                z = self._plateau(total[:, roll], int(at))
                yield Hypothesis(spec, self.layers[spec.label], z, float(roll), mirror, reverse, float(total[at, roll]))

    def _plateau(self, along: NDArray[np.float32], at: int) -> float:
        """Middle of the run of grid points that share the maximum."""
        same = along >= along[at] - 1e-4 * abs(float(along[at]))
        low = at - int(np.argmin(same[at::-1])) + 1 if not same[: at + 1].all() else 0
        high = at + int(np.argmin(same[at:])) - 1 if not same[at:].all() else len(same) - 1
        return 0.5 * float(self.grid_mm[low] + self.grid_mm[high])


def _window_energy(cumulated: NDArray[np.float64], pairs: NDArray[np.intp]) -> NDArray[np.float32]:
    """Energy of the sum of the pictures of each window."""
    a, b = pairs[:, 0], pairs[:, 1]
    whole = cumulated[b, b] - cumulated[a, b] - cumulated[b, a] + cumulated[a, a]
    return np.asarray(whole, dtype=np.float32)


def explained(inner: Floats, norm: float, block: str) -> Floats:
    """Energy that a template takes out of a picture, mm²; negative where it is not there."""
    amplitude = amplitude_of(inner, norm, block)
    return 2.0 * amplitude * inner - amplitude**2 * norm


def amplitude_of(inner: Floats, norm: float, block: str) -> Floats:
    """The share of its drawn contrast at which a block is compared: the best one within what it may show."""
    low, high = AMPLITUDE[block]
    return np.asarray(np.clip(inner / norm, low, high))


def _norm(spectrum: polar.Spectrum) -> float:
    return float(np.vdot(spectrum, spectrum).real)


def _turned_freely(likelihood: NDArray[np.float32], free_deg: float) -> NDArray[np.float32]:
    reach = round(free_deg)
    if reach == 0:
        return likelihood
    if reach >= polar.ANGLES // 2:
        return np.broadcast_to(likelihood.max(axis=1, keepdims=True), likelihood.shape)
    return np.asarray(ndimage.maximum_filter1d(likelihood, 2 * reach + 1, axis=1, mode="wrap"), dtype=np.float32)


def _add_shifted(total: NDArray[np.float32], scores: NDArray[np.float32], shift: int) -> None:
    """Add to each origin the score of a layer `shift` grid points further; beyond the grid there is nothing."""
    count = len(total)
    if abs(shift) < count:
        low, high = max(0, -shift), min(count, count - shift)
        total[low:high] += scores[low + shift : high + shift]


def _cumulated_gram(spectra: polar.Spectrum, widest: int) -> NDArray[np.float64]:
    """(pictures + 1, pictures + 1) cumulated inner products, right within windows of `widest` pictures."""
    count = len(spectra)
    flat = spectra.reshape(count, -1)
    gram = np.zeros((count, count), dtype=np.float64)
    for start in range(0, count, widest):
        rows = slice(start, min(start + widest, count))
        columns = slice(start, min(start + 2 * widest, count))
        gram[rows, columns] = (flat[rows] @ np.conj(flat[columns]).T).real
        gram[columns, rows] = gram[rows, columns].T
    return np.pad(np.cumsum(np.cumsum(gram, axis=0), axis=1), ((1, 0), (1, 0)))


def mean_picture(pictures: Pictures, span: Window, thin: bool) -> polar.Spectrum:
    """(rings, orders) mean signature of a window."""
    return np.asarray(pictures.of(thin)[span.start : span.stop].mean(axis=0), dtype=np.complex64)
