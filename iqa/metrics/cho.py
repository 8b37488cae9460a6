"""Family `cho`: how well a channelized Hotelling observer tells each low-contrast target, from repeated scans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice
from iqa.metrics.low_contrast import LEAST_OF_NOMINAL
from iqa.metrics.observed import Outcome, Seen
from iqa.metrics.regions import Array, Noise, where
from iqa.model import Measurement, NotMeasured, Result
from iqa.signal.hotelling import NORMAL, Outputs, separation, squared_distance, tied

METHODS = {"lg": "cho-lg-4@1", "ddog": "cho-ddog-10@1", "gabor": "cho-gabor-40@1"}
"""By the name of the channel set; the number is that of its channels."""
IMAGES_PER_CHANNEL = 5
"""Independent images of each class for every channel. With so many, four channels know an index of 1 to 0.4 and one of
3 to 0.5, and the value is without bias to 1 %, which with fewer it is not."""


def measure(context: Context) -> Measured:
    """`detectability.cho.<target>` of every target; nothing where the scan has no repeats.

    Notes
    -----
    See `iqa.metrics.observed` for the images of both classes, `iqa.signal.channels` for what is seen of them and
    `iqa.signal.hotelling` for the index. The covariance is that of repeats about the mean of each place, so that what
    stays alike is no noise; slices that hang together count for as many independent ones as the differences between
    repeats show. The observer has no internal noise.

    References
    ----------
    Myers & Barrett, J Opt Soc Am A 1987;4:2447; Yu et al., Med Phys 2013;40:041908; Ma et al., J Med Imaging
    2016;3:035504.
    """
    if not context.repeats:
        return Measured()
    return Measured(tuple(_target(context, name) for name in context.repeats[0].targets))


def _target(context: Context, name: str) -> Result:
    key, noise = f"detectability.cho.{name}", context.difference
    outcomes: list[Outcome] = [r.targets[name] for r in context.repeats]
    seen = [o for o in outcomes if isinstance(o, Seen)]
    if len(seen) < len(outcomes):
        return replace(next(o for o in outcomes if isinstance(o, NotMeasured)), key=key)
    if noise is None:
        return absent.difference(key)
    return _index(context, noise, key, seen)


def _index(context: Context, noise: Noise, key: str, seen: Sequence[Seen]) -> Result:
    first, slices = seen[0], _shared([s.slices for s in seen])
    if len(sets := {s.channels for s in seen}) > 1:
        raise ValueError(f"repeats seen through different channels: {', '.join(sorted(sets))}")
    plain = _shared([s.plain_slices for s in seen])
    if not slices or not plain or len({s.plain for s in seen}) > 1:
        return _not_shared(key)
    shown = np.stack([s.present[_at(s.slices, slices)] for s in seen])
    hidden = np.stack([s.absent[_at(s.plain_slices, plain)] for s in seen])
    z, rods, wanted = context.scan.z_mm, shown.shape[2], IMAGES_PER_CHANNEL * shown.shape[3]
    both = [(shown, z[list(slices)]), (hidden, z[list(plain)])]
    present, bare = (_outputs(v, noise, at, (1.0 / rods, 1.0 / rods)) for v, at in both)
    if rods > 1 and _images(present, bare) >= wanted:
        hang = tied(np.concatenate([shown, hidden], axis=1))
        present, bare = (_outputs(v, noise, at, hang) for v, at in both)
    if _images(present, bare) < wanted:
        return _too_few(key, len(seen), _images(present, bare), shown.shape[3])
    place = f"{where(first.module, slices)}, {where(first.plain, plain)}, {len(seen)} repeats"
    partial = ("partial_volume",) if any(s.partial for s in seen) else ()
    made = Measurement(
        key, 0.0, None, "1", round(1.0 / present.spread), place, METHODS[first.channels],
        (*partial, *one_slice(slices)),
    )  # fmt: skip
    return _valued(made, first, present, bare)


def _valued(made: Measurement, seen: Seen, present: Outputs, bare: Outputs) -> Result:
    """The index with its u and interval; or that something else stands there."""
    found = separation(present, bare)
    contrast, u = _contrast(seen, present, bare, found.covariance)
    if math.copysign(contrast, contrast * seen.nominal) + 2.0 * u < LEAST_OF_NOMINAL * abs(seen.nominal):
        return _not_there(made.key, seen, contrast, u)
    off, (low, high) = found.distance * _missed(seen, found.covariance), found.interval
    limits = low, found.distance + math.hypot(high - found.distance, NORMAL * off)
    return replace(made, value=found.distance, u=math.hypot(found.u, off), interval=limits)


def _images(present: Outputs, bare: Outputs) -> float:
    """Independent images of the class that has fewer."""
    return min(1.0 / present.spread, 1.0 / bare.spread)


def _contrast(seen: Seen, present: Outputs, bare: Outputs, covariance: Array) -> tuple[float, float]:
    """Contrast of what stands there, HU, as far as it looks like the target, and its standard uncertainty."""
    template = np.linalg.solve(covariance, seen.shown)
    strength = float(template @ seen.shown)
    return float(template @ (present.mean - bare.mean)) / strength, math.sqrt((present.spread + bare.spread) / strength)


def _missed(seen: Seen, covariance: Array) -> float:
    """Share of the index that the u of the target's place loses, as a standard uncertainty.

    The loss goes with the square of the distance, which is spread exponentially: its root mean square is √2 times its
    mean. It can only lower the index, so the upper limit alone is widened.
    """
    kept = squared_distance(seen.missed, covariance) / squared_distance(seen.shown, covariance)
    return math.sqrt(2.0) * max(0.0, 1.0 - math.sqrt(kept))


def _outputs(values: Array, noise: Noise, z_mm: Array, rods: tuple[float, float]) -> Outputs:
    """Of (repeats, slices, rods, p); slices count as far as their noise is independent, and so do neighbouring rods."""
    return Outputs(
        values=values.reshape(len(values), -1, values.shape[-1]),
        mean_factor=noise.slices.mean_factor(z_mm) * rods[0],
        variance_factor=noise.slices.variance_factor(z_mm) * rods[1],
    )


def _shared(slices: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted(set.intersection(*map(set, slices))))


def _at(held: tuple[int, ...], wanted: tuple[int, ...]) -> list[int]:
    return [held.index(i) for i in wanted]


def _not_shared(key: str) -> NotMeasured:
    return NotMeasured(
        key,
        "The repeats do not show the target and its place in the uniform module on the same slices.",
        "Repeats of one setup that hold both modules whole.",
    )


def _not_there(key: str, seen: Seen, contrast: float, u: float) -> NotMeasured:
    name = key.rpartition(".")[2]
    return NotMeasured(
        key,
        f"Where the definition has '{name}', with {seen.nominal:g} HU, the image has {contrast:.1f} ± {u:.1f} HU: "
        "it is not there.",
        "A definition that says where this unit has them, if it has them at all.",
    )


def _too_few(key: str, repeats: int, images: float, channels: int) -> NotMeasured:
    wanted = IMAGES_PER_CHANNEL * channels
    return NotMeasured(
        key,
        f"There are {math.floor(images)} independent images of each class, and {channels} channels need {wanted}.",
        f"About {math.ceil(repeats * wanted / images)} repeats in all.",
    )
