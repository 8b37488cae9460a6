"""Which scans are repeats of one another: one scanner, one protocol, one phantom that was not touched in between."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.errors import InputError
from iqa.model import Acquisition, Located, Scan, ScanIdentity

SAME_PLACE_MM = 0.1
"""In the plane, between two phantoms and between two fields. It leaves a tenth of the steepest shading (0.5 HU/mm) in a
difference, and of an insert's edge of 1 mm a tenth of its contrast."""
SAME_TURN_DEG = 0.1
"""Moves an insert at 60 mm by 0.1 mm."""
SAME_SLICE = 0.1
"""Share of the slice distance by which two slices, or two phantoms, may lie apart along the axis."""
SURE = 3.0
"""Standard uncertainties by which two phantoms must lie apart along the axis to be moved: with thick slices it is known
no better."""
SAME_VALUE = 1e-4
"""Relative, of lengths and voltages as headers round them."""
SAME_OUTPUT = 0.02
"""Relative, of mAs: as far as a tube current differs between two runs of one protocol; noise moves by half of it."""
PROTOCOL = (
    ("manufacturer", "manufacturer", 0.0),
    ("model", "model", 0.0),
    ("serial", "serial number", 0.0),
    ("kv", "kV", SAME_VALUE),
    ("kev", "keV", SAME_VALUE),
    ("exposure_mas", "mAs", SAME_OUTPUT),
    ("ma", "mA", SAME_OUTPUT),
    ("kernel", "kernel", 0.0),
    ("iteration", "iterative level", 0.0),
    ("filter_type", "filter", 0.0),
    ("scan_mode", "scan mode", 0.0),
    ("pitch", "pitch", SAME_VALUE),
    ("rotation_time_s", "rotation time", SAME_VALUE),
)
"""Scanner and technique: attribute of `Acquisition`, its name in words, and by what share a number may differ. One that
is stated for one scan alone parts them."""


@dataclass(frozen=True, eq=False)
class Setup:
    """A located scan without its pixels: what repeats must have in common."""

    source: str
    """Path that was read: to print, never to store."""
    identity: ScanIdentity
    acquisition: Acquisition
    flags: tuple[str, ...]
    shape: tuple[int, int, int]
    """Slices, rows and columns."""
    spacing_mm: tuple[float | None, float, float]
    thickness_mm: float | None
    origins_mm: NDArray[np.float64]
    """(slices, 3) centre of the first pixel in DICOM patient coordinates."""
    orientation: NDArray[np.float64]
    """(2, 3) unit vectors along a row and down a column."""
    located: Located

    @property
    def z_mm(self) -> NDArray[np.float64]:
        """(slices,) position along the normal."""
        return np.asarray(self.origins_mm @ np.cross(*self.orientation))

    @property
    def slack_mm(self) -> float:
        """By which slices of repeats may lie apart along the normal."""
        return SAME_SLICE * self.spacing_mm[0] if self.spacing_mm[0] else SAME_PLACE_MM


def setup_of(scan: Scan, located: Located) -> Setup:
    """What a scan must have in common with its repeats."""
    return Setup(
        source=scan.source,
        identity=scan.identity,
        acquisition=scan.acquisition,
        flags=scan.flags,
        shape=scan.stored.shape,
        spacing_mm=scan.spacing_mm,
        thickness_mm=scan.thickness_mm,
        origins_mm=scan.origins_mm,
        orientation=scan.orientation,
        located=located,
    )


def group_setups(setups: Sequence[Setup]) -> tuple[tuple[int, ...], ...]:
    """Of each scan the group that it belongs to, as numbers of the setups: itself and its repeats.

    Raises
    ------
    InputError
        A scan was given twice, or is no repeat of any other; what it differs by is said.
    """
    _refuse_twins(setups)
    groups: list[list[int]] = []
    for at, setup in enumerate(setups):
        known = next((g for g in groups if not any(_differences(setups[g[0]], setup))), None)
        if known is None:
            groups.append([at])
        else:
            known.append(at)
    for group in groups:
        if len(group) == 1:
            alone = setups[group[0]]
            raise InputError(alone.source, _alone(alone, [s for s in setups if s is not alone]))
    return tuple(next(tuple(g) for g in groups if at in g) for at in range(len(setups)))


def _refuse_twins(setups: Sequence[Setup]) -> None:
    given: dict[str, Setup] = {}
    for setup in setups:
        twin = given.setdefault(setup.identity.pixel_sha256, setup)
        if twin is not setup:
            reason = f"its pixels are those of {twin.source}: one scan given twice is no repeat; give another scan"
            raise InputError(setup.source, reason)


