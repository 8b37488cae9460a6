"""All families of measurements, read from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

from iqa.metrics import (
    artefacts,
    cho,
    ct_number,
    detectability,
    dose,
    geometry,
    line_pairs,
    linearity,
    low_contrast,
    mtf,
    noise,
    nps,
    position,
    slice_thickness,
    ssp,
    ttf,
    uniformity,
)
from iqa.metrics.context import Context, Family, Measured
from iqa.metrics.repeats import Repeat
from iqa.model import DEFAULT_OBSERVER, Located, Observer, Scan

FAMILIES: tuple[tuple[str, Family], ...] = (
    ("position", position.measure),
    ("geometry", geometry.measure),
    ("slice_thickness", slice_thickness.measure),
    ("ssp", ssp.measure),
    ("ct_number", ct_number.measure),
    ("linearity", linearity.measure),
    ("noise", noise.measure),
    ("uniformity", uniformity.measure),
    ("artefact", artefacts.measure),
    ("nps", nps.measure),
    ("ttf", ttf.measure),
    ("mtf", mtf.measure),
    ("line_pairs", line_pairs.measure),
    ("low_contrast", low_contrast.measure),
    ("detectability", detectability.measure),
    ("cho", cho.measure),
    ("dose", dose.measure),
)


def measure(
    scan: Scan, located: Located, repeats: Sequence[Repeat] = (), observer: Observer = DEFAULT_OBSERVER
) -> Measured:
    """Everything that a located scan gives: numbers, curves, and the reasons where there is no number.

    Parameters
    ----------
    repeats
        Repeated scans of this setup, this one among them: the noise power spectrum is then that of their differences,
        and a channelized Hotelling observer is asked.
    observer
        For whom detectability is reckoned; the one by which `repeats` were made.
    """
    context = Context(scan, located, tuple(repeats), observer)
    parts = [family(context) for _, family in FAMILIES]
    return Measured(
        tuple(result for part in parts for result in part.results),
        tuple(region for part in parts for region in part.regions),
        context.whole,
    )
