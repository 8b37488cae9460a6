from __future__ import annotations

from iqa.phantom import library
from iqa.phantom.describe import describe


def test_a_description_explains_its_marks_and_says_nothing_raw() -> None:
    text = " ".join(describe(s) for s in library())
    assert "[A1] behind a number is the grade and source of that number; at the end of a line, of all numbers" in text
    assert "bars fanned out from the centre" in text
    assert "bars parallel" in text
    for raw in ("radial", "true", "false", "width 0 mm", "tilt 0°"):
        assert f" {raw}" not in text
