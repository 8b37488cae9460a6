"""Ramps of one group taken together."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.metrics.ramps import Line
from iqa.metrics.sections import Group, Part, _combined, _own_u
from iqa.signal.section import Section
from iqa.signal.section_noise import Noise

OWN_MM, SHARED_MM = 0.02, 0.05
SIDES = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
"""Four ramps that run against one another in pairs."""


def group(*width_mm: float) -> Group:
    """Ramps of these widths at 23°, each with noise of its own and a blur that all share."""
    n = len(width_mm)
    covariance = OWN_MM**2 * np.eye(n) + SHARED_MM**2
    noise, one = Noise(np.ones(1), np.ones(1)), np.ones(n)
    fit = Section(np.array(width_mm), covariance, one, one, noise, ())
    lines = (Line((0.0, 0.0, 0.0), along, 0.4245, 1.0) for along in SIDES)
    parts = tuple(Part(name="ramp", line=line, slices=(0,), u_slope=0.0, u_blur=0.0) for line in lines)
    return Group("M", "ramp-fit", parts, fit)


def test_a_ramp_s_own_u_is_free_of_what_all_share() -> None:
    assert _own_u(group(2.4, 2.4, 2.4, 2.4).fit.covariance) == pytest.approx(OWN_MM)
    assert _own_u(np.array([[1.0]])) == 0.0


def test_ramps_that_differ_by_more_than_their_noise_widen_u() -> None:
    """No lean makes one pair wider than the other: 0.23 mm of scatter, half of it for the mean of four."""
    alike, unlike = (_combined(group(*widths), 0.0) for widths in ((2.4, 2.4, 2.4, 2.4), (2.2, 2.6, 2.2, 2.6)))
    assert alike.width_mm == pytest.approx(2.4)
    assert alike.u_mm == pytest.approx(np.hypot(OWN_MM / 2.0, SHARED_MM), rel=0.01)
    assert unlike.width_mm == pytest.approx(2.4)
    assert unlike.u_mm == pytest.approx(np.hypot(0.2309 / 2.0, SHARED_MM), rel=0.03)


def test_a_lean_of_the_block_is_no_scatter() -> None:
    lean = _combined(group(2.3, 2.4, 2.5, 2.4), 0.0)
    assert lean.u_mm == pytest.approx(np.hypot(OWN_MM / 2.0, SHARED_MM), rel=0.05)
