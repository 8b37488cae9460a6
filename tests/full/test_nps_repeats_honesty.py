"""The noise power of repeats over 400 setups with rings and shading: bias, scatter, and whether u is real.

Writes docs/evidence/nps-repeats.json, with what one scan of such a setup gives beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from repeats_made import over_seeds
from test_nps import KEYS, truth

SEEDS, ALONE = 400, 40
AVERAGE, MEAN_2D, PEAK = KEYS
SPREAD, COVERED = (0.85, 1.1), (0.925, 0.98)
"""Of z and of 95 % intervals: 0.93 to 0.97, and what 400 seeds leave open."""
LARGEST_BIAS_PERCENT = {AVERAGE: 0.3, MEAN_2D: 0.3, PEAK: 2.0}

Evidence = Callable[[str, object], None]


def found(kernel: str, count: int, key: str, seeds: int) -> dict[str, float]:
    values, us = np.array(over_seeds(kernel, count, seeds)[0][key]).T
    z = (values - truth(kernel)[key]) / us
    return {
        "given": round(len(values) / seeds, 3),
        "bias_percent": round(100.0 * float(values.mean() / truth(kernel)[key] - 1.0), 3),
        "sd_percent": round(100.0 * float(values.std()) / truth(kernel)[key], 3),
        "u_percent": round(100.0 * float(us.mean()) / truth(kernel)[key], 3),
        "spread_z": round(float(z.std()), 3),
        "within_1.96u": round(float(np.mean(np.abs(z) < 1.96)), 4),
    }


def test_frequencies_of_repeats(evidence: Evidence) -> None:
    repeated = {
        f"{kernel}, {count} repeats, {key}": found(kernel, count, key, SEEDS)
        for kernel in ("soft", "sharp")
        for count in (2, 3)
        for key in KEYS
    }
    alone = {f"{kernel}, one scan, {AVERAGE}": found(kernel, 1, AVERAGE, ALONE) for kernel in ("soft", "sharp")}
    evidence("nps-repeats", {**repeated, **alone})
    biased = {k: v for k, v in repeated.items() if abs(v["bias_percent"]) > LARGEST_BIAS_PERCENT[k.split(", ")[-1]]}
    assert biased == {}
    averages = {k: v for k, v in repeated.items() if k.endswith(AVERAGE)}
    assert {k: v for k, v in averages.items() if not SPREAD[0] <= v["spread_z"] <= SPREAD[1]} == {}
    assert {k: v for k, v in averages.items() if not COVERED[0] <= v["within_1.96u"] <= COVERED[1]} == {}
    assert {k: v for k, v in repeated.items() if v["within_1.96u"] < COVERED[0]} == {}
    assert all(10.0 < abs(v["bias_percent"]) < 2.0 * v["u_percent"] for v in alone.values())
