"""What a fitted transfer function gives: f50, f10 and its curve, up to the pixels' limit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from iqa.model import Curve, NotMeasured, Scan
from iqa.signal.transfer import Transfer

LEVELS = {"f50": 0.5, "f10": 0.1}
LARGEST_U = 0.25
"""Relative u above which a frequency says too little to be a number."""
CURVE_STEP = 0.02
"""1/mm."""
Found = tuple[float, float]
"""Frequency and its standard uncertainty, 1/mm."""


def nyquist(scan: Scan) -> float:
    """Largest frequency, 1/mm, of which the pixels tell; nothing is said beyond."""
    return 0.5 / max(scan.pixel_mm)


def crossings(key: str, transfer: Transfer, scan: Scan, *, needs: str) -> Iterator[tuple[str, Found | NotMeasured]]:
    """`<key>.f50` and `.f10`: where the function falls to each level, or why that is not said.

    needs : what would lower the uncertainty, a sentence.
    """
    limit = nyquist(scan)
    for name, level in LEVELS.items():
        found, full = transfer.crossing(level, limit), f"{key}.{name}"
        if found is None:
            reason = f"The transfer function does not fall to {100 * level:.0f} % below {limit:.2f} /mm, "
            smaller = "Smaller pixels: a smaller field of view."
            yield full, NotMeasured(full, reason + "the limit of the pixels.", smaller)
        elif found[1] > LARGEST_U * found[0]:
            share = 100.0 * found[1] / found[0]
            reason = f"Noise leaves it uncertain by {share:.0f} %, too much for a number."
            yield full, NotMeasured(full, reason, needs)
        else:
            yield full, found


def curve(key: str, transfer: Transfer, scan: Scan, method: str) -> Curve:
    """The function with its u, from 0 to the pixels' limit."""
    x = np.arange(0.0, min(nyquist(scan), float(transfer.frequency[-1])) + 1e-9, CURVE_STEP)

    def at(values: NDArray[np.float64]) -> tuple[float, ...]:
        return tuple(np.interp(x, transfer.frequency, values).tolist())

    return Curve(key, tuple(x.tolist()), at(transfer.value), at(transfer.u), "1/mm", "1", method)