def _alone(scan: Setup, others: Sequence[Setup]) -> str:
    """Why a scan has no repeat, and what to do."""
    if not others:
        copies = "; its other images were copies of its own" if "duplicate_slices" in scan.flags else ""
        least = "repeats are two scans of one setup at least, each named once, none a copy of another"
        return f"it is the only scan that was located{copies}; {least}"
    nearest = min(others, key=lambda o: _distance(o, scan))
    first = next(iter(_differences(nearest, scan)))
    return f"it is no repeat of {nearest.source}: {first}; give repeats of one setup, or leave --repeats out"


def _distance(a: Setup, b: Setup) -> tuple[bool, bool, int]:
    """Larger the less alike: another phantom or stack ends the comparison, so that it counts before the others."""
    other_phantom = a.located.spec.label != b.located.spec.label
    return other_phantom, a.shape != b.shape, sum(1 for _ in _differences(a, b))


def _differences(a: Setup, b: Setup) -> Iterator[str]:
    """What keeps b from being a repeat of a, in words."""
    if a.located.spec.label != b.located.spec.label:
        yield f"another phantom ({b.located.spec.label} for {a.located.spec.label})"
        return
    yield from _technique(a, b)
    if a.shape != b.shape:
        yield f"another stack ({_stack(b)} for {_stack(a)})"
        return
    yield from _field(a, b)
    yield from _place(a, b)


def _technique(a: Setup, b: Setup) -> Iterator[str]:
    """Another scanner, protocol or sampling."""
    compared = [
        (words, getattr(a.acquisition, name), getattr(b.acquisition, name), share) for name, words, share in PROTOCOL
    ]
    compared.append(("section, mm", a.thickness_mm, b.thickness_mm, SAME_VALUE))
    pixels = zip(a.spacing_mm[1:], b.spacing_mm[1:], strict=True)
    compared += [("pixel, mm", one, other, SAME_VALUE) for one, other in pixels]
    for words, one, other, share in compared:
        if not _alike(one, other, share):
            yield f"another {words} ({_said(other)} for {_said(one)})"


def _alike(one: str | float | None, other: str | float | None, share: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=share)
    return one == other


def _field(a: Setup, b: Setup) -> Iterator[str]:
    """Slices at other places, or a field reconstructed about another centre."""
    if not np.allclose(a.orientation, b.orientation, atol=1e-3):
        yield "another direction of rows and columns"
        return
    along = float(np.abs(b.z_mm - a.z_mm).max())
    if along > a.slack_mm:
        yield f"slices at other places (up to {along:.2f} mm along the axis)"
    across = float(np.linalg.norm((b.origins_mm - a.origins_mm) @ a.orientation.T, axis=1).max())
    if across > SAME_PLACE_MM:
        yield f"a field of view {across:.2f} mm beside the other"


def _place(a: Setup, b: Setup) -> Iterator[str]:
    """A phantom that was turned round, moved or turned."""
    one, other = a.located, b.located
    mirrored = one.mirror_known and other.mirror_known and one.pose.mirrored != other.pose.mirrored
    if mirrored or one.pose.reversed != other.pose.reversed:
        yield "a phantom that was turned round"
        return
    moved = max(math.dist(p, q) for p, q in _centres(a, b))
    if moved > SAME_PLACE_MM:
        yield f"a phantom that was moved by {moved:.2f} mm (at most {SAME_PLACE_MM:g} mm)"
    turned = abs((other.pose.roll_deg - one.pose.roll_deg + 180.0) % 360.0 - 180.0)
    if one.u_roll_deg is not None and other.u_roll_deg is not None and turned > SAME_TURN_DEG:
        yield f"a phantom that was turned by {turned:.2f}° (at most {SAME_TURN_DEG:g}°)"
    if one.u_z_mm is not None and other.u_z_mm is not None:
        along = abs(other.pose.z_mm - one.pose.z_mm)
        most = max(a.slack_mm, SURE * math.hypot(one.u_z_mm, other.u_z_mm))
        if along > most:
            yield f"a phantom that was moved by {along:.2f} mm along the axis (at most {most:.2f} mm)"


def _centres(a: Setup, b: Setup) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Centres of the body in both scans at either end of its outline; the origin's where no outline was seen."""
    one, other = a.located, b.located
    if one.body is None or other.body is None:
        yield (one.pose.x_mm, one.pose.y_mm), other.pose.on_plane(0.0, 0.0, one.pose.z_mm)
        return
    for index in (one.body.slices[0], one.body.slices[-1]):
        z = float(a.z_mm[index])
        yield one.body.centre(z), other.body.centre(z)


def _stack(scan: Setup) -> str:
    slices, rows, columns = scan.shape
    return f"{slices} slices of {columns} × {rows}"


def _said(value: str | float | None) -> str:
    """A header's value in words."""
    if value is None:
        return "none stated"
    return f"'{value}'" if isinstance(value, str) else f"{value:g}"
