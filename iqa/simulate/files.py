"""A simulated scan on disk: one CT image file a slice, and the truth beside them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from iqa.model import Acquisition, Pose, Scan
from iqa.simulate.scan import Simulated, uid
from iqa.simulate.truth import SCHEMA, Truth

TRUTH_FILE = "truth.json"
LABEL = "PHANTOM^IQA"
"""Patient Name of every simulated file."""
WINDOW = ("40", "400")
DIGITS = 16
"""Longest decimal string of DICOM (PS3.5, VR DS)."""


def write_dicom(simulated: Simulated, folder: Path) -> tuple[Path, ...]:
    """The files of a simulated scan: 0001.dcm and on in the order of the stack, and truth.json last.

    Notes
    -----
    CT Image Storage, explicit little endian. Data Collection Center (Patient) is (0, 0, 0), the frame of the physics'
    pose. No attribute names a person; Type 2 attributes are empty. The same scan gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    common = _common(simulated.scan)
    files = []
    for index in range(len(simulated.scan)):
        path = folder / f"{index + 1:04d}.dcm"
        _image(simulated.scan, common, index).save_as(path, enforce_file_format=True)
        files.append(path)
    truth = folder / TRUTH_FILE
    truth.write_text(json.dumps(truth_document(simulated), indent=1), encoding="utf-8")
    return (*files, truth)


def decimal(value: float) -> str:
    """A number as a DICOM decimal string: the longest form that fits into 16 characters."""
    text = repr(float(value))
    digits = DIGITS
    # fewer digits until sign, point and exponent fit as well
    while len(text) > DIGITS:
        digits -= 1
        text = f"{value:.{digits}g}"
    return text


def _common(scan: Scan) -> dict[str, Any]:
    """Attributes that all images share."""
    about, identity = scan.acquisition, scan.identity
    return {
        **_patient_and_study(scan),
        **_equipment(about),
        **_technique(about),
        "SeriesInstanceUID": identity.series_uid,
        "FrameOfReferenceUID": uid(identity.pixel_sha256, "frame of reference"),
        "Rows": scan.stored.shape[1],
        "Columns": scan.stored.shape[2],
        "PixelSpacing": [decimal(p) for p in scan.pixel_mm],
        "ImageOrientationPatient": [decimal(v) for v in scan.orientation.ravel()],
        "SliceThickness": decimal(scan.thickness_mm or 0.0),
        "SpacingBetweenSlices": decimal(scan.step_mm or 0.0),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "RescaleType": "HU",
        "WindowCenter": WINDOW[0],
        "WindowWidth": WINDOW[1],
        "PositionReferenceIndicator": "",
        **({} if scan.padding is None else {"PixelPaddingValue": scan.padding}),
    }


def _patient_and_study(scan: Scan) -> dict[str, Any]:
    date, time = _date_time(scan)
    return {
        "PatientName": LABEL,
        "PatientID": "",
        "PatientBirthDate": "",
        "PatientSex": "",
        "StudyInstanceUID": scan.identity.study_uid,
        "StudyDate": date,
        "StudyTime": time,
        "SeriesDate": date,
        "SeriesTime": time,
        "AcquisitionDate": date,
        "AcquisitionTime": time,
        "ContentDate": date,
        "ContentTime": time,
        "StudyID": "",
        "Laterality": "",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "SeriesNumber": 1,
        "AcquisitionNumber": 1,
        "PatientPosition": scan.acquisition.patient_position,
    }


def _date_time(scan: Scan) -> tuple[str, str]:
    date, time = (scan.identity.acquired or "").split("T")
    return date.replace("-", ""), time.replace(":", "")


def _equipment(about: Acquisition) -> dict[str, Any]:
    return {
        "SOPClassUID": CTImageStorage,
        "SpecificCharacterSet": "ISO_IR 192",
        "Modality": "CT",
        "ImageType": list(about.image_type),
        "Manufacturer": about.manufacturer,
        "ManufacturerModelName": about.model,
        "DeviceSerialNumber": about.serial,
        "StationName": about.station,
        "SoftwareVersions": about.software,
        "QualityControlImage": "YES",
    }


def _technique(about: Acquisition) -> dict[str, Any]:
    given: dict[str, Any] = {
        "KVP": _text(about.kv),
        "XRayTubeCurrent": _whole(about.ma),
        "Exposure": _whole(about.exposure_mas),
        "ExposureTime": _whole(about.exposure_time_ms),
        "RevolutionTime": about.rotation_time_s,
        "CTDIvol": about.ctdivol_mgy,
        "ConvolutionKernel": about.kernel,
        "ReconstructionDiameter": _text(about.fov_mm),
        "DataCollectionCenterPatient": list(about.scan_centre_mm or ()) or None,
        "RotationDirection": "CW",
    }
    return {keyword: value for keyword, value in given.items() if value is not None}


def _text(value: float | None) -> str | None:
    return None if value is None else decimal(value)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _image(scan: Scan, common: dict[str, Any], index: int) -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in common.items():
        setattr(image, keyword, value)
    origin = scan.origins_mm[index]
    image.SOPInstanceUID = scan.identity.sop_uids[index]
    image.InstanceNumber = index + 1
    image.ImagePositionPatient = [decimal(v) for v in origin]
    image.SliceLocation = decimal(float(scan.z_mm[index]))
    image.RescaleSlope = decimal(float(scan.slope[index]))
    image.RescaleIntercept = decimal(float(scan.intercept[index]))
    image.PixelData = scan.stored[index].astype("<i2").tobytes()
    return image


def truth_document(simulated: Simulated) -> dict[str, Any]:
    """The truth as plain data (schema "iqa.truth/1"): keys of the analysis, poses and places in patient coordinates."""
    truth, scan = simulated.truth, simulated.scan
    return {
        "schema": SCHEMA,
        "phantom": {"name": truth.phantom, "variant": truth.variant},
        "pose": _pose(truth.pose, scan),
        "placed": _pose(truth.placed, scan),
        "modules": _modules(truth, scan),
        "features": _features(truth, scan),
        "values": truth.values,
        "curves": {
            "mtf": {"per_mm": truth.frequency.tolist(), "value": truth.transfer.tolist()},
            "nps": {"per_mm": truth.nps_frequency.tolist(), "hu2_mm2": truth.nps.tolist()},
        },
        "physics": dataclasses.asdict(simulated.physics),
    }


def _pose(pose: Pose, scan: Scan) -> dict[str, Any]:
    x, y, z = scan.to_patient(pose.x_mm, pose.y_mm, pose.z_mm)
    return {**dataclasses.asdict(pose), "x_mm": x, "y_mm": y, "z_mm": z}


def _modules(truth: Truth, scan: Scan) -> list[dict[str, Any]]:
    return [
        {
            "name": m.name,
            "z_mm": m.pose.z_mm,
            "centre_px": list(scan.to_pixel(m.pose.x_mm, m.pose.y_mm, 0)),
            "roll_deg": m.pose.roll_deg,
        }
        for m in truth.modules
    ]


def _features(truth: Truth, scan: Scan) -> list[dict[str, Any]]:
    return [
        {
            "module": f.module,
            "name": f.name,
            "centre_px": list(scan.to_pixel(f.x_mm, f.y_mm, 0)),
            "patient_mm": list(scan.to_patient(f.x_mm, f.y_mm, f.z_mm)),
            "hu": f.hu,
        }
        for f in truth.features
    ]
