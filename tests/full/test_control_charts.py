"""Run lengths of the charts, in control and after steps; what correlated scans do to them; how soon drifts are seen.

Writes docs/evidence/run-lengths.json, which docs/control-charts.md quotes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import charted
import numpy as np
import pytest
from charted import AT_99, DAYS, KEYS, SCANS, Array, Mask

from iqa.spc import (
    NELSON,
    WESTERN_ELECTRIC,
    ControlBaseline,
    Drift,
    Neighbours,
    RuleName,
    Step,
    cusum,
    drift,
    estimate_baseline,
    ewma,
    ewma_limit,
    expected_signals,
    holding,
    most_likely_step,
    neighbours,
    steps,
)

Evidence = Callable[[str, object], None]
Found = dict[str, Any]

SCANNERS = 4000
BASELINES = (8, 12, 20, 30, 50)
SERIES = 4000
"""Of a step or of a run in control."""
LONGEST = 2000
QUIET = 52
"""Scans in control before a later step."""
STEPS = (1.0, 2.0)
ALIKE = (0.0, 0.2, 0.4, 0.6)
LOOKED_AT = 300
"""Series that are looked at after each scan."""
SLOPES = (0.02, 0.05, 0.1)
"""Of σ, a week."""
USUAL = 20
ASTRAY = 3.5
"""Robust standard deviations from the median beyond which a scan is left out of a baseline."""


def rng(*names: int) -> np.random.Generator:
    return np.random.default_rng((2026, *names))


def quantile(runs: Array, share: float) -> float | None:
    """None where the run is longer than was simulated."""
    found = float(np.quantile(runs, share, method="inverted_cdf"))
    return found if np.isfinite(found) else None


def stepped(n: int, weight: float, step: float, quiet: int) -> dict[str, float | None]:
    values = charted.made(rng(1, n, quiet), (SERIES, n + quiet + 500))
    values[:, n + quiet :] += step
    runs = charted.delays(charted.signalled(values, n, ewma_limit(n, weight=weight), weight), quiet)
    return {"median": quantile(runs, 0.5), "ninth_decile": quantile(runs, 0.9)}


def all_steps(n: int, weight: float) -> Found:
    return {
        f"{step:g}": {"at_once": stepped(n, weight, step, 0), "later": stepped(n, weight, step, QUIET)}
        for step in STEPS
    }


@cache
def of_baseline(n: int) -> Found:
    limit = ewma_limit(n)
    values = charted.made(rng(2, n), (SCANNERS, KEYS, n + SCANS))
    beyond: Mask = np.asarray(charted.signalled(values, n, limit).any(axis=2))
    share = 1.0 / KEYS
    slack = KEYS * AT_99 * float(np.sqrt(share * (1.0 - share) / (1000 * KEYS)))
    runs = charted.first(charted.signalled(charted.made(rng(3, n), (SERIES, n + LONGEST)), n, limit))
    return {
        "limit": round(limit, 3),
        "documented": round(expected_signals(limit, n), 3),
        "interval_99_of_1000": [round(1.0 - slack, 3), round(1.0 + slack, 3)],
        "signals": round(KEYS * float(beyond.mean()), 3),
        "signals_of_first_1000": round(KEYS * float(beyond[:1000].mean()), 3),
        "scanners_alarmed": round(float(beyond.any(axis=1).mean()), 3),
        "with_restarts": round(KEYS * float(charted.restarted(values, n, limit).mean()), 2),
        "run_in_control": {"lower_quartile": quantile(runs, 0.25), "median": quantile(runs, 0.5)},
        "steps": all_steps(n, 0.1),
    }


def known_charts() -> dict[str, Callable[[Array], Mask]]:
    def rules(*names: RuleName) -> Callable[[Array], Mask]:
        return lambda z: np.asarray(np.any([holding(z, name) for name in names], axis=0))

    return {
        "single values, 3σ (N1)": rules("N1"),
        "N1 and N2": rules("N1", "N2"),
        "Western Electric": rules(*WESTERN_ELECTRIC),
        "Nelson": rules(*NELSON),
        "CUSUM, k 0.5, h 4.77": lambda z: cusum(z, 0.0, 1.0).beyond,
        "EWMA, λ 0.1, L 2.814": lambda z: ewma(z, 0.0, 1.0, 2.814).beyond,
        "EWMA, λ 0.2, L 2.962": lambda z: ewma(z, 0.0, 1.0, 2.962, 0.2).beyond,
    }


def of_known(name: str) -> Found:
    chart = known_charts()[name]
    parts = [charted.made(rng(4, part), (400, 1500)) for part in range(10)]
    return {
        f"{shift:g}": round(float(np.mean([charted.mean_run_length(chart(z + shift)) for z in parts])), 1)
        for shift in (0.0, *STEPS)
    }


def of_alike(alike: float) -> Found:
    values = charted.made(rng(5, int(10 * alike)), (1000, KEYS, USUAL + SCANS), alike)
    signals = KEYS * float(charted.signalled(values, USUAL, ewma_limit(USUAL)).any(axis=2).mean())
    series = values[:LOOKED_AT, 0, :SCANS]
    baselines = [neighbours(row) for row in values[..., :USUAL].reshape(-1, USUAL)]
    return {
        "noticed": round(float(np.mean([isinstance(b, Neighbours) and b.p < 0.05 for b in baselines])), 3),
        "signals": round(signals, 2),
        "ever_drifting": round(float(np.mean([charted.ever_drifting(row, USUAL) for row in series])), 3),
        "stepped": round(float(np.mean([bool(steps(DAYS * np.arange(SCANS), row)) for row in series])), 3),
        "ever_stepped": round(float(np.mean([ever_stepped(row) for row in series])), 3),
    }


def ever_stepped(values: Array) -> bool:
    """Whether the most likely step is clear at any scan from the usual baseline on, looked at after each."""
    found = (most_likely_step(DAYS * np.arange(n), values[:n]) for n in range(USUAL, len(values) + 1))
    return any(isinstance(step, Step) and step.p < 0.01 for step in found)


def of_slope(slope: float) -> Found:
    """Scans after the baseline until the EWMA signals, and until the line through all scans after it is a drift."""
    values = charted.made(rng(6, int(100 * slope)), (LOOKED_AT, USUAL + 260))
    values[:, USUAL:] += slope * np.arange(1, 261)
    runs = charted.first(charted.signalled(values, USUAL, ewma_limit(USUAL)))
    seen = np.array([next((n for n in range(8, 261) if drifts(row[USUAL : USUAL + n])), np.inf) for row in values])
    return {"ewma": quantile(runs, 0.5), "drift": quantile(seen, 0.5)}


def drifts(values: Array) -> bool:
    line = drift(DAYS * np.arange(len(values)), values)
    return isinstance(line, Drift) and line.drifting


def of_other_baselines() -> Found:
    values = charted.made(rng(7), (1000, KEYS, USUAL + SCANS))
    before, after = values[..., :USUAL], values[..., USUAL:]
    middle = np.median(before, axis=-1)
    mad = 1.4826 * np.median(np.abs(before - middle[..., None]), axis=-1)
    robust = ewma(after, middle, mad, ewma_limit(USUAL)).beyond.any(axis=2)
    known = charted.signalled(values, USUAL, ewma_limit(None)).any(axis=2)
    near = np.abs(before - middle[..., None]) <= ASTRAY * mad[..., None]
    kept = [
        estimate_baseline(row[use]) for row, use in zip(before.reshape(-1, USUAL), near.reshape(-1, USUAL), strict=True)
    ]
    centre, sigma = np.array([(b.centre, b.sigma) for b in kept if isinstance(b, ControlBaseline)]).T
    trimmed = ewma(after.reshape(-1, SCANS), centre, sigma, ewma_limit(USUAL)).beyond.any(axis=1)
    return {
        "median_and_mad": round(KEYS * float(robust.mean()), 2),
        "left_out": round(KEYS * float(trimmed.mean()), 2),
        "limit_for_known": round(KEYS * float(known.mean()), 2),
    }


def test_run_lengths(evidence: Evidence) -> None:
    alike = {f"{alike:g}": of_alike(alike) for alike in ALIKE}
    others = of_other_baselines()
    found = {
        "keys": KEYS,
        "scans": SCANS,
        "scanners": SCANNERS,
        "baselines": {str(n): of_baseline(n) for n in BASELINES},
        "weight_0.2": {"limit": round(ewma_limit(USUAL, weight=0.2), 3), "steps": all_steps(USUAL, 0.2)},
        "known": {name: of_known(name) for name in known_charts()},
        "other_baselines_of_20": others,
        "alike": alike,
        "drifts": {f"{slope:g}": of_slope(slope) for slope in SLOPES},
    }
    evidence("run-lengths", found)
    assert alike["0"]["ever_drifting"] <= 0.06
    assert alike["0"]["stepped"] <= 0.02
    assert others["median_and_mad"] > 1.5
    assert others["limit_for_known"] == pytest.approx(expected_signals(ewma_limit(None), USUAL), rel=0.06)


@pytest.mark.parametrize("n", BASELINES)
def test_stable_scanners_alarm_within_the_interval(n: int) -> None:
    row = of_baseline(n)
    low, high = row["interval_99_of_1000"]
    assert low <= row["signals_of_first_1000"] <= high
    assert abs(row["signals"] - 1.0) <= (high - 1.0) / np.sqrt(SCANNERS / 1000)


@pytest.mark.parametrize("when", ["at_once", "later"])
@pytest.mark.parametrize(("step", "most"), [("1", 20), ("2", 6)])
def test_steps_are_found_in_time_with_twenty_scans(step: str, most: int, when: str) -> None:
    assert of_baseline(USUAL)["steps"][step][when]["median"] <= most
