"""What an analysis says of the scatter and the definitions that another program's numbers have on the same scan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.engines.agreement import Band, known, shifted
from iqa.model import Analysis, Curve, Insert, Measurement, Module

Array = NDArray[np.float64]

CRITERION = 3.29
"""`low_contrast.statistical` over the scatter of disc means that it is made of."""
SAME_PLACE_MM = 2.0
"""Within which two inserts lie at one place: a third of the smallest one's radius."""
MEDIAN_OVER_MEAN = 1.2533
"""Scatter of a normal sample's median over that of its mean, √(π/2)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An analysed scan, and another program's numbers on it by their names."""

    analysis: Analysis
    said: Mapping[str, float | None]

    def get(self, name: str) -> float | None:
        """A number of the other program."""
        return self.said.get(name)

    def ours(self, key: str) -> Measurement | None:
        """A measurement of iqa."""
        return self.analysis.value(key)

    def difference(self, name: str, reference: str) -> float | None:
        """One number of the other program minus another."""
        one, other = self.get(name), self.get(reference)
        return None if one is None or other is None else one - other

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel."""
        return self.analysis.spacing_mm[2]

    @property
    def step_mm(self) -> float | None:
        """Distance of neighbouring slices."""
        return self.analysis.spacing_mm[0]

    def curve(self, key: str) -> Curve | None:
        """One of iqa's curves."""
        return next((c for c in self.analysis.curves if c.key == key), None)

    def disc_hu(self, diameter_mm: float) -> float:
        """Scatter of a disc's mean on one slice, HU, read off `low_contrast.statistical`; 0 where that is not known.

        Between its diameters straight lines in logarithms, beyond the last one falling with the diameter.
        """
        curve = self.curve("low_contrast.statistical")
        if curve is None:
            return 0.0
        known_at = [(d, v) for d, v in zip(curve.x, curve.values, strict=True) if v > 0.0]
        if not known_at:
            return 0.0
        x, y = np.log(np.array(known_at).T)
        beyond = max(0.0, math.log(diameter_mm) - float(x[-1]))
        return math.exp(float(np.interp(math.log(diameter_mm), x, y)) - beyond) / CRITERION

    def one_slice(self, key: str, noise: float) -> float:
        """Standard uncertainty of a value from one slice.

        The larger of its noise and √n times the u of iqa's mean over n slices, which holds what else changes from slice
        to slice.
        """
        m = self.ours(key)
        return noise if m is None else max(noise, math.sqrt(max(m.n, 1)) * known(m.u))

    def band(self, key: str, low: float, high: float, reason: str) -> Band | None:
        """A band from so much below to so much above iqa's value."""
        m = self.ours(key)
        return None if m is None else Band(*shifted(m, low, high), reason)

    @property
    def turned(self) -> bool:
        """Whether pylinac's places are the mirror image of this phantom's; its Catphan 700 is drawn the other way."""
        located = self.analysis.located
        return located.pose.mirrored != (located.spec.name == "catphan700")

    def opposite(self, insert: str) -> str | None:
        """The insert at the mirror image of an insert's place, left for right."""
        for module in self.analysis.located.spec.modules:
            places = {f.name: (f.x_mm, f.y_mm) for f in module.features if isinstance(f, Insert)}
            if insert in places:
                x, y = places[insert]
                near = min(places, key=lambda name: math.dist(places[name], (-x, y)))
                return near if math.dist(places[near], (-x, y)) < SAME_PLACE_MM else None
        return None

    def base_hu(self, insert: str) -> float | None:
        """Nominal CT number of the material around an insert."""
        modules = self.analysis.located.spec.modules
        return next((m.body_hu for m in modules if _holds(m, insert)), None)


def _holds(module: Module, insert: str) -> bool:
    return any(isinstance(f, Insert) and f.name == insert for f in module.features)
