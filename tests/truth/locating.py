"""Scans with known truth for the locator: whole phantoms, fragments, impostors, right holes with wrong materials.

Each case is drawn from its own seed, so that a run can be repeated and split over processes.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Literal

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray
from scipy import ndimage

from iqa.locate import locate
from iqa.model import (
    Acquisition,
    Candidates,
    Insert,
    LinePairs,
    Located,
    Module,
    PhantomSpec,
    Pose,
    Provenance,
    Refused,
    Scan,
    ScanIdentity,
)
from iqa.phantom import library
from iqa.simulate import random_scene, simulate

PLAIN = ("uniform_cylinder", "wire", "bead")
"""Definitions without anything to recognise."""
MOST_FRAGMENT_SLICES = 15
IMPOSTORS = ("ellipse", "cube", "pattern", "rods", "couch", "air", "two_cylinders", "cylinder")
MATERIALS_HU = (-1000.0, -850.0, -200.0, -100.0, -35.0, 120.0, 235.0, 350.0, 730.0, 990.0)
MADE = Provenance("made for a test", "U")

Kind = Literal["right", "wrong", "candidates", "without_truth", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case."""

    kind: Kind
    label: str
    seed: int
    detail: str
    candidates: int = 0
    structured: bool = False
    """The scan holds a slice with inserts or line pairs."""


@functools.lru_cache(maxsize=1)
def definitions() -> tuple[PhantomSpec, ...]:
    """All shipped definitions."""
    return library()


def rng_of(case: str, index: int) -> Generator:
    """The random numbers of one case."""
    return default_rng(SeedSequence([sum(map(ord, case)), index]))


