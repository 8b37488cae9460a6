"""The noise of repeats on a small made phantom: what stays falls out, and what each number says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from iqa.errors import InputError
from iqa.metrics import Repeat, nps, refuse_copies, repeat_of
from iqa.metrics.context import Context
from iqa.metrics.patches import cut, noise_of
from iqa.model import Curve, Result, Scan
from tests.made_phantom import SIDE, Array, made_located, made_scan, noise, picture
from tests.results import number, reason

SIGMA = 10.0
Y, X = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
RINGS = 6.0 * np.cos(2.0 * np.pi * np.hypot(X, Y) / 18.0)


def scans(count: int, added: Array | float = 0.0) -> list[Scan]:
    """Repeats of fine grey steps, so that the noise alone is rounded."""
    clean, rng = picture("soft", slices=3), np.random.default_rng(21)
    noisy = (clean + noise(rng, "soft", clean.shape, SIGMA) for _ in range(count))
    return [made_scan(hu + added, slope=0.05) for hu in noisy]


def repeats(made: Sequence[Scan]) -> tuple[Repeat, ...]:
    return tuple(repeat_of(s, made_located(s)) for s in made)


@cache
def plain(count: int) -> tuple[tuple[Scan, ...], tuple[Repeat, ...]]:
    made = scans(count)
    return tuple(made), repeats(made)


def results(made: Sequence[Scan], known: tuple[Repeat, ...]) -> dict[str, Result]:
    return {r.key: r for r in nps.measure(Context(made[0], made_located(made[0]), known)).results}


def curve(made: Sequence[Scan]) -> Array:
    found = results(made, repeats(made))["nps"]
    assert isinstance(found, Curve)
    return np.array(found.values)


def test_what_stays_falls_out() -> None:
    bare = curve(scans(2))
    assert curve(scans(2, RINGS + 900.0)) == pytest.approx(bare, rel=5e-3, abs=0.05)
    alone = results(scans(1, RINGS), ())["nps"]
    assert isinstance(alone, Curve)
    assert max(alone.values[:5]) > 2.0 * bare[:5].max()


def test_two_repeats_are_half_their_difference_squared() -> None:
    made, known = plain(2)
    found = Context(made[0], made_located(made[0]), known).difference
    squares = known[0].squares
    assert found is not None
    assert squares is not None
    one, other = (cut(r.stored, r.slope, squares) for r in known)
    wanted = noise_of(made[0], squares, (one - other)[None] / np.float32(np.sqrt(2.0)))
    assert wanted is not None
    assert found.covariance.nps == pytest.approx(wanted.covariance.nps, rel=1e-4)


def test_three_repeats_are_their_deviations_from_the_mean() -> None:
    made, known = plain(3)
    found = Context(made[0], made_located(made[0]), known).difference
    squares = known[0].squares
    assert found is not None
    assert squares is not None
    seen = np.stack([cut(r.stored, r.slope, squares) for r in known])
    deviations = (seen - seen.mean(axis=0)) * np.float32(np.sqrt(3.0 / 2.0))
    wanted = noise_of(made[0], squares, deviations)
    assert wanted is not None
    assert found.covariance.nps == pytest.approx(wanted.covariance.nps, rel=1e-4)
    assert not found.spectrum.fixed.any()
    # three deviations are two independent differences
    assert found.spectrum.images == pytest.approx(wanted.spectrum.images * 2.0 / 3.0, rel=0.02)


def test_numbers_of_repeats_say_so() -> None:
    made, known = plain(3)
    found, alone = results(made, known), results(made, ())
    for key in ("nps.average_frequency", "nps.mean_frequency_2d", "nps.peak_frequency"):
        one, other = number(found[key]), number(alone[key])
        assert one.where == f"{other.where}, 3 repeats"
        assert one.n == 2 * other.n
        assert one.method == other.method.replace("radial", "difference").replace("nps-cubic", "nps-difference-cubic")
    assert isinstance(found["nps"], Curve)
    assert found["nps"].method == "nps-difference@2"


def test_only_the_slices_that_all_show_count() -> None:
    made, (one, other) = plain(2)
    assert other.squares is not None
    fewer = replace(other.squares, slices=other.squares.slices[1:])
    shorter = replace(other, squares=fewer, stored=other.stored[1:], slope=other.slope[1:])
    found = Context(made[0], made_located(made[0]), (one, shorter)).difference
    assert found is not None
    assert found.squares.slices == fewer.slices


@pytest.mark.parametrize("lost", ["module", "squares", "noise"])
def test_repeats_without_a_common_noise_give_a_reason(lost: str) -> None:
    made, (one, other) = plain(2)
    assert other.squares is not None
    unlike = {
        "module": replace(other, squares=replace(other.squares, module="A")),
        "squares": replace(other, squares=None),
        "noise": replace(one),
    }[lost]
    found = results(made, (one, unlike))
    for key in ("nps.average_frequency", "nps.mean_frequency_2d", "nps.peak_frequency"):
        assert "do not differ by a scanner's noise" in reason(found[key])


def test_a_repeat_lets_its_stack_go() -> None:
    (made,) = scans(1)
    kept = repeat_of(made, made_located(made))
    assert kept.squares is not None
    assert kept.stored.shape[0] == len(kept.squares.slices) < len(made)
    assert kept.stored.base is None
    assert not np.shares_memory(kept.stored, made.stored)


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_true_repeats_have_noise_of_their_own_whatever_stays_alike(slices: int) -> None:
    """Rings have half the noise's variance in the squares here; without them half would already be far from refused."""
    clean, rng = picture("soft", slices=slices) + RINGS, np.random.default_rng(4)
    first = repeats([made_scan(clean + noise(rng, "soft", clean.shape, SIGMA), slope=0.05)])[0]
    assert first.squares is not None
    few = replace(first, squares=replace(first.squares, corners=first.squares.corners[:4]))
    used, shape = list(first.squares.slices), (len(first.squares.slices), SIDE, SIDE)
    drawn = (made_scan(clean[used] + noise(rng, "soft", shape, SIGMA), slope=0.05) for _ in range(40))
    refuse_copies([replace(few, stored=scan.stored) for scan in drawn])


def test_shared_noise_is_refused() -> None:
    known = plain(3)[1]
    copy = replace(known[0], setup=replace(known[0].setup, source="copy"), stored=known[0].stored + 20)
    with pytest.raises(InputError, match=r"copy: its noise is that of .* holds 0 % of it, at least 33 % is needed"):
        refuse_copies([*known, copy])
    refuse_copies(known)
