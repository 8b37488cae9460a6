"""Limits as people and shipped files write them: every mistake by name, and the numbers that ship."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iqa.errors import DefinitionError, UsageError
from iqa.judge import adopt, find_set, in_force, limit_sets, limits_from, load_set
from iqa.judge.keys import matches
from iqa.model import Bounds, Insert, Limit, Scope
from iqa.phantom import library

RIGHT: dict[str, Any] = {"key": "noise.sd", "unit": "HU", "fail_high": 6}


def test_a_table_is_a_limit() -> None:
    raw = {
        "name": "water",
        "key": "ct_number.uniform",
        "unit": "HU",
        "fail_low": -4,
        "warn_low": -3.0,
        "warn_high": 3.0,
        "fail_high": 4,
        "method": "roi-mean@*",
        "kv": 120,
        "phantom_models": ["catphan504"],
        "scanner": "ct1",
        "protocol": "head",
        "phantom": "SN 7",
        "source": "site decision",
        "edition": "3",
        "adopted_by": "A. Physicist",
        "adopted_on": date(2026, 4, 1),
        "reason": "yearly review",
    }
    assert limits_from([raw], "iqa.toml", "limit") == (
        Limit(
            name="water",
            key="ct_number.uniform",
            kind="absolute",
            bounds=Bounds(-4.0, -3.0, 3.0, 4.0),
            unit="HU",
            basis="site",
            source="site decision",
            edition="3",
            method="roi-mean@*",
            scope=Scope("ct1", "head", "SN 7"),
            kv=120.0,
            phantom_models=("catphan504",),
            adopted_by="A. Physicist",
            adopted_on="2026-04-01",
            reason="yearly review",
        ),
    )


def test_the_shortest_table() -> None:
    (limit,) = limits_from([RIGHT], "iqa.toml", "limit")
    assert (limit.name, limit.bounds, limit.basis) == ("limit.1", Bounds(fail_high=6.0), "site")
    assert limits_from([], "iqa.toml", "limit") == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fail_hi": 1}, "limit.1.fail_hi: expected a known key (did you mean fail_high?), found an unknown key"),
        ({"fail_high": "6"}, "limit.1.fail_high: expected number, found '6'"),
        ({"fail_high": float("nan")}, "limit.1.fail_high: expected"),
        ({"kind": "relative"}, "limit.1.kind: expected 'absolute', 'difference' or 'percent', found 'relative'"),
        ({"basis": "me"}, "limit.1.basis: expected 'site', 'maker' or 'standard', found 'me'"),
        ({"key": "noise sd"}, "limit.1.key: expected a key such as noise.sigma, in lower case"),
        ({"key": ""}, "limit.1.key: expected a key such as"),
        ({"kv": 0}, "limit.1.kv: expected"),
        ({"unit": ""}, "limit.1.unit: expected the unit of the numbers, 1 for a pure number, found an empty text"),
        (
            {"kind": "percent"},
            "limit.1.unit: expected % for a limit in percent of the baseline, found 'HU'",
        ),
        (
            {"name": "n", "warn_high": 8},
            "limit.n.fail_high: expected at least warn_high = 8, since "
            "fail_low ≤ warn_low ≤ warn_high ≤ fail_high, found 6",
        ),
        ({"fail_low": 7}, "limit.1.fail_high: expected at least fail_low = 7"),
        ({"warn_low": 3, "fail_low": 4}, "limit.1.warn_low: expected at least fail_low = 4"),
        (
            {"basis": "maker"},
            "limit.1.fail_high: expected warn_low and warn_high alone, since a maker's typical range never fails",
        ),
        (
            {"kind": "difference", "fail_low": 2},
            "limit.1.fail_low: expected a number ≤ 0, since the baseline itself is at 0, found 2",
        ),
        ({"kind": "difference", "fail_high": -2}, "limit.1.fail_high: expected a number ≥ 0"),
        (
            {"kind": "percent", "unit": "%", "key": "ct_number.uniform"},
            "limit.1.kind: expected difference for ct_number.uniform, whose zero is a convention",
        ),
        (
            {"kind": "percent", "unit": "%", "key": "ct_number.*"},
            "limit.1.kind: expected difference for ct_number.*",
        ),
        ({"adopted_on": "1 April"}, "limit.1.adopted_on: expected a date such as 2026-04-01, found '1 April'"),
    ],
)
def test_each_mistake_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match="^" + re.escape(f"iqa.toml: {message}")):
        limits_from([RIGHT | change], "iqa.toml", "limit")


def test_numbers_may_be_equal() -> None:
    (limit,) = limits_from([RIGHT | {"fail_low": 6, "warn_low": 6, "warn_high": 6}], "iqa.toml", "limit")
    assert limit.bounds == Bounds(6.0, 6.0, 6.0, 6.0)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DefinitionError, match=r"limit\.1\.key: expected a value, found nothing"):
        limits_from([{"unit": "HU", "fail_high": 6}], "iqa.toml", "limit")
    with pytest.raises(
        DefinitionError, match=r"limit\.2: expected at least one of fail_low, warn_low, warn_high, fail"
    ):
        limits_from([RIGHT, {"key": "noise.sd", "unit": "HU"}], "iqa.toml", "limit")


def test_names_are_for_one_limit_each() -> None:
    with pytest.raises(DefinitionError, match=r"limit\.n: expected a name that no other limit has, found it twice"):
        limits_from([RIGHT | {"name": "n"}, RIGHT | {"name": "n"}], "iqa.toml", "limit")


def test_a_percentage_of_a_noise_is_welcome() -> None:
    (limit,) = limits_from([{"key": "noise.sigma", "unit": "%", "kind": "percent", "fail_high": 10}], "f", "limit")
    assert limit.kind == "percent"


# --- the shipped sets

CATPHAN = {
    "air": (-1046, -986),
    "pmp": (-220, -172),
    "ldpe": (-121, -87),
    "water": (-7, 7),
    "polystyrene": (-65, -29),
    "acrylic": (92, 137),
    "delrin": (344, 387),
    "teflon": (941, 1060),
}
"""Catphan 503 manual (2017), p. 15."""
ACR = {"polyethylene": (-107, -84), "acrylic": (110, 135), "bone": (850, 970), "air": (-1005, -970)}
"""HU, as open programs quote the accreditation's ranges."""


