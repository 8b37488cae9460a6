"""The model observer that a person asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from iqa.errors import UsageError
from iqa.model import DEFAULT_OBSERVER, Analysis, Observer, Task, task_of
from iqa.model.observer import TASK_BOUNDS


def observer_of(
    tasks: Sequence[str] = (),
    *,
    eye_filter: str | None = None,
    distance_mm: float | None = None,
    magnification: float | None = None,
    channels: str | None = None,
) -> Observer:
    """The usual observer with what is given in its place.

    Raises
    ------
    UsageError
        A task or a filter has no such name, or a number is out of range.
    """
    given = {
        "eye_filter": eye_filter, "distance_mm": distance_mm, "magnification": magnification, "channels": channels,
    }  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not None}
    named = {"tasks": tuple(_task(name) for name in tasks)} if tasks else {}
    try:
        return replace(DEFAULT_OBSERVER, **named, **changes)  # type: ignore[arg-type]
    except ValueError as error:
        said = str(error)
        raise UsageError(f"{said[:1].upper()}{said[1:]}.") from error


def unmeasured(tasks: Sequence[Task], analyses: Sequence[Analysis]) -> Iterator[str]:
    """One line on each task that has no number in any scan, with the first reason there is."""
    for task in tasks:
        keys = {f"detectability.{kind}.{task.name}" for kind in ("npw", "npwe")}
        if any(m.key in keys for a in analyses for m in a.measurements):
            continue
        reasons = (lack.reason for a in analyses for lack in a.not_measured if lack.key in keys)
        yield f"task {task.name} is not measured: {next(reasons, 'The phantom has no inserts, which it takes.')}"


def _task(name: str) -> Task:
    task = task_of(name)
    if task is None:
        usual = ", ".join(t.name for t in DEFAULT_OBSERVER.tasks)
        raise UsageError(
            f"'{name}' is no task: <contrast>hu_<diameter>mm, such as {usual} or 5hu_2p5mm; {TASK_BOUNDS}."
        )
    return task
