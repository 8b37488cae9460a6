"""Where a slanted row lies on the image of a phantom that leans."""

from __future__ import annotations

import math

import pytest

from iqa.metrics.ramps import line_of
from iqa.model import ModuleFit, Pose


@pytest.mark.parametrize("direction_deg", [90.0, -90.0, 0.0, 180.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_elements_of_a_steep_row_lie_where_the_pose_puts_them(direction_deg: float, mirrored: bool) -> None:
    """A row that rises by half its length is 2 % longer or shorter at 2.4°, and so are its steps along z."""
    pose = Pose(100.0, 90.0, -36.0, -134.0, -2.0, -1.1, mirrored=mirrored, scale=1.002)
    fit = ModuleFit("CTP591", pose, (0,), 0.01, 0.05, 0.01, ())
    line = line_of(fit, 45.0, 0.0, 1.0, direction_deg, 0.5)
    angle = math.radians(direction_deg)
    for step_mm in (-20.0, 2.0, 20.0):
        x, y, z = pose.place(45.0 + step_mm * math.cos(angle), -step_mm * math.sin(angle), 1.0 + 0.5 * step_mm)
        along = (x - line.at_mm[0]) * line.along[0] + (y - line.at_mm[1]) * line.along[1]
        assert abs(along) == pytest.approx(abs(step_mm) * line.stretch, rel=1e-9)
        assert z == pytest.approx(line.at_mm[2] + along * line.tangent, rel=1e-9)
