"""Reading: files, then headers, then stacks, then pixels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iqa.dicom.files import Source, collect
from iqa.dicom.frames import Frame, aside, frame_aside, frames_of
from iqa.dicom.group import Stack, joined, stacks_of
from iqa.dicom.headers import Header, read_header
from iqa.dicom.pixels import require_pixels
from iqa.dicom.scan import load
from iqa.errors import InputError
from iqa.model import Refused, Scan

Progress = Callable[[int, int], None]

DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".ima"})
"""A file so named is expected to be DICOM; any other that is none is passed over in silence."""
AXIAL_COSINE = 0.5
"""A lone image whose normal lies farther than 60° from the table's axis is a projection, not a slice."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from some paths."""

    scans: tuple[Scan, ...]
    refused: tuple[Refused, ...]
    """Files, archives and stacks that cannot be used."""
    set_aside: tuple[Refused, ...]
    """Objects that are no slices of a CT scan, one entry a series and reason."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the headers say: the stacks that can be loaded, one at a time where memory counts."""

    stacks: tuple[Stack, ...]
    refused: tuple[Refused, ...]
    set_aside: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Loss:
    """A file that could not be used: its series, or where it lay if it has not even a header."""

    series_uid: str | None
    folder: str


def read(paths: Sequence[str | Path], *, progress: Progress | None = None) -> Reading:
    """Every CT scan that lies in the paths, what had to be refused, and what was set aside.

    Parameters
    ----------
    paths : sequence of str or Path
        Folders (with all below them), files, zip archives (also within archives), in any mixture.
    progress : callable, optional
        Called with (done, total): once over the files for their headers, then over the slices for their pixels.

    Returns
    -------
    Reading
        Scans sorted by study, series and time. A scan that lost a file is flagged ``slices_missing``. `scans` is
        empty where nothing could be used; `refused` and `set_aside` then say why.

    Raises
    ------
    InputError
        If a path does not exist, or there is no DICOM file at all.

    Notes
    -----
    All scans are held at once; `survey` and `load` do the same one scan at a time.

    Flags of a scan: ``slices_missing`` (a regular spacing has gaps, or a file was lost: of this series, or, where it
    has no header, of this folder), ``unequal_spacing`` (no regular spacing is evident), ``overlapping_slices`` (the
    step is shorter than the section), ``shifted_slices`` (the reconstruction centre jumps), ``duplicate_slices`` (an
    image came twice and was kept once), ``uncalibrated`` (Rescale Type US), ``saturated`` (the scale's top is clipped).
    Stored values, slope and intercept are as written; MONOCHROME1 concerns the display and inverts nothing.
    """
    found = survey(paths, progress=progress)
    tick = counter(found, progress)
    scans: list[Scan] = []
    refused = list(found.refused)
    for stack in found.stacks:
        scan, lost = load(stack, tick=tick)
        scans.extend([scan] if scan else [])
        refused.extend(lost)
    return Reading(tuple(scans), tuple(refused), found.set_aside)


def counter(found: Survey, progress: Progress | None) -> Callable[[int], None]:
    """A `tick` for `load`: told of so many more slices, it reports how many are done of all in the survey."""
    counts, total = [0], sum(len(s.frames) for s in found.stacks)

    def more(count: int) -> None:
        counts[0] += count
        if progress:
            progress(counts[0], total)

    return more


def survey(paths: Sequence[str | Path], *, progress: Progress | None = None) -> Survey:
    """The stacks of CT images that lie in the paths, from their headers alone.

    Pixels are read only of images that lie at one place, to tell duplicates from a second scan.

    Raises
    ------
    InputError
        If a path does not exist, or there is no DICOM file at all.
    """
    found = collect(paths)
    sorting = _Sorting(list(found.refused), {}, [], [])
    # pydicom warns of header values that stand beside the standard, and quotes them
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for done, source in enumerate(found.sources, start=1):
            sorting.take(source)
            if progress:
                progress(done, len(found.sources))
        stacks, contradictions = stacks_of(sorting.frames)
    sorting.refused.extend(contradictions)
    slices = [s for s in stacks if not sorting.set_aside_projection(s)]
    if not (slices or sorting.refused or sorting.aside):
        raise InputError(str(paths[0]) if paths else ".", _no_dicom(len(found.sources)))
    return Survey(
        tuple(_with_losses(s, sorting.losses) for s in slices), tuple(sorting.refused), sorting.aside_by_series()
    )


def _no_dicom(count: int) -> str:
    return f"no DICOM file among {count} files; give the folder, file or zip archive that holds the scan"


@dataclass(slots=True)
class _Sorting:
    """Files as they are sorted out, one by one."""

    refused: list[Refused]
    aside: dict[tuple[str | None, str], list[str]]
    """(series, reason): paths."""
    losses: list[_Loss]
    frames: list[Frame]

    def take(self, source: Source) -> None:
        """Sort out one file."""
        header: Header | None = None
        try:
            header = read_header(source)
            if header is None:
                self._no_header(source)
            elif not self._set_aside(header):
                require_pixels(header)
                self.frames.extend(frames_of(header))
        except InputError as error:
            self._refuse(source, header, error.reason)

    def _no_header(self, source: Source) -> None:
        suffix = Path(source.path).suffix.lower()
        if source.named or suffix in DICOM_SUFFIXES:
            self._refuse(source, None, "the file is not DICOM; copy it again from its source, or leave it out")

    def _refuse(self, source: Source, header: Header | None, reason: str) -> None:
        self.refused.append(Refused(source.path, reason))
        self.losses.append(_Loss(_series(header), source.folder))

    def _set_aside(self, header: Header) -> bool:
        """Whether nothing of a file is measured, with the reasons noted."""
        reason = aside(header)
        reasons = [reason] if reason is not None else [frame_aside(f) for f in header.frames]
        for known in sorted({r for r in reasons if r}):
            self.aside.setdefault((_series(header), known), []).append(header.source.path)
        return None not in reasons

    def set_aside_projection(self, stack: Stack) -> bool:
        """Set aside a lone image across the slices, as old scanners store localizers without saying so."""
        frame = stack.frames[0]
        projection = len(stack.frames) == 1 and abs(frame.normal[2]) < AXIAL_COSINE
        if projection:
            reason = "a lone image along the table's axis: a localizer (scout), not a slice"
            self.aside[(_series(frame.header), reason)] = [frame.header.source.path]
        return projection

    def aside_by_series(self) -> tuple[Refused, ...]:
        """One entry a series and reason."""
        return tuple(
            Refused(paths[0], reason if len(paths) == 1 else f"{reason} ({len(paths)} files of one series)")
            for (_, reason), paths in self.aside.items()
        )


def _series(header: Header | None) -> str | None:
    return header.attributes.text("SeriesInstanceUID") if header else None


def _with_losses(stack: Stack, losses: Sequence[_Loss]) -> Stack:
    """The stack, flagged if a file that could be a slice of it was refused."""
    series = {_series(f.header) for f in stack.frames}
    folders = {f.header.source.folder for f in stack.frames}
    lost = any(loss.series_uid in series if loss.series_uid else loss.folder in folders for loss in losses)
    return replace(stack, flags=joined(stack.flags, ("slices_missing",))) if lost else stack
