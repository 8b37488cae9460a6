"""What a phantom is: modules and features with their places, materials and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Grade = Literal["A", "B", "C", "M", "U"]


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
    nominal_hu: float | None = None
    """What linearity compares with, where that is not the middle of the range."""
    provenance: Provenance

    @property
    def expected_hu(self) -> float:
        """The CT number that the maker expects: stated, else the middle of the range, else the typical one."""
        middle = self.hu if self.hu_range is None else sum(self.hu_range) / 2
        return middle if self.nominal_hu is None else self.nominal_hu


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
    """A ball: a point source when small, a contrast sphere when large; with a height, a disc of foil instead."""

    name: str
    material: str
    x_mm: float
    y_mm: float
    z_mm: float
    diameter_mm: float
    height_mm: float | None = None
    """Along the axis, of a disc of foil; None for a ball."""
    hu: float
    provenance: Provenance

    @property
    def extent_mm(self) -> float:
        """How far it reaches along the axis, from end to end."""
        return self.diameter_mm if self.height_mm is None else self.height_mm


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

    @property
    def label(self) -> str:
        """Its frequency in lp/cm, to three digits, as it stands in keys: 5, 6.25 as 6p25, 8.3333 as 8p33."""
        return f"{self.lp_per_cm:.3g}".replace(".", "p")


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
    turned: bool = False
    """Put in end for end, which is rarer than a phantom of another model."""
    features: tuple[Feature, ...] = ()
    provenance: Provenance

    def of(self, *kinds: type) -> Iterator[Feature]:
        """Its features of the given kinds, in the order of the definition."""
        return (f for f in self.features if isinstance(f, kinds))

    @property
    def targets(self) -> dict[str, tuple[Target, ...]]:
        """Its low-contrast rods by the name under which they are measured: equal rods of one row are one target."""
        rods = [f for f in self.features if isinstance(f, Target)]
        rows: dict[tuple[str, str, float], list[Target]] = {}
        for rod in rods:
            rows.setdefault((re.sub(r"_\d+$", "", rod.name), rod.group, rod.diameter_mm), []).append(rod)
        return {row[0].name if len(row) == 1 else name: tuple(row) for (name, _, _), row in rows.items()}

    @property
    def block(self) -> Block:
        """What it shows a locator."""
        return block_of(self.features)


def block_of(features: Iterable[Feature]) -> Block:
    """What features show a locator: inserts before gauge before low contrast before nothing."""
    kinds = {type(f) for f in features}
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
    reference_kv: float = 120.0
    """Tube voltage for which the CT numbers are stated, unless `reference_kev` is given."""
    reference_kev: float | None = None
    """Energy of the monoenergetic images for which they are stated."""

    def module(self, name: str) -> Module:
        """The module of that name."""
        return next(m for m in self.modules if m.name == name)

    @property
    def label(self) -> str:
        """Name, and the variant after a slash."""
        return f"{self.name}/{self.variant}" if self.variant else self.name
