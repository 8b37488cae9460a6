"""The main line of the simulator: place, draw, calibrate, add noise, round; a scan and its truth come out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence, default_rng
from numpy.typing import NDArray

from iqa.model import Acquisition, PhantomSpec, Scan, ScanIdentity
from iqa.simulate.blur import Discs, blur_of
from iqa.simulate.couch import couch
from iqa.simulate.noise import mixing_of, noise_of
from iqa.simulate.physics import Physics
from iqa.simulate.scene import AIR_HU, PlacedModule, place, shapes
from iqa.simulate.shapes import Canvas, Shape, Window
from iqa.simulate.truth import Made, Truth, truth_of

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

SPARE_SLICES = 2
"""Slices of air beyond each end of a phantom where the physics names no range."""
UID_ROOT = "2.25."
"""Root of UIDs made of a number alone (PS3.5, B.2)."""
FULL_TURN_MS = 1000.0
BODY_HU = -500.0
"""Above it there is body, where rings and crescents are drawn."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """A simulated scan, and everything that a perfect measurement of it would find."""

    scan: Scan
    truth: Truth
    physics: Physics


def simulate(spec: PhantomSpec, physics: Physics) -> Simulated:
    """A scan of a phantom as the physics says, with its truth; the same arguments give the same bits.

    Raises
    ------
    UsageError
        The physics cannot be drawn (its MTF, its section) or lacks what the definition leaves open.

    Notes
    -----
    The image is point-sampled: no pixel box, nothing is rasterised. Discs, bars and lines are exact for the blur, a sum
    of round Gaussians, to 1e-4 of their contrast. Not exact: the end faces of a tilted body are not blurred in the
    plane, a bar's section under tilt stays a rectangle, and neighbours that overlap add up.
    """
    # strays and noise have streams of their own: another noise leaves every feature where it was
    places, noises = (default_rng(seed) for seed in SeedSequence(physics.seed).spawn(2))
    modules = place(spec, physics, places)
    z_mm = slice_planes(modules, physics)
    canvas = _canvas(physics)
    hu = _drawn(canvas, z_mm, shapes(modules, physics, Discs(canvas.blur)))
    if physics.couch:
        hu += couch(canvas, physics.stack_pose.x_mm, _lowest(modules) + physics.couch_gap_mm).astype(np.float32)
    hu += np.float32(AIR_HU)
    _add_artefacts(hu, canvas, physics)
    noise = noise_of(physics, canvas.blur)
    # noise is stated in the final scale, so it comes after the calibration
    hu *= np.float32(physics.gain)
    hu += np.float32(physics.offset_hu)
    if physics.noise_hu > 0.0:
        hu += noise.volume((len(z_mm), physics.matrix, physics.matrix), mixing_of(physics, len(z_mm)), noises)
    scan = _scan(spec, physics, z_mm, _stored(hu, canvas, physics))
    return Simulated(scan, truth_of(Made(spec, physics, modules, canvas.blur, noise, z_mm), scan), physics)


def slice_planes(modules: tuple[PlacedModule, ...], physics: Physics) -> Floats:
    """(slices,) plane of each slice, mm along the normal."""
    ends = [m.pose.place(0.0, 0.0, z)[2] for m in modules for z in (m.z_from_mm, m.z_to_mm)]
    margin = SPARE_SLICES * physics.step_mm
    first = min(ends) - margin if physics.first_z_mm is None else physics.first_z_mm
    count = physics.slices or int(np.ceil((max(ends) + margin - first) / physics.step_mm)) + 1
    return np.asarray(first + physics.step_mm * np.arange(max(count, 1)), dtype=np.float64)


def _canvas(physics: Physics) -> Canvas:
    axis = np.asarray(physics.pixel_mm * np.arange(physics.matrix), dtype=np.float64)
    return Canvas(axis, axis, blur_of(physics.mtf), physics.profile)


def _drawn(canvas: Canvas, z_mm: Floats, things: Iterable[Shape]) -> Singles:
    volume = np.zeros((len(z_mm), len(canvas.y_mm), len(canvas.x_mm)), dtype=np.float32)
    for thing in things:
        low, high = thing.span
        reach = canvas.section.half_mm
        touched = range(*np.searchsorted(z_mm, (low - reach, high + reach)).tolist())
        if thing.steady:
            _draw_steady(volume, canvas, z_mm, thing, touched)
        else:
            for k in touched:
                _add(volume[k], thing.picture(canvas, float(z_mm[k])))
    return volume


def _draw_steady(volume: Singles, canvas: Canvas, z_mm: Floats, thing: Shape, touched: range) -> None:
    drawn = thing.picture(canvas, float(z_mm[0])) if touched else None
    if drawn is None:
        return
    window, picture = drawn[0], drawn[1].astype(np.float32)
    for k in touched:
        share = thing.share(canvas, float(z_mm[k]))
        volume[k][window] += picture if share == 1.0 else picture * np.float32(share)


def _add(image: Singles, drawn: tuple[Window, Floats] | None) -> None:
    if drawn is not None:
        image[drawn[0]] += drawn[1].astype(np.float32)


def _add_artefacts(volume: Singles, canvas: Canvas, physics: Physics) -> None:
    """Rings and crescents about the isocentre, inside the body, before the gain: stated in the final scale."""
    if physics.ring_hu == 0.0 and physics.crescent_hu == 0.0:
        return
    left, top = physics.corner_mm
    x, y = canvas.x_mm[None, :] + left, canvas.y_mm[:, None] + top
    radius, angle = np.hypot(x, y), np.arctan2(-y, x) - np.radians(physics.crescent_deg)
    ring = physics.ring_hu * _bump(radius, physics.ring_radius_mm, physics.ring_sd_mm)
    crescent = physics.crescent_hu * np.cos(angle) * _bump(radius, physics.crescent_radius_mm, physics.crescent_sd_mm)
    added = ((ring + crescent) / physics.gain).astype(np.float32)
    for image in volume:
        np.add(image, added, out=image, where=image > BODY_HU)


def _bump(radius: Floats, at: float, sd: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((radius - at) / sd) ** 2))


def _lowest(modules: tuple[PlacedModule, ...]) -> float:
    """Lowest point of the body in the stack frame: the largest y."""
    ends = [(m, z) for m in modules for z in (m.z_from_mm, m.z_to_mm)]
    return max(m.pose.place(0.0, 0.0, z)[1] + 0.5 * (m.diameter_mm or 0.0) * m.pose.scale for m, z in ends)


def _stored(hu: Singles, canvas: Canvas, physics: Physics) -> NDArray[np.int16]:
    hu -= np.float32(physics.intercept_hu)
    hu /= np.float32(physics.hu_step)
    np.rint(hu, out=hu)
    if physics.field_diameter_mm is not None:
        middle = 0.5 * (physics.matrix - 1) * physics.pixel_mm
        x, y = canvas.x_mm[None, :] - middle, canvas.y_mm[:, None] - middle
        hu[:, np.hypot(x, y) > 0.5 * physics.field_diameter_mm] = physics.padding
    limits = np.iinfo(np.int16)
    return np.clip(hu, limits.min, limits.max, out=hu).astype(np.int16)


def _scan(spec: PhantomSpec, physics: Physics, z_mm: Floats, stored: NDArray[np.int16]) -> Scan:
    count = len(z_mm)
    corner = np.broadcast_to(physics.corner_mm, (count, 2))
    slope, intercept = np.full(count, physics.hu_step), np.full(count, physics.intercept_hu)
    identity = _identity(spec, physics, stored)
    return Scan(
        stored=stored,
        slope=slope,
        intercept=intercept,
        pixel_mm=(physics.pixel_mm, physics.pixel_mm),
        origins_mm=np.column_stack([corner, z_mm]),
        orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness_mm=physics.thickness_mm,
        acquisition=_acquisition(physics),
        identified=lambda: identity,
        padding=None if physics.field_diameter_mm is None else physics.padding,
    )


def _acquisition(physics: Physics) -> Acquisition:
    header = physics.header
    return Acquisition(
        modality="CT",
        manufacturer=header.manufacturer,
        model=header.model,
        serial=header.serial,
        station=header.station,
        software=header.software,
        kv=header.kv,
        ma=header.ma,
        ma_min=header.ma,
        ma_max=header.ma,
        exposure_mas=header.ma * header.rotation_time_s,
        exposure_time_ms=header.rotation_time_s * FULL_TURN_MS,
        rotation_time_s=header.rotation_time_s,
        ctdivol_mgy=header.ctdivol_mgy,
        kernel=header.kernel or kernel_name(physics),
        fov_mm=physics.field_diameter_mm or physics.matrix * physics.pixel_mm,
        scan_centre_mm=(0.0, 0.0, 0.0),
        quality_control_image=True,
        thickness_mm=physics.thickness_mm,
        patient_position=header.patient_position,
        image_type=("DERIVED", "SECONDARY", "AXIAL"),
    )


def kernel_name(physics: Physics) -> str:
    """What the header calls the kernel where the physics gives no name."""
    if isinstance(physics.mtf, str):
        return physics.mtf.upper()
    return "MEASURED" if isinstance(physics.mtf, tuple) else "GAUSSIAN"


def _identity(spec: PhantomSpec, physics: Physics, stored: NDArray[np.int16]) -> ScanIdentity:
    recipe = f"{spec.definition_hash} {spec.label} {physics!r}"
    return ScanIdentity(
        series_uid=uid(recipe, "series"),
        study_uid=uid(recipe, "study"),
        sop_uids=tuple(uid(recipe, f"slice {k}") for k in range(len(stored))),
        pixel_sha256=_pixel_sha256(stored, physics),
        acquired=physics.header.acquired,
    )


def uid(recipe: str, what: str) -> str:
    """A UID that follows from what was simulated, so that the same scan has the same files."""
    return UID_ROOT + str(int(hashlib.sha256(f"{recipe} {what}".encode()).hexdigest()[:32], 16))


def _pixel_sha256(stored: NDArray[np.int16], physics: Physics) -> str:
    digest = hashlib.sha256()
    for image in stored:
        digest.update(image.astype("<i4").tobytes())
        digest.update(f"{physics.hu_step!r}{physics.intercept_hu!r}".encode())
    return digest.hexdigest()
