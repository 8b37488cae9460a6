"""A small phantom with a line-pair gauge, drawn in the frequency domain: the exact transform of every rectangle.

Nothing here is shared with the fit: it looks at bars across themselves, in place; here each is a product of two sinc
functions in the plane, turned, times the kernel's transfer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from iqa.metrics import line_pairs
from iqa.metrics.context import Context
from iqa.model import (
    Acquisition,
    Insert,
    LinePairs,
    Located,
    Module,
    ModuleFit,
    PhantomSpec,
    Pose,
    Provenance,
    Result,
    Scan,
    ScanIdentity,
)
from tests.made_phantom import FINER, PIXEL_MM, disc, noise, on_circle, transfer

Array = NDArray[np.float64]

SIDE = 224
MIDDLE_MM = (SIDE - 1) / 2 * PIXEL_MM
THICKNESS_MM = 2.5
RADIUS_MM = 46.9
BODY_HU = 100.0
CONTRAST_HU = 1000.0
SOURCE = Provenance("made up", "U")
ANGLES = (207.2, 231.2, 255.1, 274.1, 292.0, 311.0, 327.9, 344.9, 359.8, 14.8, 29.8)
BARS = (2, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5)
PLANES = {"inserts": -40.0, "gauge": 0.0, "uniform": 40.0}


@dataclass(frozen=True)
class Stray:
    """What a gauge does that its definition does not say: a shift, a turn, and each group a place of its own."""

    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 0.0
    own_mm: float = 0.0


EXACT = Stray()


def fan() -> tuple[LinePairs, ...]:
    """Groups of 1 to 11 lp/cm on a circle, their bars radial, as in a Catphan; the last two are beyond the pixels."""
    return tuple(
        _group(lp, on_circle(RADIUS_MM, angle), angle, bars, radial=True)
        for lp, (angle, bars) in enumerate(zip(ANGLES, BARS, strict=True), start=1)
    )


def rows() -> tuple[LinePairs, ...]:
    """Groups of parallel bars of 15 mm in squares, as in the accreditation phantom."""
    groups = ((4.0, 135.0, 7), (5.0, 200.0, 8), (6.25, -110.0, 10), (8.0, -30.0, 13))
    return tuple(_group(lp, on_circle(36.0, a), -45.0, n, radial=False, length=15.0) for lp, a, n in groups)


def _group(
    lp: float, at: tuple[float, float], angle: float, bars: int, *, radial: bool, length: float = 4.7
) -> LinePairs:
    half = 20.0 if length > 10.0 else 1.25
    return LinePairs(
        name=f"lp{lp:g}".replace(".", "p"),
        lp_per_cm=float(lp),
        x_mm=at[0],
        y_mm=at[1],
        bars=bars,
        length_mm=length,
        bar_angle_deg=angle,
        radial=radial,
        z_from_mm=-half,
        z_to_mm=half,
        hu=2000.0,
        provenance=SOURCE,
    )


def bars(group: LinePairs, shift_mm: float = 0.0) -> list[tuple[float, float, float]]:
    """(x, y, angle in rad) of each bar of a group that lies a little beside its place, across its bars."""
    period = 10.0 / group.lp_per_cm
    away = [period * (k - (group.bars - 1) / 2) + shift_mm for k in range(group.bars)]
    if not group.radial:
        a = np.radians(group.bar_angle_deg)
        return [(group.x_mm + d * np.sin(a), group.y_mm + d * np.cos(a), a) for d in away]
    turns = [np.arctan2(-group.y_mm, group.x_mm) - d / RADIUS_MM for d in away]
    return [(RADIUS_MM * np.cos(t), -RADIUS_MM * np.sin(t), t) for t in turns]


@cache
def picture(kernel: str, groups: tuple[LinePairs, ...], stray: Stray = EXACT) -> Array:
    """(SIDE, SIDE) all groups with a contrast of 1, through the kernel, sampled at points."""
    n, step = SIDE * FINER, PIXEL_MM / FINER
    f = fft.fftfreq(n, step)
    u, v = f[None, :], f[:, None]
    total = np.zeros((n, n), dtype=np.complex128)
    own = np.random.default_rng(8).normal(0.0, stray.own_mm, len(groups))
    turn = np.radians(stray.turn_deg)
    for group, shift in zip(groups, own, strict=True):
        for x, y, angle in bars(group, float(shift)):
            a, c, s = angle + turn, np.cos(turn), np.sin(turn)
            at = (c * x + s * y + stray.x_mm + MIDDLE_MM, c * y - s * x + stray.y_mm + MIDDLE_MM)
            along, across = u * np.cos(a) - v * np.sin(a), u * np.sin(a) + v * np.cos(a)
            area = group.length_mm * group.bar_mm
            shape = np.sinc(group.length_mm * along) * np.sinc(group.bar_mm * across)
            place = np.exp(-2j * np.pi * f * at[1])[:, None] * np.exp(-2j * np.pi * f * at[0])[None, :]
            total += area * shape * place
    total *= transfer(kernel, np.hypot(u, v))
    return np.asarray(fft.ifft2(total).real[::FINER, ::FINER] / step**2)


@cache
def inserts(kernel: str) -> Array:
    """(SIDE, SIDE) three strong discs, for the edge blur."""
    return np.asarray(sum(f.hu * disc(kernel, SIDE, (f.x_mm, f.y_mm), f.diameter_mm / 2) for f in _inserts()))


def _inserts() -> tuple[Insert, ...]:
    return tuple(
        Insert(
            name=f"insert_{angle:g}",
            material="teflon",
            x_mm=on_circle(28.0, angle)[0],
            y_mm=on_circle(28.0, angle)[1],
            diameter_mm=12.2,
            z_from_mm=-12.5,
            z_to_mm=12.5,
            hu=950.0,
            provenance=SOURCE,
        )
        for angle in (0.0, 120.0, 240.0)
    )


def spec(groups: tuple[LinePairs, ...]) -> PhantomSpec:
    """Three modules of 25 mm: inserts, gauge, and a uniform one."""
    gauge = Module(
        name="gauge",
        z_mm=PLANES["gauge"],
        z_from_mm=-12.5,
        z_to_mm=12.5,
        diameter_mm=200.0,
        body_hu=BODY_HU,
        features=groups,
        provenance=SOURCE,
    )
    first = replace(gauge, name="inserts", z_mm=PLANES["inserts"], body_hu=0.0, features=_inserts())
    last = replace(gauge, name="uniform", z_mm=PLANES["uniform"], features=())
    return PhantomSpec(
        name="made",
        variant=None,
        title="made up",
        maker="nobody",
        diameter_mm=200.0,
        origin="gauge",
        mirror_symmetric=False,
        modules=(first, gauge, last),
        definition_hash="0" * 64,
    )


def stack(
    kernel: str = "soft",
    groups: tuple[LinePairs, ...] | None = None,
    *,
    sigma: float = 0.0,
    seed: int | np.random.SeedSequence = 1,
    contrasts: Sequence[float] = (CONTRAST_HU,),
    stray: Stray = EXACT,
) -> Array:
    """(slices, rows, columns) HU: the inserts, the gauge on a slice for each contrast, and two uniform slices."""
    gauge = picture(kernel, fan() if groups is None else groups, stray)
    shown = [BODY_HU + c * gauge for c in contrasts]
    hu = np.stack([inserts(kernel), *shown, *np.full((2, SIDE, SIDE), BODY_HU)])
    return hu + noise(np.random.default_rng(seed), kernel, hu.shape, sigma) if sigma else hu


def scan(hu: Array, slope: float = 0.1) -> Scan:
    """The HU as a scan; the gauge's slices are a thickness apart about its plane."""
    shown = len(hu) - 3
    z = [PLANES["inserts"], *(THICKNESS_MM * (k - (shown - 1) / 2) for k in range(shown)), 40.0, 42.5]
    return Scan(
        stored=np.round(hu / slope).astype(np.int16),
        slope=np.full(len(z), slope),
        intercept=np.zeros(len(z)),
        pixel_mm=(PIXEL_MM, PIXEL_MM),
        origins_mm=np.column_stack([np.zeros((len(z), 2)), z]),
        orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness_mm=THICKNESS_MM,
        acquisition=Acquisition(kv=120.0),
        identified=lambda: ScanIdentity(None, None, (), "0" * 64, None),
    )