def _rows(name: str) -> dict[str, Limit]:
    return {row.limit.name.partition("/")[2]: row.limit for row in find_set(name, limit_sets()).rows}


def test_the_catphan_ranges_are_the_manuals_and_only_warn() -> None:
    rows = _rows("catphan-typical")
    assert {name: (x.bounds.warn_low, x.bounds.warn_high) for name, x in rows.items()} == CATPHAN
    assert {(x.bounds.fail_low, x.bounds.fail_high, x.basis, x.unit, x.kv) for x in rows.values()} == {
        (None, None, "maker", "HU", None)
    }


def test_the_catphan_ranges_are_those_of_the_definitions() -> None:
    for spec in library():
        inserts = [f for m in spec.modules for f in m.features if isinstance(f, Insert) and f.hu_range]
        for limit in in_force(spec.name) if spec.name.startswith("catphan") else ():
            mine = [f.hu_range for f in inserts if matches(limit.key, f"ct_number.{f.name}")]
            assert set(mine) <= {(limit.bounds.warn_low, limit.bounds.warn_high)}, (spec.name, limit.key)


def test_each_insert_of_a_catphan_that_the_manual_lists_has_its_range() -> None:
    for spec in library():
        if not spec.name.startswith("catphan"):
            continue
        inserts = {f.name for m in spec.modules for f in m.features if isinstance(f, Insert)}
        listed = {n for n in inserts if n.removesuffix("_top").removesuffix("_bottom") in CATPHAN}
        judged = {n for n in inserts for x in in_force(spec.name) if matches(x.key, f"ct_number.{n}")}
        assert judged == listed


def test_the_acr_uniformity_limit() -> None:
    (limit,) = in_force("acr464")
    assert (limit.key, limit.bounds) == ("uniformity.max_deviation", Bounds(-7.0, -5.0, 5.0, 7.0))
    assert (limit.basis, limit.edition) == ("standard", "revision of 12-5-2022")


def test_nothing_else_is_in_force() -> None:
    assert {s.name for s in limit_sets() if s.status == "in force"} == {"catphan-typical", "acr-uniformity"}
    assert in_force("uniform_cylinder") == in_force(None) == ()


def test_the_acr_examples() -> None:
    rows = _rows("acr-ct-numbers")
    assert {name: (x.bounds.fail_low, x.bounds.fail_high) for name, x in rows.items()} == ACR
    assert {x.kv for x in rows.values()} == {120.0}
    cnr = {name: _rows(f"acr-{name}")["cnr"].bounds for name in ("adult-head", "adult-abdomen")}
    cnr |= {name: _rows(f"acr-{name}")["cnr"].bounds for name in ("paediatric-head", "paediatric-abdomen")}
    assert {name: bounds.fail_low for name, bounds in cnr.items()} == {
        "adult-head": 1.0,
        "adult-abdomen": 1.0,
        "paediatric-head": 0.7,
        "paediatric-abdomen": 0.4,
    }
    doses = {name: _rows(f"acr-{name}")["ctdivol"].bounds for name in cnr}
    assert {name: (b.warn_high, b.fail_high) for name, b in doses.items()} == {
        "adult-head": (75.0, 80.0),
        "adult-abdomen": (25.0, 30.0),
        "paediatric-head": (35.0, 40.0),
        "paediatric-abdomen": (7.5, 10.0),
    }
    assert _rows("acr-adult-abdomen")["resolution"].bounds == Bounds(fail_low=6.0)
    assert _rows("acr-chest-high-resolution")["resolution"].bounds == Bounds(fail_low=8.0)
    assert _rows("acr-daily")["water"].bounds == Bounds(fail_low=-5.0, fail_high=5.0)
    assert (_rows("acr-daily")["noise"].kind, _rows("acr-daily")["noise"].bounds.fail_high) == ("percent", 20.0)


