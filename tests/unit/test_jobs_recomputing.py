"""What a recalculation says of each key: differences of one quantity, and none between two."""

from __future__ import annotations

import pytest
from rich.console import Console

from iqa.jobs.recomputing import _change
from iqa.model import Measurement
from iqa.report.shown import Recomputed
from iqa.report.workspace import recomputed_block

KEY = "detectability.npwe.10hu_5mm"


def measured(value: float, method: str) -> Measurement:
    return Measurement(KEY, value, 0.1, "1", 1, "U", method)


def shown(old: str, new: str) -> str:
    change = _change(KEY, [(measured(12.0, old), measured(2.5, new))])
    console = Console(width=160)
    with console.capture() as captured:
        console.print(recomputed_block(Recomputed((), (change,), (), (), (), ())))
    return captured.get()


def test_another_method_has_no_difference() -> None:
    said = shown("npwe-samei-400mm-x1@1", "npwe-imquest-400mm-x1@1")
    assert "another method" in said
    assert "npwe-samei-400mm-x1@1 → npwe-imquest-400mm-x1@1" in said
    assert "9.5" not in said


def test_another_version_of_one_method_has() -> None:
    assert "−9.5" in shown("npwe-samei-400mm-x1@1", "npwe-samei-400mm-x1@2")
    assert _change(KEY, [(measured(12.0, "a@1"), measured(2.5, "a@2"))]).mean == pytest.approx(-9.5)
