"""Where a phantom was found: its pose, the fits behind it, or why none is given."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.model.phantom import PhantomSpec


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
    def slopes(self) -> tuple[float, float]:
        """(x, y) by which the phantom's axis moves on the image for 1 mm along z."""
        return math.tan(math.radians(self.yaw_deg)), math.tan(math.radians(self.pitch_deg))

    @property
    def lean(self) -> float:
        """How far that is."""
        return math.hypot(*self.slopes)

    @property
    def stretch(self) -> float:
        """Length along the axis for 1 mm along z."""
        return math.hypot(1.0, *self.slopes)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) map of phantom directions to stack directions, scale included."""
        c, s = math.cos(math.radians(self.roll_deg)), math.sin(math.radians(self.roll_deg))
        turned = tilt_matrix(self.pitch_deg, self.yaw_deg) @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        along_x, along_z = -1.0 if self.mirrored else 1.0, -1.0 if self.reversed else 1.0
        return np.asarray(turned * (along_x * self.scale, self.scale, along_z), dtype=np.float64)

    def place(self, x_mm: float, y_mm: float, z_mm: float) -> tuple[float, float, float]:
        """Stack-frame place of a phantom-frame point."""
        x, y, z = self.matrix @ (x_mm, y_mm, z_mm)
        return self.x_mm + float(x), self.y_mm + float(y), self.z_mm + float(z)

    def on_planes(self, x_mm: float, y_mm: float, z_stack_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(2, n) x and y where the line through phantom (x, y), parallel to its axis, pierces image planes at z."""
        x, y, z = self.place(x_mm, y_mm, 0.0)
        dz = z_stack_mm - z
        along_x, along_y = self.slopes
        return np.stack([x + dz * along_x, y + dz * along_y])

    def on_plane(self, x_mm: float, y_mm: float, z_stack_mm: float) -> tuple[float, float]:
        """The same on one image plane."""
        x, y = self.on_planes(x_mm, y_mm, np.asarray([z_stack_mm]))[:, 0]
        return float(x), float(y)

    def slid_to(self, z_mm: float) -> Pose:
        """The pose moved along the phantom's axis to another stack z."""
        x, y = self.on_plane(0.0, 0.0, z_mm)
        return replace(self, x_mm=x, y_mm=y, z_mm=z_mm)

    def displayed_deg(self, angle_deg: float) -> float:
        """Angle on the image of a direction given in the phantom's frame (tilt neglected)."""
        return (180.0 - angle_deg if self.mirrored else angle_deg) + self.roll_deg


def tilt_matrix(pitch_deg: float, yaw_deg: float) -> NDArray[np.float64]:
    """(3, 3) smallest rotation that carries (0, 0, 1) to (tan yaw, tan pitch, 1) normalised."""
    x, y = math.tan(math.radians(yaw_deg)), math.tan(math.radians(pitch_deg))
    az = 1.0 / math.sqrt(x * x + y * y + 1.0)
    ax, ay = az * x, az * y
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
    out_of_round_mm: float = 0.0
    """Amplitude of the radius' second harmonic: how far an ellipse's axes lie from the mean radius."""

    def centre(self, z_mm: float) -> tuple[float, float]:
        """Axis (x, y) at a stack z."""
        return self.x_mm + (z_mm - self.z_mm) * self.slope_x, self.y_mm + (z_mm - self.z_mm) * self.slope_y


@dataclass(frozen=True, slots=True)
class Candidate:
    """A definition that fits, with the locator's evidence for it."""

    name: str
    variant: str | None
    score: float

    @property
    def label(self) -> str:
        """Name, and the variant after a slash."""
        return f"{self.name}/{self.variant}" if self.variant else self.name


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
