"""Location and spread of few scans by the estimators that could serve, with and without scans astray.

Writes docs/evidence/baseline-estimators.json. Efficiencies are against the mean and the standard deviation; those
astray lie at 8σ, one in ten of the scans and at least one. What they move is in σ, what they widen a factor.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iqa.judge.robust import middle_of
from iqa.signal.robust import NORMAL_PER_MAD

Array = NDArray[np.float64]
Estimator = Callable[[Array], tuple[Array, Array]]
Evidence = Callable[[str, object], None]

SETS = 8000
SEED = 20260402
SIZES = (3, 4, 5, 8, 10, 12, 20, 50)
ASTRAY = 8.0


def ours(x: Array) -> tuple[Array, Array]:
    found = [middle_of(row) for row in x.tolist()]
    return np.array([m.value for m in found]), np.array([m.spread for m in found])


def plain(x: Array) -> tuple[Array, Array]:
    return x.mean(axis=1), x.std(axis=1, ddof=1)


def median_and_mad(x: Array) -> tuple[Array, Array]:
    middle = np.median(x, axis=1, keepdims=True)
    return middle[:, 0], NORMAL_PER_MAD * np.median(np.abs(x - middle), axis=1)


def algorithm_a(x: Array) -> tuple[Array, Array]:
    """ISO 13528, annex C."""
    middle, scale = (column[:, None] for column in median_and_mad(x))
    for _ in range(60):
        pulled = np.clip(x, middle - 1.5 * scale, middle + 1.5 * scale)
        middle, scale = pulled.mean(axis=1, keepdims=True), 1.134 * pulled.std(axis=1, ddof=1, keepdims=True)
    return middle[:, 0], scale[:, 0]


ESTIMATORS: dict[str, Estimator] = {
    "iqa": ours,
    "mean and SD": plain,
    "median and MAD": median_and_mad,
    "algorithm A": algorithm_a,
}


def found(estimator: Estimator, n: int) -> dict[str, float]:
    x = np.random.default_rng([SEED, n]).standard_normal((SETS, n))
    astray = x.copy()
    astray[:, : max(1, n // 10)] += ASTRAY
    (location, spread), (moved, wider), deviation = estimator(x), estimator(astray), x.std(axis=1, ddof=1)
    relative = spread.std() / spread.mean()
    figures = {
        "location_efficiency": 1 / (n * location.var()),
        "spread_bias_percent": 100 * (spread.mean() - 1),
        "spread_efficiency": (deviation.std() / deviation.mean() / relative) ** 2,
        "astray_move_by_sigma": moved.mean(),
        "astray_widen_by": np.median(wider) / spread.mean(),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def test_estimators(evidence: Evidence) -> None:
    summary = {f"n = {n}": {name: found(e, n) for name, e in ESTIMATORS.items()} for n in SIZES}
    evidence("baseline-estimators", summary)
    for size, row in summary.items():
        mine, rough, algorithm = row["iqa"], row["median and MAD"], row["algorithm A"]
        assert mine["location_efficiency"] > 0.88, size
        assert abs(mine["spread_bias_percent"]) < 2.5, size
        # sharper than the median absolute deviation, and pulled less than algorithm A where that gives way
        assert mine["spread_efficiency"] > 1.3 * rough["spread_efficiency"], size
        assert mine["astray_move_by_sigma"] < 1.05 * algorithm["astray_move_by_sigma"], size
    assert (
        summary["n = 5"]["iqa"]["astray_move_by_sigma"] < 0.65 * summary["n = 5"]["algorithm A"]["astray_move_by_sigma"]
    )
