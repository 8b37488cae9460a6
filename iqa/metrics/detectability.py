"""Family `detectability`: how well a model observer tells a faint disc from the scan's noise, from TTF and NPS."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.insert_edges import InsertEdge
from iqa.metrics.nps import raised, structured, u_fixed
from iqa.metrics.patches import usable_radius
from iqa.metrics.regions import Array, Noise, where
from iqa.metrics.transfers import nyquist
from iqa.model import EYE_FILTERS, Measurement, NotMeasured, Observer, Result, Task
from iqa.signal.observers import (
    DPrime,
    cycles_per_degree,
    d_prime,
    disc_spectrum,
    eye_response,
    nodes,
)
from iqa.signal.spectrum import Spectrum

NPW, NPW_DIFFERENCE = "npw@2", "npw-difference@2"
"""Of the scan's own noise, and of that of differences between repeats."""
LEAST_CNR = 20.0
"""Contrast over noise, times √slices, of an insert whose transfer function is taken. At 10 a sharp kernel's d′ is 2.5 %
too low, 0.8 of its u; at 20 half of that."""
LARGEST_U = 0.1
"""Relative u above which d′ is no number: so far u has been found right for large discs, at 0.2 it is a third too
small."""
LOWEST_WEIGHT = 2.0
"""With which bin 0 of the noise power, which is extrapolated, counts as a component of u: discs of 10 to 20 mm are
found 1.4 to 2.5 times its share too low for filtered back projection, which leaves no noise there."""
BETTER_EDGE = "A phantom with a strong round insert, free of artefacts and of others, on more slices."
WITHOUT_SHADING = "A smaller task, or repeats of the scan, whose differences are free of them."
MORE_NOISE = "A smaller task, or more slices of the uniform module."
FAR_CONTRAST = 25.0
"""Contrast of the insert over the task's from which its transfer function is flagged: an iterative reconstruction may
blur the task more. At 10 every everyday task of 10 HU would be, at 100 none."""


