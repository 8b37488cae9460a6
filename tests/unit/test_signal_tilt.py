"""The lean of a block of ramps from their widths, by closed form."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.tilt import FREE_RAD, lean_of

ALONG = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
SECTION_MM = 2.5


def widths(rise_deg: tuple[float, float], tangent: np.ndarray, along: np.ndarray) -> np.ndarray:
    """What ramps show that lean by so much, each read with the tangent it should have."""
    seen = np.tan(np.arctan(tangent) + along @ np.radians(rise_deg))
    return np.asarray(SECTION_MM * tangent / seen)


@pytest.mark.parametrize("rise_deg", [(0.0, 0.0), (2.0, 0.0), (-1.5, 1.0)], ids=str)
@pytest.mark.parametrize("angle_deg", [7.0, 23.0, 45.0])
def test_four_ramps_tell_both_tilts(rise_deg: tuple[float, float], angle_deg: float) -> None:
    tangent = np.full(4, np.tan(np.radians(angle_deg)))
    seen = widths(rise_deg, tangent, ALONG)
    lean = lean_of(seen, 1e-8 * np.eye(4), tangent, ALONG)
    assert np.degrees(lean.rise) == pytest.approx(rise_deg, abs=1e-3)
    assert seen * lean.factor == pytest.approx(np.full(4, SECTION_MM), rel=1e-4)


def test_a_pair_at_two_degrees_is_off_by_what_is_taken_out() -> None:
    tangent = np.full(2, np.tan(np.radians(23.0)))
    seen = widths((2.0, 0.0), tangent, ALONG[::2])
    lean = lean_of(seen, 1e-6 * np.eye(2), tangent, ALONG[::2])
    assert seen.mean() == pytest.approx(1.008 * SECTION_MM, rel=5e-4)
    assert (seen * lean.factor).mean() == pytest.approx(SECTION_MM, rel=5e-4)


def test_what_no_ramp_shows_stays_unknown() -> None:
    tangent = np.full(2, np.tan(np.radians(23.0)))
    lean = lean_of(widths((1.0, 0.0), tangent, ALONG[::2]), 1e-6 * np.eye(2), tangent, ALONG[::2])
    assert lean.u[1] == pytest.approx(FREE_RAD, rel=1e-6)
    assert lean.u[0] < 0.02 * FREE_RAD


def test_u_is_that_of_the_widths() -> None:
    """Of a pair with a relative u of 1 % each: ds = dw/w / (√2 · (t + 1/t))."""
    tangent = np.full(2, np.tan(np.radians(23.0)))
    lean = lean_of(np.full(2, SECTION_MM), 1e-4 * np.eye(2), tangent, ALONG[::2])
    assert lean.u[0] == pytest.approx(0.01 / (2.0**0.5 * (tangent[0] + 1.0 / tangent[0])), rel=0.01)


def test_an_error_that_all_ramps_share_is_no_tilt() -> None:
    tangent = np.full(4, np.tan(np.radians(23.0)))
    lean = lean_of(np.full(4, 1.1 * SECTION_MM), 1e-6 * np.eye(4) + 1e-2, tangent, ALONG)
    assert lean.rise == pytest.approx([0.0, 0.0], abs=1e-9)
    assert lean.u == pytest.approx(np.full(2, 1e-3 / (2.0**0.5 * (tangent[0] + 1.0 / tangent[0]))), rel=0.01)
