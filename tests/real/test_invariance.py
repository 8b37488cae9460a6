"""What is done to a real scan without changing the phantom changes only what it must.

Where every pixel keeps its noise, a value may move by its combined u; where the picture is resampled or slices are left
out, by twice that.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from outcome import Analysed, run
from pydicom.uid import generate_uid
from scipy import ndimage

from iqa.analyze import assemble
from iqa.dicom import read
from iqa.locate import locate
from iqa.model import Analysis, Candidates, Located, Measurement, Scan, Stored
from iqa.phantom import library
from tests.conftest import scans_folder

NAME = "catphan504-varian-obi-head"
AIR_HU = -1000.0
SAME_NOISE, OTHER_NOISE = 1.0, 2.0
"""Combined u's by which a value may move."""
RAMPS = {"ramps' pitch": "geometry.ramp_pitch", "ramps' yaw": "geometry.ramp_yaw"}
"""The tilt that the ramps show: part of the pose, as the body's."""
PLACE = ("position.", *RAMPS.values())
"""Compared as the pose, since positions are relative to the middle of the picture."""
ON_THE_IMAGE = ("uniformity.",)
"""Discs at the clock's hours belong to the displayed image and not to the phantom."""
BARS = tuple(f"line_pairs.{q}.{lp}" for q in ("modulation", "droege_morin") for lp in ("9", "10"))
RINGS = ("artefact.ring", "artefact.crescent")
"""Rings lie about the rotation centre, here the middle of the picture, which does not follow the phantom."""
INTERPOLATED = ("noise.", "nps.", "ttf.", "mtf.", "low_contrast.statistical", "detectability.", *BARS)
"""Turning by interpolation blurs the picture, its noise, and bars near the limit of the pixels."""
FRINGE = ("line_pairs.", "mtf.bead.")
"""Bars and beads of which the slices that are left show the fringe alone: flagged, or too faint to measure."""
RATIOS = ("uniformity.integral",)
"""Made of absolute CT numbers."""
OTHERS = [
    "acr464-siemens-drive-100kv",
    "catphan604-varian-truebeam-halffan",
    "mercury4-siemens-naeotom",
    "quartdvt-varian-halcyon",
]


@dataclass(frozen=True)
class Real:
    """The scan that all changes start from."""

    scan: Scan
    analysis: Analysis


def _analysed(scan: Scan) -> Analysis:
    located = locate(scan, library())
    assert isinstance(located, Located), located
    return assemble(scan, located)


@pytest.fixture(scope="module")
def real() -> Real:
    folder = scans_folder() / NAME
    if not folder.is_dir():
        pytest.skip(f"real scan {NAME} is not in {scans_folder()} (set IQA_SCANS)")
    (scan,) = read([folder]).scans
    return Real(scan, _analysed(scan))


Expected = Callable[[Measurement], float]


def _same(measurement: Measurement) -> float:
    return measurement.value


def _moved(
    before: Analysis, after: Analysis, share: float, *, expected: Expected = _same, but: tuple[str, ...] = ()
) -> dict[str, str]:
    """Keys whose value is not what is expected of it, and those that came or went."""
    old, new = ({m.key: m for m in a.measurements if not m.key.startswith((*PLACE, *but))} for a in (before, after))
    moved = dict.fromkeys(old.keys() ^ new.keys(), "only in one of them")
    for key in old.keys() & new.keys():
        allowed = share * math.hypot(old[key].u or 0.0, new[key].u or 0.0)
        change = new[key].value - expected(old[key])
        if abs(change) > allowed:
            moved[key] = f"{expected(old[key]):.4f} became {new[key].value:.4f}; {allowed:.4f} is allowed"
    return moved


def _pose(analysis: Analysis) -> dict[str, tuple[float, float]]:
    """Value and u of what says how the phantom lies, in the stack frame, x and y from the middle of the picture."""
    located = analysis.located
    pose, xy, tilt = located.pose, located.u_xy_mm or 0.0, located.u_tilt_deg or 0.0
    _, rows, columns = analysis.shape
    _, step_y, step_x = analysis.spacing_mm
    ramps = {name: m for name, key in RAMPS.items() if (m := analysis.value(key))}
    return {
        "x": (pose.x_mm - step_x * (columns - 1) / 2, xy),
        "y": (pose.y_mm - step_y * (rows - 1) / 2, xy),
        "z": (pose.z_mm, located.u_z_mm or 0.0),
        "roll": (pose.roll_deg, located.u_roll_deg or 0.0),
        "pitch": (pose.pitch_deg, tilt),
        "yaw": (pose.yaw_deg, tilt),
        **{name: (m.value, m.u or 0.0) for name, m in ramps.items()},
    }


def _hand(analysis: Analysis) -> tuple[bool, bool]:
    """Mirrored, and reversed."""
    return analysis.located.pose.mirrored, analysis.located.pose.reversed


