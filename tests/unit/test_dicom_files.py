"""Folders, files and archives: what is found, and what is refused in which words."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from dicom_files import ct_slice, encoded, save, save_stack

from iqa.dicom import files, read
from iqa.errors import InputError


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def slices(*places: float) -> dict[str, bytes]:
    return {f"{n}.dcm": encoded(ct_slice(z)) for n, z in enumerate(places)}


def test_folder_zip_and_nested_zip_give_the_same_scan(tmp_path: Path) -> None:
    folder = save_stack(tmp_path / "水ファントム QA" / "シリーズ 1", [0.0, 2.5, 5.0])
    (tmp_path / "one.zip").write_bytes(zipped(slices(0.0, 2.5, 5.0)))
    (tmp_path / "two.zip").write_bytes(zipped({"内 側.zip": zipped(slices(0.0, 2.5, 5.0))}))
    readings = [read([p]) for p in (folder.parent, tmp_path / "one.zip", tmp_path / "two.zip")]
    assert [len(r.scans) for r in readings] == [1, 1, 1]
    assert len({r.scans[0].identity.pixel_sha256 for r in readings}) == 1
    assert all(r.scans[0].flags == () and not r.refused for r in readings)


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    folder = save_stack(tmp_path, [0.0, 2.5])
    scan = read([folder, folder / "0000.dcm"]).scans[0]
    assert (len(scan), scan.flags) == (2, ())


def test_single_file_and_mixed_paths_come_together(tmp_path: Path) -> None:
    first = save(ct_slice(0.0), tmp_path / "a" / "x")
    (tmp_path / "rest.zip").write_bytes(zipped(slices(2.5, 5.0)))
    assert read([first, tmp_path / "rest.zip"]).scans[0].z_mm.tolist() == [0.0, 2.5, 5.0]


def test_missing_path_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: there is no such file or folder; check the spelling"):
        read([tmp_path / "nowhere"])


def test_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no DICOM file among 0 files"):
        read([tmp_path])


def test_folder_of_other_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes" * 100)
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 200)
    with pytest.raises(InputError, match="no DICOM file among 1 files"):
        read([tmp_path])


def test_text_named_dcm_is_refused_and_flags_its_neighbours(tmp_path: Path) -> None:
    save_stack(tmp_path, [0.0, 2.5])
    (tmp_path / "x.dcm").write_text("this is no image")
    (tmp_path / "notes.txt").write_text("silently passed over")
    reading = read([tmp_path])
    assert [r.reason for r in reading.refused] == [
        "the file is not DICOM; copy it again from its source, or leave it out"
    ]
    assert reading.scans[0].flags == ("slices_missing",)


def test_only_refused_files_still_return(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_text("this is no image")
    reading = read([tmp_path])
    assert (reading.scans, len(reading.refused)) == ((), 1)


def test_unreadable_file_is_refused_and_the_rest_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_stack(tmp_path, [0.0, 2.5, 5.0])
    whole = Path.open

    def guarded(self: Path, mode: str = "r") -> object:
        if self.name == "0001.dcm":
            raise PermissionError
        return whole(self, mode)

    monkeypatch.setattr(Path, "open", guarded)
    reading = read([tmp_path])
    assert "the file cannot be read; allow access to it" in reading.refused[0].reason
    assert (len(reading.scans[0]), reading.scans[0].flags) == (2, ("slices_missing",))


@pytest.mark.parametrize("content", [zipped({"a.dcm": b"0" * 99})[:60], b"PK no zip"], ids=["cut", "fake"])
def test_broken_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.zip").write_bytes(content)
    save_stack(tmp_path / "good", [0.0])
    reading = read([tmp_path])
    assert reading.refused[0].reason == "the zip archive is broken or cannot be read; copy or pack it again"
    assert len(reading.scans) == 1


def test_damaged_member_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.dcm", encoded(ct_slice(0.0)))
        archive.writestr("b.dcm", encoded(ct_slice(2.5)))
    data = bytearray(buffer.getvalue())
    data[data.find(b"DICM")] ^= 0xFF
    data[data.find(b"1.2.3.2")] ^= 0x01
    (tmp_path / "a.zip").write_bytes(bytes(data))
    reading = read([tmp_path / "a.zip"])
    assert len(reading.refused) == 1
    assert reading.scans[0].flags == ("slices_missing",)


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped(slices(0.0)))
    central = data.rfind(b"PK\x01\x02")
    data[central + 8] |= files.ENCRYPTED
    (tmp_path / "locked.zip").write_bytes(bytes(data))
    reading = read([tmp_path])
    assert reading.refused[0].reason.startswith("the zip archive is encrypted; unpack it with its password")


def test_zip_bomb_is_refused_by_its_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_EXTRACTED_BYTES", 3000)
    (tmp_path / "a.zip").write_bytes(zipped(slices(0.0)))
    (tmp_path / "b.zip").write_bytes(zipped({"zeros.dcm": b"\0" * 3000}))
    reading = read([tmp_path])
    assert len(reading.scans) == 1
    assert "at most 3000 are read" in reading.refused[0].reason
    assert reading.refused[0].path.endswith("b.zip")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_MEMBERS", 2)
    (tmp_path / "a.zip").write_bytes(zipped(slices(0.0, 2.5, 5.0)))
    assert "it holds 3 files, at most 2 are read" in read([tmp_path]).refused[0].reason


def test_archives_too_deep_are_refused(tmp_path: Path) -> None:
    data = zipped(slices(0.0))
    for _ in range(files.MAX_DEPTH):
        data = zipped({"in.zip": data})
    (tmp_path / "deep.zip").write_bytes(data)
    assert "zip archives lie 5 deep in one another, at most 4" in read([tmp_path]).refused[0].reason


def test_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_stack(tmp_path / "good", [0.0])
    (tmp_path / "shut").mkdir()
    scandir = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("shut"):
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    reading = read([tmp_path])
    assert reading.refused[0].reason == "the folder cannot be read; allow access to it"
    assert len(reading.scans) == 1


def test_progress_counts_files_then_slices(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    save_stack(tmp_path, [0.0, 2.5])
    read([tmp_path], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2), (1, 2), (2, 2)]
