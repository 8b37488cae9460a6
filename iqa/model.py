"""The nouns that all rooms share: frozen values, no I/O.

Frames
------
**Stack frame** (mm): x to the image's right and y down, measured from the centre of the first pixel of the
first slice; z along the slice normal, rising with the sorted stack. Right-handed.
**Phantom frame** (mm): the origin of the definition, x to the right and y down as the phantom's drawing is seen,
z along its axis. A feature at radius r and angle a (counter-clockwise positive) lies at (r cos a, −r sin a).
`Pose` is the one map from the second to the first; `Scan` the one map from the first to pixels and patient.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Grade = Literal["A", "B", "C", "M", "U"]
Stored = NDArray[np.int16] | NDArray[np.uint16]

# --------------------------------------------------------------------------------------------- scan


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
    identity: ScanIdentity
    padding: int | None = None
    """Stored value that marks pixels outside the reconstruction."""
    flags: tuple[str, ...] = ()
    source: str = ""
    """Path that was read: to print, never to store."""

    def __len__(self) -> int:
        return int(self.stored.shape[0])

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

    def to_stack_point(self, patient: tuple[float, float, float]) -> tuple[float, float, float]:
        """Stack-frame (x, y, z) of a point in DICOM patient coordinates; the inverse of `to_patient`."""
        delta = np.asarray(patient) - self.origins_mm[0]
        x, y = self.orientation @ delta
        return float(x), float(y), float(np.asarray(patient) @ self.normal)


# ------------------------------------------------------------------------------------------ phantom


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where numbers come from: one source and grade, and the fields that have another."""

    source: str
    grade: Grade
    overrides: tuple[tuple[str, str, Grade], ...] = ()
    """(field, source, grade)."""

    def of(self, name: str) -> tuple[str, Grade]:
        """Source and grade of one field."""
        return next(((s, g) for f, s, g in self.overrides if f == name), (self.source, self.grade))


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """A cylinder of one material parallel to the axis, large enough for a CT number."""

    name: str
    material: str
    x_mm: float
    y_mm: float
    diameter_mm: float
    z_from_mm: float
    z_to_mm: float
    hu: float
    """Typical CT number at 120 kV."""
    hu_range: tuple[float, float] | None = None
    """The maker's acceptable range."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A thin cylinder parallel to the axis whose place is known well: the phantom's ruler."""

    name: str
    material: str
    x_mm: float
    y_mm: float
    diameter_mm: float
    z_from_mm: float
    z_to_mm: float
    hu: float
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A low-contrast rod; `contrast_hu` is against the module's body."""

    name: str
    group: str
    x_mm: float
    y_mm: float
    diameter_mm: float
    z_from_mm: float
    z_to_mm: float
    contrast_hu: float
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Bead:
    """A ball: a point source when small, a contrast sphere when large."""

    name: str
    material: str
    x_mm: float
    y_mm: float
    z_mm: float
    diameter_mm: float
    hu: float
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A thin wire along the axis, or tilted against it; (x, y) is where it crosses the module's plane z = 0."""

    name: str
    material: str
    x_mm: float
    y_mm: float
    z_from_mm: float
    z_to_mm: float
    diameter_mm: float
    tilt_deg: float = 0.0
    direction_deg: float = 0.0
    """Angle on the image towards which it moves with rising z."""
    hu: float
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """A wire or an air slit slanted against the image plane; it crosses z = `z_mm` at (x, y)."""

    name: str
    kind: Literal["wire", "slit"]
    material: str
    x_mm: float
    y_mm: float
    z_mm: float
    angle_deg: float
    """Angle between ramp and image plane: thickness = FWHM · tan(angle)."""
    direction_deg: float
    """Angle on the image towards which the crossing moves with rising z."""
    length_mm: float
    """Extent along the image plane, centred on (x, y)."""
    diameter_mm: float
    """Of the wire; for a slit its width along z."""
    width_mm: float = 0.0
    """Extent across the direction of travel (slits)."""
    hu: float
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRamp:
    """A row of beads or short wires, each a step further in the plane and in z."""

    name: str
    element: Literal["bead", "wire"]
    material: str
    x_mm: float
    y_mm: float
    z_mm: float
    """Place of the middle of the row."""
    direction_deg: float
    """Angle on the image from one element to the next."""
    step_mm: float
    step_z_mm: float
    count: int
    diameter_mm: float
    element_length_mm: float = 0.0
    """Of a short wire, across the direction of travel."""
    hu: float
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePairs:
    """A group of parallel or fanned bars; (x, y) is the middle of the group."""

    name: str
    lp_per_cm: float
    x_mm: float
    y_mm: float
    bars: int
    length_mm: float
    """Of a bar."""
    bar_angle_deg: float
    """Direction along the bars on the image."""
    radial: bool
    """Bars fan out from the module's centre; their width is that at the middle of the group."""
    z_from_mm: float
    z_to_mm: float
    hu: float
    provenance: Provenance

    @property
    def bar_mm(self) -> float:
        """Width of one bar, half a period."""
        return 5.0 / self.lp_per_cm


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A disc of the uniform module in which a mean is taken."""

    name: str
    x_mm: float
    y_mm: float
    diameter_mm: float
    provenance: Provenance


Feature = Insert | Pin | Target | Bead | Wire | Ramp | StepRamp | LinePairs | Region
Block = Literal["inserts", "gauge", "low_contrast", "uniform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A block of the phantom along its axis. Feature coordinates are relative to its plane z = `z_mm`."""

    name: str
    z_mm: float
    """Its reference plane, in the phantom's frame."""
    z_from_mm: float
    z_to_mm: float
    """The block's ends, relative to `z_mm`."""
    diameter_mm: float | None
    """Outer diameter of the body here; None where it is measured (uniform cylinder) or absent (wire in air)."""
    body_hu: float
    insert_diameter_mm: float | None = None
    """Diameter of the test module inside the housing, where the two can be told apart."""
    housing_hu: float | None = None
    turn_free_deg: float = 3.0
    """How far owners' units are known to be turned against the origin module, either way."""
    features: tuple[Feature, ...] = ()
    provenance: Provenance

    def of(self, *kinds: type) -> Iterator[Feature]:
        """Its features of the given kinds, in the order of the definition."""
        return (f for f in self.features if isinstance(f, kinds))

    @property
    def block(self) -> Block:
        """What it shows a locator: inserts before gauge before low contrast before nothing."""
        kinds = {type(f) for f in self.features}
        if Insert in kinds:
            return "inserts"
        if LinePairs in kinds:
            return "gauge"
        return "low_contrast" if Target in kinds else "uniform"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSpec:
    """A phantom, in one variant: what is where, with its sources."""

    name: str
    variant: str | None
    title: str
    maker: str
    diameter_mm: float | None
    origin: str
    """The module whose z_mm is 0 and whose features fix the pose."""
    mirror_symmetric: bool
    modules: tuple[Module, ...]
    definition_hash: str
    """SHA-256 of the definition file."""
    note: str = ""
    """What sets this variant apart."""

    def module(self, name: str) -> Module:
        """The module of that name."""
        return next(m for m in self.modules if m.name == name)

    @property
    def label(self) -> str:
        """Name, and the variant after a slash."""
        return f"{self.name}/{self.variant}" if self.variant else self.name


