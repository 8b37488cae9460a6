from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest
from made_analysis import REFUSED, made_analysis, made_session

from iqa.analyze import Refusal, Session
from iqa.cli.main import COMMANDS, main
from iqa.cli.main import iqa as cli
from iqa.errors import InputError
from iqa.model import Observer, Task

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the analysis of any path gives, or raises."""

    def set_outcome(result: Session | Exception) -> None:
        def analyze_and_draw(*_: object, **__: object) -> Session:
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr("iqa.jobs.analyze.analyze_and_draw", analyze_and_draw)

    return set_outcome


def test_an_analysed_scan_is_status_0_with_the_table_on_stdout(outcome: Any, capsys: Captured) -> None:
    outcome(made_session())
    assert main(["analyze", "x"]) == 0
    out, err = capsys.readouterr()
    assert "ct_number.teflon" in out
    assert "Refused" in out
    assert err == ""


def test_json_is_one_document_on_stdout(outcome: Any, capsys: Captured) -> None:
    outcome(made_session())
    assert main(["analyze", "x", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "iqa.analysis/1"


def test_only_candidates_is_status_2_with_one_line_that_names_them(outcome: Any, capsys: Captured) -> None:
    outcome(Session((), (REFUSED,)))
    assert main(["analyze", "x"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "iqa: scans/two: Two definitions fit this scan. Candidates: made, b; say which it is with --phantom NAME.\n"
    )


def test_several_refusals_are_listed_and_the_line_counts_them(outcome: Any, capsys: Captured) -> None:
    outcome(Session((), (Refusal("a", "No phantom is seen."), Refusal("b", "Too short."), REFUSED)))
    assert main(["analyze", "x"]) == 2
    out, err = capsys.readouterr()
    assert all(path in out for path in ("a", "b", "scans/two"))
    assert err == "iqa: a: No phantom is seen. (2 more refused)\n"


def test_a_refused_scan_still_gives_a_document(outcome: Any, capsys: Captured) -> None:
    outcome(Session((), (REFUSED,)))
    assert main(["analyze", "x", "--json"]) == 2
    refused = json.loads(capsys.readouterr().out)["refused"]
    assert [c["name"] for c in refused[0]["candidates"]] == ["made", "b"]


@pytest.mark.parametrize(
    ("argv", "what", "where"),
    [
        (["analyze"], "Missing argument 'PATH...'", "See `iqa analyze --help`."),
        (["analyze", "x", "--frobnicate"], "--frobnicate", "See `iqa analyze --help`."),
        (["meausre"], "meausre", "See `iqa --help`."),
    ],
    ids=["no path", "unknown option", "unknown command"],
)
def test_wrong_usage_is_status_2_and_one_line(argv: list[str], what: str, where: str, capsys: Captured) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert what in err
    assert err.endswith(where + "\n")
    assert err.count("\n") == 1


def test_an_empty_path_is_not_the_folder_one_is_in(capsys: Captured) -> None:
    assert main(["analyze", "", "--phantom", "wire"]) == 2
    assert capsys.readouterr().err.startswith("iqa: A path is empty: name a file, folder or zip archive")


def test_python_m_iqa_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "iqa", "analyze", str(tmp_path / "none")]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode == 2
    assert said.stderr.startswith(f"iqa: {tmp_path / 'none'}: ")


@pytest.mark.parametrize("group", [[], ["phantoms"]], ids=["iqa", "phantoms"])
def test_no_line_of_a_list_of_commands_is_cut(group: list[str], capsys: Captured) -> None:
    assert main([*group, "--help"]) == 0
    commands = capsys.readouterr().out.partition("Commands:")[2]
    assert commands.strip()
    assert "..." not in commands


def test_bad_input_is_status_2_and_one_line(outcome: Any, capsys: Captured) -> None:
    outcome(InputError("scans/none", "there is no such file or folder;\ncheck the path"))
    assert main(["analyze", "scans/none"]) == 2
    assert capsys.readouterr().err == "iqa: scans/none: there is no such file or folder; check the path\n"


def test_an_error_of_the_system_names_the_file(outcome: Any, capsys: Captured) -> None:
    outcome(PermissionError(13, "Permission denied", "figures"))
    assert main(["analyze", "x", "--figures", "figures"]) == 2
    assert capsys.readouterr().err == "iqa: figures: Permission denied\n"


def test_a_bug_is_status_70_and_quotes_nothing(outcome: Any, capsys: Captured) -> None:
    outcome(ValueError("could not convert 'SOME^NAME'"))
    assert main(["analyze", "x"]) == 70
    err = capsys.readouterr().err
    assert err.startswith("iqa: a bug in iqa: ValueError at test_cli.py line ")
    assert err.count("\n") == 1
    assert "SOME^NAME" not in err


@pytest.mark.parametrize("argv", [["--debug", "analyze", "x"], ["analyze", "x", "--debug"]], ids=["first", "last"])
def test_a_bug_shows_its_traceback_with_debug(argv: list[str], outcome: Any, capsys: Captured) -> None:
    outcome(ValueError("the number"))
    assert main(argv) == 70
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("iqa.jobs.analyze.analyze_and_draw", interrupted)
    assert main(["analyze", "x"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_help_and_version_are_status_0(capsys: Captured) -> None:
    assert main(["--help"]) == 0
    assert main(["--version"]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("analyze", "phantoms", "simulate", "demo"))
    assert "iqa 0." in out


def test_help_loads_none_of_the_heavy_parts() -> None:
    code = "import sys, iqa.cli.main as m; m.main(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stderr
    assert [
        part for part in ("numpy", "scipy", "pydicom", "pydantic", "matplotlib", "rich") if f"'{part}'" in loaded
    ] == []


def test_a_phantom_is_shown_and_drawn(tmp_path: Path, capsys: Captured) -> None:
    assert main(["phantoms", "show", "catphan504", "--figure", str(tmp_path / "p.png")]) == 0
    assert "CTP404" in capsys.readouterr().out
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_phantom_is_answered_with_the_nearest(capsys: Captured) -> None:
    assert main(["phantoms", "show", "catfan504"]) == 2
    assert "No phantom is named 'catfan504': did you mean catphan504?" in capsys.readouterr().err


def test_phantoms_lists_all(capsys: Captured) -> None:
    assert main(["phantoms", "list"]) == 0
    assert all(name in capsys.readouterr().out for name in ("catphan504",))


def test_a_broken_definition_is_refused_with_its_place(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('schema = "iqa.phantom/1"\nname = 5\n', encoding="utf-8")
    assert main(["phantoms", "check", str(file)]) == 2
    err = capsys.readouterr().err
    assert "mine.toml" in err
    assert err.count("\n") == 1


def test_a_simulated_scan_is_written_with_its_truth(tmp_path: Path, capsys: Captured) -> None:
    options = ["--matrix", "64", "--pixel-mm", "4", "--step-mm", "20", "--roll-deg", "2", "--seed", "7"]
    assert main(["simulate", "acr464", "--out", str(tmp_path / "scan"), *options]) == 0
    assert "slices and truth.json" in capsys.readouterr().out
    truth = json.loads((tmp_path / "scan" / "truth.json").read_text(encoding="utf-8"))
    assert truth["pose"]["roll_deg"] == pytest.approx(2.0)
    assert (tmp_path / "scan" / "0001.dcm").is_file()


def test_physics_out_of_range_is_wrong_usage(tmp_path: Path, capsys: Captured) -> None:
    assert main(["simulate", "acr464", "--out", str(tmp_path / "scan"), "--noise-hu", "-3"]) == 2
    assert "--noise-hu" in capsys.readouterr().err
    assert not (tmp_path / "scan").exists()


def test_it_is_said_which_report_is_of_which_scan(outcome: Any, capsys: Captured) -> None:
    outcome(Session((made_analysis(), made_analysis()), ()))
    assert main(["analyze", "x", "--report", "r.html", "--lang", "ja"]) == 0
    err = capsys.readouterr().err
    assert "iqa: r-1.html: report of scans/one" in err
    assert "iqa: r-2.html: report of scans/one" in err


def test_the_observer_is_passed_on(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    given: dict[str, Any] = {}

    def analyze_and_draw(*_: object, **options: object) -> Session:
        given.update(options)
        return made_session()

    monkeypatch.setattr("iqa.jobs.analyze.analyze_and_draw", analyze_and_draw)
    wanted = ["--task", "5hu_2p5mm", "--task", "10hu_5mm", "--eye-filter", "samei", "--viewing-distance", "500"]
    assert main(["analyze", "x", *wanted, "--magnification", "1.5", "--json"]) == 0
    assert given["observer"] == Observer((Task(5.0, 2.5), Task(10.0, 5.0)), "samei", 500.0, 1.5)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--task", "5mm", "'5mm' is no task"),
        ("--eye-filter", "x", "There is no eye filter 'x': burgess, exponential, samei, samei-squared, imquest."),
        ("--viewing-distance", "40", "The viewing distance must be between 100 and 10000 mm, found 40."),
    ],
)
def test_no_such_observer_is_status_2_and_one_line(option: str, value: str, said: str, capsys: Captured) -> None:
    assert main(["analyze", "x", option, value]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_a_task_that_no_scan_tells_is_said_in_one_line(outcome: Any, capsys: Captured) -> None:
    outcome(made_session())
    assert main(["analyze", "x", "--task", "10hu_120mm"]) == 0
    assert "iqa: task 10hu_120mm is not measured: " in capsys.readouterr().err
    assert main(["analyze", "x"]) == 0
    assert "is not measured" not in capsys.readouterr().err


def test_every_command_is_there_by_its_name() -> None:
    context = click.Context(cli)
    for module, names in COMMANDS.items():
        held = {v.name for v in vars(import_module(f"iqa.cli.{module}")).values() if isinstance(v, click.Command)}
        assert held >= set(names)
        assert all(
            cli.get_command(context, name) in vars(import_module(f"iqa.cli.{module}")).values() for name in names
        )
    assert cli.get_command(context, "command") is None


@pytest.mark.parametrize("given", [[], ["baseline"]], ids=str)
def test_a_command_that_is_not_given_is_helped_with_line_by_line(given: list[str], capsys: Captured) -> None:
    assert main(given) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("Usage: iqa")
    assert "Commands:" in said
