"""Scans of things that are no known phantom: what a locator must refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr

from iqa.model import Feature, Insert, Module, PhantomSpec, Pose, Provenance, Scan
from iqa.simulate import Physics, simulate

Floats = NDArray[np.float64]
NotPhantom = Literal[
    "ellipse", "cube", "other_inserts", "random_materials", "sixteen_rods", "couch", "air", "two_cylinders"
]
KINDS: tuple[NotPhantom, ...] = get_args(NotPhantom)

SOURCE = Provenance("made up", "U")
HALF_MM = 40.0
"""Half of the length of every object."""
MATERIALS_HU = (-1000.0, -850.0, -190.0, -100.0, -40.0, 0.0, 120.0, 240.0, 350.0, 730.0, 950.0)


def not_phantoms(rng: Generator, kind: NotPhantom, known: PhantomSpec | None = None) -> Scan:
    """A scan of 256² of something of `kind` that no definition describes.

    `known` is the phantom whose holes "random_materials" fills with anything but what belongs there.
    """
    makers: dict[NotPhantom, Callable[[], Scan]] = {
        "ellipse": lambda: _with_body(rng, _ellipse),
        "cube": lambda: _with_body(rng, _cube),
        "other_inserts": lambda: _round(rng, _other_inserts(rng)),
        "random_materials": lambda: _random_materials(rng, known),
        "sixteen_rods": lambda: _round(rng, _sixteen_rods(rng), 200.0 * rng.uniform(0.95, 1.2)),
        "couch": lambda: _scan(rng, _block(None, -1000.0, ()), couch=True),
        "air": lambda: _scan(rng, _block(None, -1000.0, ())),
        "two_cylinders": lambda: _scan(rng, _block(None, -1000.0, _two_cylinders(rng))),
    }
    return makers[kind]()


def _physics(rng: Generator, *, couch: bool) -> Physics:
    thickness = float(rng.choice((2.0, 2.5, 3.0, 5.0)))
    pitch, yaw = rng.uniform(-3.5, 3.5, 2).tolist()
    x, y = rng.uniform(-5.0, 5.0, 2).tolist()
    return Physics(
        matrix=256,
        pixel_mm=float(rng.uniform(1.0, 1.6)),
        step_mm=thickness,
        thickness_mm=thickness,
        mtf=float(rng.uniform(0.4, 0.8)),
        noise_hu=float(rng.choice((5.0, 10.0, 20.0))),
        couch=couch or bool(rng.random() < 0.3),
        pose=Pose(x, y, 0.0, float(rng.uniform(-180.0, 180.0)), pitch, yaw),
        seed=int(rng.integers(2**31)),
    )


def _scan(rng: Generator, block: Module, *, couch: bool = False) -> Scan:
    return simulate(_spec(block), _physics(rng, couch=couch)).scan


def _spec(block: Module) -> PhantomSpec:
    return PhantomSpec(
        name="nothing",
        variant=None,
        title="No phantom",
        maker="nobody",
        diameter_mm=block.diameter_mm,
        origin=block.name,
        mirror_symmetric=True,
        modules=(block,),
        definition_hash="0" * 64,
    )


def _block(diameter: float | None, body_hu: float, features: tuple[Feature, ...]) -> Module:
    return Module(
        name="block",
        z_mm=0.0,
        z_from_mm=-HALF_MM,
        z_to_mm=HALF_MM,
        diameter_mm=diameter,
        body_hu=body_hu,
        features=features,
        provenance=SOURCE,
    )


def _insert(k: int, x: float, y: float, diameter: float, hu: float) -> Insert:
    return Insert(
        name=f"i{k}",
        material="any",
        x_mm=x,
        y_mm=y,
        diameter_mm=diameter,
        z_from_mm=-HALF_MM,
        z_to_mm=HALF_MM,
        hu=hu,
        provenance=SOURCE,
    )


def _round(rng: Generator, features: tuple[Feature, ...], diameter: float | None = None) -> Scan:
    size = float(rng.uniform(150.0, 220.0)) if diameter is None else float(diameter)
    return _scan(rng, _block(size, float(rng.uniform(-80.0, 130.0)), features))


def _other_inserts(rng: Generator) -> tuple[Feature, ...]:
    """3 to 12 plugs of one size on a circle on which no known phantom has that many."""
    count, radius = int(rng.integers(3, 13)), float(rng.uniform(25.0, 55.0))
    size = float(rng.uniform(6.0, min(20.0, 1.5 * radius * math.pi / count)))
    angles = np.sort(rng.uniform(0.0, 2.0 * math.pi, count)) if rng.random() < 0.5 else _even(rng, count)
    hu = rng.choice(MATERIALS_HU, count)
    return tuple(
        _insert(k, radius * math.cos(a), -radius * math.sin(a), size, float(h))
        for k, (a, h) in enumerate(zip(angles, hu, strict=True))
    )


def _even(rng: Generator, count: int) -> Floats:
    return np.asarray(rng.uniform(0.0, 2.0 * math.pi) + 2.0 * math.pi / count * np.arange(count), dtype=np.float64)


def _sixteen_rods(rng: Generator) -> tuple[Feature, ...]:
    """Two circles of eight, as in electron density phantoms, scaled into the body."""
    hu = rng.permutation(np.resize(MATERIALS_HU, 16))
    places = [
        (radius, k * math.pi / 4.0 + turn) for radius, turn in ((35.0, 0.0), (70.0, math.pi / 8.0)) for k in range(8)
    ]
    return tuple(
        _insert(k, r * math.cos(a), -r * math.sin(a), 18.0, float(h))
        for k, ((r, a), h) in enumerate(zip(places, hu, strict=True))
    )


def _two_cylinders(rng: Generator) -> tuple[Feature, ...]:
    size, hu = rng.uniform(60.0, 110.0, 2), rng.uniform(-100.0, 150.0, 2)
    away = 0.5 * float(size.sum()) + float(rng.uniform(5.0, 20.0))
    return _insert(0, -away / 2, 0.0, float(size[0]), float(hu[0])), _insert(
        1, away / 2, 0.0, float(size[1]), float(hu[1])
    )


def _random_materials(rng: Generator, known: PhantomSpec | None) -> Scan:
    if known is None:
        raise ValueError("random_materials needs the phantom whose holes it fills")
    changed = []
    for block in known.modules:
        features = tuple(replace(f, hu=_other(rng, f.hu)) if isinstance(f, Insert) else f for f in block.features)
        changed.append(replace(block, features=features))
    return simulate(replace(known, modules=tuple(changed)), _physics(rng, couch=False)).scan


def _other(rng: Generator, hu: float) -> float:
    """A material at least 150 HU away from the one that belongs there."""
    return float(rng.choice([m for m in MATERIALS_HU if abs(m - hu) > 150.0]))


def _with_body(rng: Generator, outline: Callable[[Generator, Floats, Floats], Floats]) -> Scan:
    """Plugs inside a body that is not round, upright through the whole stack."""
    physics = replace(_physics(rng, couch=False), pose=Pose(0.0, 0.0, 0.0, 0.0))
    hu = float(rng.uniform(-80.0, 130.0))
    plugs = tuple(replace(f, hu=f.hu - hu - 1000.0) for f in _other_inserts(rng) if isinstance(f, Insert))
    scan = simulate(_spec(_block(None, -1000.0, plugs)), physics).scan
    axis = np.asarray(physics.pixel_mm * (np.arange(physics.matrix) - 0.5 * (physics.matrix - 1)), dtype=np.float64)
    inside = ndtr(outline(rng, axis[None, :], axis[:, None]) / 0.5)
    body = np.rint((hu + 1000.0) * inside).astype(np.int16)
    return replace(scan, stored=np.asarray(scan.stored + body, dtype=np.int16))


def _ellipse(rng: Generator, x: Floats, y: Floats) -> Floats:
    """Distance inside an ellipse, to first order."""
    a = float(rng.uniform(80.0, 105.0))
    b = a * float(rng.uniform(0.55, 0.93))
    q = np.sqrt((x / a) ** 2 + (y / b) ** 2)
    return np.asarray((1.0 - q) * q / np.maximum(np.sqrt((x / a**2) ** 2 + (y / b**2) ** 2), 1e-9))


def _cube(rng: Generator, x: Floats, y: Floats) -> Floats:
    """Distance inside a square, turned, solid or with a thick wall."""
    turn, half = float(rng.uniform(0.0, math.pi / 2.0)), float(rng.uniform(60.0, 80.0))
    u, v = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    inside = half - np.maximum(np.abs(u), np.abs(v))
    return np.asarray(np.minimum(inside, 12.0 - inside) if rng.random() < 0.5 else inside)