def _misplaced(before: Analysis, after: Analysis, share: float, **expected: float) -> dict[str, str]:
    """Parts of the pose that are not what is expected; those not named are expected to stay."""
    old, new = _pose(before), _pose(after)
    wanted = {name: expected.get(name, value) for name, (value, _) in old.items()}
    allowed = {name: share * math.hypot(old[name][1], new[name][1]) for name in old}
    return {
        name: f"{wanted[name]:.4f} became {value:.4f}; {allowed[name]:.4f} is allowed"
        for name, (value, _) in new.items()
        if abs(value - wanted[name]) > allowed[name]
    }


# ----------------------------------------------------------------------------------------- grey values


def _offset_in_header(scan: Scan) -> Scan:
    return replace(scan, intercept=scan.intercept + 1000.0)


def _offset_in_pixels(scan: Scan) -> Scan:
    return replace(scan, stored=scan.stored + 1000)


def _absolute_1000_higher(measurement: Measurement) -> float:
    absolute = measurement.key.startswith("ct_number.") or measurement.key == "linearity.intercept"
    return measurement.value + (1000.0 if absolute else 0.0)


def _check_offset(before: Analysis, after: Analysis) -> None:
    moved = _moved(before, after, SAME_NOISE, expected=_absolute_1000_higher, but=RATIOS)
    assert moved == {}
    assert _misplaced(before, after, SAME_NOISE) == {}
    assert _hand(after) == _hand(before)


@pytest.mark.parametrize("offset", [_offset_in_header, _offset_in_pixels])
def test_1000_hu_more_change_absolute_ct_numbers_only(offset: Callable[[Scan], Scan], real: Real) -> None:
    _check_offset(real.analysis, _analysed(offset(real.scan)))


@pytest.mark.parametrize("name", OTHERS)
def test_1000_hu_more_on_other_phantoms(name: str, real_scan: Callable[[str], Path]) -> None:
    (scan,) = read([real_scan(name)]).scans
    _check_offset(_analysed(scan), _analysed(_offset_in_header(scan)))


def test_scaled_grey_values_scale_what_is_in_hu(real: Real) -> None:
    def expected(measurement: Measurement) -> float:
        if measurement.key.startswith("detectability."):
            return measurement.value / 0.95  # a task's contrast stays, the noise shrinks
        return measurement.value * (0.95 if measurement.unit.startswith("HU") else 1.0)

    scan = real.scan
    after = _analysed(replace(scan, slope=0.95 * scan.slope, intercept=0.95 * scan.intercept))
    assert _moved(real.analysis, after, SAME_NOISE, expected=expected, but=RATIOS) == {}
    assert _misplaced(real.analysis, after, SAME_NOISE) == {}


# ------------------------------------------------------------------------------------------ the place


def _rolled(scan: Scan, angle_deg: float) -> Scan:
    """Turned counter-clockwise about the middle of the picture."""

    def turned(image: NDArray[np.float32]) -> NDArray[Any]:
        return np.asarray(ndimage.rotate(image, angle_deg, reshape=False, order=3, cval=AIR_HU))

    hu = np.stack([turned(scan.hu(i)) for i in range(len(scan))])
    return replace(
        scan,
        stored=np.clip(np.round(hu) + 1024, 0, 65535).astype(np.uint16),
        slope=np.ones(len(scan)),
        intercept=np.full(len(scan), -1024.0),
    )


@pytest.mark.parametrize("angle_deg", [10.0, 45.0, 137.0])
def test_a_roll_turns_the_pose_only(angle_deg: float, real: Real) -> None:
    after = _analysed(_rolled(real.scan, angle_deg))
    assert _moved(real.analysis, after, OTHER_NOISE, but=(*ON_THE_IMAGE, *INTERPOLATED)) == {}
    old = {name: value for name, (value, _) in _pose(real.analysis).items()}
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    expected = {
        "x": c * old["x"] + s * old["y"],
        "y": c * old["y"] - s * old["x"],
        "roll": old["roll"] + angle_deg,
        "yaw": c * old["yaw"] + s * old["pitch"],
        "pitch": c * old["pitch"] - s * old["yaw"],
        "ramps' yaw": c * old["ramps' yaw"] + s * old["ramps' pitch"],
        "ramps' pitch": c * old["ramps' pitch"] - s * old["ramps' yaw"],
    }
    assert _misplaced(real.analysis, after, OTHER_NOISE, **expected) == {}
    assert _hand(after) == (False, False)


def _mirrored(scan: Scan) -> Scan:
    return replace(scan, stored=cast(Stored, np.ascontiguousarray(scan.stored[:, :, ::-1])))


def _reversed(scan: Scan) -> Scan:
    """The other way round along z: every position negated, so that the last slice comes first."""
    flip = np.array([1.0, 1.0, -1.0])
    return replace(
        scan,
        stored=cast(Stored, np.ascontiguousarray(scan.stored[::-1])),
        slope=scan.slope[::-1],
        intercept=scan.intercept[::-1],
        origins_mm=scan.origins_mm[::-1] * flip,
        orientation=scan.orientation * flip,
    )


def _turned_round(scan: Scan) -> Scan:
    return _mirrored(_reversed(scan))


