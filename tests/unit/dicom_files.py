"""Small DICOM files made by hand, in every encoding that the reader knows."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.sequence import Sequence
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

ROWS, COLUMNS = 6, 8
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
CONVERTED_CT = "1.2.840.10008.5.1.4.1.1.2.2"
IN_GROUPS = (
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "RescaleSlope",
    "RescaleIntercept",
    "KVP",
    "XRayTubeCurrent",
    "Exposure",
    "ConvolutionKernel",
    "ImageType",
)
"""Elements that an Enhanced CT object holds in its functional groups."""
EXPLICIT = "1.2.840.10008.1.2.1"


def pixels_at(z: float, dtype: str = "uint16") -> NDArray[Any]:
    """A pattern that differs from place to place."""
    return (np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) + 1000 + int(10 * z)).astype(dtype)


def ct_slice(z: float = 0.0, pixels: NDArray[Any] | None = None, **changes: Any) -> Dataset:
    """A CT image at z mm with a phantom's header; a change of None leaves the element out."""
    values = pixels_at(z) if pixels is None else pixels
    ds = Dataset()
    fields: dict[str, Any] = {
        "SOPClassUID": CT_IMAGE,
        "SOPInstanceUID": f"1.2.3.{abs(int(1000 * z))}.{int(z < 0)}.1",
        "StudyInstanceUID": "1.2.3.1",
        "SeriesInstanceUID": "1.2.3.2",
        "Modality": "CT",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "Manufacturer": "ACME",
        "PatientName": "Secret^Person",
        "PatientID": "SECRET-ID",
        "KVP": "120",
        "XRayTubeCurrent": "200",
        "Exposure": "100",
        "ConvolutionKernel": "B30",
        "SliceThickness": "2.5",
        "ImagePositionPatient": [-10.0, -20.0, z],
        "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        "PixelSpacing": [0.5, 0.4],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": values.shape[-2],
        "Columns": values.shape[-1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(values.dtype.kind == "i"),
        "RescaleSlope": "1",
        "RescaleIntercept": "-1024",
        "PixelData": values.tobytes(),
    }
    for keyword, value in {**fields, **changes}.items():
        if value is not None:
            setattr(ds, keyword, value)
    if "PixelData" in ds:
        ds["PixelData"].VR = "OW"
    return ds


def encoded(ds: Dataset, transfer_syntax: str = EXPLICIT, *, bare: bool = False) -> bytes:
    """The bytes of a file; `bare` leaves out preamble and file meta group."""
    body = DicomBytesIO()
    body.is_little_endian = transfer_syntax != ExplicitVRBigEndian
    body.is_implicit_VR = transfer_syntax == ImplicitVRLittleEndian
    write_dataset(body, ds)
    data = body.getvalue()
    if transfer_syntax == DeflatedExplicitVRLittleEndian:
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data = deflater.compress(data) + deflater.flush()
    return bytes(data) if bare else _preamble(ds, transfer_syntax) + data


def _preamble(ds: Dataset, transfer_syntax: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(str(ds.get("SOPClassUID", CT_IMAGE)))
    meta.MediaStorageSOPInstanceUID = UID(str(ds.get("SOPInstanceUID", "1.2.3")))
    meta.TransferSyntaxUID = UID(transfer_syntax)
    head = DicomBytesIO()
    head.is_little_endian, head.is_implicit_VR = True, False
    head.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(head, meta, True)
    return bytes(head.getvalue())


def save(ds: Dataset, path: Path, transfer_syntax: str = EXPLICIT, *, bare: bool = False) -> Path:
    """Write a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(ds, transfer_syntax, bare=bare))
    return path


def save_stack(folder: Path, places: list[float], **changes: Any) -> Path:
    """Write one slice for each place."""
    for number, z in enumerate(places):
        save(ct_slice(z, **changes), folder / f"{number:04d}.dcm")
    return folder


def group(**fields: Any) -> Dataset:
    """A data set of some elements."""
    ds = Dataset()
    for keyword, value in fields.items():
        setattr(ds, keyword, value)
    return ds


def enhanced_ct(places: list[float], kernels: list[str] | None = None) -> Dataset:
    """An Enhanced CT object: geometry in the frames, scale and technique shared, kernel in the frames if given."""
    ds = ct_slice(0.0, np.stack([pixels_at(z) for z in places]), SOPClassUID=ENHANCED_CT, NumberOfFrames=len(places))
    for keyword in IN_GROUPS:
        del ds[keyword]
    shared = Dataset()
    shared.PixelMeasuresSequence = Sequence([group(PixelSpacing=[0.5, 0.4], SliceThickness="2.5")])
    shared.PlaneOrientationSequence = Sequence([group(ImageOrientationPatient=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])])
    scale = group(RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU")
    shared.PixelValueTransformationSequence = Sequence([scale])
    shared.CTXRayDetailsSequence = Sequence([group(KVP="120")])
    exposure = group(XRayTubeCurrentInmA=250.5, ExposureInmAs=125.25, CTDIvol=10.5)
    shared.CTExposureSequence = Sequence([exposure])
    shared.CTReconstructionSequence = Sequence([group(ConvolutionKernel="B30")])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence(
        [_frame_groups(z, kernels[i] if kernels else None) for i, z in enumerate(places)]
    )
    return ds


def _frame_groups(z: float, kernel: str | None) -> Dataset:
    frame = Dataset()
    frame.PlanePositionSequence = Sequence([group(ImagePositionPatient=[-10.0, -20.0, z])])
    frame.CTImageFrameTypeSequence = Sequence([group(FrameType=["ORIGINAL", "PRIMARY", "AXIAL", "NONE"])])
    frame.FrameContentSequence = Sequence([group(FrameAcquisitionDateTime="20260102030405.5")])
    if kernel:
        frame.CTReconstructionSequence = Sequence([group(ConvolutionKernel=kernel)])
    return frame
