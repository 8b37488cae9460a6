"""Values, limits and baselines made by hand, for the tests of judging."""

from __future__ import annotations

import math
from typing import Any

from iqa.judge import Sample
from iqa.model import Baseline, Bounds, Conditions, Limit, Measurement, Scope

HEAD = Conditions(
    kv=120.0,
    kernel="Br40f",
    iteration="3",
    thickness_mm=5.0,
    scan_mode="SPIRAL",
    phantom="SN 7",
    pixel_mm=0.5,
    ctdivol_mgy=40.0,
)
MINE = Scope("ct1", "head", "SN 7")


def made(key: str, value: float, u: float | None = 0.1, **fields: Any) -> Measurement:
    rest: dict[str, Any] = {"unit": "HU", "n": 3, "where": "slices 1-3", "method": "roi-mean@1"} | fields
    return Measurement(key, value, u, **rest)


def made_limit(key: str, *numbers: float | None, **fields: Any) -> Limit:
    rest: dict[str, Any] = {
        "name": f"my {key}",
        "kind": "absolute",
        "unit": "HU",
        "basis": "site",
        "source": "the physicist",
    } | fields
    return Limit(key=key, bounds=Bounds(*numbers), **rest)


def made_baseline(key: str, value: float, **fields: Any) -> Baseline:
    rest: dict[str, Any] = {
        "method": "roi-mean@1",
        "unit": "HU",
        "scope": MINE,
        "conditions": HEAD,
        "spread": 0.0,
        "n": 10,
        "approved_by": "A. Physicist",
        "approved_at": "2026-04-01T09:00:00",
        "reason": "after acceptance",
    } | fields
    return Baseline(key=key, value=value, u=1.03 * rest["spread"] / math.sqrt(rest["n"]), **rest)


def made_sample(scan: str, value: float, u: float | None = 1.0, conditions: Conditions = HEAD, **fields: Any) -> Sample:
    return Sample(scan, made("ct_number.uniform", value, u, **fields), conditions)
