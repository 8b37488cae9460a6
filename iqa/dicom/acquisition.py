"""How a scan was made, from the headers of its images.

Notes
-----
Tags, units and makers' ways are those of facts, standards section 4. A value that must be one for a whole scan is
None where the images disagree; what tube-current modulation changes is a mean over the images.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from iqa.dicom.attributes import SEPARATOR, Attributes
from iqa.model import Acquisition

MICRO = 1e-3
"""Micro to milli: µA s to mA s, µs to ms, µA to mA."""

SIEMENS_ENERGY = re.compile(r"ME(\d+)KEV")
"""Value of Image Type of a virtual monoenergetic image."""
CANON_ITERATION = re.compile(r"AIDR ?3D (?:e?(?:MILD|STD|STR|WEAK))")
"""Terms of Canon's private element that are kept; "AIDR 3D eSTD" was seen on a real scan."""
SCAN_MODES = {
    "HELICAL MODE": "SPIRAL",
    "HELICAL_CT": "SPIRAL",
    "AXIAL MODE": "SEQUENCED",
    "CT_SOM5 SPI": "SPIRAL",
    "CT_SOM5 SEQ": "SEQUENCED",
    "CT_SOM5 ROT": "STATIONARY",
}
"""Makers' words in Scan Options or Image Type, for headers without Acquisition Type."""
CENTRE_TOLERANCE_MM = 0.01
"""Spread of the data collection centre that is rounding, not table feed."""
NO_CONTRAST = frozenset({"NONE", "NO", "N"})
DATE_TIMES = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("AcquisitionDateTime", ""),
    ("FrameAcquisitionDateTime", ""),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)
"""Where the moment of the scan stands, best first."""
FIRST_YEAR = 1970
"""No CT image is older; 0001-01-01 and the like are what an anonymiser leaves in place of a date."""


def acquisition_of(images: Sequence[Attributes]) -> Acquisition:
    """How a scan was made.

    Parameters
    ----------
    images : sequence of Attributes
        Of each slice, in order.
    """
    kernel, iteration = _kernel(images)
    currents = [c for c in map(_current, images) if c is not None]
    centre, moves = _centre(images)
    return Acquisition(
        modality=_text(images, "Modality"),
        manufacturer=_text(images, "Manufacturer"),
        model=_text(images, "ManufacturerModelName"),
        serial=_text(images, "DeviceSerialNumber"),
        station=_text(images, "StationName"),
        institution=_text(images, "InstitutionName"),
        software=_text(images, "SoftwareVersions"),
        trial=_text(images, "ClinicalTrialProtocolID"),
        site=_text(images, "ClinicalTrialSiteID"),
        time_point=_text(images, "ClinicalTrialTimePointID"),
        kv=_one(images, "KVP"),
        kev=_energy(images),
        ma=fmean(currents) if currents else None,
        ma_min=min(currents, default=None),
        ma_max=max(currents, default=None),
        exposure_mas=_mean([_exposure(i) for i in images]),
        exposure_time_ms=_mean([_exposure_time(i) for i in images]),
        rotation_time_s=_one(images, "RevolutionTime"),
        pitch=_one(images, "SpiralPitchFactor"),
        single_collimation_mm=_one(images, "SingleCollimationWidth"),
        total_collimation_mm=_one(images, "TotalCollimationWidth"),
        ctdivol_mgy=_mean([i.positive("CTDIvol") for i in images]),
        dlp_mgycm=_one(images, "CanonDlp"),
        kernel=kernel,
        iteration=iteration,
        filter_type=_text(images, "FilterType"),
        fov_mm=_one(images, "ReconstructionDiameter") or _one(images, "ReconstructionFieldOfView"),
        scan_fov_mm=_one(images, "DataCollectionDiameter"),
        scan_centre_mm=centre,
        scan_centre_moves=moves,
        scan_mode=_scan_mode(images),
        scan_options=_text(images, "ScanOptions"),
        exposure_modulation=_text(images, "ExposureModulationType"),
        contrast_agent=_contrast(images[0]),
        quality_control_image={"YES": True, "NO": False}.get(images[0].text("QualityControlImage") or ""),
        gantry_tilt_deg=images[0].number("GantryDetectorTilt"),
        thickness_mm=_one(images, "SliceThickness"),
        patient_position=_text(images, "PatientPosition"),
        image_type=images[0].texts("FrameType") or images[0].texts("ImageType"),
    )


