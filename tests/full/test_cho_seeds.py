"""The channelized Hotelling observer over thousands of seeds: bias, and whether its interval and u are real.

From channel outputs, from pictures of CT noise, and through the whole chain. Writes docs/evidence/cho.json and
cho-setups-<kernel>.json.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from observers import numbers, one_setup, regions_of_noise, simulated_setup, true_index

from iqa.metrics.cho import IMAGES_PER_CHANNEL
from iqa.model import Pose
from iqa.signal.hotelling import Outputs, separation
from iqa.simulate import Physics

Array = NDArray[np.float64]

SEEDS, SETUPS, SIMULATED = 1400, 40, 12
DELTAS = (1.0, 3.0)
COVERED, COVERED_OF_HUNDREDS = (0.93, 0.97), (0.91, 0.99)
"""Of 95 % intervals; and of so few of them that chance alone moves it by 0.04 (99.9 %)."""
GIVEN = 0.95
"""Share of the setups that give an index."""
LARGEST_BIAS = 0.03
LARGEST_MEAN_Z, SPREAD_OF_Z = 0.2, (0.85, 1.1)
"""At N = 5 p; δ = 1 is then 2 to 4 u from its end, so z is not quite normal."""

Evidence = Callable[[str, object], None]
Summary = dict[str, float]


def summed(values: Array, truth: Array | float) -> Summary:
    """What (n, 4) of index, u and both limits say of a truth."""
    z = (values[:, 0] - truth) / values[:, 1]
    return {
        "n": len(values),
        "bias_percent": round(100.0 * float(np.mean(values[:, 0] / truth) - 1.0), 2),
        "sd_percent": round(100.0 * float(np.std(values[:, 0] / truth)), 2),
        "mean_z": round(float(z.mean()), 3),
        "spread_z": round(float(z.std()), 3),
        "within_2u": round(float(np.mean(np.abs(z) < 2.0)), 4),
        "covered": round(float(np.mean((values[:, 2] <= truth) & (truth <= values[:, 3]))), 4),
    }


def of_outputs(p: int, delta: float, slices: int, rho: float) -> Array:
    """Gaussian outputs: 5 p images of each class, one by one or on slices of which neighbours hang together."""
    apart = np.abs(np.subtract.outer(np.arange(slices), np.arange(slices)))
    tie = np.asarray(rho**apart)
    root, mean, square = np.linalg.cholesky(tie), tie.mean(), (tie**2).mean()
    repeats = int(np.ceil(IMAGES_PER_CHANNEL * p * mean))
    shift = np.zeros(p)
    shift[0] = delta
    found = []
    for seed in np.random.SeedSequence(2016).spawn(SEEDS):
        white = np.random.default_rng(seed).standard_normal((2, repeats, slices, p))
        one, other = np.einsum("ij,crjp->crip", root, white)
        s = separation(Outputs(one + shift, mean, square), Outputs(other, mean, square))
        found.append((s.distance, s.u, *s.interval))
    return np.array(found)


@pytest.fixture(scope="module")
def told() -> dict[str, Summary]:
    """Of all tests here, for one file."""
    return {}


def test_channel_outputs(told: dict[str, Summary]) -> None:
    found = {
        f"outputs, p = {p}, {slices} slices with {rho:g}, index {delta:g}": summed(
            of_outputs(p, delta, slices, rho), delta
        )
        for p in (4, 10, 40)
        for slices, rho in ((1, 0.0), (8, 0.3))
        for delta in DELTAS
    }
    told.update(found)
    check(found)


@pytest.mark.parametrize(("kernel", "channels"), [("soft", "lg"), ("sharp", "lg"), ("soft", "ddog")])
def test_pictures_of_ct_noise(kernel: Any, channels: str, told: dict[str, Summary]) -> None:
    values = regions_of_noise(kernel, channels, DELTAS, SEEDS)
    found = {
        f"pictures, {kernel}, {channels}, index {delta:g}": summed(values[:, k], delta)
        for k, delta in enumerate(DELTAS)
    }
    told.update(found)
    check(found)


def check(found: dict[str, Summary]) -> None:
    assert {k: v for k, v in found.items() if abs(v["bias_percent"]) > 100.0 * LARGEST_BIAS} == {}
    assert {k: v for k, v in found.items() if not COVERED[0] <= v["covered"] <= COVERED[1]} == {}
    assert {k: v for k, v in found.items() if abs(v["mean_z"]) > LARGEST_MEAN_Z} == {}
    assert {k: v for k, v in found.items() if not SPREAD_OF_Z[0] <= v["spread_z"] <= SPREAD_OF_Z[1]} == {}


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_the_whole_family_on_the_small_phantom(kernel: str, evidence: Evidence) -> None:
    values: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for seed in np.random.SeedSequence(516).spawn(SETUPS):
        for name, m in numbers(one_setup(seed, kernel)).items():
            if name != "row_4mm" and m.u is not None and m.interval is not None:  # three rods are no single truth
                values[name].append((m.value, m.u, *m.interval))
    found = {name: summed(np.array(v), true_index(kernel, name)) for name, v in values.items()}
    evidence(f"cho-setups-{kernel}", found)
    # a setup in which one of six scans gives up a slice at its module's end has too few images
    assert min(v["n"] for v in found.values()) >= GIVEN * SETUPS
    honest({key: float(np.mean([v[key] for v in found.values()])) for key in ("mean_z", "spread_z", "covered")})


def test_simulated_repeats_of_a_catphan(told: dict[str, Summary], evidence: Evidence) -> None:
    values: list[tuple[float, ...]] = []
    truths: list[float] = []
    rng = np.random.default_rng(504)
    for k in range(SIMULATED):
        x, y, roll = rng.uniform(-2.0, 2.0, 3).tolist()
        physics = Physics(noise_hu=8.0, first_z_mm=-98.0, slices=36, pose=Pose(x, y, 0.0, roll), cupping_hu=5.0)
        context, true = simulated_setup(physics, range(100 * k, 100 * k + 4))
        for name, m in numbers(context).items():
            if m.u is not None and m.interval is not None:
                values.append((m.value, m.u, *m.interval))
                truths.append(true[name])
    assert len(values) == SIMULATED * 27  # all but the rods shorter than the module
    told["catphan504"] = summed(np.array(values), np.array(truths))
    evidence("cho", told)
    honest(told["catphan504"])


def honest(found: Summary) -> None:
    """Of some hundreds of values: u holds what a stray of the rods would do, and these have none."""
    assert abs(found["mean_z"]) <= LARGEST_MEAN_Z
    assert 0.75 <= found["spread_z"] <= SPREAD_OF_Z[1]
    assert COVERED_OF_HUNDREDS[0] <= found["covered"] <= COVERED_OF_HUNDREDS[1]


def test_the_check_fails_when_u_is_halved() -> None:
    values = of_outputs(4, 3.0, 1, 0.0)
    middle = values[:, [0, 0]]
    halved = np.column_stack([values[:, 0], values[:, 1] / 2.0, middle + 0.5 * (values[:, 2:] - middle)])
    found = summed(halved, 3.0)
    assert found["spread_z"] > SPREAD_OF_Z[1]
    assert found["covered"] < COVERED[0]
