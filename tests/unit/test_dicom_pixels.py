"""Stored values, scale and hash, in every encoding."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import pytest
from dicom_files import (
    COLUMNS,
    CONVERTED_CT,
    ROWS,
    ct_slice,
    encoded,
    enhanced_ct,
    group,
    pixels_at,
    save,
    save_stack,
)
from numpy.typing import NDArray
from pydicom.sequence import Sequence

from iqa.dicom import read
from iqa.model import Scan

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
CODECS = {
    "jpeg-lossless": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    "jpeg-ls": gdcm.TransferSyntax.JPEGLSLossless,
    "jpeg-2000": gdcm.TransferSyntax.JPEG2000Lossless,
    "rle": gdcm.TransferSyntax.RLELossless,
}


def scan_of(path: Path) -> Scan:
    reading = read([path])
    assert not reading.refused
    assert len(reading.scans) == 1
    return reading.scans[0]


def refusal(path: Path) -> str:
    reading = read([path])
    assert not reading.scans
    return reading.refused[0].reason


@pytest.mark.parametrize("bare", [False, True], ids=["part 10", "bare"])
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_little_endian(tmp_path: Path, syntax: str, bare: bool) -> None:
    scan = scan_of(save(ct_slice(2.5), tmp_path / "a", syntax, bare=bare))
    np.testing.assert_array_equal(scan.stored[0], pixels_at(2.5))


def test_deflated(tmp_path: Path) -> None:
    np.testing.assert_array_equal(scan_of(save(ct_slice(2.5), tmp_path / "a", DEFLATED)).stored[0], pixels_at(2.5))


def test_big_endian(tmp_path: Path) -> None:
    swapped = ct_slice(2.5, PixelData=pixels_at(2.5).astype(">u2").tobytes(), PixelPaddingValue=7)
    scan = scan_of(save(swapped, tmp_path / "a", BIG_ENDIAN))
    np.testing.assert_array_equal(scan.stored[0], pixels_at(2.5))
    assert scan.padding == 7


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
@pytest.mark.parametrize("codec", CODECS)
def test_compressed(tmp_path: Path, codec: str, dtype: str) -> None:
    values = pixels_at(0.0, dtype)
    if dtype == "int16":
        values[0, :] = -values[0, :]
    plain = save(ct_slice(0.0, values), tmp_path / "plain")
    packed = tmp_path / "packed.dcm"
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(plain))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(CODECS[codec]))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(packed))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    scan = scan_of(packed)
    np.testing.assert_array_equal(scan.stored[0], values)
    assert scan.stored.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("dtype", "stored", "expected"),
    [("uint16", [0xF123, 0x0FFF], [0x0123, 0x0FFF]), ("int16", [0x0FFF, 0x0800], [-1, -2048])],
    ids=["unsigned masked", "signed extended"],
)
def test_bits_above_the_stored_ones_are_dropped(
    tmp_path: Path, dtype: str, stored: list[int], expected: list[int]
) -> None:
    values = np.zeros((ROWS, COLUMNS), np.uint16)
    values[0, :2] = stored
    image = ct_slice(0.0, values.view(dtype), BitsStored=12, HighBit=11)
    assert scan_of(save(image, tmp_path / "a")).stored[0, 0, :2].tolist() == expected


def test_low_bits_below_the_stored_ones_are_dropped(tmp_path: Path) -> None:
    values = np.full((ROWS, COLUMNS), 0x123F, np.uint16)
    assert scan_of(save(ct_slice(0.0, values, BitsStored=12, HighBit=15), tmp_path / "a")).stored.max() == 0x123


def test_scale_is_kept_per_slice(tmp_path: Path) -> None:
    save(ct_slice(0.0, RescaleIntercept="-8192", RescaleSlope="0.5"), tmp_path / "a")
    save(ct_slice(2.5, RescaleIntercept="-1024", RescaleSlope="2"), tmp_path / "b")
    scan = scan_of(tmp_path)
    np.testing.assert_allclose(scan.hu(0), pixels_at(0.0) * 0.5 - 8192)
    np.testing.assert_allclose(scan.hu(1), pixels_at(2.5) * 2.0 - 1024)


def test_hash_is_that_of_the_documented_bytes(tmp_path: Path) -> None:
    scan = scan_of(save_stack(tmp_path, [2.5, 0.0]))
    digest = hashlib.sha256()
    for z in (0.0, 2.5):
        digest.update(pixels_at(z).astype("<i4").tobytes() + b"1.0-1024.0")
    assert scan.identity.pixel_sha256 == digest.hexdigest()


@pytest.mark.parametrize(("written", "padding"), [(63536, -2000), (24, 24)])
def test_padding_has_the_sign_of_the_pixels(tmp_path: Path, written: int, padding: int) -> None:
    image = ct_slice(0.0, pixels_at(0.0, "int16"), PixelPaddingValue=written)
    image["PixelPaddingValue"].VR = "US"
    assert scan_of(save(image, tmp_path / "a")).padding == padding


def top_of_scale(count: int, value: int) -> NDArray[Any]:
    values = pixels_at(0.0)
    values.flat[:count] = value
    return values


@pytest.mark.parametrize(
    ("count", "value", "bits", "flags"),
    [
        (20, 4095, 12, ("saturated",)),
        (19, 4095, 12, ()),
        (20, 4095, 16, ("saturated",)),
        (20, 4094, 16, ()),
        (20, 65535, 16, ("saturated",)),
    ],
    ids=["stored top", "too few", "3071 HU", "below", "16-bit top"],
)
def test_saturation(tmp_path: Path, count: int, value: int, bits: int, flags: tuple[str, ...]) -> None:
    image = ct_slice(0.0, top_of_scale(count, value), BitsStored=bits, HighBit=bits - 1)
    assert scan_of(save(image, tmp_path / "a")).flags == flags


def test_truncated_pixels_are_refused_and_the_rest_used(tmp_path: Path) -> None:
    save_stack(tmp_path, [0.0, 2.5, 5.0])
    cut = tmp_path / "0001.dcm"
    cut.write_bytes(cut.read_bytes()[:-10])
    reading = read([tmp_path])
    assert reading.refused[0].reason == (
        "the pixel data hold 86 bytes, expected 96: the file is truncated, copy it again"
    )
    assert (len(reading.scans[0]), reading.scans[0].flags) == (2, ("slices_missing",))


def test_pixels_shorter_than_the_matrix_are_refused(tmp_path: Path) -> None:
    path = save(ct_slice(0.0, PixelData=b"\0" * 50), tmp_path / "a")
    assert "hold 50 bytes, expected 96" in refusal(path)


def test_header_that_breaks_off_is_refused(tmp_path: Path) -> None:
    whole = encoded(ct_slice(0.0))
    (tmp_path / "a.dcm").write_bytes(whole[: whole.find(b"MONOCHROME2")])
    assert "breaks off" in refusal(tmp_path)


def test_damaged_fragments_are_refused(tmp_path: Path) -> None:
    image = ct_slice(0.0, PixelData=b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0junk\xfe\xff\xdd\xe0\0\0\0\0")
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    save(image, tmp_path / "a", "1.2.840.10008.1.2.4.70")
    save(ct_slice(2.5), tmp_path / "b")
    reading = read([tmp_path])
    assert "pixel data are damaged or compressed in an unknown way" in reading.refused[0].reason
    assert (len(reading.scans[0]), reading.scans[0].flags) == (1, ("slices_missing",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PixelData": None}, "it holds no pixel data"),
        ({"PixelData": None, "FloatPixelData": b"\0" * 192}, "floating-point numbers; expected 16-bit integers"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, r"its pixels are colours \(RGB\)"),
        ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, "it has 32 bits a pixel, expected 16"),
        ({"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, "it has 8 bits a pixel, expected 16"),
        ({"BitsStored": 12, "HighBit": 10}, "Bits Stored 12 and High Bit 10 do not fit"),
        ({"Rows": None}, "Rows or Columns are missing"),
    ],
    ids=["none", "float", "colour", "32 bits", "8 bits", "high bit", "rows"],
)
def test_other_pixels_are_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    assert re.search(reason, refusal(save(ct_slice(0.0, **changes), tmp_path / "a")))


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED])
def test_enhanced_frames(tmp_path: Path, syntax: str) -> None:
    scan = scan_of(save(enhanced_ct([5.0, 0.0, 2.5]), tmp_path / "a", syntax))
    np.testing.assert_array_equal(scan.stored, [pixels_at(z) for z in (0.0, 2.5, 5.0)])
    about = scan.acquisition
    assert (about.kv, about.ma, about.exposure_mas, about.ctdivol_mgy) == (120.0, 250.5, 125.25, 10.5)
    assert (scan.thickness_mm, scan.pixel_mm, scan.identity.acquired) == (2.5, (0.5, 0.4), "2026-01-02T03:04:05")


def test_enhanced_frames_of_two_kernels_are_two_scans(tmp_path: Path) -> None:
    path = save(enhanced_ct([0.0, 2.5, 0.0, 2.5], ["B30", "B30", "B70", "B70"]), tmp_path / "a")
    scans = read([path]).scans
    assert sorted((s.acquisition.kernel or "", len(s)) for s in scans) == [("B30", 2), ("B70", 2)]


def test_legacy_converted_frames(tmp_path: Path) -> None:
    image = enhanced_ct([0.0, 2.5])
    image.SOPClassUID = CONVERTED_CT
    for frame in image.PerFrameFunctionalGroupsSequence:
        frame.UnassignedPerFrameConvertedAttributesSequence = Sequence([group(FilterType="WEDGE")])
    scan = scan_of(save(image, tmp_path / "a"))
    assert (len(scan), scan.acquisition.filter_type) == (2, "WEDGE")


def test_localizer_frames_are_set_aside(tmp_path: Path) -> None:
    image = enhanced_ct([0.0, 2.5, 5.0])
    first = image.PerFrameFunctionalGroupsSequence[0]
    first.CTImageFrameTypeSequence[0].FrameType = ["ORIGINAL", "PRIMARY", "LOCALIZER", "NONE"]
    reading = read([save(image, tmp_path / "a")])
    assert reading.scans[0].z_mm.tolist() == [2.5, 5.0]
    np.testing.assert_array_equal(reading.scans[0].stored[0], pixels_at(2.5))
    assert reading.set_aside[0].reason.startswith("a localizer (scout) image")


def test_frames_without_description_are_refused(tmp_path: Path) -> None:
    path = save(ct_slice(0.0, np.zeros((3, ROWS, COLUMNS), np.uint16), NumberOfFrames=3), tmp_path / "a")
    assert refusal(path) == "it holds 3 frames and describes 1 of them; export it as single images"


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN])
def test_damage_is_refused_and_betrays_no_name(tmp_path: Path, syntax: str) -> None:
    whole, rng = encoded(enhanced_ct([0.0, 2.5]), syntax), np.random.default_rng(7)
    for _ in range(30):
        data = bytearray(whole)
        for place in rng.integers(132, len(data), 3):
            data[place] = rng.integers(256)
        (tmp_path / "a.dcm").write_bytes(bytes(data))
        reading = read([tmp_path])
        told = repr([(s.acquisition, s.identity) for s in reading.scans]) + repr((reading.refused, reading.set_aside))
        assert "secret" not in told.lower()
