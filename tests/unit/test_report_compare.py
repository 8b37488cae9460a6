from __future__ import annotations

import io
from pathlib import Path

from made_analysis import made_analysis
from rich.console import Console

from iqa.report.compare import demo_report, truth_table, within

TRUTH = {"ct_number.teflon": 943.0, "ct_number.air_top": -1000.6, "dose.ctdivol": 12.3, "geometry.diameter": 200.0}


def printed(renderable: object) -> str:
    out = io.StringIO()
    Console(file=out, width=100).print(renderable, highlight=False, markup=False)
    return out.getvalue()


def test_each_value_stands_beside_its_truth_and_their_distance_in_u() -> None:
    rows = {r.split()[0]: r.split()[1:] for r in printed(truth_table(made_analysis(), TRUTH)).splitlines() if "." in r}
    assert rows["ct_number.teflon"] == ["943.2", "±", "0.4", "HU", "943.0", "0.5"]
    assert rows["ct_number.air_top"] == ["\u2212998.0", "±", "1.3", "HU", "\u22121000.6", "2.0"]
    assert rows["dose.ctdivol"] == ["12.3", "mGy", "12.3"]
    assert "geometry.diameter" not in rows


def test_only_values_with_a_truth_and_a_u_are_counted() -> None:
    assert within(made_analysis(), TRUTH, 2.0) == (1, 2)
    assert within(made_analysis(), TRUTH, 3.0) == (2, 2)


def test_the_report_says_what_to_look_at() -> None:
    text = printed(demo_report(made_analysis(), TRUTH, scan=Path("d/scan"), figures=Path("d/figures")))
    assert "1 of 2 values lie within 2 u of their truth" in text
    assert "d/scan/truth.json" in text
    assert "d/figures/*.png" in text
