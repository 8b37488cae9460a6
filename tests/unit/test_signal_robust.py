"""The nearest curve that only falls."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from iqa.signal.robust import falling


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_the_nearest_falling_curve_is_that_of_the_pools_of_neighbours(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(50):
        values, weights = rng.normal(size=count) - 0.3 * np.arange(count), rng.uniform(0.1, 3.0, count)
        pooled = isotonic_regression(values, weights=weights, increasing=False)
        found = falling(values, weights)
        assert found == pytest.approx(pooled.x, abs=1e-12)
        assert len(np.unique(found)) == len(pooled.blocks) - 1