# ------------------------------------------------------------------------------------------ located


@dataclass(frozen=True, slots=True)
class Pose:
    """The rigid map from a phantom's frame to the stack frame.

    First x → −x if `mirrored` and z → −z if `reversed`, then the roll (counter-clockwise as displayed), then the
    smallest rotation that carries the stack's z to the axis (tan yaw, tan pitch, 1), then the shift. `scale` multiplies
    in-plane distances: the image's pixel size against the definition.
    """

    x_mm: float
    y_mm: float
    z_mm: float
    roll_deg: float
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    mirrored: bool = False
    reversed: bool = False
    scale: float = 1.0

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) map of phantom directions to stack directions, scale included."""
        c, s = math.cos(math.radians(self.roll_deg)), math.sin(math.radians(self.roll_deg))
        flip = np.diag([-1.0 if self.mirrored else 1.0, 1.0, -1.0 if self.reversed else 1.0])
        roll = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        scale = np.diag([self.scale, self.scale, 1.0])
        return np.asarray(tilt_matrix(self.pitch_deg, self.yaw_deg) @ roll @ flip @ scale, dtype=np.float64)

    def place(self, x_mm: float, y_mm: float, z_mm: float) -> tuple[float, float, float]:
        """Stack-frame place of a phantom-frame point."""
        x, y, z = self.matrix @ (x_mm, y_mm, z_mm)
        return self.x_mm + float(x), self.y_mm + float(y), self.z_mm + float(z)

    def on_planes(self, x_mm: float, y_mm: float, z_stack_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(2, n) x and y where the line through phantom (x, y), parallel to its axis, pierces image planes at z."""
        x, y, z = self.place(x_mm, y_mm, 0.0)
        dz = z_stack_mm - z
        yaw, pitch = math.tan(math.radians(self.yaw_deg)), math.tan(math.radians(self.pitch_deg))
        return np.stack([x + dz * yaw, y + dz * pitch])

    def on_plane(self, x_mm: float, y_mm: float, z_stack_mm: float) -> tuple[float, float]:
        """The same on one image plane."""
        x, y = self.on_planes(x_mm, y_mm, np.asarray([z_stack_mm]))[:, 0]
        return float(x), float(y)

    def displayed_deg(self, angle_deg: float) -> float:
        """Angle on the image of a direction given in the phantom's frame (tilt neglected)."""
        return (180.0 - angle_deg if self.mirrored else angle_deg) + self.roll_deg


