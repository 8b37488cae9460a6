"""FWHM and FWTM of section profiles over many seeds of noise, the truth known: for the quick suite and the long one."""

from __future__ import annotations

from functools import cache

import numpy as np
from sampled import SIGMA, Pairs
from sampled import Case as RampCase

from iqa.metrics import slice_thickness, ssp
from iqa.metrics.context import Context
from iqa.model import Measurement, Result
from tests import ramps_made
from tests.beads_made import Case, width

FINELY = 7.3
"""Samples in one FWHM. No whole number: both flanks of a rectangle would then lie alike between two samples."""
FWHM_MM = 2.5
LEVELS = {"ssp.fwhm": 0.5, "ssp.fwtm": 0.1}
BEADS = {
    **{f"bead, {form}, 60": Case(form, FWHM_MM, FWHM_MM / FINELY, 60.0)
       for form in ("rectangle", "rounded", "gaussian", "triangle", "skewed")},
    "bead, gaussian, 20": Case("gaussian", FWHM_MM, FWHM_MM / FINELY, 20.0),
    "bead of 1 mm, rounded, 60": Case("rounded", 1.0, 1.0 / FINELY, 60.0),
    "three beads, gaussian, 60, three in one FWHM": Case("gaussian", FWHM_MM, FWHM_MM / 3.2, 60.0, beads=3),
}  # fmt: skip
"""Profile, its height over the noise of a pixel, slices that overlap and share their noise."""
RAMPS = {f"ramps, {form}, 20": RampCase(form, 2.5, 2.5, 4, cnr=20.0) for form in ("rectangle", "gaussian", "triangle")}


def truth(form: str, key: str, fwhm_mm: float) -> float:
    return fwhm_mm * width(form, LEVELS[key])


@cache
def beads(name: str, seeds: int) -> dict[str, list[tuple[float, float]]]:
    """(value, u) of both keys, seed by seed; NaN where there was no number."""
    return _collected([ssp.measure(BEADS[name].context(s)).results for s in np.random.SeedSequence(9).spawn(seeds)])


@cache
def ramps(name: str, seeds: int) -> dict[str, list[tuple[float, float]]]:
    """The same of an opposite pair of wires, and the yaw of their block."""
    case = RAMPS[name]
    pair = ramps_made.pair()
    z = np.array([(k - 0.5 * (case.slices - 1)) * case.step_mm + 0.13 for k in range(case.slices)])
    hu = ramps_made.drawn(pair, z, ramps_made.form(case.shape, case.thickness_mm), case.cnr * SIGMA)
    found = []
    for seed in np.random.SeedSequence(20).spawn(seeds):
        noisy = hu + ramps_made.noise(np.random.default_rng(seed), case.slices, SIGMA)
        context = ramps_made.context(pair, noisy, z, case.thickness_mm)
        found.append(_both(context))
    return _collected(found)


def _both(context: Context) -> tuple[Result, ...]:
    return (*ssp.measure(context).results, *slice_thickness.measure(context).results)


def _collected(scans: list[tuple[Result, ...]]) -> dict[str, list[tuple[float, float]]]:
    keys = (*LEVELS, "geometry.ramp_yaw")
    by_key = [{r.key: r for r in results} for results in scans]
    return {key: [_pair(found.get(key)) for found in by_key] for key in keys}


def _pair(found: Result | None) -> tuple[float, float]:
    return (found.value, found.u or np.nan) if isinstance(found, Measurement) else (np.nan, np.nan)


def pairs(found: dict[str, list[tuple[float, float]]], key: str) -> Pairs:
    """Values and u of one key."""
    return [v for v, _ in found[key]], [u for _, u in found[key]]
