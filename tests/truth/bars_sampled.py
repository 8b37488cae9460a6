"""The line pairs of a drawn gauge over many seeds of noise, from stored values to results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.model import Measurement
from tests.bars_made import CONTRAST_HU, Stray, fan, learnt, repeated, stack, truth

Array = NDArray[np.float64]

SIGMA = 0.03 * CONTRAST_HU
STRAY = Stray(0.2, -0.15, 0.2, 0.05)
"""A gauge's shift, turn and groups as units in use have them."""
QUANTITIES = ("modulation", "droege_morin", "bar_contrast")


@dataclass(frozen=True, eq=False)
class Found:
    """One quantity of all groups: (seeds, groups) values and their u, NaN where there was none."""

    values: Array
    u: Array
    labels: tuple[str, ...]

    def of(self, label: str) -> tuple[list[float], list[float]]:
        """Values and u of one group."""
        at = self.labels.index(label)
        return self.values[:, at].tolist(), self.u[:, at].tolist()


@cache
def found(kernel: str, seeds: int, sigma: float = SIGMA) -> dict[str, Found]:
    """Each quantity over the first seeds of one sequence."""
    labels = tuple(g.label for g in fan())
    rows = np.full((2, len(QUANTITIES), seeds, len(labels)), np.nan)
    first = learnt(stack(kernel, sigma=sigma, seed=527, stray=STRAY))
    for i, seed in enumerate(np.random.SeedSequence(528).spawn(seeds)):
        measured = repeated(first, stack(kernel, sigma=sigma, seed=seed, stray=STRAY))
        for q, name in enumerate(QUANTITIES):
            for at, label in enumerate(labels):
                m = measured[f"line_pairs.{name}.{label}"]
                if isinstance(m, Measurement) and m.u is not None:
                    rows[:, q, i, at] = m.value, m.u
    return {name: Found(rows[0, q], rows[1, q], labels) for q, name in enumerate(QUANTITIES)}


def judged(kernel: str) -> tuple[str, ...]:
    """Groups of a modulation of at least 0.1."""
    return tuple(g.label for g in fan() if g.lp_per_cm < 10.0 and truth(kernel, g.lp_per_cm) >= 0.1)
