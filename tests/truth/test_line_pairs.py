"""Line pairs against the kernel they were drawn with: bias, scatter, and whether u is real."""

from __future__ import annotations

import numpy as np
import pytest
from bars_sampled import SIGMA, STRAY, found, judged

from iqa.metrics import line_pairs, ttf
from iqa.metrics.context import Context
from iqa.model import Curve, LinePairs, Measurement
from tests.bars_made import EXACT, Stray, fan, located, results, rows, scan, stack, truth
from tests.honest import BAND, unfair_with_bias

SEEDS = 50
WITHOUT_NOISE_HU = 0.5
"""0.05 % of the contrast: less would leave no noise to learn."""


# per cent of T: what the model leaves out, and what a gauge that lies elsewhere adds with a sharp kernel
NOISELESS = [(fan(), EXACT, 0.5), (fan(), STRAY, 0.7), (rows(), EXACT, 0.5)]


@pytest.mark.parametrize("kernel", ["soft", "hann", "sharp"])
@pytest.mark.parametrize(("groups", "stray", "percent"), NOISELESS, ids=["fan", "stray", "rows"])
def test_without_noise(kernel: str, groups: tuple[LinePairs, ...], stray: Stray, percent: float) -> None:
    seen = results(stack(kernel, groups, sigma=WITHOUT_NOISE_HU, stray=stray), groups)
    for group in (g for g in groups if g.lp_per_cm < 10.0 and truth(kernel, g.lp_per_cm) >= 0.2):
        m = seen[f"line_pairs.modulation.{group.label}"]
        assert isinstance(m, Measurement)
        assert m.value == pytest.approx(truth(kernel, group.lp_per_cm), rel=percent / 100.0)


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_bias_scatter_and_an_honest_u(kernel: str) -> None:
    """Bias below 1 % and scatter below 6 % of T, down to T = 0.1; what so many seeds leave open is allowed for."""
    modulation = found(kernel, SEEDS)["modulation"]
    for label in judged(kernel):
        values, u = (np.array(x) for x in modulation.of(label))
        assert np.all(np.isfinite(values)), "a failure is a failure, not a gap"
        wanted = truth(kernel, float(label))
        off = 100.0 * (values / wanted - 1.0)
        z = (values - wanted) / u
        assert abs(off.mean()) <= 1.0 + BAND * off.std() / SEEDS**0.5
        assert off.std() <= 6.0 * (1.0 + BAND / (2 * SEEDS) ** 0.5)
        assert abs(z.std() - 1.0) <= BAND / (2 * SEEDS) ** 0.5, label
        assert abs(z.mean()) <= 0.5 + BAND / SEEDS**0.5


def test_what_sites_read_is_covered_by_its_u() -> None:
    clean = results(stack("soft", sigma=WITHOUT_NOISE_HU, stray=STRAY))
    for label in ("2", "4", "6"):
        droege = found("soft", SEEDS)["droege_morin"].of(label)
        assert unfair_with_bias(*droege, truth("soft", float(label))) == []
        still = clean[f"line_pairs.bar_contrast.{label}"]
        assert isinstance(still, Measurement)
        assert unfair_with_bias(*found("soft", SEEDS)["bar_contrast"].of(label), still.value) == []


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_it_agrees_with_the_transfer_function_of_inserts(kernel: str) -> None:
    made = scan(stack(kernel, sigma=SIGMA / 3.0, seed=5))
    context = Context(made, located(made))
    curves = [r for r in ttf.measure(context).results if isinstance(r, Curve)]
    seen = {r.key: r for r in line_pairs.measure(context).results}
    assert len(curves) == 3
    for label in judged(kernel):
        m = seen[f"line_pairs.modulation.{label}"]
        assert isinstance(m, Measurement)
        assert m.u is not None
        for curve in curves:
            value, u = (float(np.interp(0.1 * float(label), curve.x, y)) for y in (curve.values, curve.u))
            assert abs(value - m.value) < BAND * np.hypot(u, m.u)
