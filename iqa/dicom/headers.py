"""The header of one file: what it is, where its pixels lie, how they are encoded."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import data_element_generator
from pydicom.values import convert_SQ

from iqa.dicom.attributes import Attributes, Raw, private_name, table, wanted
from iqa.dicom.files import READ_ERRORS, Source
from iqa.errors import InputError

PREAMBLE = 128
MAGIC = b"DICM"
META_GROUP = 0x0002
FIRST_GROUPS = (0x0002, 0x0008)
"""Groups with which a file without preamble can begin."""
LONGEST_FIRST = 1024
"""Bytes of the first element of a file without preamble: a group length, character set or image type."""
TRANSFER_SYNTAX = 0x00020010
CHARACTER_SET = 0x00080005
SHARED, PER_FRAME = 0x52009229, 0x52009230
PIXEL_TAGS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""Explicit value representations whose length takes four bytes after two reserved ones."""
UNDEFINED = 0xFFFFFFFF

Element = RawDataElement | DataElement

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})
MAX_INFLATED = 2**31
"""Bytes of a deflated file, unpacked: above any CT object in use, 600 frames of 1024² are 1.2 GiB."""

PARSE_ERRORS = (
    *READ_ERRORS,
    BytesLengthException,
    InvalidDicomError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    struct.error,
)
"""What pydicom and its codecs raise, besides errors of reading, on bytes that break the encoding."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Where the pixel data of a file lie and how they are encoded."""

    keyword: str
    offset: int
    length: int | None
    """Bytes; None where they lie in fragments."""
    transfer_syntax: str

    @property
    def native(self) -> bool:
        """Whether the values stand as they are, uncompressed."""
        return self.transfer_syntax in NATIVE

    @property
    def little(self) -> bool:
        """Whether the low byte comes first."""
        return self.transfer_syntax != BIG_ENDIAN


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """One file: its attributes, those of each frame, and its pixels if it has any."""

    source: Source
    attributes: Attributes
    frames: tuple[Attributes, ...]
    """A single one for a classic image: its own attributes."""
    pixels: Pixels | None


@dataclass(slots=True)
class _Elements:
    """Elements of a data set while it is parsed."""

    public: dict[str, Raw]
    shared: list[dict[str, Raw]]
    per_frame: list[dict[str, Raw]]
    encodings: tuple[str, ...] = ("iso8859",)


def read_header(source: Source) -> Header | None:
    """The header of a file; None if the file is no DICOM at all, told by a short read.

    Raises
    ------
    InputError
        If the file cannot be read, or begins as DICOM and breaks off or breaks the encoding.
    """
    try:
        with source.open() as stream:
            return _parse(source, stream) if _find_start(stream) else None
    except InputError:
        raise
    except PermissionError:
        raise InputError(source.path, "the file cannot be read; allow access to it") from None
    except PARSE_ERRORS:
        reason = "the DICOM header breaks off or is damaged; copy the file again from its source"
        raise InputError(source.path, reason) from None


def open_data(source: Source, pixels: Pixels) -> BinaryIO:
    """A stream in which `pixels.offset` counts; a deflated file is inflated in memory."""
    stream = source.open()
    if pixels.transfer_syntax != DEFLATED:
        return stream
    with stream:
        _find_start(stream)
        _read_meta(stream)
        return _inflate(source, stream)


def _find_start(stream: BinaryIO) -> bool:
    """Place the stream at the first element; False if it is no DICOM."""
    head = stream.read(PREAMBLE + len(MAGIC))
    if head[PREAMBLE:] == MAGIC:
        return True
    stream.seek(0)
    return _is_bare(head)


def _is_bare(head: bytes) -> bool:
    if len(head) < PREAMBLE:
        return False
    group, element, length = struct.unpack("<HHI", head[:8])
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    return group in FIRST_GROUPS and element <= 0x0018 and (explicit or length <= LONGEST_FIRST)


def _read_meta(stream: BinaryIO) -> str:
    """The transfer syntax of the file meta group, "" without one; the stream is left at the data set."""
    syntax = ""
    for element in data_element_generator(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != META_GROUP):
        if element.tag == TRANSFER_SYNTAX:
            syntax = bytes(element.value or b"").decode("ascii", "replace").strip(" \0")
    return syntax


def _inflate(source: Source, stream: BinaryIO) -> BinaryIO:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(stream.read(), MAX_INFLATED)
    if inflater.unconsumed_tail:
        raise InputError(source.path, f"inflated it comes to more than {MAX_INFLATED} bytes, which no CT object does")
    return io.BytesIO(data)


