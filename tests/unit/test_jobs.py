from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_analysis import REFUSED, made_analysis, made_scan

from iqa.analyze import Session
from iqa.errors import InputError, UsageError
from iqa.jobs.analyze import analyze_and_draw, report_files
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


@pytest.mark.usefixtures("two_scans")
def test_a_report_of_each_scan_is_written_and_told_apart(tmp_path: Path) -> None:
    session = analyze_and_draw(["x"], report=tmp_path / "r.html", language="ja")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["r-1.html", "r-2.html"]
    assert report_files(session, tmp_path / "r.html") == [
        (tmp_path / "r-1.html", "scans/one"), (tmp_path / "r-2.html", "scans/one"),
    ]  # fmt: skip
    said = (tmp_path / "r-1.html").read_text(encoding="utf-8")
    assert 'lang="ja"' in said
    assert "data:image/jpeg;base64" in said  # the module's picture was made while its pixels were at hand
    assert "943.2" in said


def test_one_scan_is_reported_to_the_file_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa.jobs.analyze.analyze", lambda *_, **__: Session((made_analysis(),), (REFUSED,)))
    session = analyze_and_draw(["x"], report=tmp_path / "r.PDF")
    assert [f.name for f in tmp_path.iterdir()] == ["r.PDF"]
    assert (tmp_path / "r.PDF").read_bytes().startswith(b"%PDF")
    assert report_files(session, tmp_path / "r.PDF") == [(tmp_path / "r.PDF", "scans/one")]


def test_refused_scans_have_their_page_where_nothing_was_analysed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa.jobs.analyze.analyze", lambda *_, **__: Session((), (REFUSED, REFUSED)))
    analyze_and_draw(["x"], report=tmp_path / "r.html")
    assert "Two definitions fit this scan." in (tmp_path / "r-2.html").read_text(encoding="utf-8")


def test_where_a_report_cannot_be_written_is_said_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa.jobs.analyze.analyze", lambda *_, **__: pytest.fail("measured for nothing"))
    with pytest.raises(UsageError, match=r"'r.txt' says no format of a report: its name must end in .html or .pdf"):
        analyze_and_draw(["x"], report=tmp_path / "r.txt")
    with pytest.raises(InputError, match="no such folder for the report"):
        analyze_and_draw(["x"], report=tmp_path / "gone" / "r.html")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InputError, match="may not be written to; name another folder for the report"):
        analyze_and_draw(["x"], report=tmp_path / "r.html")
