"""The tilt of a block of ramps, from the widths of those that run against one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FREE_RAD = np.radians(3.0)
"""Standard deviation of a tilt before the widths are seen, beyond what the pose holds: loose blocks of real phantoms
lean by 1 to 2°. A direction in which nothing opposes keeps it, so its u says that it is not known."""
ROUNDS = 3
"""Gauss-Newton rounds; the tangent is so nearly straight over some degrees that two settle it."""


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """How a block of ramps leans against the pose that their angles were taken from."""

    rise: FloatArray
    """(2,) rad added to the rise towards the image's x and y."""
    u: FloatArray
    """(2,) rad, standard uncertainty."""
    factor: FloatArray
    """(ramps,) by which each width is to be multiplied to be free of it."""


def lean_of(width: FloatArray, covariance: FloatArray, tangent: FloatArray, along: FloatArray) -> Lean:
    """The lean that makes all ramps show one section.

    Parameters
    ----------
    width : (ramps,) mm
        Each with its own tangent taken for true.
    covariance : (ramps, ramps)
        Of the widths, relative.
    tangent : (ramps,)
        Rise along z per mm on the image.
    along : (ramps, 2)
        Unit vector on the image towards which each rises.

    Notes
    -----
    A ramp at θ that leans by s more shows FWHM = section / tan(θ + s), so its width is off by tan θ / tan(θ + s): two
    that run against one another show s in their ratio, and their mean is off by s² alone. Generalised least squares of
    the logarithms for the section and the two components of s, which start from N(0, 3°).
    """
    angle, weight = np.arctan(tangent), np.linalg.inv(covariance)
    section, rise = float(np.log(width).mean()), np.zeros(2)
    inverse, prior = np.asarray(np.eye(3)), np.diag([0.0, FREE_RAD**-2, FREE_RAD**-2])
    for _ in range(ROUNDS):
        now = np.tan(angle + along @ rise)
        left = np.log(width) - section + np.log(now / tangent)
        columns = np.column_stack([np.ones_like(width), -along * (now + 1.0 / now)[:, None]])
        inverse = np.asarray(np.linalg.inv(columns.T @ weight @ columns + prior))
        step = inverse @ (columns.T @ weight @ left - np.array([0.0, *rise]) / FREE_RAD**2)
        section, rise = section + float(step[0]), rise + step[1:]
    return Lean(rise, np.sqrt(np.diag(inverse)[1:]), np.tan(angle + along @ rise) / tangent)
