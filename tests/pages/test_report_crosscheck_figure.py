"""The picture of a cross-check: where each mark stands, and that outcomes are told apart without colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from made_analysis import made_analysis
from matplotlib.colors import to_rgb

from iqa.model import Answer, Compared, Crosschecked
from iqa.report.figures.crosscheck import LOOKS, REACH, draw_all, draw_differences
from iqa.report.figures.style import new_figure, styled


def compared(key: str, other: float, outcome: str, *, comparable: bool = True) -> Compared:
    """10 ± 0.5 of iqa's: U is 1."""
    return Compared(
        key=key, name=key, outcome=outcome, unit="HU", value=10.0, u=0.5, other=other, other_unit="HU",  # type: ignore[arg-type]
        comparable=comparable, expected=(1.0, 2.0), reason="Why.",
    )  # fmt: skip


ROWS = (
    compared("a", 10.5, "agrees"),
    compared("b", 8.0, "explained"),
    compared("c", 22.0, "unexplained"),
    compared("d", 1.5, "explained", comparable=False),
)


def test_marks_stand_at_their_difference_over_u() -> None:
    with styled():
        axes = draw_differences(new_figure(6.0, 3.0).subplots(), ROWS, "pylinac")
    drawn = [line for line in axes.lines if line.get_marker() in ("o", "D", "s")]
    marks = [(line.get_marker(), *np.asarray(line.get_xydata())[0].tolist()) for line in drawn]
    assert marks[:2] == [("o", 0.5, 0.0), ("D", -2.0, 1.0)]
    assert marks[2] == ("s", REACH - 0.35, 2.0)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a", "b", "c", "d"]
    assert "1.5; expected 1.00..2.00" in [t.get_text() for t in axes.texts]


def test_outcomes_differ_by_shape_and_fill() -> None:
    shapes = {(look["marker"], to_rgb(look["markerfacecolor"]) == (1.0, 1.0, 1.0)) for look in LOOKS.values()}
    assert len(shapes) == len({marker for marker, _ in shapes}) == len(LOOKS)


def test_a_file_for_each_program_that_has_numbers(tmp_path: Path) -> None:
    answers = (Answer("pylinac", "3.49.0", rows=ROWS), Answer("csv", rows=ROWS[:1]))
    failed = Crosschecked(made_analysis(), (Answer("pylinac", failure="No."),))
    written = draw_all((Crosschecked(made_analysis(), answers), failed), tmp_path)
    assert [file.name for file in written] == ["1-made-pylinac.png", "1-made-csv.png"]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in written)