@pytest.mark.parametrize("flip", [_mirrored, _reversed, _turned_round])
def test_a_flip_changes_the_pose_only(flip: Callable[[Scan], Scan], real: Real) -> None:
    across, along = flip in (_mirrored, _turned_round), flip in (_reversed, _turned_round)
    before = {m.key: m.value for m in real.analysis.measurements}
    hours = {"uniformity.3h": "uniformity.9h", "uniformity.9h": "uniformity.3h"} if across else {}

    def expected(measurement: Measurement) -> float:
        return before[hours.get(measurement.key, measurement.key)]

    after = _analysed(flip(real.scan))
    assert _moved(real.analysis, after, SAME_NOISE, expected=expected) == {}
    signs = {"x": across, "roll": across, "yaw": across != along, "z": along, "pitch": along}
    signs |= {"ramps' yaw": signs["yaw"], "ramps' pitch": signs["pitch"]}
    flipped = {name: -_pose(real.analysis)[name][0] for name, turns in signs.items() if turns}
    assert _misplaced(real.analysis, after, SAME_NOISE, **flipped) == {}
    assert _hand(after) == (across, along)


def _beside(scan: Scan, columns: int, width: int) -> Scan:
    """The picture `columns` farther right, air before it, `width` columns in all."""
    air = round((AIR_HU - scan.intercept[0]) / scan.slope[0])
    before = np.full((*scan.stored.shape[:2], columns), air, scan.stored.dtype)
    return replace(scan, stored=np.concatenate([before, scan.stored], axis=2)[:, :, :width])


@pytest.mark.parametrize("width", [592, 512], ids=["whole", "cut by the picture's edge"])
def test_a_shift_by_80_pixels_changes_the_place_only(width: int, real: Real) -> None:
    after = _analysed(_beside(real.scan, 80, width))
    pixel_mm = real.scan.pixel_mm[1]
    x = _pose(real.analysis)["x"][0] + pixel_mm * (80 - (width - 512) / 2)
    assert _moved(real.analysis, after, OTHER_NOISE, but=(*RINGS, *(ON_THE_IMAGE if width == 512 else ()))) == {}
    assert _misplaced(real.analysis, after, OTHER_NOISE, x=x) == {}


# ----------------------------------------------------------------------------------------- the slices


def _slices(scan: Scan, chosen: slice) -> Scan:
    return replace(
        scan,
        stored=scan.stored[chosen],
        slope=scan.slope[chosen],
        intercept=scan.intercept[chosen],
        origins_mm=scan.origins_mm[chosen],
    )


@pytest.fixture(scope="module")
def thinned(real: Real) -> Analysis:
    return _analysed(_slices(real.scan, slice(None, None, 2)))


def test_every_second_slice_gives_the_same_numbers(real: Real, thinned: Analysis) -> None:
    # half the slices no longer fix the line-pair plane well enough for a scale along z, nor the lowest frequencies of
    # noise with shading in it for a large disc, and that is said
    lost = ("geometry.scale_z", "detectability.npw.10hu_10mm")
    assert _moved(real.analysis, thinned, OTHER_NOISE, but=(*lost, *FRINGE)) == {}
    assert set(lost) <= {n.key for n in thinned.not_measured}


def test_every_second_slice_gives_the_same_place(real: Real, thinned: Analysis) -> None:
    assert _misplaced(real.analysis, thinned, OTHER_NOISE) == {}


def test_the_middle_third_alone_is_found(real: Real) -> None:
    third = len(real.scan) // 3
    found = locate(_slices(real.scan, slice(third, 2 * third)), library())
    assert isinstance(found, Located | Candidates)
    name = found.spec.name if isinstance(found, Located) else found.candidates[0].name
    assert name == "catphan504"


# ------------------------------------------------------------------------------------------- the files


@pytest.fixture
def folder(real_scan: Callable[[str], Path], tmp_path: Path) -> Iterator[Path]:
    """A copy whose files carry their names in reversed order."""
    files = sorted(real_scan(NAME).glob("*.dcm"))
    (tmp_path / "scan").mkdir()
    for file, name in zip(files, [f.name for f in reversed(files)], strict=True):
        shutil.copyfile(file, tmp_path / "scan" / name)
    yield tmp_path / "scan"
    shutil.rmtree(tmp_path / "scan")


def test_names_and_order_of_files_mean_nothing(folder: Path, analysed: Analysed) -> None:
    expected = analysed(NAME).document
    assert run(folder).document == expected
    assert run(*sorted(folder.iterdir())[::-1]).document == expected


def test_scouts_and_another_series_in_the_folder_change_nothing(
    folder: Path, real_scan: Callable[[str], Path], analysed: Analysed
) -> None:
    for number in (1, 2):
        scout = pydicom.dcmread(folder / "0020.dcm")
        scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        scout.SOPInstanceUID = generate_uid()
        if number == 2:  # the first scout lies in the scan's own series, as some scanners write it
            scout.SeriesInstanceUID = generate_uid()
        scout.save_as(folder / f"scout{number}.dcm")
    for file in real_scan("igrtcube-varian-obi-refuse").glob("*.dcm"):
        shutil.copyfile(file, folder / f"other{file.name}")
    outcome = run(folder)
    assert outcome.status == 0
    assert outcome.analyses == analysed(NAME).analyses
    assert len(outcome.document["refused"]) == 1
