"""Stored values of images, straight into the stack's own array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.datadict import tag_for_keyword

from iqa.dicom.attributes import Attributes
from iqa.dicom.headers import DEFLATED, PARSE_ERRORS, Header, Pixels, open_data
from iqa.errors import InputError

BITS = 16
"""Bits allocated to a pixel of a CT image (PS3.3, CT Image module); others are no CT image as scanners write it."""
PIXEL_KEYWORDS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
)


def shape_of(attributes: Attributes) -> tuple[int, int]:
    """(rows, columns) of an image, (0, 0) if the header does not say."""
    return attributes.whole("Rows") or 0, attributes.whole("Columns") or 0


def is_signed(attributes: Attributes) -> bool:
    """Whether stored values are two's complement."""
    return attributes.whole("PixelRepresentation") == 1


def require_pixels(header: Header) -> None:
    """Check that a file holds pixels as CT images have them, and all of them.

    Raises
    ------
    InputError
        If it holds none, colours, another depth, or fewer than the header says.
    """
    reason = _kind_fault(header) or _length_fault(header)
    if reason:
        raise InputError(header.source.path, reason)


def _kind_fault(header: Header) -> str | None:
    about, pixels = header.attributes, header.pixels
    photometric = about.text("PhotometricInterpretation") or "MONOCHROME2"
    if pixels is None:
        return "it holds no pixel data: the file breaks off or was exported without its image"
    if pixels.keyword != "PixelData":
        return "its pixels are floating-point numbers; expected 16-bit integers with a rescale, as CT images have"
    if (about.whole("SamplesPerPixel") or 1) != 1 or not photometric.startswith("MONOCHROME"):
        return f"its pixels are colours ({photometric}); expected one grey value a pixel, export the CT image itself"
    frames = about.whole("NumberOfFrames") or 1
    if frames != len(header.frames):
        return f"it holds {frames} frames and describes {len(header.frames)} of them; export it as single images"
    return _depth_fault(about)


def _depth_fault(about: Attributes) -> str | None:
    allocated, stored, high = (about.whole(k) for k in ("BitsAllocated", "BitsStored", "HighBit"))
    if allocated != BITS:
        return f"it has {allocated} bits a pixel, expected {BITS}; export the CT image itself"
    if stored is None or high is None or not 0 < stored <= high + 1 <= BITS:
        return f"Bits Stored {stored} and High Bit {high} do not fit into {BITS} bits"
    return "Rows or Columns are missing; export it again" if 0 in shape_of(about) else None


def _length_fault(header: Header) -> str | None:
    pixels = cast(Pixels, header.pixels)
    if not pixels.native:
        return None
    expected = len(header.frames) * _frame_bytes(header)
    held = expected if pixels.length is None else pixels.length
    # a deflated file's size says nothing about its content
    deflated = pixels.transfer_syntax == DEFLATED
    there = held if deflated else min(held, header.source.size() - pixels.offset)
    if there >= expected:
        return None
    return f"the pixel data hold {max(there, 0)} bytes, expected {expected}: the file is truncated, copy it again"


def _frame_bytes(header: Header) -> int:
    rows, columns = shape_of(header.attributes)
    return rows * columns * BITS // 8


def read_frames(header: Header, wanted: Mapping[int, NDArray[Any]]) -> None:
    """Fill arrays with the stored values of images.

    Parameters
    ----------
    header : Header
        The file.
    wanted : {frame index: (rows, columns) int16 or uint16}
        C-contiguous arrays to fill.

    Raises
    ------
    InputError
        If the pixel data cannot be read or decoded.
    """
    pixels = cast(Pixels, header.pixels)
    try:
        if pixels.native:
            _read_native(header, pixels, wanted)
        else:
            _decode(header, wanted)
    except PARSE_ERRORS:
        reason = "the pixel data are damaged or compressed in an unknown way; copy or export the file again"
        raise InputError(header.source.path, reason) from None
    for values in wanted.values():
        _align(header.attributes, values)


def _read_native(header: Header, pixels: Pixels, wanted: Mapping[int, NDArray[Any]]) -> None:
    size = _frame_bytes(header)
    with open_data(header.source, pixels) as stream:
        for index, values in sorted(wanted.items()):
            stream.seek(pixels.offset + index * size)
            _fill(stream, values)
            if not pixels.little:
                values.byteswap(inplace=True)


def _fill(stream: BinaryIO, values: NDArray[Any]) -> None:
    buffer = memoryview(cast(Any, values)).cast("B")
    count = cast(Any, stream).readinto(buffer)
    if count != len(buffer):
        raise EOFError


def _decode(header: Header, wanted: Mapping[int, NDArray[Any]]) -> None:
    tags: Any = [tag_for_keyword(k) for k in PIXEL_KEYWORDS]
    with header.source.open() as stream:
        decoded = dcmread(stream, force=True, specific_tags=tags).pixel_array
    frames = decoded.reshape(-1, *decoded.shape[-2:])
    for index, values in wanted.items():
        # the same 16 bits, whatever sign the codec gave them
        values[...] = frames[index].astype(values.dtype, copy=False)


def _align(attributes: Attributes, values: NDArray[Any]) -> None:
    """Drop what stands above the high bit and below the low one, and extend the sign."""
    stored, high = attributes.whole("BitsStored") or BITS, attributes.whole("HighBit") or BITS - 1
    up, down = BITS - 1 - high, BITS - stored
    if up:
        np.left_shift(values, up, out=values)
    if down:
        np.right_shift(values, down, out=values)


def stored_range(attributes: Attributes) -> tuple[int, int]:
    """Lowest and highest value that the stored bits can hold."""
    bits = attributes.whole("BitsStored") or BITS
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed(attributes) else (0, (1 << bits) - 1)
