"""pylinac on one scan: which of its phantoms, which quantities it shares with iqa, and how each compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from iqa.engines import pylinac_details as details
from iqa.engines import pylinac_levels as levels
from iqa.engines import pylinac_pose as places
from iqa.engines.agreement import Said, compare, only_ours
from iqa.engines.asked import Asked
from iqa.engines.running import TIMEOUT_S, ask
from iqa.model import Analysis, Answer

PROGRAM = Path(__file__).with_name("pylinac_program.py")
CATPHAN, ACR, QUART = "catphan", "acr", "quart"


class Counterpart(NamedTuple):
    """pylinac's class for a phantom of iqa, and its names of the inserts."""

    name: str
    kind: str
    inserts: Mapping[str, str]


_CTP404 = {"Air": "air_top", "PMP": "pmp", "LDPE": "ldpe", "Poly": "polystyrene", "Acrylic": "acrylic",
           "Delrin": "delrin", "Teflon": "teflon"}  # fmt: skip
PHANTOMS: Mapping[str, Counterpart] = {
    "catphan503": Counterpart("CatPhan503", CATPHAN, _CTP404),
    "catphan504": Counterpart("CatPhan504", CATPHAN, _CTP404),
    "catphan600": Counterpart("CatPhan600", CATPHAN, _CTP404 | {"Air": "air_bottom"}),
    "catphan604": Counterpart("CatPhan604", CATPHAN, _CTP404 | {"50% Bone": "bone_50", "20% Bone": "bone_20"}),
    "catphan700": Counterpart(
        "CatPhan700",
        CATPHAN,
        _CTP404 | {"Air": "air", "Lung #7112": "lung", "Bone 20%": "bone_20", "Bone 50%": "bone_50"},
    ),
    "acr464": Counterpart("ACRCT", ACR, {"Air": "air", "Poly": "polyethylene", "Acrylic": "acrylic", "Bone": "bone"}),
    "quart_dvt": Counterpart("QuartDVT", QUART, {"Air": "air_top", "Poly": "polystyrene", "Teflon": "teflon"}),
}

BODY = "It is the body's own material, which iqa has no insert for."
BEADS = "iqa measures the scale by the four inserts of module 1, not by the two beads of module 3."
TOO_FEW = "The minimum number images from the same study were not found"
"""What pylinac raises, which does not say how many there are."""
LACKS: tuple[tuple[str, str], ...] = (
    ("position.", "pylinac says no place relative to the isocentre in the image plane, and no tilt."),
    ("geometry.pin_distance", "pylinac measures the sides of the square of pins, not its diagonals."),
    ("geometry.", "pylinac measures no scale, and a width only of the Quart."),
    ("slice_thickness", "pylinac gives the mean of its ramps only, and none for the ACR phantom."),
    ("ssp.", "pylinac measures no section profile."),
    ("ct_number.", "pylinac has no region there."),
    ("linearity.", "pylinac draws the line of CT numbers and fits none."),
    ("noise.", "pylinac gives the plain SD of one disc only."),
    ("uniformity.", "pylinac gives an index in per cent instead."),
    ("nps.", "pylinac gives one average and one peak in one dimension, and none for the ACR phantom."),
    ("ttf.", "pylinac measures no edge."),
    ("mtf.", "pylinac measures bars, not points."),
    ("line_pairs.", "pylinac gives the extremes of bars relative to the coarsest group only."),
    ("low_contrast.", "pylinac looks at six targets of one group in a Catphan or at one rod of the ACR phantom."),
    ("detectability.", "pylinac has no model observer."),
    ("artefact.", "pylinac looks for no rings, crescents or cupping."),
    ("dose.", "pylinac reads no dose."),
)
"""Why pylinac has no counterpart, by the beginning of iqa's key; the first that fits."""


def counterpart(analysis: Analysis) -> Counterpart | None:
    """The class that pylinac has for the phantom of an analysis, if it has one."""
    return PHANTOMS.get(analysis.located.spec.name)


def no_class(analysis: Analysis) -> Answer:
    """The answer for a phantom that is not compared."""
    title = analysis.located.spec.title
    return Answer("pylinac", failure=f"pylinac is not asked: none of its phantoms that iqa compares is a {title}.")


def pylinac_on(
    analysis: Analysis, folder: Path, *, python: str = sys.executable, timeout_s: float = TIMEOUT_S
) -> Answer:
    """What pylinac says of the scan whose files, and nothing else, lie in a folder.

    Parameters
    ----------
    python
        An interpreter that has pylinac; iqa need not be there.
    """
    its = counterpart(analysis)
    if its is None:
        return no_class(analysis)
    reply = ask(PROGRAM, [its.name, str(folder)], engine="pylinac", python=python, timeout_s=timeout_s)
    if reply.failure:
        count = f"; the scan has {sum(1 for _ in folder.iterdir())} images." if TOO_FEW in reply.failure else ""
        return Answer("pylinac", reply.version, reply.failure + count)
    return compared(analysis, reply.version, reply.values)


def compared(analysis: Analysis, version: str | None, values: Mapping[str, float | None]) -> Answer:
    """Every number that both have, then what one of them has alone."""
    its = PHANTOMS[analysis.located.spec.name]
    pairs = {CATPHAN: _catphan, ACR: _acr, QUART: _quart}[its.kind]
    said = [s for s in pairs(Asked(analysis, values), its.inserts) if _known(s, analysis)]
    rows = [compare(s, analysis) for s in said]
    return Answer("pylinac", version, rows=(*rows, *only_ours(analysis, rows, LACKS)))


def _known(said: Said, analysis: Analysis) -> bool:
    return said.value is not None or analysis.value(said.key) is not None


def _catphan(asked: Asked, inserts: Mapping[str, str]) -> Iterator[Said]:
    yield from places.pose(asked, "ctp404")
    yield from places.pins(asked)
    yield levels.thickness(asked, "ctp404", levels.AS_RAMPED, levels.THICKNESS)
    yield from levels.inserts(asked, "ctp404", inserts, 10.0, median=True)
    yield from levels.uniform(asked, "ctp486", levels.DISC_MM, median=True)
    yield levels.integral(asked, "ctp486")
    yield from levels.spectrum(asked, "ctp486")
    hung_otherwise = asked.turned
    for said in (*details.bars(asked, "ctp528"), *details.rods(asked, "ctp515")):
        yield replace(said, key="", absent=levels.TURNED) if hung_otherwise else said


def _acr(asked: Asked, inserts: Mapping[str, str]) -> Iterator[Said]:
    yield from places.pose(asked, "ct")
    yield Said("", "distance of the beads", asked.get("uniformity.bb_distance"), unit="mm", absent=BEADS)
    yield from levels.inserts(asked, "ct", inserts, 20.0, median=False)
    yield Said("", "Water", asked.get("ct.Water"), unit="HU", absent=BODY)
    yield from levels.uniform(asked, "uniformity", 22.0, median=False)
    yield from details.disc_bars(asked, "resolution")
    yield details.rod_25mm(asked)


def _quart(asked: Asked, inserts: Mapping[str, str]) -> Iterator[Said]:
    yield from places.pose(asked, "hu")
    yield from places.chords(asked)
    yield levels.thickness(asked, "hu", 1.0, levels.THICKNESS_30)
    yield from levels.inserts(asked, "hu", inserts, 12.0, median=True)
    yield Said("", "Acrylic", asked.get("hu.Acrylic"), unit="HU", absent=BODY)
    yield from levels.uniform(asked, "uniformity", levels.DISC_MM, median=True)
    yield levels.integral(asked, "uniformity")
    yield from levels.spectrum(asked, "uniformity")
