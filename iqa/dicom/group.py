"""Images to stacks: what belongs together by series, geometry and reconstruction, and in which order.

The rule and its reasons are in docs/decisions (stacks from images).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from iqa.dicom.frames import Frame
from iqa.dicom.pixels import is_signed, read_frames, shape_of
from iqa.errors import InputError
from iqa.model import Refused

SAME_PLACE_MM = 0.01
"""Slices nearer than this lie at one place: headers with two decimals, and a tenth of the finest increment in use."""
GRID_TOLERANCE = 0.1
"""Share of the step by which a slice may lie off the grid of its stack."""
SPACING_DIGITS, COSINE_DIGITS, LENGTH_DIGITS = 5, 3, 3
"""Decimals to which pixel spacing (mm), direction cosines and thickness (mm) must agree within a stack."""
OVERLAP_TOLERANCE = 0.01
"""Share of the thickness by which the step may fall short: headers round both."""
FEWEST_ON_GRID = 3
"""Slices that show a grid; any two do."""

HARD_TEXTS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImageType",
    "FrameType",
    "ConvolutionKernel",
    "CanonIteration",
    "FilterType",
    "RescaleType",
)
"""Texts that are one for a whole scan: where they differ there are two."""
HARD_NUMBERS = ("SliceThickness", "KVP", "MonoenergeticEnergyEquivalent", "BitsStored", "HighBit")
SOFT = (
    "AcquisitionNumber",
    "FrameAcquisitionNumber",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "ReconstructionDiameter",
    "Exposure",
    "ExposureInmAs",
    "XRayTubeCurrent",
    "XRayTubeCurrentInmA",
    "ExposureTime",
    "AcquisitionTime",
    "SeriesTime",
    "ContentTime",
)
"""Attributes that may change from slice to slice within a scan (tube-current modulation, one number a rotation), and
separate two scans only where the places of the slices say that there are two. Best evidence first."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Images of one scan in the order of their place along the slice normal, each place once."""

    frames: tuple[Frame, ...]
    flags: tuple[str, ...]


def joined(*flags: Sequence[str]) -> tuple[str, ...]:
    """Flags of several sources, each once and in order."""
    return tuple(sorted({f for some in flags for f in some}))


def stacks_of(frames: Iterable[Frame]) -> tuple[list[Stack], list[Refused]]:
    """Stacks of images that belong together, and the images that contradict one another.

    Parameters
    ----------
    frames : iterable of Frame
        In any order, of any number of series.
    """
    stacks: list[Stack] = []
    refused: list[Refused] = []
    groups: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[_key(frame)].append(frame)
    for group in groups.values():
        try:
            stacks.extend(_settle(sorted(group, key=_order)))
        except InputError as error:
            refused.append(Refused(error.path, error.reason))
    return sorted(stacks, key=_stack_order), refused


def _key(frame: Frame) -> tuple[object, ...]:
    about = frame.attributes
    texts = tuple(about.text(k) for k in HARD_TEXTS)
    numbers = tuple(round(about.number(k) or 0.0, LENGTH_DIGITS) for k in HARD_NUMBERS)
    spacing = tuple(round(v, SPACING_DIGITS) for v in frame.pixel_mm)
    # adding 0.0 makes of −0.0 a 0.0
    directions = tuple(round(v, COSINE_DIGITS) + 0.0 for v in (*frame.row, *frame.column))
    return (*texts, *numbers, *spacing, *directions, *shape_of(about), is_signed(about))


def _order(frame: Frame) -> tuple[object, ...]:
    return (frame.z_mm, frame.attributes.text("SOPInstanceUID") or "", frame.index, frame.header.source.path)


def _stack_order(stack: Stack) -> tuple[object, ...]:
    first = stack.frames[0]
    given = min(f.header.source.given for f in stack.frames)
    texts = ("StudyInstanceUID", "SeriesInstanceUID", "AcquisitionDate", "AcquisitionTime", "ConvolutionKernel")
    return (given, *(first.attributes.text(k) or "" for k in texts), first.pixel_mm, first.z_mm)


def _settle(frames: list[Frame]) -> Iterator[Stack]:
    """One or more stacks from images that agree in all that is one for a whole scan."""
    single, dropped = _drop_duplicates(frames)
    flags = ("duplicate_slices",) if dropped else ()
    for part in _separate(single):
        yield Stack(tuple(part), joined(flags, tuple(_spacing_flags(part))))


def _drop_duplicates(frames: list[Frame]) -> tuple[list[Frame], bool]:
    kept: list[Frame] = []
    for cluster in _clusters(frames):
        seen: set[str] = set()
        for frame in cluster:
            digest = _digest(frame) if len(cluster) > 1 else ""
            if digest not in seen:
                kept.append(frame)
            seen.add(digest)
    return kept, len(kept) < len(frames)


