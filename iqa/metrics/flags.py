"""What a reader must know of a number's making, each rule once."""

from __future__ import annotations

from collections.abc import Sequence

from iqa.metrics.context import Context
from iqa.metrics.inserts import AIR_SLACK_HU, TRUE_AIR_HU

ENERGY_SLACK = 1.0
"""kV or keV by which a beam may differ from the definition's: rounding in headers."""


def one_slice(slices: Sequence[int]) -> tuple[str, ...]:
    """`one_slice` where nothing is averaged along z."""
    return ("one_slice",) if len(slices) == 1 else ()


def uncalibrated(context: Context) -> tuple[str, ...]:
    """`uncalibrated` where grey values are no CT numbers: the header says so, or air is far from −1000 HU."""
    air = [m.value for m in context.insert_means if m.is_air]
    far = any(abs(value - TRUE_AIR_HU) > AIR_SLACK_HU for value in air)
    return ("uncalibrated",) if far or "uncalibrated" in context.scan.flags else ()


def other_kv(context: Context) -> tuple[str, ...]:
    """`other_kv` where the beam is not the one for which the definition states its CT numbers."""
    made, spec = context.scan.acquisition, context.located.spec
    if spec.reference_kev is not None:
        other = made.kv is not None if made.kev is None else abs(made.kev - spec.reference_kev) > ENERGY_SLACK
    else:
        other = made.kev is not None or (made.kv is not None and abs(made.kv - spec.reference_kv) > ENERGY_SLACK)
    return ("other_kv",) if other else ()
