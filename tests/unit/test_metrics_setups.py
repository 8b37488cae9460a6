"""Which scans are repeats: what may differ, and in which words what may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from iqa.errors import InputError
from iqa.metrics import Setup, group_setups
from iqa.metrics.setups import setup_of
from iqa.model import Acquisition
from tests.made_phantom import SIDE, made_located, made_scan

Change = Callable[[Setup], Setup]
TECHNIQUE = Acquisition(manufacturer="M", model="X", serial="1", kernel="B30f", kv=120.0, exposure_mas=200.0)


SCAN = made_scan(np.zeros((4, SIDE, SIDE)), TECHNIQUE)
MADE = setup_of(SCAN, made_located(SCAN))


def setup(name: str = "one") -> Setup:
    return replace(MADE, source=name, identity=replace(MADE.identity, pixel_sha256=name))


def technique(**changes: Any) -> Change:
    return lambda s: replace(s, acquisition=replace(s.acquisition, **changes))


def posed(**changes: Any) -> Change:
    return lambda s: replace(s, located=replace(s.located, pose=replace(s.located.pose, **changes)))


def body(**changes: Any) -> Change:
    def moved(s: Setup) -> Setup:
        assert s.located.body is not None
        return replace(s, located=replace(s.located, body=replace(s.located.body, **changes)))

    return moved


def shifted(*mm: float) -> Change:
    return lambda s: replace(s, origins_mm=s.origins_mm + np.array(mm))


def known(**changes: Any) -> Change:
    return lambda s: replace(s, located=replace(s.located, **changes))


def named(s: Setup) -> Setup:
    return replace(s, located=replace(s.located, spec=replace(s.located.spec, name="other")))


def bodiless(s: Setup) -> Setup:
    return replace(s, located=replace(s.located, body=None))


CENTRE = MADE.located.body
assert CENTRE is not None


@pytest.mark.parametrize(
    "change",
    [
        technique(exposure_mas=203.9),
        technique(ctdivol_mgy=9.0),
        technique(kv=120.005),
        posed(roll_deg=0.09),
        posed(roll_deg=359.95),
        posed(z_mm=0.24),
        body(x_mm=CENTRE.x_mm + 0.09),
        shifted(0.06, 0.07, 0.0),
        shifted(0.0, 0.0, 0.24),
    ],
)
def test_what_changes_nothing_keeps_repeats(change: Change) -> None:
    assert group_setups([setup(), change(setup("two"))]) == ((0, 1), (0, 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (named, r"another phantom \(other for made\)"),
        (technique(manufacturer="N"), r"another manufacturer \('N' for 'M'\)"),
        (technique(kernel=None), r"another kernel \(none stated for 'B30f'\)"),
        (technique(kv=None), r"another kV \(none stated for 120\)"),
        (technique(pitch=0.6), r"another pitch \(0.6 for none stated\)"),
        (technique(exposure_mas=204.1), r"another mAs \(204.1 for 200\)"),
        (posed(roll_deg=0.11), r"a phantom that was turned by 0\.11° \(at most 0\.1°\)"),
        (posed(z_mm=0.26), r"a phantom that was moved by 0\.26 mm along the axis \(at most 0\.25 mm\)"),
        (posed(mirrored=True), "a phantom that was turned round"),
        (posed(reversed=True), "a phantom that was turned round"),
        (body(x_mm=CENTRE.x_mm + 0.11), r"a phantom that was moved by 0\.11 mm \(at most 0\.1 mm\)"),
        (body(slope_y=0.02), r"a phantom that was moved by 0\.\d\d mm"),
        (shifted(0.08, 0.08, 0.0), r"a field of view 0\.11 mm beside the other"),
        (shifted(0.0, 0.0, 0.26), r"slices at other places \(up to 0\.26 mm along the axis\)"),
        (lambda s: replace(s, orientation=s.orientation[::-1]), "another direction of rows and columns"),
    ],
)
def test_what_is_no_repeat_is_said(change: Change, words: str) -> None:
    with pytest.raises(InputError, match=rf"^two: it is no repeat of one: {words}"):
        group_setups([setup(), setup("three"), change(setup("two"))])


def test_where_no_outline_is_seen_the_origin_tells_of_a_move() -> None:
    moved = bodiless(posed(x_mm=setup().located.pose.x_mm + 0.11)(setup("two")))
    with pytest.raises(InputError, match=r"moved by 0\.11 mm"):
        group_setups([bodiless(setup()), moved])
    assert group_setups([setup(), posed(x_mm=setup().located.pose.x_mm + 0.11)(setup("two"))]) == ((0, 1), (0, 1))


def test_what_a_scan_does_not_fix_does_not_part_repeats() -> None:
    unknown = known(u_roll_deg=None, u_z_mm=None, mirror_known=False)
    turned = unknown(posed(roll_deg=40.0, z_mm=9.0, mirrored=True)(setup("two")))
    assert group_setups([setup(), turned]) == ((0, 1), (0, 1))


def test_a_place_along_the_axis_is_compared_as_surely_as_it_is_known() -> None:
    unsure = [known(u_z_mm=0.3)(s) for s in (setup(), posed(z_mm=1.2)(setup("two")))]
    assert group_setups(unsure) == ((0, 1), (0, 1))
    with pytest.raises(InputError, match=r"moved by 1\.30 mm along the axis \(at most 1\.27 mm\)"):
        group_setups([unsure[0], known(u_z_mm=0.3)(posed(z_mm=1.3)(setup("two")))])


def test_each_setup_has_its_own_group() -> None:
    other = technique(kernel="B70f")
    setups = [setup(), other(setup("two")), setup("three"), other(setup("four")), setup("five")]
    assert group_setups(setups) == ((0, 2, 4), (1, 3), (0, 2, 4), (1, 3), (0, 2, 4))


def test_a_lone_scan_is_compared_with_the_one_most_like_it() -> None:
    far, near = technique(kv=80.0, kernel="x"), technique(kv=100.0, serial="2")
    twos = [far(setup("a")), far(setup("b")), setup("c"), setup("d"), named(setup("e")), named(setup("f"))]
    setups = [*twos, near(setup("lone"))]
    with pytest.raises(InputError, match=r"lone: it is no repeat of c: another serial number \('2' for '1'\); give"):
        group_setups(setups)


def test_one_scan_is_no_repeat() -> None:
    with pytest.raises(InputError, match="one: it is the only scan that was located; repeats are two scans"):
        group_setups([setup()])
    assert group_setups([]) == ()


def test_a_scan_given_twice_is_no_repeat_of_itself() -> None:
    twin = replace(setup(), source="copy")
    with pytest.raises(InputError, match="copy: its pixels are those of one: one scan given twice is no repeat"):
        group_setups([setup(), setup("two"), twin])
