"""A scan as it was read: pixels as stored, where they lie, how they were made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Stored = NDArray[np.int16] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a scan was made, from the header's allow-list; an absent value is None, never 0."""

    modality: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    station: str | None = None
    institution: str | None = None
    software: str | None = None
    trial: str | None = None
    site: str | None = None
    time_point: str | None = None
    kv: float | None = None
    kev: float | None = None
    ma: float | None = None
    ma_min: float | None = None
    ma_max: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    rotation_time_s: float | None = None
    pitch: float | None = None
    single_collimation_mm: float | None = None
    total_collimation_mm: float | None = None
    ctdivol_mgy: float | None = None
    dlp_mgycm: float | None = None
    kernel: str | None = None
    iteration: str | None = None
    filter_type: str | None = None
    fov_mm: float | None = None
    scan_fov_mm: float | None = None
    scan_centre_mm: tuple[float, float, float] | None = None
    scan_centre_moves: bool = False
    """The data collection centre travels with the slices; `scan_centre_mm` is then its mean."""
    scan_mode: str | None = None
    scan_options: str | None = None
    exposure_modulation: str | None = None
    contrast_agent: bool | None = None
    quality_control_image: bool | None = None
    gantry_tilt_deg: float | None = None
    thickness_mm: float | None = None
    patient_position: str | None = None
    image_type: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanIdentity:
    """What makes a scan this scan: UIDs, time and the hash over its pixels."""

    series_uid: str | None
    study_uid: str | None
    sop_uids: tuple[str, ...]
    pixel_sha256: str
    acquired: str | None
    """ISO 8601 date or date-time of the acquisition, as far as the header gives it."""


@dataclass(frozen=True, eq=False)
class Scan:
    """One stack of slices of one geometry and one reconstruction, sorted along the slice normal."""

    stored: Stored
    """(slices, rows, columns) values as written in the files."""
    slope: NDArray[np.float64]
    """(slices,) HU per stored unit."""
    intercept: NDArray[np.float64]
    """(slices,) HU."""
    pixel_mm: tuple[float, float]
    """(row, column) distance of neighbouring pixels, (y, x)."""
    origins_mm: NDArray[np.float64]
    """(slices, 3) centre of the first pixel in DICOM patient coordinates."""
    orientation: NDArray[np.float64]
    """(2, 3) unit vectors along a row (x) and down a column (y)."""
    thickness_mm: float | None
    """Nominal section thickness."""
    acquisition: Acquisition
    identified: Callable[[], ScanIdentity]
    """Waits for `identity` where the pixels are still being hashed."""
    padding: int | None = None
    """Stored value that marks pixels outside the reconstruction."""
    flags: tuple[str, ...] = ()
    source: str = ""
    """Path that was read: to print, never to store."""

    def __len__(self) -> int:
        return int(self.stored.shape[0])

    @property
    def identity(self) -> ScanIdentity:
        """Whose pixels these are."""
        return self.identified()

    @cached_property
    def normal(self) -> NDArray[np.float64]:
        """(3,) unit slice normal in patient coordinates, x × y."""
        return np.asarray(np.cross(self.orientation[0], self.orientation[1]), dtype=np.float64)

    @cached_property
    def z_mm(self) -> NDArray[np.float64]:
        """(slices,) position of each slice along the normal, rising; patient origin = 0."""
        return np.asarray(self.origins_mm @ self.normal, dtype=np.float64)

    @cached_property
    def drift_mm(self) -> NDArray[np.float64]:
        """(slices, 2) in-plane (x, y) shift of each slice's first pixel against slice 0 (gantry tilt, turned axes)."""
        return np.asarray((self.origins_mm - self.origins_mm[0]) @ self.orientation.T, dtype=np.float64)

    @cached_property
    def step_mm(self) -> float | None:
        """Median distance of neighbouring slices; the nominal thickness for a single slice."""
        return float(np.median(np.diff(self.z_mm))) if len(self) > 1 else self.thickness_mm

    @cached_property
    def stored_ends(self) -> tuple[int, int]:
        """Smallest and largest stored value but for padding: where many pixels share one, the grey scale ends there."""
        low, high = int(self.stored.min()), int(self.stored.max())
        if self.padding not in (low, high):
            return low, high
        # Slice by slice: what is left of a whole stack would be a second stack.
        shown = (image[image != self.padding] for image in self.stored)
        ends = np.array([(values.min(), values.max()) for values in shown if values.size])
        return (int(ends[:, 0].min()), int(ends[:, 1].max())) if len(ends) else (low, high)

    @property
    def section_mm(self) -> float:
        """Thickness of a section: the header's, else the slice distance, else 0."""
        return self.thickness_mm or self.step_mm or 0.0

    @property
    def spacing_mm(self) -> tuple[float | None, float, float]:
        """(z, y, x) sampling."""
        return (self.step_mm, *self.pixel_mm)

    def runs(self) -> tuple[slice, ...]:
        """Index ranges of slices that follow one another without a gap (steps within 10 % of the smallest)."""
        if len(self) == 1:
            return (slice(0, 1),)
        steps = np.diff(self.z_mm)
        ends = [*(np.flatnonzero(steps > 1.1 * steps.min()) + 1).tolist(), len(self)]
        return tuple(slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True))

    def hu(self, index: int | slice) -> NDArray[np.float32]:
        """CT numbers of one slice (rows, columns) or of a range (slices, rows, columns), HU."""
        shape = (-1, 1, 1) if isinstance(index, slice) else ()
        slope = self.slope[index].astype(np.float32).reshape(shape)
        intercept = self.intercept[index].astype(np.float32).reshape(shape)
        return np.asarray(self.stored[index] * slope + intercept, dtype=np.float32)

    def to_pixel(self, x_mm: float, y_mm: float, index: int) -> tuple[float, float]:
        """(column, row) of a stack-frame point on slice `index`."""
        dx, dy = self.drift_mm[index]
        return (x_mm - float(dx)) / self.pixel_mm[1], (y_mm - float(dy)) / self.pixel_mm[0]

    def to_stack(self, column: float, row: float, index: int) -> tuple[float, float]:
        """Stack-frame (x, y) in mm of a pixel position on slice `index`."""
        dx, dy = self.drift_mm[index]
        return column * self.pixel_mm[1] + float(dx), row * self.pixel_mm[0] + float(dy)

    def to_patient(self, x_mm: float, y_mm: float, z_mm: float) -> tuple[float, float, float]:
        """DICOM patient coordinates of a stack-frame point (z as in `z_mm`)."""
        base = self.origins_mm[0] + (z_mm - self.z_mm[0]) * self.normal
        x, y, z = base + x_mm * self.orientation[0] + y_mm * self.orientation[1]
        return float(x), float(y), float(z)
