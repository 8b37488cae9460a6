"""The noise spectrum from 24 patches of 64² over hundreds of seeds, and its shape from 500 patches at once.

Writes docs/evidence/nps.json, nps-bound.json.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import edges
import noise_bound
import numpy as np
import pytest
import test_nps
from numpy.typing import NDArray

from iqa.metrics import nps
from iqa.signal.spectrum import Spectrum, estimate_spectrum
from tests.honest import BAND, unfair, unfair_with_bias
from tests.made_phantom import PIXEL_MM, noise

Array = NDArray[np.float64]
Evidence = Callable[[str, object], None]

KERNELS = ("soft", "hann", "sharp")
SIGMA = 10.0
SEEDS = 450
"""Of each kernel: 1,350 results of a key."""
BOUNDS = {"average_frequency": (0.3, 0.5), "mean_frequency_2d": (0.3, 0.5), "peak_frequency": (2.0, 3.0)}
"""Bias and SD, per cent."""
SIGMA_PERCENT, SHAPE_PERCENT, WHITE_PERCENT = 0.3, 2.0, 1.0
COVERED = (0.93, 0.97)
SMOOTH = 10
"""Cubic splines of a spectrum up to the corner of its square that is known to be smooth."""
EFFICIENT = 1.05
"""Scatter over the least one."""


def read(patches: Array) -> Spectrum:
    return estimate_spectrum((SIGMA * patches).astype(np.float32), (PIXEL_MM, PIXEL_MM), len(patches))


@cache
def found(kernel: str) -> dict[str, Array]:
    """(seeds, 2) value and u of each frequency, NaN where there is none, and of σ with no u."""
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in (*BOUNDS, "sigma")}
    for seed in range(SEEDS):
        seen = read(edges.grain(np.random.default_rng(seed), kernel, PIXEL_MM, (24, 64, 64)))
        rows["average_frequency"].append(nps.average_frequency(seen))
        rows["mean_frequency_2d"].append(nps.mean_frequency_2d(seen))
        rows["peak_frequency"].append(nps.peak_frequency(seen) or (np.nan, np.nan))
        rows["sigma"].append((seen.covariance.sd, np.nan))
    return {name: np.array(pairs) for name, pairs in rows.items()}


def summary(kernel: str) -> dict[str, dict[str, float]]:
    result = {}
    for name, pairs in found(kernel).items():
        truth = SIGMA if name == "sigma" else test_nps.truth(kernel)[f"nps.{name}"]
        value, u = pairs[np.isfinite(pairs[:, 0])].T
        z = (value - truth) / u
        result[name] = {
            "bias_percent": round(100.0 * float(value.mean() / truth - 1.0), 3),
            "sd_percent": round(100.0 * float(value.std() / truth), 3),
            "given": len(value) / SEEDS,
        }
        if name != "sigma":
            shares = {"spread_z": float(z.std()), "within_95": float(np.mean(np.abs(z) < 1.96))}
            result[name] |= {key: round(share, 3) for key, share in shares.items()}
    return result


def shape_percent(kernel: str) -> float:
    """Rms of the spectrum against the truth from 0.05 to 0.75 /mm after 500 patches."""
    seen = read(edges.grain(np.random.default_rng(1), kernel, PIXEL_MM, (500, 64, 64))).covariance
    band = (seen.frequency > 0.05) & (seen.frequency < 0.75)
    wanted = test_nps.curve(kernel, seen.frequency) * (SIGMA * PIXEL_MM) ** 2
    return 100.0 * float(np.sqrt(np.mean((seen.nps / np.maximum(wanted, 1e-12) - 1.0)[band] ** 2)))


def white_percent() -> float:
    """Largest error of a flat spectrum from bin 2 to Nyquist."""
    seen = read(noise(np.random.default_rng(3), "white", (6000, 64, 64), 1.0)).covariance
    return 100.0 * float(np.abs(seen.nps[2:32] / (SIGMA * PIXEL_MM) ** 2 - 1.0).max())


def test_evidence(evidence: Evidence) -> None:
    """Shape, flatness and coverage; what follows is judged one by one."""
    rows = {kernel: summary(kernel) for kernel in KERNELS}
    shapes = {kernel: round(shape_percent(kernel), 3) for kernel in KERNELS}
    pooled = {name: float(np.mean([rows[k][name]["within_95"] for k in KERNELS])) for name in BOUNDS}
    evidence("nps", rows | {"shape_rms_percent": shapes, "white_percent": white_percent(), "within_95": pooled})
    assert max(shapes.values()) <= SHAPE_PERCENT
    assert white_percent() <= WHITE_PERCENT
    assert pooled["average_frequency"] >= COVERED[0]
    assert pooled["average_frequency"] <= COVERED[1]
    assert min(pooled.values()) >= COVERED[0]  # the others hold a bias at its largest, and are conservative


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", BOUNDS)
def test_u_is_honest_or_holds_the_bias(name: str, kernel: str) -> None:
    value, u = found(kernel)[name].T.tolist()
    truth = test_nps.truth(kernel)[f"nps.{name}"]
    assert np.isfinite(value).all()
    assert not (unfair(value, u, truth, conservative=True) and unfair_with_bias(value, u, truth))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", [*BOUNDS, "sigma"])
def test_bias(name: str, kernel: str) -> None:
    row = summary(kernel)[name]
    most = SIGMA_PERCENT if name == "sigma" else BOUNDS[name][0]
    assert abs(row["bias_percent"]) <= most + BAND * row["sd_percent"] / SEEDS**0.5


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", BOUNDS)
def test_scatter(name: str, kernel: str) -> None:
    """The average of the radial curve misses it for soft and hann, as every reading of such patches must; see below."""
    assert summary(kernel)[name]["sd_percent"] <= BOUNDS[name][1]


def test_no_reading_of_the_average_scatters_less(evidence: Evidence) -> None:
    """Without a trend to lose, with it, and were the spectrum known to be smooth over 0.2/mm."""
    rows = {}
    for kernel in KERNELS:
        rows[kernel] = {
            "no_trend": noise_bound.percent(kernel, trend=False),
            "trend": noise_bound.percent(kernel, trend=True),
            "trend_smooth": noise_bound.percent(kernel, trend=True, splines=SMOOTH),
            "measured": summary(kernel)["average_frequency"]["sd_percent"],
        }
    evidence("nps-bound", {kernel: {name: round(v, 3) for name, v in row.items()} for kernel, row in rows.items()})
    assert all(row["measured"] <= EFFICIENT * row["trend"] for row in rows.values())
