"""Real scanners, all of them well, judged by what is in force; two reconstructions that must not be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from outcome import Analysed, Json

from iqa.judge import compare, conditions, in_force, judge, worst
from iqa.model import (
    Acquisition,
    Baseline,
    Bounds,
    Conditions,
    Limit,
    Measurement,
    NotMeasured,
    Outcome,
    Scope,
    Verdict,
)

FBP, ITERATIVE = (f"catphan504-varian-truebeam-head-{kind}" for kind in ("fbp", "iterative"))
SCANS = [
    ("catphan503-ge-revolutionevo-ctp404", "catphan503"),
    (FBP, None),
    (ITERATIVE, None),
    ("catphan604-varian-truebeam-halffan", None),
    ("catphan504-varian-obi-halffan-rolled", None),
    ("acr464-siemens-drive-100kv", None),
    ("acr464-siemens-drive-80kv", None),
]


def _conditions(analysis: Json) -> Conditions:
    known = {k: analysis["acquisition"][k] for k in ("kv", "kev", "kernel", "iteration", "thickness_mm", "scan_mode")}
    dose = {k: analysis["acquisition"][k] for k in ("ctdivol_mgy", "exposure_mas")}
    spacing = analysis["scan"]["spacing_mm"]
    return conditions(Acquisition(**known, **dose), tuple(spacing), analysis["phantom"]["name"])


def _measurements(analysis: Json) -> list[Measurement]:
    return [Measurement(**(m | {"flags": tuple(m["flags"])})) for m in analysis["measurements"]]


def _verdicts(analysis: Json) -> dict[str, Verdict]:
    model = analysis["phantom"]["name"]
    absent = [NotMeasured(**n) for n in analysis["not_measured"]]
    found = judge(
        _measurements(analysis), absent, _conditions(analysis), Scope(), in_force(model), (), phantom_model=model
    )
    return {v.key: v for v in found}


@pytest.mark.parametrize(("name", "phantom"), SCANS)
def test_no_scanner_fails_by_what_is_in_force(name: str, phantom: str | None, analysed: Analysed) -> None:
    found = _verdicts(analysed(name, phantom).only)
    assert any(v.outcome in (Outcome.PASS, Outcome.PASS_WITHIN_U, Outcome.WARNING) for v in found.values())
    assert worst(list(found.values())) is not Outcome.FAIL


@pytest.mark.parametrize(
    ("name", "phantom", "warned"),
    [
        ("catphan503-ge-revolutionevo-ctp404", "catphan503", {"teflon"}),  # 940.4 HU, from 941 on
        ("catphan504-varian-obi-halffan-rolled", None, {"air_top", "air_bottom", "delrin"}),  # −982, −986, 333 HU
        ("catphan504-varian-obi-head", None, {"delrin"}),  # 339 HU
        ("catphan604-varian-truebeam-halffan", None, set()),
    ],
)
def test_healthy_scanners_outside_the_makers_range_are_warned_of(
    name: str, phantom: str | None, warned: set[str], analysed: Analysed
) -> None:
    found = {k.removeprefix("ct_number."): v for k, v in _verdicts(analysed(name, phantom).only).items()}
    assert {k for k, v in found.items() if v.outcome is Outcome.WARNING} == warned
    assert all("the maker's typical range" in found[k].reason for k in warned)
    assert {v.outcome for k, v in found.items() if k not in warned and v.outcome is not Outcome.NOT_MEASURED} == {
        Outcome.PASS
    }


def test_the_acr_uniformity_limit_judges_a_real_scan(analysed: Analysed) -> None:
    verdict = _verdicts(analysed("acr464-siemens-drive-100kv").only)["uniformity.max_deviation"]
    assert verdict.outcome is Outcome.PASS
    assert verdict.limit is not None
    assert verdict.limit.bounds == Bounds(-7.0, -5.0, 5.0, 7.0)


def test_two_reconstructions_of_one_machine_are_not_comparable(analysed: Analysed) -> None:
    fbp, iterative = (analysed(name).only for name in (FBP, ITERATIVE))
    assert fbp["acquisition"]["serial"] == iterative["acquisition"]["serial"] is not None
    found = compare(_conditions(iterative), _conditions(fbp))
    assert found.outcome is Outcome.NOT_COMPARABLE
    assert found.reasons == ('the reconstruction differs (kernel "None" now, "Ram-Lak" in the baseline)',)
    # nothing but the reconstruction stands between them
    assert compare(replace(_conditions(iterative), kernel="Ram-Lak"), _conditions(fbp)).outcome is None


def test_a_verdict_by_the_other_reconstruction_is_refused(analysed: Analysed) -> None:
    fbp, iterative = (analysed(name).only for name in (FBP, ITERATIVE))
    (noise,) = (m for m in _measurements(fbp) if m.key == "noise.sigma")
    baseline = Baseline(
        key=noise.key,
        method=noise.method,
        unit=noise.unit,
        scope=Scope(),
        conditions=_conditions(fbp),
        value=noise.value,
        spread=None,
        n=3,
        approved_by="A. Physicist",
        approved_at="2026-04-01",
        reason="a test",
    )
    limit = Limit(
        name="n",
        key="noise.sigma",
        kind="percent",
        bounds=Bounds(fail_low=-10, fail_high=10),
        unit="%",
        basis="site",
        source="",
    )
    (verdict,) = judge(_measurements(iterative), [], _conditions(iterative), Scope(), [limit], [baseline])
    assert verdict.outcome is Outcome.NOT_COMPARABLE
    assert verdict.reason.startswith("Not comparable, because the reconstruction differs")
