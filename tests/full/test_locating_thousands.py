"""A thousand whole phantoms, a thousand fragments, impostors and wrong materials: what the locator makes of them.

About an hour on two cores. Writes docs/evidence/locating-*.json.
"""

from __future__ import annotations

from collections.abc import Callable

import locating

Evidence = Callable[[str, object], None]


def test_whole_phantoms_are_all_named(evidence: Evidence) -> None:
    outcomes = locating.run(locating.whole, range(1000))
    evidence("locating-whole", {"asked": "1000 of 1000 named", **locating.summary(outcomes)})
    assert [o for o in outcomes if o.kind != "right"] == []


def test_fragments_are_never_misnamed(evidence: Evidence) -> None:
    outcomes = locating.run(locating.fragment, range(1000))
    many = [o for o in outcomes if o.structured and o.candidates > 4]
    found = {
        "asked": "none wrong, refused <= 3 %, named >= 25 %, candidates with the truth, at most 4 with structure",
        **locating.summary(outcomes),
        "more than four candidates with structure": len(many),
    }
    evidence("locating-fragments", found)
    assert [o for o in outcomes if o.kind in ("wrong", "without_truth")] == []
    assert sum(o.kind == "refused" for o in outcomes) <= 30
    assert sum(o.kind == "right" for o in outcomes) >= 250
    assert many == []


def test_impostors_are_not_accepted(evidence: Evidence) -> None:
    outcomes = locating.run(locating.impostor, range(400))
    accepted = [o for o in outcomes if o.kind in ("right", "wrong")]
    evidence("locating-impostors", {"asked": "0 of 400 accepted", "accepted": len(accepted), "of": 400})
    assert accepted == []


def test_right_holes_with_wrong_materials_are_not_accepted(evidence: Evidence) -> None:
    outcomes = locating.run(locating.random_materials, range(400))
    accepted = [o for o in outcomes if o.kind in ("right", "wrong")]
    evidence("locating-materials", {"asked": "<= 2 of 400 accepted", "accepted": len(accepted), "of": 400})
    assert len(accepted) <= 2
