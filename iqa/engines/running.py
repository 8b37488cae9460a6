"""Another program on one scan, in a process of its own: whatever it does, what comes back is numbers or one line."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

TIMEOUT_S = 600.0
"""After which a program is ended: pylinac takes a tenth of a second a slice, and stacks have up to a thousand."""
LARGEST_ANSWER_BYTES = 4_000_000
"""A hundred times what all of pylinac's numbers take; more is no answer."""
LONGEST_LINE = 200
"""Letters of a foreign message that are shown."""
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"
"""In place of a control character or half a surrogate pair."""
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Reply:
    """What a program said: its numbers by its own names, or why there are none."""

    version: str | None = None
    values: Mapping[str, float | None] = field(default_factory=dict)
    failure: str = ""


def ask(
    program: Path, arguments: Sequence[str], *, engine: str, python: str = sys.executable, timeout_s: float = TIMEOUT_S
) -> Reply:
    """What a program file says that another Python runs.

    Parameters
    ----------
    program, arguments
        A file that prints one JSON object: `version`, and `values` or `error`; see `pylinac_program`.
    engine
        The package that does the work: as it is imported, and as it is named in a failure.
    python
        The interpreter.
    """
    try:
        status, answer = _run([python, str(program), *arguments], timeout_s)
    except OSError as error:
        return Reply(failure=f"{python} cannot be started: {error.strerror}; name a Python with --python.")
    if status is None:
        return Reply(failure=f"{engine} gave no answer within {timeout_s:g} s and was ended.")
    if len(answer) > LARGEST_ANSWER_BYTES:
        return Reply(failure=f"{engine}'s process printed over {LARGEST_ANSWER_BYTES} bytes, which is no answer.")
    if status != 0:
        return Reply(failure=f"{engine}'s process ended {_how(status)} and without an answer.")
    return _read(answer, engine, python)


def _run(command: Sequence[str], timeout_s: float) -> tuple[int | None, bytes]:
    """Exit status, None where the time ran out, and what was printed, up to a byte more than is allowed."""
    # its folder must not be searched for imports, and no window be opened
    own = {"MPLBACKEND": "Agg", "PYTHONSAFEPATH": "1"}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env=os.environ | own,
            start_new_session=True,
        )  # fmt: skip
        try:
            status = _wait(process, out, timeout_s)
        finally:
            _end(process)
        out.seek(0)
        return status, out.read(LARGEST_ANSWER_BYTES + 1)


def _wait(process: subprocess.Popen[bytes], out: IO[bytes], timeout_s: float) -> int | None:
    """Its exit status; 0 where it is left alone since it prints too much, None where the time ran out."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        try:
            return process.wait(LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            if os.fstat(out.fileno()).st_size > LARGEST_ANSWER_BYTES:
                return 0
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and all that it started, if they still run."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _how(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with status {status}"


def _read(answer: bytes, engine: str, python: str) -> Reply:
    """What was printed, whatever that is: the exceptions are those of text that is no answer."""
    try:
        said = json.loads(answer)
        version = _line(said["version"]) if said["version"] is not None else None
        if said.get("error"):
            return Reply(version, failure=_raised(said["error"], engine, version, python))
        return Reply(version, {str(k): _number(v) for k, v in said["values"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return Reply(failure=f"{engine}'s process printed something else than its numbers.")


def _line(said: Any) -> str:  # noqa: ANN401 - whatever was printed
    """A foreign text as one line for a terminal: nothing that steers it, or that it cannot print."""
    line = "".join(letter if letter.isprintable() else UNPRINTABLE for letter in " ".join(str(said).split()))
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _number(value: Any) -> float | None:  # noqa: ANN401 - whatever was printed
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _raised(error: Any, engine: str, version: str | None, python: str) -> str:  # noqa: ANN401 - whatever was printed
    """An exception of the program as one line."""
    kind, message = (_line(part) for part in (*error, "", "")[:2])
    if version is None and kind == "ModuleNotFoundError" and message == f"No module named '{engine}'":
        return (
            f"{engine} is not installed for {python}: pip install 'iqa[{engine}]', "
            f"or name a Python that has it with --python."
        )
    return f"{engine} raised {kind}: {message}" if message else f"{engine} raised {kind}."
