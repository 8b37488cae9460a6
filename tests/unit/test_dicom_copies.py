"""The files of one scan, copied for another program."""

from __future__ import annotations

import zipfile
from pathlib import Path

from dicom_files import enhanced_ct, save, save_stack

from iqa.dicom import survey
from iqa.dicom.copies import copy_files


def copied(path: Path, folder: Path, *, which: int = 0) -> list[bytes]:
    """The content of what lies in a folder after one stack of a path was copied there."""
    folder.mkdir()
    assert copy_files(survey([path]).stacks[which], folder)
    return [file.read_bytes() for file in sorted(folder.iterdir())]


def test_each_stack_of_a_mixed_folder_is_copied_alone_under_numbers(tmp_path: Path) -> None:
    save_stack(tmp_path / "both" / "a", [5.0, 0.0, 2.5])
    save_stack(tmp_path / "both" / "b", [0.0, 2.5], SeriesInstanceUID="1.2.9")
    (tmp_path / "both" / "notes.txt").write_text("no image", encoding="utf-8")
    originals = {f.read_bytes() for f in (tmp_path / "both" / "a").iterdir()}
    stacks = [copied(tmp_path / "both", tmp_path / f"to{k}", which=k) for k in (0, 1)]
    assert sorted(map(len, stacks)) == [2, 3]
    assert originals in [set(files) for files in stacks]
    assert {f.name for f in (tmp_path / "to0").iterdir()} <= {"00001.dcm", "00002.dcm", "00003.dcm"}


def test_members_of_an_archive_are_unpacked(tmp_path: Path) -> None:
    folder = save_stack(tmp_path / "scan", [0.0, 2.5])
    with zipfile.ZipFile(tmp_path / "scan.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"SOME^NAME/{file.name}")
    assert set(copied(tmp_path / "scan.zip", tmp_path / "to")) == {f.read_bytes() for f in folder.iterdir()}


def test_a_file_of_many_images_is_copied_once(tmp_path: Path) -> None:
    save(enhanced_ct([0.0, 2.5, 5.0]), tmp_path / "one.dcm")
    assert len(copied(tmp_path / "one.dcm", tmp_path / "to")) == 1


def test_what_is_gone_meanwhile_is_no_copy(tmp_path: Path) -> None:
    folder = save_stack(tmp_path / "scan", [0.0, 2.5])
    (stack,) = survey([folder]).stacks
    next(folder.iterdir()).unlink()
    (tmp_path / "to").mkdir()
    assert not copy_files(stack, tmp_path / "to")
