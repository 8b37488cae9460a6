"""The model observer that a person asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iqa.errors import UsageError
from iqa.model import DEFAULT_OBSERVER, Observer, Task, task_of
from iqa.model.observer import CONTRAST_HU, LEAST_DIAMETER_MM

TASK_BOUNDS = f"{CONTRAST_HU[0]:g} to {CONTRAST_HU[1]:g} HU, from {LEAST_DIAMETER_MM:g} mm"


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


def _task(name: str) -> Task:
    task = task_of(name)
    if task is None:
        usual = ", ".join(t.name for t in DEFAULT_OBSERVER.tasks)
        raise UsageError(
            f"'{name}' is no task: <contrast>hu_<diameter>mm, such as {usual} or 5hu_2p5mm; {TASK_BOUNDS}."
        )
    return task