@dataclass(frozen=True, eq=False)
class _Basis:
    """What all tasks of one scan share."""

    noise: Noise
    frequency: Array
    nps: Array
    """HU² mm², at the frequencies."""
    hats: Array
    """(rings, n): the share of each ring of the spectrum at the frequencies."""
    region_mm: float
    """Diameter of the area of base material."""

    @classmethod
    def of(cls, context: Context, noise: Noise) -> _Basis:
        frequency = nodes(nyquist(context.scan))
        knots = noise.covariance.frequency
        hats = np.stack([np.interp(frequency, knots, one) for one in np.eye(len(knots))])
        module = context.located.spec.module(noise.squares.module)
        region = 2.0 * usable_radius(module, context.whole.body)
        return cls(noise, frequency, noise.covariance.nps @ hats, hats, region)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One way to look at the image."""

    kind: str
    """As it stands in keys."""
    method: str
    eye: Array


def measure(context: Context) -> Measured:
    """`detectability.npw.<task>` and `.npwe.<task>` (1, d′ of one slice) of each task of the observer.

    Notes
    -----
    See `iqa.signal.observers`. The transfer function is that of the insert whose contrast is nearest to the task's,
    among those that tell it well; the noise power that of the family `nps`. Where the scan has repeats, it is that of
    their differences.

    References
    ----------
    Samei et al. (AAPM TG-233), Med Phys 2019;46:e735; Burgess, JOSA A 1994;11:1237.
    """
    if not context.inserts:
        return Measured()
    noise = context.spectral_noise
    if isinstance(noise, NotMeasured):
        return _none(context.observer, noise)
    found = [e for e in context.edges if isinstance(e, InsertEdge)]
    edges = [e for e in found if e.insert in context.tier_means] or found
    if not any(e.cnr >= LEAST_CNR for e in edges):
        return _none(context.observer, _no_transfer(edges))
    basis = _Basis.of(context, noise)
    looks = _looks(context, basis.frequency)
    tasks = [(task, _nearest(edges, task)) for task in context.observer.tasks]
    return Measured(tuple(_one(context, basis, edge, task, look) for look in looks for task, edge in tasks))


def _looks(context: Context, frequency: Array) -> tuple[_Look, _Look]:
    """Without an eye and with one; the method names all that makes another quantity of d′."""
    observer, npw = context.observer, NPW_DIFFERENCE if context.repeats else NPW
    form = EYE_FILTERS[observer.eye_filter]
    per_mm = cycles_per_degree(observer.distance_mm, observer.magnification)
    eye = eye_response(frequency, per_mm, (form.rise, form.fall, form.bend, form.times))
    return _Look("npw", npw, np.ones_like(eye)), _Look("npwe", with_an_eye(npw, observer.viewing), eye)


def with_an_eye(npw: str, viewing: str) -> str:
    """The method of an observer with an eye, from that of one without and `Observer.viewing`."""
    return npw.replace("npw", "npwe").replace("@", f"-{viewing}@")


def _none(observer: Observer, lack: NotMeasured) -> Measured:
    keys = (f"detectability.{kind}.{task.name}" for kind in ("npw", "npwe") for task in observer.tasks)
    return Measured(tuple(replace(lack, key=key) for key in keys))


def _nearest(edges: list[InsertEdge], task: Task) -> InsertEdge:
    """The insert nearest in contrast, of either sign, among those that tell their transfer function well."""
    good = (e for e in edges if e.cnr >= LEAST_CNR)
    return min(good, key=lambda e: abs(abs(e.contrast) - task.contrast_hu))


def _one(context: Context, basis: _Basis, edge: InsertEdge, task: Task, look: _Look) -> Result:
    key = f"detectability.{look.kind}.{task.name}"
    if task.diameter_mm > basis.region_mm:
        return _too_large(key, task, basis)
    if task.diameter_mm < max(context.scan.pixel_mm):
        return _too_small(key, task, max(context.scan.pixel_mm))
    disc = disc_spectrum(basis.frequency, task.contrast_hu, task.diameter_mm)
    found = d_prime(basis.frequency, disc, edge.transfer.at(basis.frequency), basis.nps, look.eye)
    shaded = structured(basis.noise.spectrum)
    u = _relative_u(found, basis, edge, shaded=shaded)
    if not u.total <= LARGEST_U:
        return _unsure(key, task, basis, edge, u)
    n, seen = context.seen_on(basis.noise)
    flags = (
        *(("structured",) if shaded else ()),
        *(("edge_misfit",) if edge.misfit else ()),
        *(("far_contrast",) if abs(edge.contrast) > FAR_CONTRAST * task.contrast_hu else ()),
        *one_slice(basis.noise.squares.slices),
        *uncalibrated(context),
    )
    there = where(edge.insert.module, edge.insert.slices)
    contrast = f"{edge.contrast:.0f}".replace("-", "−")
    place = f"{seen}; edge of {edge.insert.insert.name} ({contrast} HU), {there}"
    return Measurement(key, found.value, found.value * u.total, "1", n, place, look.method, flags)


@dataclass(frozen=True, slots=True)
class _RelativeU:
    """Relative u of a d′ by what it comes from."""

    transfer: float
    noise: float
    shading: float

    @property
    def total(self) -> float:
        return math.hypot(self.transfer, self.noise, self.shading)


def _relative_u(found: DPrime, basis: _Basis, edge: InsertEdge, *, shaded: bool) -> _RelativeU:
    by_ring, spectrum = basis.hats @ found.by_noise, basis.noise.spectrum
    transfer, noise = edge.transfer.u_of(basis.frequency, found.by_transfer), spectrum.u_of(by_ring)
    lowest = LOWEST_WEIGHT * by_ring[0] * _lowest(spectrum, shaded=shaded)
    if not shaded:
        return _RelativeU(transfer, math.hypot(noise, lowest), 0.0)
    # Of what stands out in the first bin, or is fixed, anything up to all may be shading: an even distribution.
    shading = max(abs(by_ring[1]) * raised(spectrum) / math.sqrt(3.0), u_fixed(spectrum, by_ring))
    return _RelativeU(transfer, noise, math.hypot(lowest, shading))


def _lowest(spectrum: Spectrum, *, shaded: bool) -> float:
    """By how much the noise power at frequency 0 may be off, HU² mm²: all of it, or what the straight line adds.

    Where shading raises the first bin no straight line holds, and one that ends at 0 says nothing: then as much as lies
    between the two.
    """
    nps = spectrum.covariance.nps
    off = float(abs(nps[1] - nps[0]))
    return off if shaded else min(float(nps[0]), off)


def _no_transfer(edges: list[InsertEdge]) -> NotMeasured:
    if not edges:
        reason = "No insert gives a transfer function, without which a disc's image is not known."
    else:
        best = max(e.cnr for e in edges)
        reason = (
            f"No insert gives a transfer function sure enough: the best has {best:.1f} times the noise of its slices, "
            f"and {LEAST_CNR:g} times are needed."
        )
    return NotMeasured("", reason, "A phantom with a strong round insert, all of it in the scan.")


def _too_large(key: str, task: Task, basis: _Basis) -> NotMeasured:
    reason = (
        f"A disc of {task.diameter_mm:g} mm is larger than the uniform area of module {basis.noise.squares.module}, "
        f"which is {basis.region_mm:.0f} mm across."
    )
    return NotMeasured(key, reason, "A smaller task, or a larger phantom.")


def _too_small(key: str, task: Task, pixel_mm: float) -> NotMeasured:
    reason = f"A disc of {task.diameter_mm:g} mm is smaller than a pixel of the scan, which is {pixel_mm:.2f} mm."
    return NotMeasured(key, reason, "A larger task, or smaller pixels.")


def _unsure(key: str, task: Task, basis: _Basis, edge: InsertEdge, u: _RelativeU) -> NotMeasured:
    """The reason that most of u comes from, and what would help against it."""
    most, percent = max(u.transfer, u.noise, u.shading), 100.0 * u.total
    if most == u.transfer:
        reason = (
            f"For a disc of {task.diameter_mm:g} mm it is uncertain by {percent:.0f} %, too much for a number: most of "
            f"that is the transfer function of '{edge.insert.insert.name}'."
        )
        return NotMeasured(key, reason, BETTER_EDGE)
    if most == u.shading:
        reason = (
            f"For a disc of {task.diameter_mm:g} mm it is uncertain by {percent:.0f} %, too much for a number: rings "
            "or shading raise the lowest frequencies of the noise, on which it rests."
        )
        return NotMeasured(key, reason, WITHOUT_SHADING)
    squares, pixel = basis.noise.squares, max(basis.noise.covariance.pixel_mm)
    count, side = len(squares.corners) * len(squares.slices), squares.side * pixel
    reason = (
        f"For a disc of {task.diameter_mm:g} mm it is uncertain by {percent:.0f} %, too much for a number: the noise "
        f"is known from {count} squares of {side:.0f} mm."
    )
    return NotMeasured(key, reason, MORE_NOISE)