def tilt_matrix(pitch_deg: float, yaw_deg: float) -> NDArray[np.float64]:
    """(3, 3) smallest rotation that carries (0, 0, 1) to (tan yaw, tan pitch, 1) normalised."""
    axis = np.array([math.tan(math.radians(yaw_deg)), math.tan(math.radians(pitch_deg)), 1.0])
    ax, ay, az = axis / np.linalg.norm(axis)
    k = 1.0 / (1.0 + az)
    return np.array([[1.0 - k * ax * ax, -k * ax * ay, ax], [-k * ax * ay, 1.0 - k * ay * ay, ay], [-ax, -ay, az]])


@dataclass(frozen=True, slots=True)
class FeatureFit:
    """Where one feature was really found by its own edge: mean over the slices used, carried to the module's plane."""

    name: str
    x_mm: float
    y_mm: float
    u_mm: float
    """Standard uncertainty of each coordinate."""
    diameter_mm: float | None
    slices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModuleFit:
    """A module where it was found: its own pose (z is its own plane), the slices that lie wholly inside it."""

    name: str
    pose: Pose
    """Maps the module's own coordinates (relative to its plane) to the stack frame."""
    slices: tuple[int, ...]
    """Sorted indices of slices wholly inside the block; empty where the scan does not hold it."""
    u_xy_mm: float | None
    u_z_mm: float | None
    u_roll_deg: float | None
    features: tuple[FeatureFit, ...] = ()

    def fit(self, name: str) -> FeatureFit | None:
        """The fit of one feature, if it has one."""
        return next((f for f in self.features if f.name == name), None)


