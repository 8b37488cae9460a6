"""Tasks and observers: names that come back, and values that cannot lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_analysis import made_analysis

from iqa.errors import UsageError
from iqa.jobs.observing import observer_of, unmeasured
from iqa.model import DEFAULT_OBSERVER, Measurement, NotMeasured, Observer, Task, task_of


@pytest.mark.parametrize(
    ("name", "task"),
    [("10hu_5mm", Task(10.0, 5.0)), ("5hu_2p5mm", Task(5.0, 2.5)), ("0p5hu_120mm", Task(0.5, 120.0))],
)
def test_a_name_is_a_task_and_a_task_its_name(name: str, task: Task) -> None:
    assert task_of(name) == task
    assert task.name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "10hu",
        "hu_5mm",
        "-10hu_5mm",
        "10hu_5.5mm",
        "0hu_5mm",
        "10hu_0mm",
        "10HU_5mm",
        "١٠hu_5mm",
        "10hu_0p1mm",
        "2001hu_5mm",
        "10hu_1000mm",
        "10hu_999p5mm",
        "0p05hu_5mm",
    ],
)
def test_what_is_no_task(name: str) -> None:
    assert task_of(name) is None


def test_a_task_beyond_is_told_both_its_limits() -> None:
    with pytest.raises(UsageError, match=r"'10hu_1000mm' is no task: .*; 0\.1 to 2000 HU, 0\.2 to 999 mm\."):
        observer_of(["10hu_1000mm"])
    assert task_of("2000hu_999mm") == Task(2000.0, 999.0)


def test_another_way_to_write_a_number_is_the_same_task() -> None:
    again = task_of("10p0hu_5mm")
    assert again is not None
    assert again.name == "10hu_5mm"


def test_all_that_a_value_depends_on_stands_in_viewing() -> None:
    assert DEFAULT_OBSERVER.viewing == "burgess-400mm-x1"
    assert Observer(eye_filter="samei", distance_mm=512.5, magnification=1.5).viewing == "samei-512p5mm-x1p5"


def test_a_task_named_twice_counts_once() -> None:
    assert Observer((Task(10.0, 5.0), Task(10.0, 5.0))).tasks == (Task(10.0, 5.0),)


def test_what_is_not_given_is_as_usual() -> None:
    assert observer_of() == DEFAULT_OBSERVER
    assert observer_of(["5hu_2p5mm"], distance_mm=500.0) == Observer((Task(5.0, 2.5),), distance_mm=500.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tasks": ["5mm"]}, r"'5mm' is no task: <contrast>hu_<diameter>mm, such as 10hu_3mm, 10hu_5mm"),
        (
            {"eye_filter": "Eye"},
            r"^There is no eye filter 'Eye': burgess, .*samei-squared, imquest\.$",
        ),
        ({"distance_mm": 40.0}, r"^The viewing distance must be between 100 and 10000 mm, found 40\.$"),
        (
            {"magnification": 0.0},
            r"^The magnification must be between 0\.1 and 20 mm on the display to one of the object, found 0\.$",
        ),
        ({"magnification": float("nan")}, r"found nan\.$"),
    ],
    ids=["task", "filter", "distance", "magnification", "no number"],
)
def test_what_cannot_be_is_said_in_one_line(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        observer_of(**given)  # type: ignore[arg-type]


def test_a_task_without_a_number_in_any_scan_is_said_in_one_line() -> None:
    small, large, none = Task(10.0, 5.0), Task(10.0, 999.0), Task(1.0, 1.0)
    results = (
        Measurement("detectability.npwe.10hu_5mm", 2.0, 0.1, "1", 1, "U", "npwe@1"),
        NotMeasured("detectability.npw.10hu_5mm", "It is unsure.", "More."),
        NotMeasured("detectability.npw.10hu_999mm", "It is too large.", "A smaller task."),
        NotMeasured("detectability.npwe.10hu_999mm", "It is too large.", "A smaller task."),
    )
    assert list(unmeasured((small, large, none), [replace(made_analysis(), results=results)])) == [
        "task 10hu_999mm is not measured: It is too large.",
        "task 1hu_1mm is not measured: The phantom has no inserts, which it takes.",
    ]
