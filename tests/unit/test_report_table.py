from __future__ import annotations

import io
from dataclasses import replace

from made_analysis import made_analysis, made_session
from rich.console import Console

from iqa.analyze import Refusal, Session
from iqa.model import Candidate
from iqa.report.table import phantom_line, session_table


def printed(width: int = 100, session: Session | None = None) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(session_table(session or made_session()), highlight=False, markup=False)
    return out.getvalue()


def line(text: str, start: str) -> str:
    return next(found for found in text.splitlines() if found.strip().startswith(start))


def test_each_row_has_value_uncertainty_unit_place_and_flags() -> None:
    text = printed()
    assert line(text, "ct_number.teflon").split() == [
        "ct_number.teflon",
        "943.2",
        "±",
        "0.4",
        "HU",
        "M1",
        "slices",
        "0-2",
    ]
    assert line(text, "ct_number.air_top").split()[1:5] == ["\u2212998.0", "±", "1.3", "HU"]
    assert line(text, "ct_number.air_top").split()[-1] == "partial"
    assert line(text, "dose.ctdivol").split()[1:3] == ["12.3", "mGy"]


def test_the_plus_minus_signs_stand_in_one_line() -> None:
    rows = [r for r in printed().splitlines() if " ± " in r and not r.startswith("key")]
    assert len({r.index("±") for r in rows}) == 1


def test_keys_that_share_a_reason_are_listed_together_with_it() -> None:
    text = printed()
    assert "mtf.bead.f50, mtf.bead.f10" in text
    assert text.count("The scan holds no bead. Scan the module with the bead.") == 1


def test_refusals_name_their_candidates_and_the_cure() -> None:
    text = printed()
    assert "scans/two" in text
    assert "Candidates: made (1.9), b (1.8). Say which it is with --phantom NAME." in text


def test_the_heading_says_name_lead_and_roll() -> None:
    heading = phantom_line(made_analysis())
    assert heading == "Made phantom (made) · score 9.1, 1.4 above other/turned · roll \u22122.5°"


def test_the_heading_says_nothing_of_an_unknown_roll_or_a_rival_without_evidence() -> None:
    made = made_analysis()
    located = replace(made.located, u_roll_deg=None, runner_up=Candidate("other", None, -0.4))
    assert phantom_line(replace(made, located=located)) == "Made phantom (made) · score 9.1"


def test_a_phantom_taken_on_its_name_alone_has_no_score() -> None:
    made = made_analysis()
    located = replace(made.located, score=0.0, runner_up=None)
    assert phantom_line(replace(made, located=located)) == "Made phantom (made) · roll \u22122.5°"


def test_candidates_without_evidence_have_no_score() -> None:
    refusal = Refusal("x", "Two fit.", (Candidate("wire", None, 0.0), Candidate("bead", None, 0.0)))
    assert "Candidates: wire, bead. Say which" in printed(session=Session((), (refusal,)))


def test_no_line_is_wider_than_the_page() -> None:
    assert max(len(r.rstrip()) for r in printed(100).splitlines()) <= 100


def test_an_interval_stands_beside_u() -> None:
    made = made_analysis()
    first = replace(made.measurements[0], value=0.31, u=0.19, unit="1", interval=(0.0, 0.712))
    text = printed(session=Session((replace(made, results=(first,)),), ()))
    assert "0.31 ± 0.19 " in text
    assert "95 %: 0.00 to 0.71" in text
    assert "95 %" not in printed()
