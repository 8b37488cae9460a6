"""Beads and wires of real scans: against widths measured by hand (SANITY.md), and beside the edges of the same scan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.special import j0

from iqa.dicom import read
from iqa.locate import locate
from iqa.metrics import mtf, ttf
from iqa.metrics.context import Context
from iqa.model import Curve, Located, Measurement, NotMeasured, Result
from iqa.phantom import library

Find = Callable[[str], Path]

WIDTH_MM = {"Hr69d": 0.57, "Hr38d": 1.40}
HAND_MM = 0.05
EDGES = {
    # scan: which source, and the inserts whose edges are strong there
    "catphan604-varian-truebeam-halffan": ("wire", ("teflon", "delrin", "bone_50")),
    "catphan504-varian-obi-head": ("bead", ("teflon",)),
    "catphan504-varian-obi-halffan-rolled": ("bead", ("teflon",)),
    "catphan504-varian-obi-gaps": ("bead", ("teflon",)),
    "catphan504-varian-truebeam-head-fbp": ("bead", ("teflon",)),
}
APART = 0.04
"""Relative difference that two places in a cone-beam scan may have: a bead stands at 20 mm, an insert at 58."""


def contexts(folder: Path, phantom: str | None = None) -> list[Context]:
    found = []
    for scan in read([folder]).scans:
        located = locate(scan, library(), phantom)
        assert isinstance(located, Located)
        found.append(Context(scan, located))
    return found


def keyed(results: tuple[Result, ...]) -> dict[str, Result]:
    return {r.key: r for r in results}


def width_mm(curve: Curve) -> float:
    """Full width at half maximum of the point spread that belongs to a curve."""
    f, t = np.array(curve.x), np.array(curve.values)
    r = np.linspace(0.0, 2.0, 2001)
    spread = np.trapezoid(f * t * j0(2.0 * np.pi * r[:, None] * f), f)
    return 2.0 * float(r[np.flatnonzero(spread < 0.5 * spread[0])[0]])


def test_point_spreads_of_a_bare_wire_are_as_wide_as_by_hand(real_scan: Find) -> None:
    widths = {}
    for context in contexts(real_scan("wire-siemens-force-mtf"), "wire"):
        found = keyed(mtf.measure(context).results)
        f50, curve = found["mtf.wire.f50"], found["mtf.wire"]
        assert isinstance(f50, Measurement)
        assert isinstance(curve, Curve)
        assert f50.flags == ("object_not_removed", "one_slice")
        widths[context.scan.acquisition.kernel] = width_mm(curve)
    assert widths == pytest.approx(WIDTH_MM, abs=HAND_MM)


@pytest.mark.parametrize("name", EDGES)
def test_a_point_source_agrees_with_the_edges_of_its_scan(name: str, real_scan: Find) -> None:
    kind, inserts = EDGES[name]
    (context,) = contexts(real_scan(name))
    points, edges = (keyed(family.measure(context).results) for family in (mtf, ttf))
    compared = 0
    for insert in inserts:
        for level in ("f50", "f10"):
            point, edge = points[f"mtf.{kind}.{level}"], edges[f"ttf.{insert}.{level}"]
            if isinstance(point, Measurement) and isinstance(edge, Measurement) and point.u and edge.u:
                allowed = 2.0 * float(np.hypot(point.u, edge.u)) + APART * edge.value
                assert abs(point.value - edge.value) < allowed, (insert, level)
                compared += 1
    assert compared >= len(inserts)


def test_a_bead_too_faint_for_its_noise_is_withheld(real_scan: Find) -> None:
    (context,) = contexts(real_scan("catphan604-varian-truebeam-halffan"))
    found = keyed(mtf.measure(context).results)["mtf.bead.f50"]
    assert isinstance(found, NotMeasured)
    assert "'point' on all slices together" in found.reason


def test_beads_of_two_scans_of_one_scanner_agree(real_scan: Find) -> None:
    """Same kernel at 80 and 100 kV; the beads' diameter is a recollection and is not removed."""
    values = {}
    for name in ("acr464-siemens-drive-100kv", "acr464-siemens-drive-80kv"):
        (context,) = contexts(real_scan(name))
        values[name] = [keyed(mtf.measure(context).results)[f"mtf.bead.{level}"] for level in ("f50", "f10")]
    for one, other in zip(*values.values(), strict=True):
        assert isinstance(one, Measurement)
        assert isinstance(other, Measurement)
        assert one.u is not None
        assert other.u is not None
        assert one.flags == ("object_not_removed", "one_slice")
        assert abs(one.value - other.value) < 2.0 * float(np.hypot(one.u, other.u))
