"""Line pairs over 450 seeds and three kernels: bias, scatter and coverage of the modulation.

Writes docs/evidence/line-pairs.json.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bars_sampled import found, judged

from tests.bars_made import truth
from tests.honest import BAND

SEEDS = 450
BIAS, SCATTER = 1.0, 6.0
"""Per cent of T; what so many seeds leave open is allowed for."""
COVERED = (0.92, 0.98)
"""Share within 1.96 u: 95 % and what so many seeds leave open."""


def test_modulation(evidence: Callable[[str, object], None]) -> None:
    summary: dict[str, dict[str, dict[str, float]]] = {}
    wrong = []
    for kernel in ("soft", "hann", "sharp"):
        summary[kernel] = {}
        for label in judged(kernel):
            values, u = (np.array(x) for x in found(kernel, SEEDS)["modulation"].of(label))
            wanted = truth(kernel, float(label))
            z = (values - wanted) / u
            row = {
                "truth": wanted,
                "bias_percent": 100.0 * float(values.mean() / wanted - 1.0),
                "scatter_percent": 100.0 * float(values.std() / wanted),
                "mean_z": float(z.mean()),
                "spread_z": float(z.std()),
                "covered": float(np.mean(np.abs(z) < 1.96)),
            }
            summary[kernel][label] = {key: round(value, 3) for key, value in row.items()}
            most = BIAS + BAND * row["scatter_percent"] / SEEDS**0.5
            fair = abs(row["bias_percent"]) <= most and row["scatter_percent"] <= SCATTER and abs(row["mean_z"]) <= 0.5
            if not (fair and COVERED[0] <= row["covered"] <= COVERED[1]):
                wrong.append((kernel, label, row))
    evidence("line-pairs", {"seeds": SEEDS, "noise over contrast": 0.03, "kernels": summary})
    assert wrong == []
