"""Real scans against hand measurements made with a few lines of numpy, kept in sanity.json.

Allowed is what the hand measurement states for itself (two standard deviations) plus twice u. The means and noises of
the uniform modules were read in other discs than iqa's: its own must lie within what those five discs show.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Analysed, Json, measured, modules

DATA: Json = json.loads((Path(__file__).parent / "sanity.json").read_text(encoding="utf-8"))
SCANS: dict[str, Json] = DATA["scans"]
LEAST_HU, LEAST_MM, LEAST_DEG = 4.0, 0.2, 0.3
"""The hand measurements are trusted no further than this."""
SIGMA_SHARE = 0.05
"""Of a noise read by hand."""
Z_MM, LINE_PAIRS_MM = 0.5, 1.0
"""Of a module's middle, and of the plane of the line pairs."""
TURNED_MM = 0.22
"""Half a field of 250 mm on an axis turned by 0.1°: the hand's z is that of the first pixel, not of the phantom."""

Pick = Callable[[str], tuple[Json, Json]]


@pytest.fixture
def scan(analysed: Analysed) -> Pick:
    """The analysis of one entry, and what was measured by hand."""

    def pick(entry: str) -> tuple[Json, Json]:
        name, _, part = entry.partition(" ")
        outcome = analysed(name, SCANS[entry].get("phantom"))
        chosen = [a for a in outcome.analyses if not part or _is_part(a, part)]
        assert len(chosen) == 1, outcome.stderr
        return chosen[0], SCANS[entry]

    return pick


def _is_part(analysis: Json, part: str) -> bool:
    """True where the end of the series UID, or else the pixel size, is that of the part."""
    if "." not in part:
        return str(analysis["scan"]["series_uid"]).endswith(part)
    return bool(abs(analysis["scan"]["spacing_mm"][2] - float(part)) < 1e-4)


def _having(field: str) -> list[str]:
    return [entry for entry, hand in SCANS.items() if field in hand]


@pytest.mark.parametrize("entry", _having("inserts"))
def test_ct_numbers(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    found = measured(analysis)
    assert {f"ct_number.{name}" for name in hand["inserts"]} <= found.keys()
    off = {}
    for name, expected in hand["inserts"].items():
        result = found[f"ct_number.{name}"]
        within = max(LEAST_HU, hand["own_u"].get(name, hand["inserts_u"])) + 2 * result["u"]
        if abs(result["value"] - expected) > within:
            off[name] = (result["value"], expected, within)
    assert off == {}


@pytest.mark.parametrize("entry", _having("pins"))
def test_pin_distances(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    found = measured(analysis)
    for sides, expected in hand["pins"].items():
        result = found[f"geometry.pin_distance.{sides}"]
        within = max(LEAST_MM, hand["pins_u_mm"]) + 2 * result["u"]
        assert result["value"] == pytest.approx(expected, abs=within), sides


@pytest.mark.parametrize("entry", _having("roll_deg"))
def test_roll(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    result = measured(analysis)["position.roll"]
    assert result["value"] == pytest.approx(-hand["roll_deg"], abs=LEAST_DEG + 2 * result["u"])
    assert analysis["pose"]["roll_deg"] == pytest.approx(result["value"])


@pytest.mark.parametrize("entry", _having("centre_px"))
def test_centre(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    pixel_mm = analysis["scan"]["spacing_mm"][1]
    within = max(hand["centre_u_px"], LEAST_MM / pixel_mm)
    assert modules(analysis)[hand["module"]]["centre_px"] == pytest.approx(hand["centre_px"], abs=within)


@pytest.mark.parametrize("entry", _having("origin_z_mm"))
def test_middle_of_the_insert_module(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    # the hand's own uncertainty is far larger than ours
    assert analysis["pose"]["z_mm"] == pytest.approx(hand["origin_z_mm"], abs=Z_MM + TURNED_MM)


@pytest.mark.parametrize("entry", _having("line_pairs"))
def test_distance_of_the_line_pairs(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    name, expected = hand["line_pairs"]
    found = modules(analysis)
    distance = found[name]["z_mm"] - found[hand["module"]]["z_mm"]
    assert distance == pytest.approx(expected, abs=LINE_PAIRS_MM + Z_MM)


@pytest.mark.parametrize("entry", _having("uniform"))
def test_uniform_module(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    mean, noise = (measured(analysis)[key] for key in ("ct_number.uniform", "noise.sigma"))
    low, high = hand["uniform"]["mean"]
    within = max(LEAST_HU, hand["uniform"]["u"]) + 2 * mean["u"]
    assert low - within <= mean["value"] <= high + within
    if "sigma" in hand["uniform"]:
        low, high = hand["uniform"]["sigma"]
        assert low * (1 - SIGMA_SHARE) - 2 * noise["u"] <= noise["value"] <= high * (1 + SIGMA_SHARE) + 2 * noise["u"]


@pytest.mark.parametrize("entry", _having("diameter_mm"))
def test_diameter(entry: str, scan: Pick) -> None:
    analysis, hand = scan(entry)
    result = measured(analysis)["geometry.diameter"]
    low, high = hand["diameter_mm"]
    within = max(LEAST_MM, hand.get("diameter_u_mm", 0.0)) + 2 * result["u"]
    assert low - within <= result["value"] <= high + within
