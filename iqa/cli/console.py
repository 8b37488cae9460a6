"""Where output goes: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_COLUMNS = 120
"""Width of a table that no terminal shows: a page, or a mail."""


def print_table(renderable: RenderableType) -> None:
    """A table to stdout; in a pipe without colour, PIPE_COLUMNS wide and without blanks at the ends of lines."""
    console = _console(sys.stdout)
    if console.is_terminal:
        console.print(renderable, highlight=False, markup=False)
        return
    with console.capture() as captured:
        console.print(renderable, highlight=False, markup=False)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def say(message: str) -> None:
    """One message to stderr."""
    print(message, file=sys.stderr)


@contextmanager
def reading_progress() -> Iterator[Callable[[int, int], None] | None]:
    """A progress callback that draws a bar on a terminal; None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=_console(sys.stderr), transient=True) as bar:
        task = bar.add_task("reading files", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, width=None if stream.isatty() else PIPE_COLUMNS, soft_wrap=False)