@pytest.mark.parametrize(
    ("grade", "luminance", "ratio", "response"), [("1a", 350, 250, 10), ("1b", 170, 250, 15), ("2", 100, 100, 30)]
)
def test_the_display_grades(grade: str, luminance: float, ratio: float, response: float) -> None:
    rows = _rows(f"jesra-x-0093-{grade}")
    assert rows["luminance"].bounds == Bounds(fail_low=luminance)
    assert rows["luminance-ratio"].bounds == Bounds(fail_low=ratio)
    assert rows["contrast-response"].bounds == Bounds(fail_low=-response, fail_high=response)


def test_grades_fit_what_a_set_may_do() -> None:
    for one in limit_sets():
        grades = {row.grade for row in one.rows}
        allowed = {"in force": {"A", "B"}, "example": {"A", "B", "C"}, "structure": {"A"}}[one.status]
        assert grades <= allowed, one.name
        assert all(row.limit.source and row.limit.edition for row in one.rows)


def test_the_standards_structure_has_two_columns_and_no_number() -> None:
    rows = _rows("iec-61223-3-5")
    assert {x.bounds for x in rows.values()} == {Bounds()}
    tests = {name.rpartition(".")[0] for name in rows}
    assert rows.keys() == {f"{t}.{column}" for t in tests for column in ("specification", "baseline")}
    assert {rows[f"{t}.specification"].kind for t in tests} == {"absolute"}
    assert {rows[f"{t}.baseline"].kind for t in tests} == {"difference", "percent"}


def test_adopting_a_set_names_who_when_and_why() -> None:
    limits = adopt(
        find_set("acr-adult-head", limit_sets()), "A. Physicist", "2026-04-01", "accreditation", Scope(protocol="head")
    )
    assert {(x.adopted_by, x.adopted_on, x.reason, x.scope.protocol) for x in limits} == {
        ("A. Physicist", "2026-04-01", "accreditation", "head")
    }
    assert [x.name for x in limits] == ["acr-adult-head/cnr", "acr-adult-head/ctdivol"]


@pytest.mark.parametrize(
    ("name", "by", "on", "reason", "message"),
    [
        ("iec-61223-3-5", "A", "2026-04-01", "r", "has no numbers, since its document may not be copied"),
        ("acr-daily", " ", "2026-04-01", "r", "Adopting acr-daily needs who adopts it and why; one of them is empty"),
        ("acr-daily", "A", "2026-04-01", "", "one of them is empty"),
        ("acr-daily", "A", "today", "r", "needs a date such as 2026-04-01; found 'today'"),
        ("acr", "A", "2026-04-01", "r", "There is no limit set 'acr'; there are acr-adult-abdomen, "),
    ],
)
def test_adopting_without_these_is_refused(name: str, by: str, on: str, reason: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        adopt(find_set(name, limit_sets()), by, on, reason)


SET = """
schema = "iqa.limits/1"
name = "s"
title = "S"
status = "in force"
note = ""
basis = "standard"
source = "document"
edition = "1"
grade = "A"
[[limit]]
name = "row"
key = "noise.sd"
unit = "HU"
fail_high = 6
"""


def _load(folder: Path, text: str) -> Limit:
    file = folder / "s.toml"
    file.write_text(text, encoding="utf-8")
    return load_set(file).rows[0].limit


def test_a_row_may_say_otherwise_than_its_set(tmp_path: Path) -> None:
    assert _load(tmp_path, SET).source == "document"
    assert _load(tmp_path, SET + 'source = "another"\n').source == "another"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('grade = "A"', 'grade = "C"', r"limit\.row\.grade: expected A or B for what is in force, found 'C'"),
        ('"in force"', '"example"\ngrade = "U"', r"syntax: expected TOML"),
        ("fail_high = 6", 'fail_high = 6\ngrade = "U"', r"limit\.row\.grade: expected A or B"),
        ('"in force"', '"structure"', r"limit\.row: expected no numbers in a structure, found some"),
        ("fail_high = 6", "", r"limit\.row: expected at least one of fail_low"),
        ('edition = "1"', "", r"limit\.row: expected a name, a source"),
        ('name = "row"', "", r"limit\.1: expected a name, a source and the source's edition"),
        ('status = "in force"', "", r"status: expected a value, found nothing"),
        ("iqa.limits/1", "iqa.limits/2", r"schema: expected 'iqa.limits/1', found 'iqa.limits/2'"),
    ],
)
def test_a_broken_set_is_refused_by_name(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in SET
    with pytest.raises(DefinitionError, match=rf"s\.toml: {message}"):
        _load(tmp_path, SET.replace(old, new, 1))


def test_what_is_only_remembered_ships_in_no_set(tmp_path: Path) -> None:
    text = SET.replace('"in force"', '"example"').replace('grade = "A"', 'grade = "U"')
    with pytest.raises(DefinitionError, match="expected A, B or C for what is shipped, found 'U'"):
        _load(tmp_path, text)
