"""Beads and wires through the whole family over 1,300 seeds: bias, scatter, and whether u is real.

Writes docs/evidence/honesty-mtf.json.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import product

import numpy as np
from sampled import POINT_CASES, of_points

from tests.honest import unfair, unfair_with_bias
from tests.made_points import truth

SEEDS = 1300
LEVELS = {"f50": 0.5, "f10": 0.1}
COVERED = (0.93, 0.97)
"""Of the 95 % intervals of one key, all conditions together."""
FEWEST = 0.9
"""Share of the seeds that give a number: f10 of the sharp kernel lies at 96 % of Nyquist, and some miss it."""

Evidence = Callable[[str, object], None]


def found(name: str, level: str) -> tuple[dict[str, float], list[str]]:
    """What 1,300 seeds give, and what is wrong with u: neither is it honest nor does it hold a known bias."""
    wanted = truth(POINT_CASES[name].made.kernel, LEVELS[level])
    pairs = np.array(of_points(name, level, SEEDS))
    values, us = pairs[:, np.isfinite(pairs[0])]
    z = (values - wanted) / us
    return {
        "given": round(len(z) / SEEDS, 3),
        "bias_percent": round(100.0 * float(values.mean() / wanted - 1.0), 2),
        "sd_percent": round(100.0 * float(values.std()) / wanted, 2),
        "mean_z": round(float(z.mean()), 3),
        "spread_z": round(float(z.std()), 3),
        "within_1u": round(float(np.mean(np.abs(z) < 1.0)), 3),
        "within_1.96u": round(float(np.mean(np.abs(z) < 1.96)), 3),
    }, min(unfair(values, us, wanted, conservative=True), unfair_with_bias(values, us, wanted), key=len)


def test_u_of_beads_and_wires(evidence: Evidence) -> None:
    rows = {f"{name}, {level}": found(name, level) for name, level in product(POINT_CASES, LEVELS)}
    evidence("honesty-mtf", {key: one for key, (one, _) in rows.items()})
    assert {key: wrong for key, (_, wrong) in rows.items() if wrong} == {}
    assert {key: one for key, (one, _) in rows.items() if one["given"] < FEWEST} == {}
    pooled: dict[str, list[float]] = defaultdict(list)
    for (name, level), (one, _) in zip(product(POINT_CASES, LEVELS), rows.values(), strict=True):
        pooled[f"{POINT_CASES[name].key}.{level}"].append(one["within_1.96u"])
    shares = {key: float(np.mean(covered)) for key, covered in pooled.items()}
    assert {key: share for key, share in shares.items() if not COVERED[0] <= share <= COVERED[1]} == {}
