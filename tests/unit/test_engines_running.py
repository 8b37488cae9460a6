"""Whatever another program does, it ends as numbers or as one line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from iqa.engines.pylinac_scan import PROGRAM, TOO_FEW
from iqa.engines.running import LARGEST_ANSWER_BYTES, LONGEST_LINE, Reply, ask

ANSWER = {"version": "3.49.0", "values": {"roll": 0.5, "f10": None}}


def said(folder: Path, code: str, *, python: str = sys.executable, timeout_s: float = 20.0) -> Reply:
    """What comes back of a program with this text."""
    program = folder / "program.py"
    program.write_text(code, encoding="utf-8")
    return ask(program, ["CatPhan504", "folder"], engine="pylinac", python=python, timeout_s=timeout_s)


def printed(value: object) -> str:
    return f"print({json.dumps(value)!r})"


def test_numbers_come_back_by_name(tmp_path: Path) -> None:
    assert said(tmp_path, printed(ANSWER)) == Reply("3.49.0", {"roll": 0.5, "f10": None})


def test_the_program_is_given_its_arguments(tmp_path: Path) -> None:
    code = "import sys, json; print(json.dumps({'version': sys.argv[1] + sys.argv[2], 'values': {}}))"
    assert said(tmp_path, code).version == "CatPhan504folder"


def test_what_it_says_to_stderr_is_nobodys(tmp_path: Path) -> None:
    assert said(tmp_path, f"import sys; sys.stderr.write('x' * 10 ** 6); {printed(ANSWER)}").values["roll"] == 0.5


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("import os; os._exit(3)", "pylinac's process ended with status 3 and without an answer."),
        ("import os; os.kill(os.getpid(), 11)", "pylinac's process ended by signal 11 and without an answer."),
        ("raise SystemExit('SOME^NAME')", "pylinac's process ended with status 1 and without an answer."),
        ("print('not json')", "pylinac's process printed something else than its numbers."),
        ("", "pylinac's process printed something else than its numbers."),
        (printed([1, 2]), "pylinac's process printed something else than its numbers."),
        (printed({"version": "1"}), "pylinac's process printed something else than its numbers."),
        (printed({"version": "1", "values": {"a": "x"}}), "pylinac's process printed something else than its numbers."),
        ("print('{\"version\": \"1\", \"values\": {\"a\": NaN}}')", "printed something else than its numbers."),
        ("print('[' * 100000)", "printed something else than its numbers."),
        (printed({"version": "1", "values": {"a": 10**400}}), "printed something else than its numbers."),
        (printed({"version": None, "error": 5}), "printed something else than its numbers."),
        (printed({"version": "1", "error": ["E\x1b[2J", "a\x1b]0;b\x07\ud800c"]}), "raised E�[2J: a�]0;b��c"),
        (printed({"version": "3.49.0", "error": ["ValueError", "Too few"]}), "pylinac raised ValueError: Too few"),
        (printed({"version": "3.49.0", "error": ["KeyError", ""]}), "pylinac raised KeyError."),
        (
            printed({"version": None, "error": ["ModuleNotFoundError", "No module named 'numpy'"]}),
            "pylinac raised ModuleNotFoundError: No module named 'numpy'",
        ),
    ],
    ids=[
        "status", "signal", "exit", "no json", "nothing", "a list", "no values", "text for a number", "NaN", "brackets",
        "400 digits", "an error of no kind", "control sequences",
        "exception", "exception without words", "another module missing",
    ],
)  # fmt: skip
def test_every_failure_is_one_line(code: str, failure: str, tmp_path: Path) -> None:
    reply = said(tmp_path, code)
    assert reply.values == {}
    assert failure in reply.failure
    assert "\n" not in reply.failure


def test_a_version_cannot_steer_a_terminal(tmp_path: Path) -> None:
    reply = said(tmp_path, printed({"version": "3\x1b[31m\ud800", "values": {}}))
    assert reply.version == "3�[31m�"


def test_its_absence_says_how_to_get_it(tmp_path: Path) -> None:
    reply = said(tmp_path, printed({"version": None, "error": ["ModuleNotFoundError", "No module named 'pylinac'"]}))
    assert reply.failure == (
        f"pylinac is not installed for {sys.executable}: pip install 'iqa[pylinac]', "
        "or name a Python that has it with --python."
    )


def test_a_long_message_is_cut(tmp_path: Path) -> None:
    reply = said(tmp_path, printed({"version": "1", "error": ["ValueError", "x" * 5000]}))
    assert reply.failure == "pylinac raised ValueError: " + "x" * (LONGEST_LINE - 1) + "…"


def test_an_interpreter_that_is_none_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "python")
    reply = said(tmp_path, "", python=missing)
    assert reply.failure == f"{missing} cannot be started: No such file or directory; name a Python with --python."


def test_one_that_never_ends_is_ended_with_what_it_started(tmp_path: Path) -> None:
    late = tmp_path / "late"
    child = f"import time, pathlib; time.sleep(2.0); pathlib.Path({str(late)!r}).touch()"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    assert said(tmp_path, code, timeout_s=1.0).failure == "pylinac gave no answer within 1 s and was ended."
    time.sleep(1.5)
    assert not late.exists()


def test_one_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    reply = said(tmp_path, "while True: print('x' * 100000)")
    assert reply.failure == f"pylinac's process printed over {LARGEST_ANSWER_BYTES} bytes, which is no answer."
    assert time.monotonic() - began < 10.0


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (f"raise ValueError('{TOO_FEW}')", f"pylinac raised ValueError: {TOO_FEW}"),
        (f"raise ValueError('{TOO_FEW} SOME^NAME')", "pylinac raised ValueError: in __init__.py"),
        ("raise ValueError('No patient SOME^NAME')", "pylinac raised ValueError: in __init__.py"),
        ("import beside; beside.fail('SOME^NAME')", "pylinac raised ValueError: in beside.py"),
        ("raise KeyboardInterrupt", "without an answer"),
    ],
    ids=[
        "its known words",
        "more than them",
        "its own words may be a header's",
        "words of others may be a header's",
        "no exception to catch",
    ],
)
def test_what_pylinac_raises(body: str, failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pylinac" / "pylinac"
    package.mkdir(parents=True)
    (package.parent / "beside.py").write_text("def fail(text):\n    raise ValueError(text)\n", encoding="utf-8")
    code = f"__version__ = '0.1'\ndef CatPhan504(folder):\n    print('noise')\n    {body}\n"
    (package / "__init__.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    reply = ask(PROGRAM, ["CatPhan504", "x"], engine="pylinac")
    assert failure in reply.failure
    assert "SOME^NAME" not in reply.failure


def test_where_it_is_missing_the_shipped_program_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pylinac.py").write_text("raise ModuleNotFoundError(\"No module named 'pylinac'\")", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "is not installed for" in ask(PROGRAM, ["ACRCT", "x"], engine="pylinac").failure
