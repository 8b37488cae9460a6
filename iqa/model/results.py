"""What was measured: numbers with uncertainty, curves, and the reasons where there is no number."""

from __future__ import annotations

from dataclasses import dataclass, field

from iqa.model.located import Located
from iqa.model.scan import Acquisition, ScanIdentity


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
    interval: tuple[float, float] | None = None
    """95 % limits where u alone would mislead: of a quantity with an end, such as 0, near by."""


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
    repeats_sha256: tuple[str, ...] = ()
    """Pixel hashes of the other scans of one setup whose differences from this one were measured too."""
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
