"""Physics drawn at random: phantoms as they really lie, in scanners as they really are."""

from __future__ import annotations

from dataclasses import replace

from numpy.random import Generator

from iqa.errors import UsageError
from iqa.model import PhantomSpec, Pose
from iqa.simulate.physics import Physics

MATRIX = 256
SMALLEST_PIXEL_MM = 0.95
PIXEL_SPREAD = 1.7
"""Largest pixel against the smallest that holds the body (0.95 to 1.6 mm for a body of 200 mm)."""
ROOM = 1.1
"""Field that a body needs, against its diameter."""
THICKNESSES_MM = (1.25, 2.0, 2.5, 3.0, 5.0)
NOISES_HU = (5.0, 10.0, 20.0)
TILT_DEG = 3.5
SHIFT_MM = 5.0
MIRRORED, ON_COUCH, CUT, RECALIBRATED = 0.15, 0.3, 0.15, 0.15
"""Shares of the scans."""
CUT_MM = 10.0
"""Of the body outside the field, on one side."""
CUT_SHIFT_MM = (15.0, 35.0)
"""How far a cut body lies off the field's centre, so that the other side keeps its edge."""
GAINS, OFFSETS_HU = (0.75, 0.98), (-50.0, 1000.0)
STRAY_MM = 0.1
MODULE_ROLL_DEG = 1.0


def random_scene(rng: Generator, spec: PhantomSpec, *, body_diameter_mm: float | None = None) -> Physics:
    """Physics of a scan as met in practice: any roll, both hangings, tilt, couch, cut fields, odd calibrations.

    Parameters
    ----------
    rng : Generator
        Source of every draw; the seed of the noise and of the strays is drawn from it as well.
    spec : PhantomSpec
    body_diameter_mm : float, optional
        Of a cylinder whose definition leaves it open.

    Raises
    ------
    UsageError
        Neither the definition nor the argument gives a diameter.
    """
    diameter = spec.diameter_mm or body_diameter_mm
    if diameter is None:
        raise UsageError(f"{spec.label}: the definition leaves the diameter open; give body_diameter_mm")
    smallest = max(SMALLEST_PIXEL_MM, ROOM * diameter / MATRIX)
    pixel = float(rng.uniform(smallest, PIXEL_SPREAD * smallest))
    thickness = float(rng.choice(THICKNESSES_MM))
    cut = rng.random() < CUT
    recalibrated = rng.random() < RECALIBRATED
    pose = _random_pose(rng)
    if cut:
        pose = replace(pose, x_mm=float(rng.choice((-1.0, 1.0)) * rng.uniform(*CUT_SHIFT_MM)))
    return Physics(
        matrix=MATRIX,
        pixel_mm=pixel,
        field_diameter_mm=2.0 * (0.5 * diameter - CUT_MM + abs(pose.x_mm)) if cut else None,
        step_mm=thickness,
        thickness_mm=thickness,
        mtf=float(rng.uniform(0.4, 0.8)),
        noise_hu=float(rng.choice(NOISES_HU)),
        gain=float(rng.uniform(*GAINS)) if recalibrated else 1.0,
        offset_hu=float(rng.uniform(*OFFSETS_HU)) if recalibrated else 0.0,
        couch=rng.random() < ON_COUCH,
        pose=pose,
        module_rolls_deg=tuple((m.name, float(rng.uniform(-1, 1)) * MODULE_ROLL_DEG) for m in spec.modules),
        stray_mm=STRAY_MM,
        body_diameter_mm=body_diameter_mm,
        seed=int(rng.integers(2**31)),
    )


def _random_pose(rng: Generator) -> Pose:
    """A phantom hung either way round; in some images one axis is mirrored beside."""
    x, y, z = rng.uniform(-SHIFT_MM, SHIFT_MM, 3).tolist()
    turned = bool(rng.random() < 0.5)
    pitch, yaw = rng.uniform(-TILT_DEG, TILT_DEG, 2).tolist()
    return Pose(
        x,
        y,
        z,
        roll_deg=float(rng.uniform(-180.0, 180.0)),
        pitch_deg=pitch,
        yaw_deg=yaw,
        mirrored=turned != (rng.random() < MIRRORED),
        reversed=turned,
    )
