from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_analysis import made_analysis, made_scan

from iqa.analyze import Session
from iqa.errors import InputError
from iqa.jobs.analyze import analyze_and_draw
from iqa.jobs.simulate import with_changes
from iqa.model import Analysis, Scan
from iqa.simulate import Physics


def test_a_roll_turns_the_pose_and_leaves_the_rest() -> None:
    physics = with_changes(Physics(seed=3), {"roll_deg": 2.0, "noise_hu": 7.0})
    assert (physics.pose.roll_deg, physics.noise_hu, physics.seed) == (2.0, 7.0, 3)


@pytest.fixture
def two_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyze(*_: object, each: Callable[[Scan, Analysis], None] | None = None, **__: object) -> Session:
        analyses = (made_analysis(), made_analysis())
        for analysis in analyses if each is not None else ():
            assert each is not None
            each(made_scan(), analysis)
        return Session(analyses, ())

    monkeypatch.setattr("iqa.jobs.analyze.analyze", analyze)


@pytest.mark.usefixtures("two_scans")
def test_figures_of_two_scans_are_told_apart(tmp_path: Path) -> None:
    session = analyze_and_draw(["x"], figures=tmp_path)
    assert len(session.analyses) == 2
    assert {f.name.split("-")[0] for f in tmp_path.iterdir()} == {"1", "2"}


@pytest.mark.usefixtures("two_scans")
def test_no_figure_is_drawn_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    analyze_and_draw(["x"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("two_scans")
def test_the_folder_of_figures_is_made_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(*_: object, **__: object) -> None:
        pytest.fail("measured for nothing")

    monkeypatch.setattr("iqa.jobs.analyze.analyze", measured)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match="Not a directory"):
        analyze_and_draw(["x"], figures=tmp_path / "file" / "figures")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InputError, match="may not be written to"):
        analyze_and_draw(["x"], figures=tmp_path)
