"""Detectability on the small phantom over many seeds of noise, beside the truth of the kernel it is drawn with."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import detectability
from iqa.metrics.context import Context
from iqa.model import EYE_FILTERS, Insert, Measurement, Observer, PhantomSpec, Task
from iqa.signal.observers import cycles_per_degree, d_prime, disc_spectrum, eye_response, nodes
from tests.made_phantom import PIXEL_MM, SIDE, made_located, made_scan, made_spec, noise, picture, transfer

Array = NDArray[np.float64]

DIAMETERS_MM = (2.0, 3.0, 5.0, 8.0, 10.0)
KINDS = ("npw", "npwe")
KERNELS = ("soft", "hann", "sharp")
SIGMA, CONTRAST = 10.0, 10.0
SLICES = 4
"""Of each module: ldpe then has a contrast of 40 times their noise."""
OBSERVER = Observer(tuple(Task(CONTRAST, d) for d in DIAMETERS_MM))


def key(kind: str, diameter_mm: float) -> str:
    return f"detectability.{kind}.{Task(CONTRAST, diameter_mm).name}"


def true_nps(kernel: str, f: Array) -> Array:
    """HU² mm²: f·T², of variance SIGMA² over the grid on which the noise is drawn."""
    axis = np.fft.fftfreq(SIDE, PIXEL_MM)
    grid = np.hypot(axis[:, None], axis[None, :])
    mean = np.mean(grid * transfer(kernel, grid) ** 2)
    return np.asarray(f * transfer(kernel, f) ** 2 / mean * (SIGMA * PIXEL_MM) ** 2)


@cache
def truth(kernel: str) -> dict[str, float]:
    f = nodes(0.5 / PIXEL_MM)
    form = EYE_FILTERS[OBSERVER.eye_filter]
    per_mm = cycles_per_degree(OBSERVER.distance_mm, OBSERVER.magnification)
    eye = eye_response(f, per_mm, (form.rise, form.fall, form.bend, form.times))
    return {
        key(kind, d): d_prime(
            f, disc_spectrum(f, CONTRAST, d), transfer(kernel, f), true_nps(kernel, f), response
        ).value
        for kind, response in (("npw", np.ones_like(f)), ("npwe", eye))
        for d in DIAMETERS_MM
    }


def _two_inserts() -> PhantomSpec:
    """The phantom as far as it is needed: an insert that tells the blur, and the one nearest to the tasks."""
    whole = made_spec()
    first = whole.modules[0]
    kept = tuple(f for f in first.features if not isinstance(f, Insert) or f.name in ("teflon", "ldpe"))
    return replace(whole, modules=(replace(first, features=kept), *whole.modules[1:]))


@cache
def found(kernel: str, seeds: int) -> dict[str, list[tuple[float, float]]]:
    """(value, u) by key, seed by seed; those of the quick suite are the first of the long one's."""
    clean = picture(kernel, SLICES)
    located = made_located(made_scan(clean), spec=_two_inserts())
    results: dict[str, list[tuple[float, float]]] = {key(kind, d): [] for kind in KINDS for d in DIAMETERS_MM}
    for seed in np.random.SeedSequence([233, KERNELS.index(kernel)]).spawn(seeds):
        hu = clean + noise(np.random.default_rng(seed), kernel, clean.shape, SIGMA)
        for m in detectability.measure(Context(made_scan(hu), located, observer=OBSERVER)).results:
            if isinstance(m, Measurement) and m.u is not None:
                results[m.key].append((m.value, m.u))
    return results