def _spec(index: int) -> PhantomSpec:
    """Every definition in turn, and of each its variants in turn."""
    names = list(dict.fromkeys(s.name for s in definitions() if s.name not in PLAIN))
    makes = [s for s in definitions() if s.name == names[index % len(names)]]
    return makes[index // len(names) % len(makes)]


def _judged(result: Located | Candidates | Refused, spec: PhantomSpec, seed: int, structured: bool) -> Outcome:
    match result:
        case Located():
            kind: Kind = "right" if result.spec.name == spec.name else "wrong"
            return Outcome(kind, spec.label, seed, f"{result.spec.label} {result.score:.2f}", 0, structured)
        case Candidates():
            names = [c.name for c in result.candidates]
            kind = "candidates" if spec.name in names else "without_truth"
            detail = ", ".join(f"{c.name} {c.score:.2f}" for c in result.candidates)
            return Outcome(kind, spec.label, seed, detail, len(names), structured)
        case Refused():
            return Outcome("refused", spec.label, seed, result.reason, 0, structured)


def whole(index: int) -> Outcome:
    """A whole phantom in a random pose."""
    rng = rng_of("whole", index)
    spec = _spec(index)
    scan = simulate(spec, random_scene(rng, spec)).scan
    return _judged(locate(scan, definitions()), spec, index, True)


def fragment_scan(index: int) -> tuple[Scan, PhantomSpec, Pose]:
    """One to fifteen successive slices of a phantom in a random pose."""
    rng = rng_of("fragment", index)
    spec = _spec(index)
    physics = random_scene(rng, spec)
    ends = [physics.pose.place(0.0, 0.0, m.z_mm + z)[2] for m in spec.modules for z in (m.z_from_mm, m.z_to_mm)]
    count = int(rng.integers(1, MOST_FRAGMENT_SLICES + 1))
    first = float(rng.uniform(min(ends), max(min(ends) + 1.0, max(ends) - count * physics.step_mm)))
    cut = replace(physics, slices=count, first_z_mm=first)
    return simulate(spec, cut).scan, spec, cut.pose


def fragment(index: int) -> Outcome:
    """What becomes of such slices."""
    scan, spec, pose = fragment_scan(index)
    return _judged(locate(scan, definitions()), spec, index, _structured(spec, pose.place, scan))


def _structured(
    spec: PhantomSpec, place: Callable[[float, float, float], tuple[float, float, float]], scan: Scan
) -> bool:
    """True where a slice's middle lies wholly within a block of inserts, or within a line-pair plane, on the axis."""
    half = 0.5 * (scan.thickness_mm or 0.0)
    for module in spec.modules:
        for f in module.of(Insert, LinePairs):
            assert isinstance(f, Insert | LinePairs)
            low, high = sorted(place(0.0, 0.0, module.z_mm + z)[2] for z in (f.z_from_mm, f.z_to_mm))
            margin = half if isinstance(f, Insert) else 0.0
            if np.any((scan.z_mm > low + margin) & (scan.z_mm < high - margin)):
                return True
    return False


def random_materials(index: int) -> Outcome:
    """The holes of a phantom, filled with other materials."""
    rng = rng_of("materials", index)
    spec = _spec(index)
    wrong = replace(spec, modules=tuple(_refilled(m, rng) for m in spec.modules))
    scan = simulate(wrong, random_scene(rng, wrong)).scan
    return _judged(locate(scan, definitions()), spec, index, True)


def _refilled(module: Module, rng: Generator) -> Module:
    def fill(hu: float) -> float:
        others = [m for m in MATERIALS_HU if abs(m - hu) > 60.0]
        return float(rng.choice(others))

    return replace(
        module, features=tuple(replace(f, hu=fill(f.hu)) if isinstance(f, Insert) else f for f in module.features)
    )


# ---------------------------------------------------------------------------------------- impostors


def impostor(index: int) -> Outcome:
    """A volume that is no phantom of ours."""
    rng = rng_of("impostor", index)
    kind = IMPOSTORS[index % len(IMPOSTORS)]
    scan = (
        _patterned(rng, kind)
        if kind in ("pattern", "rods")
        else _scan_of(_volume(rng, kind), float(rng.uniform(1.0, 1.5)))
    )
    result = locate(scan, definitions())
    nothing = PhantomSpec(
        name="nothing", variant=None, title="", maker="", diameter_mm=None, origin="", mirror_symmetric=False,
        modules=(), definition_hash="",
    )  # fmt: skip
    outcome = _judged(result, nothing, index, False)
    return replace(outcome, label=kind)


def _patterned(rng: Generator, kind: str) -> Scan:
    """A round body with another insert pattern, made by the renderer."""
    count = 16 if kind == "rods" else int(rng.integers(3, 13))
    inserts = []
    for i in range(count):
        ring = (50.0, 80.0)[i % 2] if kind == "rods" else float(rng.uniform(30.0, 75.0))
        angle = 2.0 * np.pi * i / count if kind == "rods" else float(rng.uniform(0.0, 2.0 * np.pi))
        size = 20.0 if kind == "rods" else float(rng.uniform(8.0, 26.0))
        hu = float(rng.choice(MATERIALS_HU))
        inserts.append(
            Insert(name=f"i{i}", material="x", x_mm=ring * np.cos(angle), y_mm=ring * np.sin(angle), diameter_mm=size,
                   z_from_mm=-20.0, z_to_mm=20.0, hu=hu, provenance=MADE)
        )  # fmt: skip
    diameter = float(rng.choice((160.0, 200.0, 201.4, 216.0, 260.0)))
    module = Module(name="m", z_mm=0.0, z_from_mm=-30.0, z_to_mm=30.0, diameter_mm=diameter, body_hu=0.0,
                    features=tuple(inserts), provenance=MADE)  # fmt: skip
    spec = PhantomSpec(name="other", variant=None, title="", maker="", diameter_mm=diameter, origin="m",
                       mirror_symmetric=False, modules=(module,), definition_hash="")  # fmt: skip
    return simulate(spec, random_scene(rng, spec)).scan


def _volume(rng: Generator, kind: str) -> NDArray[np.float32]:
    """(slices, 256, 256) HU of something else."""
    y, x = np.mgrid[-128:128, -128:128].astype(np.float32) + rng.uniform(-6.0, 6.0)
    volume = np.full((20, 256, 256), -1000.0, dtype=np.float32)
    if kind == "ellipse":
        ratio = float(rng.uniform(0.55, 0.93))
        inside = np.hypot(x / 85.0, y / (85.0 * ratio)) < 1.0
        volume[:, inside] = float(rng.uniform(-80.0, 120.0))
        for _ in range(int(rng.integers(2, 9))):
            cx, cy = rng.uniform(-45.0, 45.0, 2)
            volume[:, np.hypot(x - cx, y - cy * ratio) < rng.uniform(4.0, 12.0)] = rng.choice(MATERIALS_HU)
    elif kind == "cube":
        half = float(rng.uniform(50.0, 95.0))
        volume[:, (np.abs(x) < half) & (np.abs(y) < half)] = float(rng.uniform(-80.0, 120.0))
    elif kind == "couch":
        volume[:, (y > 60.0) & (y < 75.0) & (np.abs(x) < 110.0)] = -300.0
    elif kind == "two_cylinders":
        for sign in (-1.0, 1.0):
            volume[:, np.hypot(x - sign * 60.0, y) < rng.uniform(40.0, 56.0)] = 0.0
    elif kind == "cylinder":
        volume[:, np.hypot(x, y) < rng.uniform(60.0, 110.0)] = 0.0
    blurred = ndimage.gaussian_filter(volume, (0.0, 0.7, 0.7))
    noise = ndimage.gaussian_filter(rng.normal(0.0, 1.0, volume.shape), (0.0, 0.6, 0.6))
    return np.asarray(blurred + noise * float(rng.choice((5.0, 10.0, 20.0))) / noise.std(), dtype=np.float32)


def _scan_of(volume: NDArray[np.float32], pixel_mm: float) -> Scan:
    count = len(volume)
    origins = np.column_stack([np.zeros(count), np.zeros(count), 2.5 * np.arange(count)])
    return Scan(
        np.round(volume).astype(np.int16), np.ones(count), np.zeros(count), (pixel_mm, pixel_mm), origins,
        np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), 2.5, Acquisition(),
        lambda: ScanIdentity(None, None, (), "", None),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- running


def run(case: Callable[[int], Outcome], indices: Iterable[int], processes: int = 2) -> list[Outcome]:
    """The outcomes of many seeds, over processes."""
    if processes == 1:
        return [case(i) for i in indices]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(case, indices, chunksize=4))


def summary(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How often each kind of outcome came."""
    return dict(Counter(o.kind for o in outcomes))
