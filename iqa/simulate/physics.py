"""What the scanner and the person at it do to a phantom: all that a simulated scan needs beside the definition."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from iqa.errors import DefinitionError
from iqa.model import Pose
from iqa.phantom.text import parse, read_bytes
from iqa.simulate.blur import Mtf
from iqa.simulate.section import Form, Section

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Pairs = Annotated[
    tuple[tuple[str, float], ...],
    BeforeValidator(lambda value: tuple(value.items()) if isinstance(value, dict) else value),
]
"""(name, number) pairs; a table in a TOML file."""


CENTRED = Pose(0.0, 0.0, 0.0, 0.0)
"""The origin at the isocentre, nothing turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the files say of the scanner; nothing of it changes a pixel."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    manufacturer: str = "iqa simulate"
    model: str = "image domain"
    serial: str = "0"
    station: str = "SIM"
    software: str = "1"
    kv: Positive = 120.0
    ma: Positive = 200.0
    rotation_time_s: Positive = 1.0
    ctdivol_mgy: Positive | None = None
    kernel: str | None = None
    """Name of the kernel; the MTF's own name where absent."""
    patient_position: Literal["HFS", "FFS", "HFP", "FFP"] = "HFS"
    acquired: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")] = "2000-01-01T00:00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """A scan to be made: sampling, blur, noise, calibration, and how the phantom lies.

    Coordinates are DICOM patient coordinates of axial slices: x to the image's right, y down, z with the stack, the
    isocentre at (0, 0, 0).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    matrix: Annotated[int, Field(ge=8, le=4096)] = 512
    pixel_mm: Positive = 0.5
    field_centre_mm: tuple[float, float] = (0.0, 0.0)
    """(x, y) of the middle of the picture."""
    field_diameter_mm: Positive | None = None
    """Circle of reconstruction around that middle; outside lies padding. None: the whole square."""
    step_mm: Positive = 2.5
    """Distance of neighbouring slices."""
    thickness_mm: Positive = 2.5
    """Nominal section thickness, as the header says it."""
    slices: Annotated[int, Field(ge=1, le=4096)] | None = None
    first_z_mm: float | None = None
    """Plane of the first slice. Absent: as many slices as cover the phantom with two to spare at each end."""

    mtf: Mtf = "soft"
    section: Form = "rect"
    section_fwhm_mm: Positive | None = None
    """True width of the section profile; the nominal thickness where absent."""
    section_blur_mm: NotNegative = 0.0
    """SD of the edges of a rect_gauss section; below a third of its FWHM."""

    noise_hu: NotNegative = 5.0
    """Standard deviation before rounding."""
    nps: Literal["ramp", "white", "low_pass"] = "ramp"
    """Shape of the noise power: f · MTF², flat, or exp(−(f/cut)²)."""
    nps_cut_per_mm: Positive = 0.15
    seed: Annotated[int, Field(ge=0)] = 0

    gain: Positive = 1.0
    offset_hu: float = 0.0
    """CT number = gain · true CT number + offset."""
    cupping_hu: float = 0.0
    """Added at the body's rim, with the square of the distance from its axis."""
    ring_hu: float = 0.0
    """Crest of a full ring about the isocentre, on every slice, added where the body is."""
    ring_radius_mm: Positive = 80.0
    ring_sd_mm: Positive = 0.6
    """Standard deviation of its Gaussian profile."""
    crescent_hu: float = 0.0
    """Depth of a crescent about the isocentre: a cosine round the circle, a Gaussian along the radius."""
    crescent_radius_mm: Positive = 40.0
    crescent_sd_mm: Positive = 8.0
    crescent_deg: float = 180.0
    """Where it is deepest, counter-clockwise as displayed."""
    contrast_scale: Pairs = ()
    """Factors on the contrast of features to their body, by feature name or by material (another tube voltage)."""
    body_diameter_mm: Positive | None = None
    """Of a cylinder whose definition leaves it open."""
    couch: bool = False
    couch_gap_mm: float = 2.0
    """Between the body's lowest point and the couch."""

    pose: Pose = CENTRED
    """Of the phantom's origin, in patient coordinates."""
    module_rolls_deg: Pairs = ()
    """Extra counter-clockwise turn of single modules about their own centres."""
    stray_mm: NotNegative = 0.0
    """Standard deviation of every feature's place, in x and in y, drawn from the seed."""

    hu_step: Positive = 1.0
    """CT number per stored unit."""
    intercept_hu: float = -1024.0
    padding: Annotated[int, Field(ge=-32768, le=32767)] = -2000
    """Stored value outside the circle of reconstruction."""
    header: Header = Header()

    @property
    def profile(self) -> Section:
        """The section profile."""
        return Section(self.section, self.section_fwhm_mm or self.thickness_mm, self.section_blur_mm)

    @property
    def corner_mm(self) -> tuple[float, float]:
        """(x, y) of the centre of the first pixel."""
        half = 0.5 * (self.matrix - 1) * self.pixel_mm
        return self.field_centre_mm[0] - half, self.field_centre_mm[1] - half

    @property
    def stack_pose(self) -> Pose:
        """The pose in the stack frame, measured from the first pixel."""
        x, y = self.corner_mm
        return replace(self.pose, x_mm=self.pose.x_mm - x, y_mm=self.pose.y_mm - y)


def load_physics(file: Path) -> Physics:
    """Physics from a TOML file; every key of `Physics` may stand there, `pose` and `header` are tables.

    Raises
    ------
    DefinitionError
        The file cannot be read or is no TOML, or a key is unknown, of the wrong kind or out of range; the key is named.
    """
    values = parse(str(file), read_bytes(file))
    pose, known = values.get("pose", {}), [f.name for f in fields(Pose)]
    for key in pose if isinstance(pose, dict) else ():
        if key not in known:
            raise DefinitionError(str(file), f"pose.{key}", f"one of {', '.join(known)}", key)
    try:
        return TypeAdapter(Physics).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        wanted = first["msg"].removeprefix("Input should be ")
        raise DefinitionError(str(file), key, wanted, repr(first["input"])) from error
