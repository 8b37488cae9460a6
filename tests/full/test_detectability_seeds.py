"""d′ from measured TTF and NPS over hundreds of seeds: bias, scatter, coverage. Writes docs/evidence."""

from __future__ import annotations

from collections.abc import Callable

import detected
import numpy as np

from tests.honest import unfair, unfair_with_bias

SEEDS = 450
"""Of each kernel, none the same: 1,350 of a key."""
COVERED = (0.93, 0.97)
LARGEST_BIAS = 0.03
GIVEN = 0.995
"""Share of seeds with a number from which a key is judged: near the limit of u the luckier seeds alone have one."""
Evidence = Callable[[str, object], None]


def test_detectability(evidence: Evidence) -> None:
    summary: dict[str, dict[str, float]] = {}
    wrong: dict[str, list[str]] = {}
    for kernel in detected.KERNELS:
        for key, truth in detected.truth(kernel).items():
            pairs = detected.found(kernel, SEEDS)[key]
            values, us = (list(x) for x in zip(*pairs, strict=True))
            z = (np.array(values) - truth) / np.array(us)
            name = f"{kernel}, {key}"
            summary[name] = {
                "truth": round(truth, 4),
                "given": round(len(pairs) / SEEDS, 4),
                "bias_percent": round(100.0 * (float(np.mean(values)) / truth - 1.0), 3),
                "sd_percent": round(100.0 * float(np.std(values)) / truth, 3),
                "u_percent": round(100.0 * float(np.mean(us)) / truth, 3),
                "mean_z": round(float(z.mean()), 3),
                "spread_z": round(float(z.std()), 3),
                "covered": round(float(np.mean(np.abs(z) < 1.96)), 4),
            }
            case = values, us, truth
            if unfair(*case, conservative=True) and unfair_with_bias(*case):
                wrong[name] = unfair(*case, conservative=True)
    pooled = {
        key: round(float(np.mean([summary[f"{k}, {key}"]["covered"] for k in detected.KERNELS])), 4)
        for key in detected.truth("soft")
    }
    evidence("detectability", summary | {"covered": pooled})
    judged = {name: row for name, row in summary.items() if row["given"] >= GIVEN}
    assert {n: r for n, r in judged.items() if abs(r["bias_percent"]) > 100.0 * LARGEST_BIAS} == {}
    assert {name: said for name, said in wrong.items() if name in judged} == {}
    assert {key: share for key, share in pooled.items() if not COVERED[0] <= share <= COVERED[1]} == {}
