"""The honesty of u over 400 seeds: what the quick truth suite asks of the first of them.

Writes docs/evidence/honesty-*.json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from sampled import (
    CONSERVATIVE,
    DIAMETERS_MM,
    INTEGRAL,
    KERNELS,
    SIGMA,
    TRUTH,
    Case,
    Pairs,
    of_key,
    of_mean,
    of_sd,
    of_thickness,
)

from tests.honest import unfair, unfair_with_bias

SEEDS = 400
THICKNESS_MM = 2.5
Evidence = Callable[[str, object], None]
Found = dict[str, object]


def found(pairs: Pairs, truth: float, wrong: list[str]) -> Found:
    """What a reader wants to know of one key."""
    z = (np.array(pairs[0]) - truth) / np.array(pairs[1])
    return {
        "seeds": len(z),
        "mean_z": round(float(z.mean()), 3),
        "spread_z": round(float(z.std()), 3),
        "within_1u": round(float(np.mean(np.abs(z) < 1.0)), 3),
        "within_2u": round(float(np.mean(np.abs(z) < 2.0)), 3),
        "outside_its_band": wrong,
    }


def all_fair(summary: Mapping[str, Found]) -> dict[str, object]:
    """The keys whose u is not honest, with what is wrong."""
    return {key: f["outside_its_band"] for key, f in summary.items() if f["outside_its_band"]}


def test_families(evidence: Evidence) -> None:
    summary = {}
    for key, truth in TRUTH.items():
        summary[key] = found(of_key(key, SEEDS), truth, unfair(*of_key(key, SEEDS), truth))
    for key, truth in CONSERVATIVE.items():
        summary[key] = found(of_key(key, SEEDS), truth, unfair(*of_key(key, SEEDS), truth, conservative=True))
    summary[INTEGRAL] = found(of_key(INTEGRAL, SEEDS), 0.0, unfair_with_bias(*of_key(INTEGRAL, SEEDS), 0.0))
    evidence("honesty-families", summary)
    assert all_fair(summary) == {}


def test_means_and_standard_deviations_of_noise(evidence: Evidence) -> None:
    summary = {}
    for kernel in KERNELS:
        for diameter in DIAMETERS_MM:
            pairs = of_mean(kernel, diameter, SEEDS)
            summary[f"mean, {kernel}, disc of {diameter:g} mm"] = found(pairs, 0.0, unfair(*pairs, 0.0))
    for kernel in ("soft", "sharp"):
        pairs = of_sd(kernel, SEEDS)
        summary[f"SD, {kernel}, disc of {DIAMETERS_MM[-1]:g} mm"] = found(pairs, SIGMA, unfair(*pairs, SIGMA))
    evidence("honesty-noise", summary)
    assert all_fair(summary) == {}


def test_slice_thickness(evidence: Evidence) -> None:
    pairs = of_thickness(Case("gaussian", THICKNESS_MM, THICKNESS_MM, 2), SEEDS)
    wrong = unfair_with_bias(*pairs, THICKNESS_MM)
    summary = {"ramps, Gaussian section of 2.5 mm": found(pairs, THICKNESS_MM, wrong)}
    evidence("honesty-slice-thickness", summary)
    assert all_fair(summary) == {}
