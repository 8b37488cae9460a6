"""Stacks to scans: the pixels of every slice, their hash, and what the pixels alone can tell."""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from iqa.dicom.acquisition import acquired_of, acquisition_of
from iqa.dicom.frames import HOUNSFIELD, UNSPECIFIED, Frame
from iqa.dicom.group import Stack, joined
from iqa.dicom.headers import Header
from iqa.dicom.pixels import is_signed, read_frames, shape_of, stored_range
from iqa.errors import InputError
from iqa.model import Refused, Scan, ScanIdentity

Tick = Callable[[int], None]
Result = TypeVar("Result")

SATURATED_HU = 3071.0
"""Top of the 12-bit scale at an intercept of −1024, at which scanners clip whatever the stored bits."""
SATURATED_PIXELS = 20
"""At the top of the scale in one slice: a metal pin of 2 mm shows more, a single hot pixel fewer."""


def load(stack: Stack, *, tick: Tick | None = None) -> tuple[Scan | None, tuple[Refused, ...]]:
    """The scan of a stack with its pixels, and the files whose pixels turned out unreadable.

    Parameters
    ----------
    stack : Stack
        From `iqa.dicom.survey`.
    tick : callable, optional
        Called after each file with the number of slices that it gave.

    Returns
    -------
    scan : Scan or None
        None where no slice could be read; flagged ``slices_missing`` where some could not.
    refused : tuple of Refused
        The unreadable files.
    """
    about = stack.frames[0].attributes
    stored = np.empty((len(stack.frames), *shape_of(about)), np.int16 if is_signed(about) else np.uint16)
    refused = _fill(stack, stored, tick)
    bad = {r.path for r in refused}
    good = [i for i, f in enumerate(stack.frames) if f.header.source.path not in bad]
    if not good:
        return None, refused
    frames = [stack.frames[i] for i in good]
    flags = joined(stack.flags, ("slices_missing",) if bad else ())
    return _scan(frames, stored[good] if bad else stored, flags), refused


def _fill(stack: Stack, stored: NDArray[Any], tick: Tick | None) -> tuple[Refused, ...]:
    """Read each file once, whatever number of its images is wanted."""
    files: dict[Header, dict[int, NDArray[Any]]] = defaultdict(dict)
    for position, frame in enumerate(stack.frames):
        files[frame.header][frame.index] = stored[position]
    refused: list[Refused] = []
    # codecs warn of paddings and lengths that change no pixel
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for header, wanted in files.items():
            try:
                read_frames(header, wanted)
            except InputError as error:
                refused.append(Refused(error.path, error.reason))
            if tick:
                tick(len(wanted))
    return tuple(refused)


def _scan(frames: Sequence[Frame], stored: NDArray[Any], flags: Sequence[str]) -> Scan:
    slope, intercept = np.array([f.slope for f in frames]), np.array([f.intercept for f in frames])
    images = [f.attributes for f in frames]
    uncalibrated = any((a.text("RescaleType") or HOUNSFIELD).upper() == UNSPECIFIED for a in images)
    saturated = _is_saturated(frames, stored)
    own = [name for name, holds in (("uncalibrated", uncalibrated), ("saturated", saturated)) if holds]
    return Scan(
        stored=stored,
        slope=slope,
        intercept=intercept,
        pixel_mm=frames[0].pixel_mm,
        origins_mm=np.array([f.origin_mm for f in frames]),
        orientation=np.array([frames[0].row, frames[0].column]),
        thickness_mm=images[0].positive("SliceThickness"),
        acquisition=acquisition_of(images),
        identified=_beside(lambda: _identity(frames, stored)),
        padding=_padding(frames[0], stored),
        flags=joined(flags, own),
        source=_where(frames),
    )


def _beside(work: Callable[[], Result]) -> Callable[[], Result]:
    """Waits for the result of work that has begun in a thread: hashing a scan takes as long as finding its body."""
    pool = ThreadPoolExecutor(1)
    begun = pool.submit(work)
    pool.shutdown(wait=False)
    return begun.result


def _identity(frames: Sequence[Frame], stored: NDArray[Any]) -> ScanIdentity:
    first, images = frames[0].attributes, [f.attributes for f in frames]
    uids = dict.fromkeys(u for u in (a.text("SOPInstanceUID") for a in images) if u)
    return ScanIdentity(
        series_uid=first.text("SeriesInstanceUID"),
        study_uid=first.text("StudyInstanceUID"),
        sop_uids=tuple(uids),
        pixel_sha256=_pixel_sha256(frames, stored),
        acquired=acquired_of(images),
    )


def _pixel_sha256(frames: Sequence[Frame], stored: NDArray[Any]) -> str:
    """Hash of each slice in order: values as little-endian int32, then slope and intercept as `repr` of a float."""
    digest = hashlib.sha256()
    # one buffer for all slices: a copy of the stack as int32 would be twice the stack
    values = np.empty(stored.shape[1:], "<i4")
    for frame, image in zip(frames, stored, strict=True):
        np.copyto(values, image)
        digest.update(cast(Any, values))
        digest.update(f"{frame.slope!r}{frame.intercept!r}".encode())
    return digest.hexdigest()


def _padding(frame: Frame, stored: NDArray[Any]) -> int | None:
    value = frame.attributes.whole("PixelPaddingValue")
    if value is None:
        return None
    # written as 16 bits of either sign; the pixels say which it is
    return int(np.array(value & 0xFFFF, np.uint16).view(stored.dtype))


def _is_saturated(frames: Sequence[Frame], stored: NDArray[Any]) -> bool:
    """Whether a slice is clipped: many pixels stand at its top, and that is the top of the scale."""
    _, ceiling = stored_range(frames[0].attributes)
    for frame, image in zip(frames, stored, strict=True):
        top = int(image.max())
        at_end = top == ceiling or top * frame.slope + frame.intercept == SATURATED_HU
        if at_end and np.count_nonzero(image == top) >= SATURATED_PIXELS:
            return True
    return False


def _where(frames: Sequence[Frame]) -> str:
    sources = {f.header.source.path: f.header.source.folder for f in frames}
    return next(iter(sources)) if len(sources) == 1 else min(sources.values())
