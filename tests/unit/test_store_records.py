"""What goes into the store comes out again; what contradicts the store stays outside."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from made_analysis import made_analysis
from made_results import analysis_of, identity_of, stored

from iqa.model import Acquisition, Curve, Scope
from iqa.store.history import (
    curves,
    day_of,
    events,
    keys,
    last_unit,
    measurements,
    not_measured,
    occasions,
    scanners,
    series,
)
from iqa.store.matching import Owner
from iqa.store.records import Clash, Known, keep_scan, standing
from iqa.store.words import MOST, known, numbers, parts, texts
from iqa.store.workspace import Workspace
from tests.made_workspace import NOW, made_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws")


def test_words_are_numbered_once(workspace: Workspace) -> None:
    many = [f"word {i}" for i in range(2 * MOST + 3)]
    with workspace.database.writing() as connection:
        first = numbers(connection, [*many, many[0], "é ü 日本"])
        assert numbers(connection, many[:5]) == {t: first[t] for t in many[:5]}
    with workspace.database.reading() as connection:
        assert len(set(first.values())) == len(first) == len(many) + 1
        assert texts(connection, [*first.values(), None]) == {i: t for t, i in first.items()}
        assert known(connection, ["never seen"]) == {}
    assert [len(p) for p in parts(many)] == [MOST, MOST, 3]


def test_a_scan_comes_back_as_it_was_measured(workspace: Workspace) -> None:
    header = Acquisition(
        manufacturer="Maker", kv=120.0, contrast_agent=False, quality_control_image=True, scan_centre_moves=True,
        scan_centre_mm=(1.5, -2.0, 0.0), image_type=("ORIGINAL", "PRIMARY"), ma_min=0.1 + 0.2,
    )  # fmt: skip
    analysis = replace(made_analysis(), acquisition=header)
    kept = stored(workspace, analysis, Owner("ct1", "morning", "water"))
    with workspace.database.reading() as connection:
        (found,) = occasions(connection, ids=[kept.occasion_id])
        assert measurements(connection, kept.record_id) == sorted(analysis.measurements, key=lambda m: m.key)
        assert not_measured(connection, kept.record_id) == list(analysis.not_measured)
        (curve,) = curves(connection, kept.record_id)
    assert found.acquisition == header
    assert found.scope == Scope("ct1", "morning", "water")
    assert (found.spacing_mm, found.scan_flags) == (analysis.spacing_mm, analysis.scan_flags)
    assert (found.series_uid, found.pixel_sha256, found.dated) == ("1.2.3", "0" * 64, "2026-10-26T07:42:10")
    assert (found.model, found.version, found.definition_sha256) == ("made", "0.1.0", "a" * 64)
    assert (found.added_at, found.entered_by) == (NOW, None)
    _same_curve(curve, analysis.curves[0])


def _same_curve(found: Curve, given: Curve) -> None:
    """The points as float32, all else as it was."""
    for name in ("x", "values", "u"):
        expected = np.array(getattr(given, name), np.float32).astype(float)
        np.testing.assert_array_equal(getattr(found, name), expected)
    assert [(k, v) for k, v in asdict(found).items() if isinstance(v, str)] == [
        (k, v) for k, v in asdict(given).items() if isinstance(v, str)
    ]


def test_every_field_of_a_header_comes_back(workspace: Workspace) -> None:
    for i, header in enumerate([Acquisition(), made_analysis().acquisition, Acquisition(contrast_agent=True)]):
        kept = stored(workspace, analysis_of(f"s{i}", {}, acquisition=header))
        with workspace.database.reading() as connection:
            assert occasions(connection, ids=[kept.occasion_id])[0].acquisition == header


@pytest.mark.parametrize("value", [0.1 + 0.2, -12.5, 5e-324, 1.7976931348623157e308, 1 / 3])
def test_a_number_is_kept_to_its_last_bit(value: float, workspace: Workspace) -> None:
    kept = stored(workspace, analysis_of("x", {"noise.sd": value}, u=None))
    with workspace.database.reading() as connection:
        (found,) = measurements(connection, kept.record_id)
    assert found.value.hex() == value.hex()
    assert found.u is None


# ---------------------------------------------------------------------------------------- is it known


STORED = identity_of("a", "2026-11-02T07:00:00")
HALF = replace(identity_of("a", "2026-11-02T07:00:00"), pixel_sha256="5" * 64)


@pytest.mark.parametrize(
    ("identity", "site", "words"),
    [
        (replace(STORED, series_uid="9.9"), "north", r"same pixels .* series UID '1\.2\.a' there, '9\.9' here"),
        (replace(STORED, series_uid=None), "north", r"series UID '1\.2\.a' there, none here"),
        (replace(STORED, acquired="2026-11-03"), "north", r"date '2026-11-02T07:00:00' there, '2026-11-03' here"),
        (STORED, "south", r"site 'north' there, 'south' here"),
        (HALF, "north", r"Images of this series are stored already, with other pixels \(scan of 2026-11-02T07"),
        (replace(HALF, sop_uids=("new", HALF.sop_uids[2])), "north", "with other pixels"),
    ],
    ids=["other UID", "no UID", "other date", "other site", "other pixels", "one image of it"],
)
def test_what_contradicts_the_store(identity: object, site: str, words: str, workspace: Workspace) -> None:
    _keep(workspace, "north")
    with workspace.database.reading() as connection:
        found = standing(connection, identity, site)  # type: ignore[arg-type]
    assert isinstance(found, Clash)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(found.reason)


def test_a_known_scan_a_new_one_and_the_other_half_of_a_series(workspace: Workspace) -> None:
    number = _keep(workspace, "north")
    other_half = replace(HALF, sop_uids=("1.2.a.8", "1.2.a.9"))
    no_uid = replace(identity_of("c", None), series_uid=None, sop_uids=())
    with workspace.database.reading() as connection:
        assert standing(connection, STORED, "north") == Known(number)
        assert standing(connection, identity_of("b", None), "north") is None
        assert standing(connection, other_half, "north") is None
        assert standing(connection, no_uid, None) is None


def _keep(workspace: Workspace, site: str) -> int:

    with workspace.database.writing() as connection:
        return keep_scan(connection, analysis_of("a", {"noise.sd": 1.0}), Owner("ct1"), at=NOW, site=site).occasion_id


# ---------------------------------------------------------------------------------------- reading it again


def test_the_series_of_a_key_by_scanner(workspace: Workspace) -> None:
    owners = {"a": Owner("ct1"), "b": Owner("ct2"), "c": Owner(), "d": Owner("ct1")}
    dates = {"a": "2026-11-03", "b": "2026-11-01", "c": "2026-11-02", "d": "2026-11-01T08:00:00"}
    for name, owner in owners.items():
        stored(workspace, analysis_of(name, {"noise.sd": 1.0, name: 2.0}, dated=dates[name]), owner)
    with workspace.database.reading() as connection:
        assert [p.dated for p in series(connection, "noise.sd", scanner="ct1")] == [dates["d"], dates["a"]]
        assert [p.scope.scanner for p in series(connection, "noise.sd")] == [None]
        assert len(series(connection, "noise.sd", everywhere=True)) == 4
        assert series(connection, "noise.sd", scanner="ct9") == []
        assert series(connection, "nothing", everywhere=True) == []
        assert keys(connection) == ["a", "b", "c", "d", "noise.sd"]
        assert scanners(connection) == ["ct1", "ct2"]
        assert (last_unit(connection, "noise.sd"), last_unit(connection, "nothing")) == ("HU", None)
        assert occasions(connection, scanner="ct9") == []
        assert events(connection, scanner="ct1") == []


def test_days() -> None:
    assert day_of("2026-11-27") == day_of("2026-11-27T00:00:00") == 739947.0
    assert math.isclose(day_of("2026-11-27T12:00:00") - day_of("2026-11-27"), 0.5)


def test_a_scan_without_a_date_is_dated_by_the_clock_on_the_wall(workspace: Workspace) -> None:

    with workspace.database.writing() as connection:
        made = analysis_of("n", {}, dated=None)
        kept = keep_scan(connection, made, Owner(), at=NOW, undated="2026-11-27T21:00:00")
        assert occasions(connection, ids=[kept.occasion_id])[0].dated == "2026-11-27T21:00:00"