def _clusters(frames: Sequence[Frame]) -> Iterator[list[Frame]]:
    """Runs of sorted images that lie at one place."""
    cluster: list[Frame] = []
    for frame in frames:
        if cluster and frame.z_mm - cluster[-1].z_mm > SAME_PLACE_MM:
            yield cluster
            cluster = []
        cluster.append(frame)
    yield cluster


def _digest(frame: Frame) -> str:
    """A hash over place in the plane, scale and pixels."""
    values = np.empty(shape_of(frame.attributes), np.int16 if is_signed(frame.attributes) else np.uint16)
    read_frames(frame.header, {frame.index: values})
    place = [round(v / SAME_PLACE_MM) for v in frame.origin_mm]
    head = f"{place} {frame.slope!r} {frame.intercept!r}".encode()
    return hashlib.sha256(head + values.tobytes()).hexdigest()


def _separate(frames: list[Frame]) -> list[list[Frame]]:
    multiplicity = max(len(c) for c in _clusters(frames))
    if multiplicity == 1 and _on_grid(frames):
        return [frames]
    parts = _first_split(frames, _are_scans) or (multiplicity > 1 and _first_split(frames, _sizes(multiplicity)))
    if parts:
        return parts
    if multiplicity == 1:
        return [frames]
    place = next(c for c in _clusters(frames) if len(c) > 1)[0]
    reason = (
        f"{multiplicity} different images lie at one place (z = {place.z_mm:.2f} mm) of the series and nothing in the "
        f"header separates two scans; give each scan in a folder of its own"
    )
    raise InputError(place.header.source.path, reason)


def _first_split(frames: list[Frame], accept: Callable[[list[list[Frame]]], bool]) -> list[list[Frame]] | None:
    """Parts by the first attribute whose parts are accepted."""
    for keyword in SOFT:
        parts: dict[str | tuple[float, ...] | None, list[Frame]] = defaultdict(list)
        for frame in frames:
            parts[frame.attributes.text(keyword) or frame.attributes.numbers(keyword)].append(frame)
        if len(parts) > 1 and accept(list(parts.values())):
            return list(parts.values())
    return None


def _are_scans(parts: list[list[Frame]]) -> bool:
    """Each part is a scan by itself: no place twice, on a grid of its own."""
    return all(len(p) >= FEWEST_ON_GRID and _unique(p) and _on_grid(p) for p in parts)


def _sizes(multiplicity: int) -> Callable[[list[list[Frame]]], bool]:
    """As many parts as images at one place, and no place twice in any."""
    return lambda parts: len(parts) == multiplicity and all(map(_unique, parts))


def _unique(frames: list[Frame]) -> bool:
    return all(len(c) == 1 for c in _clusters(frames))


def _steps(frames: Sequence[Frame]) -> NDArray[np.float64]:
    return np.array([b.z_mm - a.z_mm for a, b in pairwise(frames)])


def _on_grid(frames: Sequence[Frame]) -> bool:
    """Whether every step is a whole multiple of the smallest."""
    steps = _steps(frames)
    if len(steps) == 0 or steps.min() <= SAME_PLACE_MM:
        return len(steps) == 0
    ratio = steps / steps.min()
    return bool(np.all(np.abs(ratio - np.round(ratio)) < GRID_TOLERANCE))


def _spacing_flags(frames: Sequence[Frame]) -> Iterator[str]:
    steps = _steps(frames)
    if len(steps) == 0:
        return
    base, thickness = float(steps.min()), frames[0].attributes.positive("SliceThickness")
    gaps = steps > (1 + GRID_TOLERANCE) * base
    if gaps.any():
        # two steps of the base, or one as long as the section is thick, show what the step should have been
        evident = (~gaps).sum() > 1 or (thickness is not None and abs(base / thickness - 1) < GRID_TOLERANCE)
        yield "slices_missing" if evident and _on_grid(frames) else "unequal_spacing"
    if thickness is not None and base < (1 - OVERLAP_TOLERANCE) * thickness:
        yield "overlapping_slices"
    if _off_line(frames):
        yield "shifted_slices"


def _off_line(frames: Sequence[Frame]) -> bool:
    """Whether first pixels leave a straight line by more than half a pixel (another reconstruction centre)."""
    origins = np.array([f.origin_mm for f in frames])
    z = np.array([f.z_mm for f in frames])
    basis = np.column_stack([np.ones_like(z), z])
    fit = basis @ np.linalg.lstsq(basis, origins, rcond=None)[0]
    return bool(np.abs(origins - fit).max() > 0.5 * min(frames[0].pixel_mm))
