"""Header values by keyword, from the allow-list alone; decoded when asked for."""

from __future__ import annotations

import math
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from pydicom.charset import decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.tag import BaseTag

KEYWORDS = """
SpecificCharacterSet SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID Modality
ImageType FrameType Manufacturer ManufacturerModelName DeviceSerialNumber StationName InstitutionName
SoftwareVersions AcquisitionDate AcquisitionTime AcquisitionDateTime FrameAcquisitionDateTime ContentDate
ContentTime SeriesDate SeriesTime StudyDate StudyTime AcquisitionNumber FrameAcquisitionNumber
TemporalPositionIdentifier TemporalPositionIndex ClinicalTrialProtocolID ClinicalTrialSiteID
ClinicalTrialTimePointID QualityControlImage
PatientPosition ImagePositionPatient ImageOrientationPatient PixelSpacing SliceThickness GantryDetectorTilt Rows
Columns NumberOfFrames SamplesPerPixel PhotometricInterpretation BitsAllocated BitsStored HighBit
PixelRepresentation PixelPaddingValue RescaleSlope RescaleIntercept RescaleType LossyImageCompression
KVP MonoenergeticEnergyEquivalent XRayTubeCurrent XRayTubeCurrentInuA XRayTubeCurrentInmA Exposure ExposureInuAs
ExposureInmAs ExposureTime ExposureTimeInuS ExposureTimeInms RevolutionTime SpiralPitchFactor
SingleCollimationWidth TotalCollimationWidth CTDIvol ConvolutionKernel FilterType ReconstructionDiameter
ReconstructionFieldOfView DataCollectionDiameter DataCollectionCenterPatient ScanOptions AcquisitionType
ExposureModulationType ContrastBolusAgent
SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
"""
"""Everything that is ever taken from a header, besides the private elements below."""

PRIVATE = {
    ("GEHC_CT_ADVAPP_001", 0x0053, 0x43): ("GeIterationLevel", "LO"),
    ("TOSHIBA_MEC_CT3", 0x7005, 0x0B): ("CanonIteration", "SH"),
    ("TOSHIBA_MEC_CT3", 0x7005, 0x40): ("CanonDlp", "FD"),
}
"""(creator, group, element): (name here, VR). Known from open dictionaries; Canon 0B and 40 seen on a real scan."""
PRIVATE_BLOCKS = range(0x10, 0x20)
"""Blocks of a private group in which a creator is looked for; makers begin at 0x10."""

CODES = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
BINARY = {vr: (struct.Struct(f"<{code}"), struct.Struct(f">{code}")) for vr, code in CODES.items()}
"""Value representations stored as binary numbers: (low byte first, high byte first)."""
SEPARATOR = "\\"
ESCAPE = b"\x1b"
"""Begins a change of character set (ISO 2022), as Japanese headers use it within 7 bits."""


class Raw(NamedTuple):
    """One element as it stands in the file."""

    vr: str
    value: bytes
    little: bool


@dataclass(frozen=True, slots=True)
class Attributes:
    """Header values by keyword; an absent, empty or unreadable one is None or ()."""

    raw: Mapping[str, Raw]
    encodings: tuple[str, ...] = ("iso8859",)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """Every value of a text element, without padding."""
        raw = self.raw.get(keyword)
        if raw is None or raw.vr in BINARY:
            return ()
        return _split(raw.value, self.encodings)

    def text(self, keyword: str) -> str | None:
        """The value of a text element; several are joined by a backslash, as in the file."""
        return SEPARATOR.join(self.texts(keyword)) or None

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Every value of a numeric element; () if one of them is no finite number."""
        raw = self.raw.get(keyword)
        if raw is None:
            return ()
        try:
            values = _unpack(raw) if raw.vr in BINARY else tuple(float(t) for t in self.texts(keyword))
        except (ValueError, struct.error):
            return ()
        return values if all(map(math.isfinite, values)) else ()

    def number(self, keyword: str) -> float | None:
        """The first value of a numeric element."""
        values = self.numbers(keyword)
        return values[0] if values else None

    def positive(self, keyword: str) -> float | None:
        """The first value of a numeric element where 0 means that it is not known."""
        value = self.number(keyword)
        return value if value is not None and value > 0 else None

    def whole(self, keyword: str) -> int | None:
        """The first value of an element that counts something."""
        value = self.number(keyword)
        return int(value) if value is not None and value.is_integer() else None

    def over(self, other: Attributes) -> Attributes:
        """These values, and those of `other` where these have none."""
        return Attributes({**other.raw, **self.raw}, self.encodings)


@lru_cache(maxsize=1024)  # most values are those of the slice before
def _split(value: bytes, encodings: tuple[str, ...]) -> tuple[str, ...]:
    values = tuple(v.strip(" \0") for v in _decode(value, encodings).split(SEPARATOR))
    # an element whose length is damaged swallows its neighbours, a name among them; their tags are no text
    whole = all(c >= " " for v in values for c in v)
    return values if whole and any(values) else ()


def _decode(value: bytes, encodings: tuple[str, ...]) -> str:
    if value.isascii() and ESCAPE not in value:
        return value.decode("ascii")
    # pydicom warns of bytes that fit no character set, and quotes them
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(decode_bytes(value, encodings, set()))


@lru_cache(maxsize=1024)
def _unpack(raw: Raw) -> tuple[float, ...]:
    return tuple(float(v) for (v,) in BINARY[raw.vr][0 if raw.little else 1].iter_unpack(raw.value))


@cache
def table() -> Mapping[int, tuple[str, str]]:
    """Tag: (keyword, VR) of the public allow-list."""
    tags = {name: tag_for_keyword(name) for name in KEYWORDS.split()}
    # an element with a choice of VR (US or SS) is taken as unsigned; its sign is that of the pixels
    return {tag: (name, dictionary_VR(tag)[:2]) for name, tag in tags.items() if tag is not None}


@cache
def wanted() -> tuple[BaseTag, ...]:
    """Tags that are read: the allow-list, and the places where the private elements and their creators can stand."""
    creators = {(group << 16) | block for _, group, _ in PRIVATE for block in PRIVATE_BLOCKS}
    private = {(group << 16) | (block << 8) | element for _, group, element in PRIVATE for block in PRIVATE_BLOCKS}
    return tuple(BaseTag(tag) for tag in (*table(), *creators, *private))


def private_name(tag: int, creators: Mapping[int, str]) -> tuple[str, str] | None:
    """(name, VR) of a private element, found through its creator; `creators` maps the creator's tag to its string."""
    group, block, element = tag >> 16, (tag >> 8) & 0xFF, tag & 0xFF
    creator = creators.get((group << 16) | block, "")
    return PRIVATE.get((creator, group, element))
