"""A small phantom made of arrays: blurred discs on a body, correlated noise, and where everything lies, exactly.

The kernels are those of facts on record for CT: a Gaussian (soft), one with edge overshoot (sharp), and for the
noise alone a low-pass as iterative reconstructions leave it (smooth).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j1

from iqa.model import (
    Acquisition,
    BodyFit,
    Feature,
    FeatureFit,
    Insert,
    Located,
    Module,
    ModuleFit,
    PhantomSpec,
    Pin,
    Pose,
    Provenance,
    Region,
    Scan,
    ScanIdentity,
)

Array = NDArray[np.float64]

PIXEL_MM = 0.5
SIDE = 192
BODY_MM = 90.0
THICKNESS_MM = 2.5
SOURCE = Provenance("made up", "U")
FINER = 2
"""Frequency square against the image's: what lies beyond is under 1e-6 for all kernels here."""

INSERTS = (("air", 0.0, -1000.0), ("teflon", 90.0, 950.0), ("ldpe", 180.0, -100.0), ("delrin", 270.0, 340.0))


def transfer(kernel: str, f: Array) -> Array:
    """Transfer of the signal: soft has f50 0.400 /mm, hann 0.462, sharp an overshoot of 1.11 and f50 0.693 /mm."""
    if kernel == "hann":
        return np.asarray(0.5 * (1.0 + np.cos(np.pi * np.minimum(f, 1.0))) * np.sinc(0.4 * f) ** 2)
    if kernel == "sharp":
        return np.asarray((1.0 + 6.0 * f**2) * np.exp(-((f / 0.5) ** 2.2)))
    return np.asarray(np.exp(-2.0 * (np.pi * 0.4685 * f) ** 2))


def spectrum(kernel: str, shape: tuple[int, int], pixel_mm: float = PIXEL_MM) -> Array:
    """Noise power per bin for unit variance: ramp × transfer², or a low-pass with a floor."""
    f = np.hypot(fft.fftfreq(shape[0], pixel_mm)[:, None], fft.fftfreq(shape[1], pixel_mm)[None, :])
    power = np.exp(-((f / 0.15) ** 2)) + 0.002 if kernel == "smooth" else f * transfer(kernel, f) ** 2
    power = np.ones_like(f) if kernel == "white" else power
    return np.asarray(power / power.mean())


def noise(rng: np.random.Generator, kernel: str, shape: tuple[int, int, int], sigma: float) -> Array:
    """(slices, rows, columns) stationary Gaussian noise, slices independent."""
    amplitude = sigma * np.sqrt(spectrum(kernel, shape[1:]))
    return np.asarray(fft.ifft2(fft.fft2(rng.standard_normal(shape)) * amplitude).real)


def disc(kernel: str, side: int, at_mm: tuple[float, float], radius_mm: float) -> Array:
    """(side, side) unit disc at (x, y) from the image's centre, through the kernel, sampled at points."""
    n, step = side * FINER, PIXEL_MM / FINER
    f = fft.fftfreq(n, step)
    radial = np.hypot(f[:, None], f[None, :])
    safe = np.maximum(radial, 1e-12)
    image = radius_mm * j1(2.0 * np.pi * radius_mm * safe) / safe * transfer(kernel, radial)
    image[0, 0] = np.pi * radius_mm**2
    centre = (side - 1) / 2 * PIXEL_MM
    shift = np.exp(-2j * np.pi * (f[:, None] * (centre + at_mm[1]) + f[None, :] * (centre + at_mm[0])))
    return np.asarray(fft.ifft2(image * shift).real[::FINER, ::FINER] / step**2)


def on_circle(radius_mm: float, angle_deg: float) -> tuple[float, float]:
    angle = np.radians(angle_deg)
    return float(radius_mm * np.cos(angle)), float(-radius_mm * np.sin(angle))


def _insert(name: str, angle_deg: float, hu: float) -> Insert:
    x, y = on_circle(28.0, angle_deg)
    return Insert(
        name=name,
        material=name,
        x_mm=x,
        y_mm=y,
        diameter_mm=12.2,
        z_from_mm=-12.5,
        z_to_mm=12.5,
        hu=hu,
        provenance=SOURCE,
    )


def _pin(name: str, angle_deg: float) -> Pin:
    x, y = on_circle(12.0 * 2**0.5, angle_deg)
    hu = 950.0 if name == "1" else -1000.0
    return Pin(
        name=name,
        material="air",
        x_mm=x,
        y_mm=y,
        diameter_mm=3.0,
        z_from_mm=-12.5,
        z_to_mm=12.5,
        hu=hu,
        provenance=SOURCE,
    )


def _region(name: str, at_mm: tuple[float, float]) -> Region:
    return Region(name=name, x_mm=at_mm[0], y_mm=at_mm[1], diameter_mm=10.0, provenance=SOURCE)