def acquired_of(images: Sequence[Attributes]) -> str | None:
    """ISO 8601 date-time (or date) of the earliest image, to the second, as far as the headers give it."""
    for date, time in DATE_TIMES:
        moments = [_moment(i.text(date) or "", i.text(time) or "") for i in images]
        known = [m for m in moments if m]
        if known:
            return min(known)
    return None


def _moment(date: str, time: str) -> str:
    digits = re.match(r"(\d{4})\.?(\d\d)\.?(\d\d)", date)
    if not digits or int(digits[1]) < FIRST_YEAR:
        return ""
    clock = re.match(r"(\d\d):?(\d\d):?(\d\d)", time or date[digits.end() :])
    return "-".join(digits.groups()) + (f"T{':'.join(clock.groups())}" if clock else "")


def _text(images: Sequence[Attributes], keyword: str) -> str | None:
    values = {i.text(keyword) for i in images}
    return values.pop() if len(values) == 1 else None


def _one(images: Sequence[Attributes], keyword: str) -> float | None:
    """A value above 0 on which all images agree."""
    values = {i.positive(keyword) for i in images}
    return values.pop() if len(values) == 1 else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return fmean(known) if known else None


def _first(*values: float | None) -> float | None:
    return next((v for v in values if v is not None), None)


def _micro(image: Attributes, keyword: str) -> float | None:
    value = image.positive(keyword)
    return None if value is None else value * MICRO


def _current(image: Attributes) -> float | None:
    fine = _first(image.positive("XRayTubeCurrentInmA"), _micro(image, "XRayTubeCurrentInuA"))
    return _first(fine, image.positive("XRayTubeCurrent"))


def _exposure(image: Attributes) -> float | None:
    fine = _first(image.positive("ExposureInmAs"), _micro(image, "ExposureInuAs"))
    return _first(fine, image.positive("Exposure"))


def _exposure_time(image: Attributes) -> float | None:
    fine = _first(image.positive("ExposureTimeInms"), _micro(image, "ExposureTimeInuS"))
    return _first(fine, image.positive("ExposureTime"))


def _kernel(images: Sequence[Attributes]) -> tuple[str | None, str | None]:
    """(kernel, iteration level): Siemens writes the level as the kernel's second value, others in private elements."""
    kernels = images[0].texts("ConvolutionKernel")
    if len(kernels) == 2 and (_text(images, "Manufacturer") or "").upper().startswith("SIEMENS"):
        return kernels[0], kernels[1]
    return SEPARATOR.join(kernels) or None, _iteration(images[0])


def _iteration(image: Attributes) -> str | None:
    canon = image.text("CanonIteration") or ""
    level = image.positive("GeIterationLevel")
    if CANON_ITERATION.fullmatch(canon):
        return canon
    return None if level is None else f"{level:g}"


def _energy(images: Sequence[Attributes]) -> float | None:
    terms = (SIEMENS_ENERGY.fullmatch(v) for v in images[0].texts("ImageType"))
    named = next((float(m[1]) for m in terms if m), None)
    return _first(_one(images, "MonoenergeticEnergyEquivalent"), named)


def _scan_mode(images: Sequence[Attributes]) -> str | None:
    words = (*images[0].texts("ScanOptions"), *images[0].texts("ImageType"))
    return _text(images, "AcquisitionType") or next((SCAN_MODES[w] for w in words if w in SCAN_MODES), None)


def _contrast(image: Attributes) -> bool | None:
    agent = image.text("ContrastBolusAgent")
    return None if agent is None else agent.upper() not in NO_CONTRAST


def _centre(images: Sequence[Attributes]) -> tuple[tuple[float, float, float] | None, bool]:
    """Mean data collection centre, and whether it travels from slice to slice."""
    centres = [i.numbers("DataCollectionCenterPatient") for i in images]
    if any(len(c) != 3 for c in centres):
        return None, False
    x, y, z = (fmean(c[axis] for c in centres) for axis in range(3))
    spread = max(abs(v - m) for c in centres for v, m in zip(c, (x, y, z), strict=True))
    return (x, y, z), spread > CENTRE_TOLERANCE_MM
