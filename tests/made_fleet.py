"""A fleet that no hospital has: 24 scanners, one of every state, judged by the real rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from iqa.jobs.said import bounds_behind
from iqa.judge import judge, worst
from iqa.model import Baseline, Bounds, Conditions, Limit, Measurement, Outcome
from iqa.report.fleets import FleetStory, Machine
from iqa.report.stories import Measure, Past
from iqa.store.history import day_of

AT, AS_OF = "2026-10-26T09:00:00Z", "2026-10-26T18:00:00"
TODAY = date(2026, 10, 26)
KEYS = (
    "ct_number.acrylic", "noise.sigma", "uniformity.max_deviation", "slice_thickness", "ttf.teflon.f50",
    "low_contrast.10permille_15mm.cnr", "dose.ctdivol",
)  # fmt: skip
NORMAL = {"ct_number.acrylic": 119.8, "noise.sigma": 4.31, "uniformity.max_deviation": 1.4, "slice_thickness": 2.6,
          "ttf.teflon.f50": 0.415, KEYS[5]: 2.32, "dose.ctdivol": 40.1}  # fmt: skip
U = {"ct_number.acrylic": 0.4, "noise.sigma": 0.02, "uniformity.max_deviation": 0.2, "slice_thickness": 0.05,
     "ttf.teflon.f50": 0.003, KEYS[5]: 0.05, "dose.ctdivol": None}  # fmt: skip
UNITS = {"ct_number.acrylic": "HU", "noise.sigma": "HU", "uniformity.max_deviation": "HU", "slice_thickness": "mm",
         "ttf.teflon.f50": "1/mm", KEYS[5]: "1", "dose.ctdivol": "mGy"}  # fmt: skip
LIMITS = (
    ("ct_number.acrylic", "difference", "HU", Bounds(-4, -3, 3, 4)),
    ("noise.sigma", "percent", "%", Bounds(-15, -10, 10, 15)),
    ("uniformity.max_deviation", "absolute", "HU", Bounds(-5, -4, 4, 5)),
    ("slice_thickness", "absolute", "mm", Bounds(2.0, 2.2, 2.8, 3.0)),
    ("ttf.teflon.f50", "percent", "%", Bounds(-15, -10, 10, 15)),
    (KEYS[5], "percent", "%", Bounds(-25, -15, None, None)),
    ("dose.ctdivol", "percent", "%", Bounds(-15, -10, 10, 15)),
)
STANDARD = Conditions(kv=120.0, kernel="STD", iteration="0", thickness_mm=2.5, scan_mode="AXIAL", phantom="C1",
                      pixel_mm=0.5, ctdivol_mgy=40.0)  # fmt: skip
HOSTILE = ("<script>alert(1)</script>", "😀 x&#x27;\"'{{ 7 * 7 }}", "שלום <b>עולם", "#let $x$ \\ `raw` *bold*")
"""What a header may say."""


def made_fleet(*, unassigned: bool = True, names: Sequence[str] = ()) -> FleetStory:
    """The fleet of the page's picture: 24 scanners at six hospitals, the most urgent first.

    Parameters
    ----------
    names
        Sites and models of the first scanners, in place of their own.
    """
    machines = [_machine(number, names) for number in range(1, 25)]
    lost = Machine(scanner=None, last="2026-10-01T08:00:00", count=3, outcomes=(Outcome.WARNING,))
    return FleetStory(
        made_at=AT,
        as_of=AS_OF,
        site="Hospital group",
        keys=KEYS,
        spark="noise.sigma",
        spark_days=(day_of(AS_OF) - 182.0, day_of(AS_OF)),
        machines=tuple(sorted(machines, key=lambda m: m.place)),
        unassigned=lost if unassigned else None,
    )


CHANGED: dict[int, dict[str, float]] = {
    5: {"noise.sigma": 18.4, KEYS[5]: -15.8}, 8: {"slice_thickness": 9.0}, 11: {KEYS[5]: -17.2},
    14: {"uniformity.max_deviation": 207.0}, 2: {"noise.sigma": 7.0}, 13: {"dose.ctdivol": 3.1},
    20: {"slice_thickness": 7.5},
}  # fmt: skip
"""By scanner and key, percent of the normal value; all others are within a few percent."""
SIGNALS = {5: ("noise.sigma",), 2: ("noise.sigma",), 13: ("dose.ctdivol",)}
DAYS = {19: 19, 22: 13}
"""Since the last scan, where it is overdue."""
LARGE_U = {20: ("slice_thickness", 0.12), 23: ("slice_thickness", 0.3)}
OTHER_KERNEL = 17
NEW = 24
"""Without baseline and limits yet."""
WITHOUT = {16: "ttf.teflon.f50"}
"""Not measured on this scanner, though a limit asks for it."""


def _machine(number: int, names: Sequence[str]) -> Machine:
    rng = np.random.default_rng(number)
    days = DAYS.get(number, int(rng.integers(0, 7)))
    measures = tuple(_measure(number, key, float(rng.normal(0.0, 1.0))) for key in KEYS)
    letter = "ABCDEF"[(number - 1) // 4]
    odd = names[number - 1] if number <= len(names) else ""
    return Machine(
        scanner=f"CT-{number}",
        site=odd or f"Hospital {letter}",
        maker=f"maker {'MNP'[number % 3]}",
        model=odd or ("X-64", "P-96", "R-128")[number % 3],
        last=f"{TODAY - timedelta(days=days)}T07:42:00",
        days=days,
        period_days=10.0,
        overdue=days > 10,
        count=26,
        outcomes=tuple(m.outcome for m in measures if m.verdicts),
        signals=SIGNALS.get(number, ()),
        measures=measures,
        past=_past(number, days, rng),
    )


def _measure(number: int, key: str, chance: float) -> Measure:
    normal, u = NORMAL[key], U[key]
    away = CHANGED.get(number, {}).get(key, 0.5 * chance)
    if LARGE_U.get(number, ("",))[0] == key:
        u = LARGE_U[number][1]
    measured = None if WITHOUT.get(number) == key else Measurement(
        key, normal * (1 + away / 100), u, UNITS[key], 3, "slices 1-3", "made@1"
    )  # fmt: skip
    return made_measure(
        key,
        measured,
        known=number != NEW,
        under=replace(STANDARD, kernel="STD+") if number == OTHER_KERNEL else STANDARD,
        signal=key in SIGNALS.get(number, ()),
    )


def made_measure(
    key: str, measured: Measurement | None, *, known: bool = True, under: Conditions = STANDARD, signal: bool = False
) -> Measure:
    """A measure as it is judged by the limits and the baseline of the fleet."""
    limits = [_limit(*row) for row in LIMITS if row[0] == key and known]
    base = Baseline(
        key=key, method="made@1", unit=UNITS[key], conditions=STANDARD, value=NORMAL[key], spread=0.01 * NORMAL[key],
        n=10, approved_by="A", approved_at="2026-05-01", reason="r",
    )  # fmt: skip
    said = judge([measured] if measured else [], [], under, base.scope, limits, [base] if known else [])
    outcome = worst(said) if said else Outcome.NOT_JUDGED
    behind = next((v for v in said if v.outcome == outcome), None)
    return Measure(key=key, measurement=measured, verdicts=said, outcome=outcome, bounds=bounds_behind(behind),
                   baseline=next((v.baseline for v in said if v.baseline), None), out_of_control=signal)  # fmt: skip


def _limit(key: str, kind: str, unit: str, bounds: Bounds) -> Limit:
    return Limit(name=key, key=key, kind=kind, bounds=bounds, unit=unit, basis="site")  # type: ignore[arg-type]


def _past(number: int, days: int, rng: np.random.Generator) -> tuple[Past, ...]:
    """Weekly noise; two scanners drift up, one is new."""
    normal, n = NORMAL["noise.sigma"], 3 if number == NEW else 21
    rise = CHANGED.get(number, {}).get("noise.sigma", 0.0) / 100
    found = []
    for i in range(n):
        share = max(0.0, (i - 12) / 8)
        value = normal * (1 + rise * share + 0.01 * float(rng.normal()))
        dated = f"{TODAY - timedelta(days=days + 7 * (n - 1 - i))}T07:42:00"
        found.append(Past(dated, day_of(dated), value, signal=bool(rise) and i >= 15))
    return tuple(found)