@dataclass(frozen=True, slots=True)
class BodyFit:
    """The body's outline over the stack: a straight axis in the stack frame and a diameter."""

    x_mm: float
    y_mm: float
    """Axis at z = `z_mm`."""
    z_mm: float
    slope_x: float
    slope_y: float
    """dx/dz and dy/dz."""
    diameter_mm: float
    u_centre_mm: float
    u_diameter_mm: float
    slices: tuple[int, ...]
    """Slices on which the outline was seen."""

    def centre(self, z_mm: float) -> tuple[float, float]:
        """Axis (x, y) at a stack z."""
        return self.x_mm + (z_mm - self.z_mm) * self.slope_x, self.y_mm + (z_mm - self.z_mm) * self.slope_y


@dataclass(frozen=True, slots=True)
class Candidate:
    """A definition that fits, with the locator's evidence for it."""

    name: str
    variant: str | None
    score: float


@dataclass(frozen=True, slots=True)
class Located:
    """A phantom found in a scan: which, how surely, and where everything lies."""

    spec: PhantomSpec
    score: float
    runner_up: Candidate | None
    pose: Pose
    """Of the origin module, stack frame."""
    u_xy_mm: float | None
    u_z_mm: float | None
    u_roll_deg: float | None
    u_tilt_deg: float | None
    mirror_known: bool
    """False where the phantom is mirror-symmetric as far as the scan shows it."""
    body: BodyFit | None
    modules: tuple[ModuleFit, ...]

    @property
    def margin(self) -> float | None:
        """Lead over the runner-up; None where nothing else fitted at all."""
        return None if self.runner_up is None else self.score - self.runner_up.score

    def module(self, name: str) -> ModuleFit | None:
        """The fit of one module, if the scan holds it."""
        return next((m for m in self.modules if m.name == name), None)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Several definitions fit what the scan holds, best first."""

    reason: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing can be said of this input, and why."""

    path: str
    """To print, never to store."""
    reason: str


# ------------------------------------------------------------------------------------------ results


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number that a physicist can sign; `u` is its standard uncertainty (k = 1), None for counts, header values."""

    key: str
    value: float
    u: float | None
    unit: str
    n: int
    """Independent slices (or objects) behind the value."""
    where: str
    method: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Why `key` has no number, and what would make it measurable; both are full sentences."""

    key: str
    reason: str
    needs: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity over an abscissa, with its uncertainty."""

    key: str
    x: tuple[float, ...]
    values: tuple[float, ...]
    u: tuple[float, ...]
    x_unit: str
    unit: str
    method: str


Result = Measurement | NotMeasured | Curve


@dataclass(frozen=True, slots=True)
class Drawn:
    """A region as it was really measured, for the figures: a circle in the stack frame on some slices."""

    module: str
    name: str
    x_mm: float
    y_mm: float
    radius_mm: float
    slices: tuple[int, ...]


@dataclass(frozen=True)
class Analysis:
    """One scan analysed: everything a table, a report or a store needs; the pixels stay outside."""

    identity: ScanIdentity
    acquisition: Acquisition
    shape: tuple[int, int, int]
    spacing_mm: tuple[float | None, float, float]
    scan_flags: tuple[str, ...]
    located: Located
    origin_patient_mm: tuple[float, float, float]
    """The pose's origin in DICOM patient coordinates."""
    results: tuple[Result, ...]
    regions: tuple[Drawn, ...] = ()
    centres_px: tuple[tuple[float, float] | None, ...] = ()
    """(column, row) of each located module's centre on the middle one of its slices; None where it has no slice."""
    iqa_version: str = ""
    source: str = field(default="", compare=False)
    """Path that was read: to print, never to store."""

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The numbers."""
        return tuple(r for r in self.results if isinstance(r, Measurement))

    @property
    def not_measured(self) -> tuple[NotMeasured, ...]:
        """What has no number, with reasons."""
        return tuple(r for r in self.results if isinstance(r, NotMeasured))

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves."""
        return tuple(r for r in self.results if isinstance(r, Curve))

    def value(self, key: str) -> Measurement | None:
        """The measurement of one key, if there is one."""
        return next((m for m in self.measurements if m.key == key), None)