def made_spec(points: tuple[Feature, ...] = ()) -> PhantomSpec:
    """Two modules of 25 mm: four inserts and four pins in 100 HU, and a uniform one 40 mm further with 10 HU."""
    inserts: tuple[Feature, ...] = (
        *(_insert(*i) for i in INSERTS),
        *(_pin(str(i + 1), 45.0 + 90.0 * i) for i in range(4)),
    )
    regions = (
        _region("centre", (0.0, 0.0)),
        *(_region(f"r{a:g}", on_circle(32.0, a)) for a in (90.0, 0.0, -90.0, 180.0)),
    )
    common = Module(
        name="A",
        z_mm=0.0,
        z_from_mm=-12.5,
        z_to_mm=12.5,
        diameter_mm=BODY_MM,
        body_hu=100.0,
        features=inserts,
        provenance=SOURCE,
    )
    uniform = replace(common, name="U", z_mm=40.0, body_hu=10.0, features=(*regions, *points))
    return PhantomSpec(
        name="made",
        variant=None,
        title="made up",
        maker="nobody",
        diameter_mm=BODY_MM,
        origin="A",
        mirror_symmetric=False,
        modules=(common, uniform),
        definition_hash="0" * 64,
    )


def _pictures(kernel: str, roll_deg: float) -> tuple[Array, Array]:
    """Noise-free images of the two modules."""
    body = disc(kernel, SIDE, (0.0, 0.0), BODY_MM / 2)
    first, second = 1100.0 * body - 1000.0, 1010.0 * body - 1000.0
    pose = Pose(0.0, 0.0, 0.0, roll_deg)
    for f in made_spec().modules[0].features:
        if isinstance(f, Insert | Pin):
            x, y = pose.on_plane(f.x_mm, f.y_mm, 0.0)
            first = first + (f.hu - 100.0) * disc(kernel, SIDE, (x, y), f.diameter_mm / 2)
    return first, second


def picture(kernel: str = "soft", slices: int = 3, roll_deg: float = 0.0) -> Array:
    """(2 · slices, rows, columns) noise-free HU: `slices` of the inserts' module, then of the uniform one."""
    return np.repeat(np.stack(_pictures(kernel, roll_deg)), slices, axis=0)


def made_scan(hu: Array, acquisition: Acquisition | None = None, slope: float = 0.1) -> Scan:
    """The HU as a scan with stored values in tenths of a HU; the first half round z = 0, the second round z = 40 mm."""
    half = max(1, len(hu) // 2)
    near = (np.arange(half) - (half - 1) / 2) * THICKNESS_MM
    z = np.concatenate([near, near + 40.0])[: len(hu)]
    origins = np.column_stack([np.full((len(z), 2), -(SIDE - 1) / 2 * PIXEL_MM), z])
    return Scan(
        stored=np.round(hu / slope).astype(np.int16),
        slope=np.full(len(z), slope),
        intercept=np.zeros(len(z)),
        pixel_mm=(PIXEL_MM, PIXEL_MM),
        origins_mm=origins,
        orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness_mm=THICKNESS_MM,
        acquisition=acquisition or Acquisition(kv=120.0),
        identified=lambda: ScanIdentity(None, None, (), "0" * 64, None),
    )


def made_located(
    scan: Scan, roll_deg: float = 0.0, spec: PhantomSpec | None = None, modules: Sequence[str] = "AU"
) -> Located:
    """Everything found exactly where it is."""
    spec = spec or made_spec()
    middle = (SIDE - 1) / 2 * PIXEL_MM
    fits = [_module_fit(m, scan, Pose(middle, middle, m.z_mm, roll_deg)) for m in spec.modules if m.name in modules]
    body = BodyFit(middle + 0.2, middle - 0.1, 0.0, 0.0, 0.0, BODY_MM, 0.002, 0.004, tuple(range(len(scan))))
    return Located(
        spec=spec,
        score=5.0,
        runner_up=None,
        pose=Pose(middle, middle, 0.0, roll_deg),
        u_xy_mm=0.01,
        u_z_mm=0.05,
        u_roll_deg=0.01,
        u_tilt_deg=0.02,
        mirror_known=True,
        body=body,
        modules=tuple(fits),
    )


def _module_fit(module: Module, scan: Scan, pose: Pose) -> ModuleFit:
    slices = tuple(i for i, z in enumerate(scan.z_mm) if abs(z - module.z_mm) < 12.0)
    fits = tuple(
        FeatureFit(f.name, *pose.on_plane(f.x_mm, f.y_mm, pose.z_mm), 0.01, 12.2, slices)
        for f in module.features
        if isinstance(f, Insert)
    )
    return ModuleFit(module.name, pose, slices, 0.01, 0.05, 0.01, fits)