def located(made: Scan, groups: tuple[LinePairs, ...] | None = None, **pose: Any) -> Located:
    """Every module where it is, but for what `pose` says otherwise."""
    defined = spec(fan() if groups is None else groups)
    fits = []
    for module in defined.modules:
        at = replace(Pose(MIDDLE_MM, MIDDLE_MM, module.z_mm, 0.0), **pose)
        slices = tuple(i for i, z in enumerate(made.z_mm) if abs(z - module.z_mm) < 11.0)
        fits.append(ModuleFit(module.name, at, slices, 0.01, 0.3, 0.1))
    return Located(
        spec=defined,
        score=5.0,
        runner_up=None,
        pose=fits[1].pose,
        u_xy_mm=0.01,
        u_z_mm=0.05,
        u_roll_deg=0.01,
        u_tilt_deg=0.02,
        mirror_known=True,
        body=None,
        modules=tuple(fits),
    )


def results(hu: Array, groups: tuple[LinePairs, ...] | None = None, **pose: Any) -> dict[str, Result]:
    """What the family makes of a stack."""
    made = scan(hu)
    return {r.key: r for r in line_pairs.measure(Context(made, located(made, groups, **pose))).results}


def learnt(hu: Array, groups: tuple[LinePairs, ...] | None = None) -> Context:
    """A stack with its noise and edge learnt."""
    made = scan(hu)
    context = Context(made, located(made, groups))
    assert context.noise is not None
    assert context.edge.blur_mm > 0.0
    return context


def repeated(context: Context, hu: Array) -> dict[str, Result]:
    """The same scan taken again: its noise and edge are taken from the first, which costs half the time."""
    again = replace(context, scan=scan(hu))
    again.__dict__.update(noise=context.noise, edge=context.edge)
    return {r.key: r for r in line_pairs.measure(again).results}


def truth(kernel: str, lp_per_cm: float) -> float:
    """Transfer at a group's fundamental frequency."""
    return float(transfer(kernel, np.array([0.1 * lp_per_cm]))[0])
