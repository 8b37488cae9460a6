"""Repeats of the small phantom with rods, and what a channelized Hotelling observer truly sees of each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.locate import locate
from iqa.metrics import Repeat, cho, repeat_of
from iqa.metrics.cho import IMAGES_PER_CHANNEL
from iqa.metrics.context import Context
from iqa.metrics.observed import REACH, ROOM_MM
from iqa.metrics.regions import small_features
from iqa.model import Located, Measurement, Module, Observer, PhantomSpec, Pose, Result, Scan, Target
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.signal.channels import CHANNEL_SETS
from iqa.signal.hotelling import Outputs, separation
from iqa.simulate import Physics, simulate
from iqa.simulate.blur import Mtf, blur_of
from iqa.simulate.blur import disc as blurred
from iqa.simulate.noise import noise_of
from iqa.simulate.observer import true_index as true_index_in
from tests.made_phantom import PIXEL_MM, SIDE, disc, noise, spectrum
from tests.targets_made import clean, located, rods, scan

Array = NDArray[np.float64]

SIGMA = 10.0
SLICES, REPEATS = 4, 6
MARGIN_MM = 1.3
"""Kept from neighbours, as the edge of the soft kernel has it; a tenth of a millimetre moves no index by 0.1 %."""


@cache
def true_index(kernel: str, name: str, channels: str = "lg") -> float:
    """√(Δᵀ K⁻¹ Δ) of one rod, from its image and the spectrum of the noise, pixel by pixel."""
    rod = next(r for r in rods() if r.name == name)
    fields, inside = _fields(rod, channels)
    image = rod.contrast_hu * disc(kernel, SIDE, (rod.x_mm, rod.y_mm), rod.diameter_mm / 2)
    seen = np.fft.fft2(fields)
    power = SIGMA**2 * spectrum(kernel, (SIDE, SIDE)) / SIDE**2
    covariance = np.einsum("iab,jab,ab->ij", seen, seen.conj(), power).real
    difference = fields.reshape(len(fields), -1) @ (image * inside).ravel()
    return math.sqrt(difference @ np.linalg.solve(covariance, difference))


def _fields(rod: Target, channels: str) -> tuple[Array, NDArray[np.bool_]]:
    """(p, rows, columns) weights of the channels about a rod, and the pixels that they see."""
    radius = rod.diameter_mm / 2
    at = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_MM
    x, y = np.meshgrid(at - rod.x_mm, at - rod.y_mm)
    inside = np.hypot(x, y) <= max(REACH * radius, radius + ROOM_MM)
    for other in rods():
        if other is not rod and other.name != rod.name:
            dx, dy = rod.x_mm - other.x_mm, rod.y_mm - other.y_mm
            inside &= np.hypot(x + dx, y + dy) > other.diameter_mm / 2 + MARGIN_MM
    kind = CHANNEL_SETS[channels]
    fields = np.zeros((kind.count, SIDE, SIDE))
    fields[:, inside] = kind.weights(x[inside], y[inside], radius)
    return fields, inside


def one_setup(
    seed: np.random.SeedSequence, kernel: str, *, channels: str = "lg", added: Array | float = 0.0, count: int = REPEATS
) -> Context:
    """The last of so many repeats, with all of them."""
    rng, observer = np.random.default_rng(seed), Observer(channels=channels)
    plain, repeats = clean(kernel, SLICES), list[Repeat]()
    for _ in range(count):
        made = scan(plain + noise(rng, kernel, plain.shape, SIGMA) + added)
        found = located(made)
        repeats.append(repeat_of(made, found, observer))
    return Context(made, found, tuple(repeats), observer)


def results(context: Context) -> dict[str, Result]:
    """What the family says, by target."""
    return {r.key.removeprefix("detectability.cho."): r for r in cho.measure(context).results}


def numbers(context: Context) -> dict[str, Measurement]:
    """Those that have a number."""
    return {name: r for name, r in results(context).items() if isinstance(r, Measurement)}


# ------------------------------------------------------------------------------- without a phantom: images of one rod

DIAMETER_MM, OFF_PX = 6.0, (0.3, -0.2)
"""A rod between the pixels of a small picture."""
PICTURE = Physics(matrix=96, noise_hu=SIGMA, hu_step=1.0)


def regions_of_noise(kernel: Mtf, channels: str, deltas: Sequence[float], seeds: int) -> Array:
    """(seeds, deltas, 4) index, u and both limits from whole-HU pictures with and without a rod of a true index.

    Five images of each class for every channel, as few as the family takes.
    """
    physics = replace(PICTURE, mtf=kernel)
    texture, kind = noise_of(physics, blur_of(kernel)), CHANNEL_SETS[channels]
    x, y = _picture()
    inside = np.hypot(x, y) <= max(REACH * DIAMETER_MM / 2, DIAMETER_MM / 2 + ROOM_MM)
    weights = np.zeros((kind.count, *x.shape))
    weights[:, inside] = kind.weights(x[inside], y[inside], DIAMETER_MM / 2)
    rod = blurred(DIAMETER_MM / 2, blur_of(kernel)).at(np.hypot(x, y))
    unit = true_index_in(texture, weights, rod, physics.hu_step)
    flat, count = weights.reshape(kind.count, -1), IMAGES_PER_CHANNEL * kind.count

    def outputs(images: Array) -> Outputs:
        return Outputs((np.rint(images).reshape(count, -1) @ flat.T)[:, None, :], 1.0, 1.0)

    found = []
    for seed in np.random.SeedSequence(2009).spawn(seeds):
        drawn = texture.volume((2 * count, *x.shape), None, np.random.default_rng(seed)).astype(np.float64)
        bare = outputs(drawn[count:])
        seen = [separation(outputs(drawn[:count] + rod * (delta / unit)), bare) for delta in deltas]
        found.append([(s.distance, s.u, *s.interval) for s in seen])
    return np.array(found)


def _picture() -> tuple[Array, Array]:
    """Places of the pixels from the rod, mm."""
    at = np.arange(PICTURE.matrix) - PICTURE.matrix / 2
    x, y = np.meshgrid((at - OFF_PX[0]) * PICTURE.pixel_mm, (at - OFF_PX[1]) * PICTURE.pixel_mm)
    return x, y


# ---------------------------------------------------------------------------------- simulated repeats of a real phantom


def simulated_setup(physics: Physics, seeds: Sequence[int]) -> tuple[Context, dict[str, float]]:
    """The last of some simulated repeats of a Catphan 504 with all of them, and the true index of each target."""
    specs, repeats = library(), list[Repeat]()
    for seed in seeds:
        made = simulate(find("catphan504", specs), replace(physics, seed=seed))
        found = _found(made.scan, specs)
        repeats.append(repeat_of(made.scan, found))
    module = found.spec.module("CTP515")
    pose = made.truth.module("CTP515").pose
    truths = {name: _true_of_rod(physics, module, pose, row[0]) for name, row in module.targets.items()}
    return Context(made.scan, found, tuple(repeats)), truths


def _found(made: Scan, specs: Sequence[PhantomSpec]) -> Located:
    found = locate(made, specs, phantom="catphan504")
    assert isinstance(found, Located)
    return found


def _true_of_rod(physics: Physics, module: Module, pose: Pose, rod: Target) -> float:
    radius, blur = rod.diameter_mm / 2, blur_of(physics.mtf)
    reach = max(REACH * radius, radius + ROOM_MM)
    column, row = (v / physics.pixel_mm for v in pose.on_plane(rod.x_mm, rod.y_mm, pose.z_mm))
    half = math.ceil(reach / physics.pixel_mm) + 1
    x, y = np.meshgrid(
        (np.arange(-half, half + 1) + round(column) - column) * physics.pixel_mm,
        (np.arange(-half, half + 1) + round(row) - row) * physics.pixel_mm,
    )
    inside = np.hypot(x, y) <= reach
    for other in small_features(module):
        if other is not rod:
            dx, dy, _ = pose.matrix @ (rod.x_mm - other.x_mm, rod.y_mm - other.y_mm, 0.0)
            inside &= np.hypot(x + dx, y + dy) > other.diameter_mm / 2 + MARGIN_MM
    kind = CHANNEL_SETS["lg"]
    weights = np.zeros((kind.count, *x.shape))
    weights[:, inside] = kind.weights(x[inside], y[inside], radius)
    image = rod.contrast_hu * blurred(radius, blur).at(np.hypot(x, y))
    return true_index_in(noise_of(physics, blur), weights, image, physics.hu_step)
