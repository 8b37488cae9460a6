"""Rings, crescents and cupping over hundreds of seeds: found, false, bias and coverage. Writes docs/evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from artefacts_made import CUPPING_SHARE, Made, pairs, runs

from iqa.model import Measurement
from tests.honest import unfair_with_bias

SEEDS = 440
"""Of each of three kernels, so that a quantity is covered over 1,320."""
STACKS = 200
KERNELS = ("soft", "sharp", "smooth")
COVERED = (0.93, 0.97)
LEAST_FOUND, MOST_FALSE = 0.95, 0.01
RING_HU, WEAK_HU, CRESCENT_HU, CUPPING_HU = 4.0, 2.0, 6.0, 5.0
U_CUPPING = 0.1
MOST_PULLED = 0.5
"""Mean z, so that what a ring leaves in cupping, and its own width, is no more than u holds for it."""
Evidence = Callable[[str, object], None]


def flagged(results: list[Measurement], flag: str) -> float:
    return float(np.mean([flag in r.flags for r in results]))


def under_found(results: dict[str, list[Measurement]]) -> list[Measurement]:
    """Cupping of the scans in which a ring was found; one that is not stays in it."""
    rings = results["artefact.ring"]
    return [c for c, ring in zip(results["artefact.cupping"], rings, strict=True) if "ring_found" in ring.flags]


def summed(results: list[Measurement], truth: float) -> dict[str, float]:
    """What a reader wants to know of one condition."""
    values, u = (np.array(x) for x in pairs(results))
    z = (values - truth) / u
    return {
        "seeds": len(z),
        "truth": truth,
        "mean": round(float(values.mean()), 3),
        "u": round(float(np.median(u)), 3),
        "mean_z": round(float(z.mean()), 3),
        "spread_z": round(float(z.std()), 3),
        "covered": round(float(np.mean(np.abs(z) < 1.96)), 4),
    }


def test_artefacts(evidence: Evidence) -> None:
    clean = {k: runs(Made(k, cupping_hu=CUPPING_HU), SEEDS) for k in KERNELS}
    # The phantom off the rotation centre by 10 mm on the middle kernel.
    ringed = {k: runs(Made(k, ring_hu=RING_HU, off_mm=10.0 if k == "soft" else 0.0), SEEDS) for k in KERNELS}
    centred = runs(Made("soft", ring_hu=RING_HU), STACKS)["artefact.ring"]
    stacked = runs(Made(slices=10, ring_hu=WEAK_HU), STACKS)["artefact.ring"]
    crescents = {k: runs(Made(k, crescent_hu=CRESCENT_HU), 100)["artefact.crescent"] for k in ("soft", "sharp")}
    found: dict[str, Any] = {
        "false_rings": {k: flagged(r["artefact.ring"], "ring_found") for k, r in clean.items()},
        "false_crescents": {k: flagged(r["artefact.crescent"], "crescent_found") for k, r in clean.items()},
        "rings_of_4_hu_found": {k: flagged(r["artefact.ring"], "ring_found") for k, r in ringed.items()},
        "rings_of_4_hu_found_centred_soft": flagged(centred, "ring_found"),
        "rings_of_2_hu_on_10_slices_found": flagged(stacked, "ring_found"),
        "crescents_of_6_hu_found": {k: flagged(r, "crescent_found") for k, r in crescents.items()},
        "cupping": {k: summed(r["artefact.cupping"], CUPPING_SHARE * CUPPING_HU) for k, r in clean.items()},
        "cupping_under_a_ring_that_is_found": {k: summed(under_found(r), 0.0) for k, r in ringed.items()},
        "ring": {k: summed(r["artefact.ring"], RING_HU) for k, r in ringed.items()},
        "ring_on_10_slices": summed(stacked, WEAK_HU),
        "crescent": {k: summed(r, CRESCENT_HU) for k, r in crescents.items()},
        "no_ring": {k: summed(r["artefact.ring"], 0.0) for k, r in clean.items()},
        "no_crescent": {k: summed(r["artefact.crescent"], 0.0) for k, r in clean.items()},
    }
    evidence("artefacts", found)
    for kind in ("false_rings", "false_crescents"):
        assert np.mean(list(found[kind].values())) <= MOST_FALSE, found[kind]
    for k, r in ringed.items():
        assert flagged(r["artefact.ring"], "ring_found") >= LEAST_FOUND, k
    for rings in (centred, stacked):
        assert flagged(rings, "ring_found") >= LEAST_FOUND
    for kind in ("cupping", "cupping_under_a_ring_that_is_found", "ring"):
        assert all(abs(one["mean_z"]) <= MOST_PULLED for one in found[kind].values()), (kind, found[kind])
        pooled = np.mean([one["covered"] for one in found[kind].values()])
        assert COVERED[0] <= pooled <= COVERED[1], (kind, found[kind])
    assert found["cupping"]["soft"]["u"] <= U_CUPPING
    for k, one in crescents.items():
        assert unfair_with_bias(*pairs(one), CRESCENT_HU) == [], k