def _parse(source: Source, stream: BinaryIO) -> Header:
    syntax = _read_meta(stream)
    data = _inflate(source, stream) if syntax == DEFLATED else stream
    explicit = _is_explicit(data, syntax)
    little = syntax != BIG_ENDIAN
    place: list[tuple[int, str | None, int]] = []

    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag in PIXEL_TAGS:
            place.append((tag, vr, length))
        return tag in PIXEL_TAGS

    # the two releases of pydicom in use type this list differently
    tags: Any = list(wanted())
    elements = data_element_generator(data, not explicit, little, stop_when=at_pixels, specific_tags=tags)
    parsed = _sort_out(elements)
    syntax = syntax or (EXPLICIT if explicit else IMPLICIT)
    pixels = _place_pixels(place[0], data.tell(), explicit, syntax) if place else None
    attributes = Attributes(parsed.public, parsed.encodings)
    return Header(source, attributes, _frames(parsed, attributes), pixels)


def _is_explicit(stream: BinaryIO, syntax: str) -> bool:
    """What the first element says; makers have declared one encoding and written the other."""
    start = stream.tell()
    vr = stream.read(6)[4:]
    stream.seek(start)
    return syntax == BIG_ENDIAN or (vr.isalpha() and vr.isupper())


def _place_pixels(place: tuple[int, str | None, int], start: int, explicit: bool, syntax: str) -> Pixels:
    tag, vr, length = place
    header = 12 if explicit and vr in LONG_VRS else 8
    return Pixels(PIXEL_TAGS[tag], start + header, None if length == UNDEFINED else length, syntax)


def _sort_out(elements: Iterable[Element]) -> _Elements:
    parsed = _Elements({}, [], [])
    creators: dict[int, str] = {}
    for element in elements:
        tag = int(element.tag)
        if tag in (SHARED, PER_FRAME):
            target = parsed.shared if tag == SHARED else parsed.per_frame
            target.extend(map(_flatten, _items(element)))
        elif tag == CHARACTER_SET:
            parsed.encodings = _encodings(element.value)
        elif (tag >> 16) % 2 and tag & 0xFFFF <= 0xFF:
            creators[tag] = bytes(element.value or b"").decode("ascii", "replace").strip(" \0")
        else:
            _keep(parsed.public, tag, element, creators)
    return parsed


def _keep(kept: dict[str, Raw], tag: int, element: Element, creators: Mapping[int, str]) -> None:
    known = table().get(tag) or private_name(tag, creators)
    if known and isinstance(element, RawDataElement) and element.value:
        name, vr = known
        # archives that do not know an element write it as UN
        written = element.VR if element.VR not in (None, "UN") else vr
        kept[name] = Raw(written, element.value, element.is_little_endian)


def _encodings(value: bytes | None) -> tuple[str, ...]:
    names = (value or b"").decode("ascii", "replace").strip(" \0").split("\\")
    return tuple(convert_encodings([name.strip() for name in names]))


def _items(element: Element) -> Iterable[Dataset]:
    """Data sets of a sequence, whether pydicom has parsed it or not."""
    if not isinstance(element, RawDataElement):
        return element.value or ()
    items: Iterable[Dataset] = convert_SQ(element.value or b"", element.is_implicit_VR, element.is_little_endian)
    return items


def _flatten(item: Dataset) -> dict[str, Raw]:
    """Allow-listed elements of the functional groups of one item."""
    kept: dict[str, Raw] = {}
    for inner in _group_items(item):
        for tag in inner.keys() & table().keys():
            _keep(kept, int(tag), inner.get_item(tag), {})
    return kept


def _group_items(item: Dataset) -> Iterator[Dataset]:
    """The first item of each sequence of a data set."""
    for tag in list(item.keys()):
        # as it stands in the file: pydicom would convert, check and quote values that are not on the list
        element = item.get_item(tag)
        if element is not None and _is_sequence(element):
            yield from islice(_items(element), 1)


def _is_sequence(element: Element) -> bool:
    if element.VR not in (None, "UN"):
        return element.VR == "SQ"
    return dictionary_has_tag(element.tag) and dictionary_VR(element.tag) == "SQ"


def _frames(parsed: _Elements, attributes: Attributes) -> tuple[Attributes, ...]:
    if not parsed.per_frame:
        return (attributes,)
    shared = Attributes(parsed.shared[0] if parsed.shared else {}, parsed.encodings)
    common = shared.over(attributes)
    return tuple(Attributes(frame, parsed.encodings).over(common) for frame in parsed.per_frame)
