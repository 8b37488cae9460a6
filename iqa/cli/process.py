"""How a command sets up its own process before it imports what it needs, and how it ends it."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

COLLECTED = (200_000, 20, 20)
"""Objects, and rounds of the younger generations, after which cycles are looked for: too rarely to cost anything, and
often enough that a run over hundreds of scans does not grow."""
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Names of two settings of glibc's allocator, as its malloc.h numbers them."""
KEPT = {MMAP_THRESHOLD: 32 << 20, TRIM_THRESHOLD: 512 << 20}
"""Bytes of the largest array that is taken from the process's own memory (glibc allows no more), and of freed memory
that stays there: more than an analysis ever frees at once."""


def prepare() -> None:
    """Everything below: a command runs once, computes on one thread and ends; cycles and freed memory may stay."""
    collect_rarely()
    keep_memory()
    start_no_threads()


def collect_rarely() -> None:
    """A command makes few cycles, and its end frees all: the time of looking for them is lost."""
    gc.set_threshold(*COLLECTED)


def keep_memory() -> None:
    """Freed arrays serve the next ones, where the system would have to clear fresh memory. Only with glibc."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for setting, size in KEPT.items():
            mallopt(setting, size)


def start_no_threads() -> None:
    """Told so before numpy is loaded, linear algebra starts no threads, which `analyze` would hold back anyhow.

    They would wait in a loop, at the cost of processor time. Processes that a command starts inherit this.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def end(status: int) -> NoReturn:
    """End the process at once: it frees nothing object by object, which would take a fiftieth of a second.

    Whoever asked to be called at the end is called, and everything printed is on its way.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # `main` has said so
            stream.flush()
    os._exit(status)
