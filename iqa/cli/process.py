"""How a command sets up its own process before it imports what it needs."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys

COLLECTED = (200_000, 20, 20)
"""Objects, and rounds of the younger generations, after which cycles are looked for."""
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Names of two settings of glibc's allocator, as its malloc.h numbers them."""
KEPT = {MMAP_THRESHOLD: 32 << 20, TRIM_THRESHOLD: 512 << 20}
"""Bytes of the largest array that is taken from the process's own memory (glibc allows no more), and of freed memory
that stays there."""


def prepare() -> None:
    """Everything below: a command runs once, on one thread, and ends; it need not be thrifty with cycles or memory."""
    collect_rarely()
    keep_memory()
    start_no_threads()


def collect_rarely() -> None:
    """A command makes few cycles, and its end frees all: looking for them takes a twelfth of the time of `analyze`."""
    gc.set_threshold(*COLLECTED)
    atexit.register(gc.freeze)


def keep_memory() -> None:
    """Freed arrays serve the next ones: fetching fresh memory takes a fortieth of the time of `analyze`.

    Without glibc nothing is set. The peak grows by 6 % at most (600 slices of 1024²).
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for setting, size in KEPT.items():
            mallopt(setting, size)


def start_no_threads() -> None:
    """`analyze` lets linear algebra use one thread; told so before numpy is loaded, it starts no others."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
