"""Who looks for what: the tasks of a model observer, its eye and its distance from the display."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

TASK = re.compile(r"(\d{1,4}(?:p\d{1,3})?)hu_(\d{1,3}(?:p\d{1,3})?)mm", re.ASCII)
"""Name of a task; a number's point is written p."""
CONTRAST_HU, DIAMETER_MM = (0.1, 2000.0), (0.2, 999.0)
"""What tasks may be: a disc beyond is no faint one, smaller than any pixel of a CT or larger than any body."""
TASK_BOUNDS = f"{CONTRAST_HU[0]:g} to {CONTRAST_HU[1]:g} HU, {DIAMETER_MM[0]:g} to {DIAMETER_MM[1]:g} mm"
DISTANCE_MM = (100.0, 10_000.0)
MAGNIFICATION = (0.1, 20.0)
"""What distances and magnifications may be: beyond, millimetres and metres or pixels have been mixed up."""


@dataclass(frozen=True, slots=True)
class Task:
    """A disc to be told from the base material beside it, its place and size known."""

    contrast_hu: float
    diameter_mm: float

    @property
    def name(self) -> str:
        """As it stands in keys: `10hu_2p5mm`."""
        return f"{written(self.contrast_hu)}hu_{written(self.diameter_mm)}mm"


@dataclass(frozen=True, slots=True)
class EyeFilter:
    """A visual response E(ρ) = (ρ^rise · exp(−fall · ρ^bend))^times at ρ cycles per degree; its height does not matter.

    `times` is 2 where its authors mean the square of that shape by E itself, which then stands squared in the signal
    and to the fourth power in the noise, as any E does.
    """

    rise: float
    fall: float
    bend: float
    times: int = 1


EYE_FILTERS: Mapping[str, EyeFilter] = {
    "burgess": EyeFilter(1.3, 0.04, 2.0),
    "exponential": EyeFilter(1.0, 0.5, 1.0),
    "samei": EyeFilter(1.5, 0.98, 0.68),
    "samei-squared": EyeFilter(1.5, 0.98, 0.68, times=2),
    "imquest": EyeFilter(1.5, 3.22, 0.68, times=2),
}
"""Filters by name; docs/methods.md has their sources. They differ by a factor of five in d′: none is the right one, and
values by different ones are never to be set side by side."""


@dataclass(frozen=True, slots=True)
class Observer:
    """A model observer's tasks, and how the one with an eye looks at the image.

    Attributes
    ----------
    tasks
        Each counts once.
    eye_filter : str
        One of `EYE_FILTERS`.
    distance_mm : float
        From the eye to the display.
    magnification : float
        Millimetres on the display to one of the object.
    channels : str
        What the channelized Hotelling observer sees of repeats: one of `iqa.signal.channels.CHANNEL_SETS`.

    Raises
    ------
    ValueError
        There is no such filter, or distance or magnification is out of range.
    """

    tasks: tuple[Task, ...] = (Task(10.0, 3.0), Task(10.0, 5.0), Task(10.0, 10.0))
    eye_filter: str = "burgess"
    distance_mm: float = 400.0
    magnification: float = 1.0
    channels: str = "lg"

    def __post_init__(self) -> None:
        if self.eye_filter not in EYE_FILTERS:
            raise ValueError(f"there is no eye filter '{self.eye_filter}': {', '.join(EYE_FILTERS)}")
        for name, value, (low, high) in (
            ("viewing distance", self.distance_mm, DISTANCE_MM),
            ("magnification", self.magnification, MAGNIFICATION),
        ):
            if not low <= value <= high:
                unit = " mm" if name == "viewing distance" else " mm on the display to one of the object"
                raise ValueError(f"the {name} must be between {low:g} and {high:g}{unit}, found {value:g}")
        object.__setattr__(self, "tasks", tuple(dict.fromkeys(self.tasks)))

    @property
    def viewing(self) -> str:
        """All that a value depends on beside the task, as it stands in a method: `burgess-400mm-x1`."""
        return f"{self.eye_filter}-{written(self.distance_mm)}mm-x{written(self.magnification)}"


DEFAULT_OBSERVER = Observer()


def task_of(name: str) -> Task | None:
    """The task of that name; None where it is none.

    >>> task_of("10hu_2p5mm")
    Task(contrast_hu=10.0, diameter_mm=2.5)
    >>> task_of("10hu") is None
    True
    """
    found = TASK.fullmatch(name)
    values = [float(part.replace("p", ".")) for part in found.groups()] if found else []
    if not values:
        return None
    bounds = zip(values, (CONTRAST_HU, DIAMETER_MM), strict=True)
    return Task(*values) if all(low <= value <= high for value, (low, high) in bounds) else None


def written(number: float) -> str:
    """A number as it stands in names: without a point, which parts keys."""
    return f"{number:.7g}".replace(".", "p")
