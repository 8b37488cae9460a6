from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa.cli import main, process


class _Libc:
    """A C library that notes what its allocator is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def mallopt(self, setting: int, size: int) -> int:
        self.asked.append((setting, size))
        return 1


@pytest.fixture
def libc(monkeypatch: pytest.MonkeyPatch) -> _Libc:
    """The C library of a Linux machine with glibc."""
    library = _Libc()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    return library


@pytest.fixture
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("_as_before")
def test_every_command_sets_up_its_process(libc: _Libc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert main.main(["--version"]) == 0
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert gc.get_threshold() == process.COLLECTED
    assert libc.asked == [(-3, 32 * 2**20), (-1, 512 * 2**20)]  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of malloc.h


def test_a_number_of_threads_that_was_given_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    process.start_no_threads()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "4"


def test_other_systems_have_no_such_allocator(libc: _Libc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    process.keep_memory()
    assert libc.asked == []


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of musl has no mallopt; asking it would be an error."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    process.keep_memory()


FULL = Path("/dev/full")
ENDING = """
import atexit
from iqa.cli.process import end
atexit.register(print, "asked")
print("said", end="; ")
end(3)
print("never")
"""


def test_a_process_ends_with_its_status_and_all_that_was_printed() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said; asked\n", "")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_what_cannot_be_printed_is_said() -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "iqa", "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr == "iqa: No space left on device\n"
