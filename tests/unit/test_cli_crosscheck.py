"""`iqa crosscheck`: what is printed, and with which status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_analysis import REFUSED, made_analysis, made_session

from iqa.analyze import Session
from iqa.cli.main import main
from iqa.jobs import crosscheck as job
from iqa.model import Analysis, Answer, Crosschecked

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the analysis of any path gives."""

    def set_session(session: Session) -> None:
        monkeypatch.setattr(job, "analyze", lambda *_, **__: session)

    return set_session


@pytest.fixture
def values(tmp_path: Path) -> str:
    file = tmp_path / "values.csv"
    file.write_text("key;value\nct_number.teflon;943,0\nct_number.air_top;-990\nmtf.bead.f50;0,4\n", encoding="utf-8")
    return str(file)


def test_a_phantom_without_counterpart_is_one_line_and_no_failure(analysed: Any, capsys: Captured) -> None:
    analysed(made_session())
    assert main(["crosscheck", "x"]) == 0
    out, err = capsys.readouterr()
    assert "pylinac is not asked: none of its phantoms that iqa compares is a Made phantom." in out
    assert "Refused" in out
    assert err == ""


def test_a_files_values_are_compared(analysed: Any, values: str, capsys: Captured) -> None:
    analysed(made_session())
    assert main(["crosscheck", "x", "--csv", values]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "csv 2 shared: 1 agree, 0 explained, 0 untestable, 1 unexplained; only iqa 0, only csv 1" in lines
    assert "ct_number.teflon 943.2 ± 0.4 HU 943.0 −0.3 agrees" in lines
    assert "only csv: mtf.bead.f50. iqa does not measure it here: The scan holds no bead." in lines


def test_json_is_one_document(analysed: Any, values: str, capsys: Captured) -> None:
    analysed(made_session())
    assert main(["crosscheck", "x", "--csv", values, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "iqa.crosscheck/1"
    assert [p["program"] for p in document["scans"][0]["programs"]] == ["pylinac", "csv"]
    assert document["refused"][0]["path"] == "scans/two"


def test_nothing_analysed_is_status_2_with_the_reason(analysed: Any, capsys: Captured) -> None:
    analysed(Session((), (REFUSED,)))
    assert main(["crosscheck", "x"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("iqa: scans/two: Two definitions fit this scan.")) == ("", True)


def test_a_wrong_file_of_values_is_said_before_anything_is_read(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "values.csv"
    file.write_text("noise.sd,1\nnoise.sd,x\n", encoding="utf-8")
    assert main(["crosscheck", str(tmp_path / "no such scan"), "--csv", str(file)]) == 2
    assert capsys.readouterr().err == (
        f"iqa: {file}: line 2: value must be a number such as 943.2, without unit and thousands' marks\n"
    )


def test_a_files_values_are_those_of_one_scan(analysed: Any, values: str, capsys: Captured) -> None:
    analysed(Session((made_analysis(), made_analysis()), ()))
    assert main(["crosscheck", "x", "--csv", values]) == 2
    assert "its values are those of one scan, and x holds 2; give one of them" in capsys.readouterr().err


def test_an_empty_name_of_a_python_is_refused(capsys: Captured) -> None:
    assert main(["crosscheck", "x", "--python", ""]) == 2
    assert capsys.readouterr().err.startswith("iqa: --python names no file: give an interpreter with pylinac")


@pytest.mark.parametrize(("given", "seconds"), [([], 600.0), (["--timeout", "5"], 5.0)])
def test_pylinac_is_ended_after_the_time_given(
    given: list[str], seconds: float, analysed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    analysed(made_session())

    def checked(analysis: Analysis, *rest: Any) -> Crosschecked:
        asked.append(rest[-1])
        return Crosschecked(analysis, ())

    monkeypatch.setattr(job, "_checked", checked)
    assert main(["crosscheck", "x", *given]) == 0
    assert asked == [seconds]


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_a_time_that_is_none_is_wrong_usage(seconds: str, capsys: Captured) -> None:
    assert main(["crosscheck", "x", "--timeout", seconds]) == 2
    assert "--timeout" in capsys.readouterr().err


def test_two_paths_are_wrong_usage(capsys: Captured) -> None:
    assert main(["crosscheck", "x", "y"]) == 2
    assert "See `iqa crosscheck --help`." in capsys.readouterr().err


def test_a_missing_path_is_named(capsys: Captured, tmp_path: Path) -> None:
    assert main(["crosscheck", str(tmp_path / "none")]) == 2
    assert "none: there is no such file or folder" in capsys.readouterr().err


def test_a_picture_of_each_program(
    analysed: Any, values: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    analysed(made_session())
    drawn: list[tuple[tuple[Crosschecked, ...], Path]] = []
    monkeypatch.setattr("iqa.report.figures.crosscheck.draw_all", lambda *given: drawn.append(given))
    assert main(["crosscheck", "x", "--csv", values, "--figures", str(tmp_path / "f")]) == 0
    ((scans, folder),) = drawn
    assert isinstance(scans[0].answers[0], Answer)
    assert folder.is_dir()
    assert "csv" in capsys.readouterr().out
