"""Contrast, CNR and the statistical limit over hundreds of seeds: bias, scatter, coverage. Writes docs/evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from faint import AREAS, DIAMETERS_MM, TARGETS, of_target, scatters, true_scatter

from tests.honest import unfair, unfair_with_bias

SEEDS = 400
LIMIT_SEEDS = 330
COVERED = (0.93, 0.97)
"""Of all 95 % intervals of one quantity."""
LARGEST_BIAS, LARGEST_SD = 0.02, 0.05
Evidence = Callable[[str, object], None]


def test_contrast_and_cnr(evidence: Evidence) -> None:
    summary, wrong = {}, {}
    for kernel in ("soft", "sharp"):
        for name in TARGETS:
            for quantity in ("contrast", "cnr"):
                values, us, truth = of_target(kernel, name, quantity, SEEDS)
                z = (np.array(values) - truth) / np.array(us)
                summary[f"{kernel}, {name}.{quantity}"] = {
                    "truth": truth,
                    "mean": round(float(np.mean(values)), 4),
                    "mean_z": round(float(z.mean()), 3),
                    "spread_z": round(float(z.std()), 3),
                    "covered": round(float(np.mean(np.abs(z) < 1.96)), 4),
                }
                wrong[f"{kernel}, {name}.{quantity}"] = unfair(values, us, truth, conservative=True)
    evidence("low-contrast-targets", summary)
    assert {k: v for k, v in wrong.items() if v} == {}
    assert_pooled(summary, (".contrast", ".cnr"))


def assert_pooled(summary: dict[str, dict[str, float]], quantities: Sequence[str]) -> None:
    """All conditions of a quantity, told by the end of its name, cover as they should together."""
    pooled = {q: np.mean([v["covered"] for k, v in summary.items() if k.endswith(q)]) for q in quantities}
    assert {q: share for q, share in pooled.items() if not COVERED[0] <= share <= COVERED[1]} == {}


def test_the_statistical_limit(evidence: Evidence) -> None:
    summary, wrong = {}, {}
    for kernel in ("soft", "sharp"):
        for area in AREAS:
            values, us = scatters(kernel, area, LIMIT_SEEDS)
            truth = true_scatter(kernel)
            z = (values - truth) / us
            for k, diameter in enumerate(DIAMETERS_MM):
                summary[f"{kernel}, {area}, {diameter:g} mm"] = {
                    "bias": round(float(values[:, k].mean() / truth[k] - 1.0), 4),
                    "sd": round(float(values[:, k].std() / truth[k]), 4),
                    "spread_z": round(float(z[:, k].std()), 3),
                    "covered": round(float(np.mean(np.abs(z[:, k]) < 1.96)), 3),
                }
                case = values[:, k].tolist(), us[:, k].tolist(), float(truth[k])
                if unfair(*case) and unfair_with_bias(*case):
                    wrong[f"{kernel}, {area}, {diameter:g} mm"] = unfair(*case)
    evidence("low-contrast-limit", summary)
    assert {k: v for k, v in summary.items() if abs(v["bias"]) > LARGEST_BIAS or v["sd"] > LARGEST_SD} == {}
    assert wrong == {}
    assert_pooled(summary, [f" {d:g} mm" for d in DIAMETERS_MM])
