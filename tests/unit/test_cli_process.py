from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator

import pytest

from iqa.cli import process


@pytest.fixture
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)


class _Libc:
    """A C library that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def mallopt(self, setting: int, size: int) -> int:
        self.asked.append((setting, size))
        return 1


@pytest.mark.usefixtures("_as_before")
def test_cycles_are_looked_for_rarely() -> None:
    process.collect_rarely()
    assert gc.get_threshold() == process.COLLECTED


def test_freed_memory_is_kept_as_malloc_h_numbers_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = _Libc()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    process.keep_memory()
    assert libc.asked == [(-3, 32 * 2**20), (-1, 512 * 2**20)]


@pytest.mark.parametrize(("platform", "libc"), [("win32", _Libc()), ("linux", object())], ids=["windows", "musl"])
def test_without_glibc_nothing_is_set(monkeypatch: pytest.MonkeyPatch, platform: str, libc: object) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    process.keep_memory()
    assert getattr(libc, "asked", []) == []


def test_the_number_of_threads_is_left_to_a_user_who_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    process.start_no_threads()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "4"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    process.start_no_threads()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
