"""One image of a file: whether it is a CT image that can be measured, and where it lies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from iqa.dicom.attributes import Attributes
from iqa.dicom.headers import Header
from iqa.errors import InputError

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
"""CT Image Storage; Enhanced and Legacy Converted CT continue it with .1 and .2."""
OTHER_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.7": "a secondary capture (a picture of a screen, not CT numbers)",
    "1.2.840.10008.5.1.4.1.1.11": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.88": "a structured report (such as a dose report)",
    "1.2.840.10008.5.1.4.1.1.104": "an encapsulated document",
    "1.2.840.10008.5.1.4.1.1.66": "a segmentation, registration or raw data object",
}
"""SOP classes, or the stems of their families, that scanners and archives store beside CT images."""
OTHER_MODALITIES = {
    "SR": "a structured report (such as a dose report)",
    "PR": "a presentation state",
    "RTSTRUCT": "a structure set of radiotherapy planning",
    "RTPLAN": "a radiotherapy plan",
    "RTDOSE": "a dose distribution of radiotherapy planning",
    "OT": "a secondary capture or other object",
}
MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"

LOCALIZER_TERMS = ("LOCALIZER", "SCOUT", "SCANO", "TOPOGRAM", "SURVIEW")
"""Makers' words for a projection image, in Image Type or Scan Options."""
SIEMENS_TOPOGRAM = " TOP"
"""End of Siemens' fourth value of Image Type, such as ``CT_SOM5 TOP``."""
LOSSY_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})
"""JPEG baseline and extended: always lossy."""
HOUNSFIELD, UNSPECIFIED = "HU", "US"
UNIT_TOLERANCE = 1e-3
"""Largest deviation of the direction cosines from orthonormal: headers with four digits stay below 2e-4."""

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image that can be measured, and where it lies in patient coordinates (mm)."""

    header: Header
    index: int
    """In its file."""
    attributes: Attributes
    origin_mm: Vector
    row: Vector
    """Unit vector along a row (x)."""
    column: Vector
    """Unit vector down a column (y)."""
    pixel_mm: tuple[float, float]
    slope: float
    intercept: float

    @property
    def normal(self) -> Vector:
        """Unit slice normal, row × column."""
        (a, b, c), (d, e, f) = self.row, self.column
        return b * f - c * e, c * d - a * f, a * e - b * d

    @property
    def z_mm(self) -> float:
        """Position along the normal."""
        return _product(self.origin_mm, self.normal)


def aside(header: Header) -> str | None:
    """Why a file holds no CT image to measure, None if it does; "" for a directory file, which nobody misses.

    Raises
    ------
    InputError
        If the header does not say what the file is.
    """
    sop_class = header.attributes.text("SOPClassUID") or ""
    modality = header.attributes.text("Modality")
    if sop_class == MEDIA_DIRECTORY:
        return ""
    if modality in OTHER_MODALITIES:
        return f"modality {modality}: {OTHER_MODALITIES[modality]}, no CT image"
    if modality not in (None, "CT"):
        return f"modality {modality}: only CT images are measured"
    if sop_class and sop_class != CT_CLASS and not sop_class.startswith(f"{CT_CLASS}."):
        return _other_class(sop_class)
    if not (modality or sop_class):
        reason = "neither Modality nor SOP Class says what this is: the header breaks off; copy the file again"
        raise InputError(header.source.path, reason)
    return None


def _other_class(sop_class: str) -> str:
    stems = (known for known in OTHER_CLASSES if sop_class == known or sop_class.startswith(f"{known}."))
    return f"{OTHER_CLASSES.get(next(stems, ''), f'SOP class {sop_class}')}, no CT image"


def frame_aside(attributes: Attributes) -> str | None:
    """Why one image of a CT object is not measured, None if it is."""
    if _is_localizer(attributes):
        return "a localizer (scout) image: a projection, not a slice"
    rescale = (attributes.text("RescaleType") or HOUNSFIELD).upper()
    if rescale not in (HOUNSFIELD, UNSPECIFIED):
        return f"its pixels are not CT numbers: Rescale Type is {rescale}, expected HU"
    return None


def _is_localizer(attributes: Attributes) -> bool:
    kinds = [k.upper() for k in (*attributes.texts("ImageType"), *attributes.texts("FrameType"))]
    words = [*kinds, *(o.upper() for o in attributes.texts("ScanOptions"))]
    named = any(term in word for term in LOCALIZER_TERMS for word in words)
    siemens = any(kind.endswith(SIEMENS_TOPOGRAM) for kind in kinds)
    return named or siemens or attributes.text("AcquisitionType") == "CONSTANT_ANGLE"


def frames_of(header: Header) -> Iterator[Frame]:
    """The images of a CT file, of several those that are no localizers and hold CT numbers.

    Raises
    ------
    InputError
        If an image has no place, no scale or pixels of another kind.
    """
    for index, attributes in enumerate(header.frames):
        # a file of one image was looked at as a whole
        if len(header.frames) == 1 or frame_aside(attributes) is None:
            yield _frame(header, index, attributes)


def _frame(header: Header, index: int, attributes: Attributes) -> Frame:
    if attributes.text("LossyImageCompression") == "01" or _lossy(header):
        raise InputError(header.source.path, "the image was compressed with loss, which changes noise and resolution")
    origin = _values(header, attributes, "ImagePositionPatient", "Image Position (Patient)", 3)
    directions = _values(header, attributes, "ImageOrientationPatient", "Image Orientation (Patient)", 6)
    spacing = _values(header, attributes, "PixelSpacing", "Pixel Spacing", 2)
    slope = _values(header, attributes, "RescaleSlope", "Rescale Slope", 1)[0]
    intercept = _values(header, attributes, "RescaleIntercept", "Rescale Intercept", 1)[0]
    row, column = _unit(directions[:3]), _unit(directions[3:])
    _require_orthonormal(header, directions)
    if min(spacing) <= 0 or slope <= 0:
        reason = f"Pixel Spacing {spacing} and Rescale Slope {slope:g} must be more than 0"
        raise InputError(header.source.path, reason)
    place = (origin[0], origin[1], origin[2])
    return Frame(header, index, attributes, place, row, column, (spacing[0], spacing[1]), slope, intercept)


def _lossy(header: Header) -> bool:
    return header.pixels is not None and header.pixels.transfer_syntax in LOSSY_SYNTAXES


def _values(header: Header, attributes: Attributes, keyword: str, name: str, count: int) -> tuple[float, ...]:
    values = attributes.numbers(keyword)
    if len(values) != count:
        reason = f"{name} is missing or unreadable: expected {count} numbers, found {len(values)}; export it again"
        raise InputError(header.source.path, reason)
    return values


def _unit(vector: tuple[float, ...]) -> Vector:
    length = math.hypot(*vector) or 1.0
    return vector[0] / length, vector[1] / length, vector[2] / length


def _require_orthonormal(header: Header, directions: tuple[float, ...]) -> None:
    row, column = directions[:3], directions[3:]
    off = max(abs(math.hypot(*row) - 1), abs(math.hypot(*column) - 1), abs(_product(row, column)))
    if off > UNIT_TOLERANCE:
        reason = f"Image Orientation (Patient) is no pair of perpendicular unit vectors: it is off by {off:.3g}"
        raise InputError(header.source.path, reason)


def _product(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))
