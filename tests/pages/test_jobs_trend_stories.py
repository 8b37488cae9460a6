"""The story of a key's history, and the figure of `iqa trend`."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_results import analysis_of, store_series, stored, weekly

from iqa.errors import UsageError
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.trend_stories import explaining, trend_stories
from iqa.model import Measurement
from iqa.store.workspace import Workspace
from tests.made_workspace import ANN, NOW, TOML, iqa, made_workspace, refused

KEY = "ct_number.uniform"
DATES = weekly("2026-01-05", 14)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws", TOML)


def filled(workspace: Workspace) -> Workspace:
    """Fourteen scans, the last of them with a dose and a texture too, and a baseline of the first ten."""
    store_series(workspace, KEY, [0.1 * (i % 3) for i in range(13)], DATES[:13], judged=True)
    last = {KEY: 0.1, "dose.ctdivol": 10.0, "nps.average_frequency": 0.3, "noise.sigma": 5.0}
    stored(workspace, analysis_of("last", last, dated=DATES[13]))
    approve_baselines(workspace, Choice(scanner="ct1", until=DATES[9][:10]), signed=ANN)
    return workspace


def test_a_story_holds_the_history_its_scan_and_what_may_explain_it(workspace: Workspace) -> None:
    (found,) = trend_stories(filled(workspace), KEY, at=NOW, scanner="ct1")
    assert (len(found.trend.points), found.trend.period_days, found.made_at) == (14, 7, NOW)
    assert [t.key for t in found.others] == ["dose.ctdivol", "nps.average_frequency"]
    assert found.made is not None
    assert found.made.dated == DATES[13]


def test_a_segment_knows_the_scans_that_its_baseline_rests_on(workspace: Workspace) -> None:
    (found,) = trend_stories(filled(workspace), KEY, at=NOW, scanner="ct1")
    assert found.trend.segments[-1].reference == tuple(range(10))


def test_until_a_day_it_is_the_story_of_that_day(workspace: Workspace) -> None:
    (found,) = trend_stories(filled(workspace), KEY, at=NOW, scanner="ct1", until=DATES[11])
    assert found.trend.points[-1].dated == DATES[11]
    assert found.others == ()


def test_nothing_stored_is_no_story(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"No value of 'noise\.sd' is stored"):
        trend_stories(filled(workspace), "noise.sd", at=NOW)


def number(key: str, u: float | None = 0.1) -> Measurement:
    return Measurement(key, 1.0, u, "1", 1, "", "made@1")


def test_what_explains_a_value_is_dose_texture_the_clearest_edge_and_a_ct_number() -> None:
    measured = [
        number("ct_number.acrylic"), number("ct_number.uniform"), number("ttf.air.f50", 0.02),
        number("ttf.pmp.f50", 0.01), number("ttf.pmp.f10", 0.001), number("nps.average_frequency"),
        number("dose.ctdivol", None),
    ]  # fmt: skip
    assert explaining("noise.sigma", measured) == (
        "dose.ctdivol", "nps.average_frequency", "ttf.pmp.f50", "ct_number.uniform",
    )  # fmt: skip
    assert "ct_number.uniform" not in explaining("ct_number.uniform", measured)
    assert explaining("noise.sigma", [number("noise.sigma")]) == ()


def test_the_figure_is_in_the_language_asked_for_else_in_the_sites(workspace: Workspace, tmp_path: Path) -> None:
    folder = filled(workspace).folder
    file = tmp_path / "trend.svg"
    assert iqa("trend", KEY, "--figure", file, "--workspace", folder).status == 0
    assert "baseline 0.09" in file.read_text(encoding="utf-8")
    assert iqa("trend", KEY, "--figure", file, "--lang", "ja", "--workspace", folder).status == 0
    assert "基礎値 0.09" in file.read_text(encoding="utf-8")


def test_a_string_of_the_sites_own_that_no_font_can_show_is_named(workspace: Workspace, tmp_path: Path) -> None:
    own = filled(workspace).folder / "templates" / "strings"
    own.mkdir(parents=True)
    (own / "en.toml").write_text('[trend.line]\nbaseline = "😀 {value}"\n', encoding="utf-8")
    said = iqa("trend", KEY, "--figure", tmp_path / "trend.svg", "--workspace", workspace.folder)
    refused(said, "characters that Roboto or IPAexGothic has", "U+1F600")
