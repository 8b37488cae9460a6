"""Rings, crescents and cupping of the real scans, against what an eye sees on pictures of their uniform modules.

Seen on the means of the modules' slices, smoothed, in a window of 40 HU, and unrolled about the rotation centre.
"""

from __future__ import annotations

import math

import pytest
from outcome import Analysed, measured

RING, CRESCENT, CUPPING = "artefact.ring", "artefact.crescent", "artefact.cupping"
CLEAN = ("acr464-siemens-drive-100kv", "acr464-siemens-drive-80kv")
"""Nothing to be seen but noise and, on one, a bright rim."""
RINGED = {
    "catphan504-varian-obi-gaps": "CTP486",
    "catphan504-varian-obi-halffan-rolled": "CTP486",
    "catphan504-varian-obi-head": "CTP486",
    "catphan604-varian-truebeam-halffan": "CTP729",
    "mercury4-siemens-naeotom": "uniform_260",
}
"""Rings seen by eye. The photon-counting scan has them too, fine and regular, 12 mm apart."""
CRESCENTS = {
    "catphan504-varian-obi-halffan-rolled": 4.0,
    "catphan504-varian-obi-head": 3.0,
    "catphan604-varian-truebeam-halffan": 4.0,
    "quartdvt-varian-halcyon": 3.0,
}
"""Least amplitude, HU: bright against dark differs by 8 HU and more to the eye, in these pictures."""


@pytest.mark.parametrize("name", CLEAN)
def test_diagnostic_scans_without_artefacts_are_not_flagged(name: str, analysed: Analysed) -> None:
    found = measured(analysed(name).only)
    for key, flag in ((RING, "ring_found"), (CRESCENT, "crescent_found")):
        assert flag not in found[key]["flags"]
        assert abs(found[key]["value"]) < 2.0 * found[key]["u"]
        assert "from_image_centre" not in found[key]["flags"]


@pytest.mark.parametrize("name", RINGED)
def test_rings_that_the_eye_sees_are_found(name: str, analysed: Analysed) -> None:
    ring = measured(analysed(name).only)[RING]
    assert "ring_found" in ring["flags"]
    assert ring["where"].startswith(RINGED[name])
    assert ring["value"] > 4.0 * ring["u"]


def test_a_bright_spot_at_the_centre_is_no_ring(analysed: Analysed) -> None:
    """31 HU at 4 to 6 mm from the axis. Dark by 10 HU about it, to 20 mm: too near to be told from the spot's slope."""
    ring = measured(analysed("catphan504-varian-truebeam-head-iterative").only)[RING]
    assert "ring_found" not in ring["flags"]
    assert abs(ring["value"]) < 2.0 * ring["u"]


@pytest.mark.parametrize("name", CRESCENTS)
def test_crescents_that_the_eye_sees_are_found(name: str, analysed: Analysed) -> None:
    crescent = measured(analysed(name).only)[CRESCENT]
    assert "crescent_found" in crescent["flags"]
    assert crescent["value"] > CRESCENTS[name]


def test_the_dark_side_of_the_half_fan_lies_left(analysed: Analysed) -> None:
    # Dark from 10 to 45 mm on the left, bright on the right: the wave's crest is at 0°, its trough at 180°.
    where = measured(analysed("catphan504-varian-obi-halffan-rolled").only)[CRESCENT]["where"]
    kind, angle = where.split(", ")[1].split()[0], float(where.rsplit(", ", 1)[1].rstrip("°"))
    away = abs((angle - (0.0 if kind == "bright" else 180.0) + 180.0) % 360.0 - 180.0)
    assert away < 45.0


def test_the_centre_of_cone_beams_is_too_bright(analysed: Analysed) -> None:
    for name in ("catphan504-varian-obi-head", "catphan504-varian-obi-gaps"):
        cupping = measured(analysed(name).only)[CUPPING]
        assert cupping["value"] < -10.0
        assert cupping["value"] < -2.0 * cupping["u"]


@pytest.mark.parametrize("name", CLEAN)
def test_scans_that_are_flat_but_for_a_bright_rim_show_hardly_any_cupping(name: str, analysed: Analysed) -> None:
    # By hand, 80 kV: 1.1 HU in the centre and 0.6 to 1.3 HU at 12, 3, 6 and 9 h; the profile turns up beyond 65 mm.
    cupping = measured(analysed(name).only)[CUPPING]
    assert abs(cupping["value"]) < 1.0
    assert cupping["value"] < 2.0 * cupping["u"]


@pytest.mark.parametrize("name", sorted({*CLEAN, *RINGED, *CRESCENTS}))
def test_cupping_agrees_with_the_edges_over_the_centre(name: str, analysed: Analysed) -> None:
    found = measured(analysed(name).only)
    edges = [found[f"uniformity.{hour}"] for hour in ("12h", "3h", "6h", "9h")]
    over_centre = sum(e["value"] for e in edges) / 4.0
    u = math.hypot(found[CUPPING]["u"], max(e["u"] for e in edges))
    assert abs(found[CUPPING]["value"] - over_centre) < 2.0 * u
