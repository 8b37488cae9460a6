"""Detectability of real scans: numbers with a place and a believable u, or reasons; and what physics says of them."""

from __future__ import annotations

import pytest
from outcome import Analysed

SCANS = (
    "acr464-siemens-drive-100kv",
    "catphan504-varian-obi-halffan-rolled",
    "catphan504-varian-obi-head",
    "catphan604-varian-truebeam-halffan",
    "mercury4-siemens-naeotom",
    "quartdvt-varian-halcyon",
)
TASKS = ("10hu_3mm", "10hu_5mm", "10hu_10mm")
KINDS = ("npw", "npwe")


@pytest.mark.parametrize("name", SCANS)
def test_every_task_has_a_number_or_a_reason(name: str, analysed: Analysed) -> None:
    analysis = analysed(name).only
    numbers = {m["key"]: m for m in analysis["measurements"] if m["key"].startswith("detectability.")}
    reasons = {m["key"] for m in analysis["not_measured"]}
    for kind in KINDS:
        given = [numbers[key] for task in TASKS if (key := f"detectability.{kind}.{task}") not in reasons]
        assert given, "none has a number"
        for m in given:
            assert 0.0 < m["u"] < 0.1 * m["value"]
            assert "; edge of " in m["where"]
        values = [m["value"] for m in given]
        assert values == sorted(values), "a larger disc is easier to see"


def test_iterative_reconstruction_of_the_same_data_tells_more(analysed: Analysed) -> None:
    """Of one exposure: its noise is 16 instead of 30 HU, but coarser, so that it gains less than that."""
    values, reasons = {}, {}
    for which in ("fbp", "iterative"):
        analysis = analysed(f"catphan504-varian-truebeam-head-{which}").only
        values[which] = {m["key"]: m["value"] for m in analysis["measurements"]}
        reasons[which] = {m["key"]: m["reason"] for m in analysis["not_measured"]}
    # shading raises the first bin of its noise: what a disc of 10 mm rests on
    assert "rings or shading" in reasons["fbp"]["detectability.npw.10hu_10mm"]
    for task in TASKS[:2]:
        gain = values["iterative"][f"detectability.npw.{task}"] / values["fbp"][f"detectability.npw.{task}"]
        assert 1.1 < gain < 30.0 / 16.3


def test_shading_of_a_cone_beam_leaves_no_number_of_a_large_disc(analysed: Analysed) -> None:
    """Its noise has 1962 ± 264 HU² mm² in the first bin and 138 in the second; a line through them ends at 0."""
    analysis = analysed("quartdvt-varian-halcyon").only
    reasons = {m["key"]: m["reason"] for m in analysis["not_measured"]}
    assert "rings or shading" in reasons["detectability.npw.10hu_10mm"]
    flags = {m["key"]: m["flags"] for m in analysis["measurements"]}
    assert "structured" in flags["detectability.npw.10hu_5mm"]


def test_the_noise_of_diagnostic_scanners_is_not_called_shaded(analysed: Analysed) -> None:
    for name in ("acr464-siemens-drive-100kv", "acr464-siemens-drive-80kv", "mercury4-siemens-naeotom"):
        flags = {f for m in analysed(name).only["measurements"] if m["key"].startswith(("nps.", "detectability."))
                 for f in m["flags"]}  # fmt: skip
        assert "structured" not in flags, name
