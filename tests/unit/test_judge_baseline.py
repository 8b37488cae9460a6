"""Baselines: location and spread of few scans, who is astray, and when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import HEAD, MINE, made_sample

from iqa.errors import UsageError
from iqa.judge import NoProposal, Proposal, Sample, propose
from iqa.judge.robust import middle_of

KEY = "ct_number.uniform"


def _proposed(samples: Sequence[Sample]) -> Proposal:
    found = propose(KEY, samples, MINE)
    assert isinstance(found, Proposal), found
    return found


def _refused(samples: Sequence[Sample]) -> str:
    found = propose(KEY, samples, MINE)
    assert isinstance(found, NoProposal)
    assert found.key == KEY
    return found.reason


def _samples(values: Sequence[float], u: float | None = 1.0) -> list[Sample]:
    return [made_sample(f"scan {n}", v, u) for n, v in enumerate(values, start=1)]


def test_values_that_none_is_astray_of_have_their_mean() -> None:
    found = _proposed(_samples([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert found.value == pytest.approx(3.0)
    assert (found.scans, found.astray) == (tuple(f"scan {n}" for n in range(1, 6)), ())
    assert (found.key, found.method, found.unit) == (KEY, "roi-mean@1", "HU")
    assert (found.scope, found.conditions, found.flags) == (MINE, HEAD, ())


def test_the_middle_by_hand() -> None:
    # median 0, deviations 1 0 1 2 10: median 1; the scale is 1.206 · 1.4826 = 1.788, the pull begins at 2.682 from the
    # middle m: (−1 + 0 + 1 + 2 + m + 2.682) / 5 = m, so m = 4.682 / 4 = 1.1705
    assert middle_of([-1.0, 0.0, 1.0, 2.0, 10.0]).value == pytest.approx(1.1705, abs=5e-4)
    # pulled in to 3.576 for the spread: −2.1705, −1.1705, −0.1705, 0.8295, 3.576; Σ² = 19.586; √(Σ²/4) · 1.178
    assert middle_of([-1.0, 0.0, 1.0, 2.0, 10.0]).spread == pytest.approx(2.607, abs=2e-3)


def test_one_astray_is_named_and_pulls_little() -> None:
    steady = [0.3, -0.2, 0.1, -0.4, 0.2, 0.0, -0.1, 0.4]
    found = _proposed(_samples([*steady, 9.0], u=0.3))
    assert [a.scan for a in found.astray] == ["scan 9"]
    assert found.spread is not None
    assert found.astray[0].distance == pytest.approx((9.0 - found.value) / found.spread)
    assert found.astray[0].distance > 10
    assert found.warnings == (f"scan 9 is astray: 9 HU, {found.astray[0].distance:.1f} spreads from the middle.",)
    assert abs(found.value - np.mean(steady)) < 0.15  # the mean of all is 1.03


@pytest.mark.parametrize(("value", "named"), [(0.9, False), (1.4, True)])
def test_astray_begins_at_three_spreads_and_a_third(value: float, named: bool) -> None:
    found = _proposed(_samples([0.3, -0.2, 0.1, -0.4, 0.2, 0.0, -0.1, 0.4, value], u=0.3))
    assert found.spread is not None
    distance = (value - found.value) / found.spread
    assert 2.0 < distance < 3.3 if not named else 3.3 < distance < 4.5
    assert [a.scan for a in found.astray] == ["scan 9"] * named


def test_where_the_others_are_equal_one_is_infinitely_astray() -> None:
    found = _proposed(_samples([7.0, 7.0, 7.0, 8.0], u=None))
    assert (found.value, found.spread, found.u) == (7.0, 0.0, 0.0)
    assert (found.astray[0].scan, found.astray[0].distance) == ("scan 4", inf)
    assert found.warnings[0] == "scan 4 is astray: 8 HU, while most of the others are equal."


@given(
    st.lists(st.floats(-100, 100), min_size=3, max_size=30),
    st.floats(-1000, 1000),
    st.sampled_from([0.25, 2.0, -4.0]),
)
def test_location_and_spread_go_with_the_scale(values: list[float], shift: float, scale: float) -> None:
    plain, moved = middle_of(values), middle_of([scale * v + shift for v in values])
    size = 1000 + abs(shift)
    assert moved.value == pytest.approx(scale * plain.value + shift, abs=1e-9 * size)
    assert moved.spread == pytest.approx(abs(scale) * plain.spread, abs=1e-9 * size)


@pytest.mark.parametrize(
    ("values", "u", "few"),
    [([1.0], 0.6, "1 scan"), ([1.0, 1.2], 0.6 / sqrt(2), "2 scans"), ([1.0, 3.0], 1.0, "2 scans")],
)
def test_one_or_two_scans_give_their_mean_and_no_spread(values: list[float], u: float, few: str) -> None:
    found = propose(KEY, [made_sample(f"scan {i}", v, 0.6) for i, v in enumerate(values, start=1)], MINE)
    assert isinstance(found, Proposal)
    assert (found.value, found.spread, found.astray) == (sum(values) / len(values), None, ())
    assert found.u == pytest.approx(u)
    assert found.warnings == (f"From {few} alone: how much single scans scatter is not known yet.",)
    assert found.approved("A", "2026-04-01", "acceptance").u == found.u


def test_the_robust_middle_needs_three_values() -> None:
    with pytest.raises(ValueError, match="2 values; at least 3 are needed"):
        middle_of([1.0, 2.0])


def test_a_value_that_is_no_number_is_named() -> None:
    assert _refused(_samples([1.0, nan, 2.0, 3.0])) == f"{KEY} is no finite number on scan 2; leave out those scans."


def test_a_scan_counts_once() -> None:
    twice = made_sample("scan 2", 2.0)
    assert _refused([*_samples([1.0, 2.0, 3.0]), twice]) == "scan 2 is named more than once; each scan counts once."


def test_methods_must_be_one() -> None:
    odd = made_sample("scan 4", 1.0, method="roi-mean@2")
    reason = _refused([*_samples([1.0, 2.0, 3.0]), odd])
    assert reason == (
        f"The values for {KEY} are not of one method and unit (3 × {KEY} by roi-mean@1 in HU; 1 × {KEY} by roi-mean@2 "
        "in HU); measure all scans again by one version."
    )


def test_scans_under_other_conditions_are_named() -> None:
    sharp = made_sample("scan 9", 1.0, conditions=replace(HEAD, kernel="Br60f"))
    reason = _refused([sharp, *_samples([1.0, 2.0, 3.0])])
    assert reason.startswith(f"The scans for {KEY} were not made under one set of conditions. Against scan 1 as the")
    assert 'scan 9: the reconstruction differs (kernel "Br60f" now, "Br40f" in the baseline)' in reason
    assert "scan 2:" not in reason


def test_bands_do_not_add_up() -> None:
    doses = {"low": 37.0, "middle": 40.0, "high": 43.0}  # each within 10 % of the middle, not of one another
    samples = [made_sample(n, 1.0, conditions=replace(HEAD, ctdivol_mgy=d)) for n, d in doses.items()]
    reason = "Against high as the baseline, low: CTDIvol differs (37 mGy now, 43 mGy in the baseline)"
    assert reason in _refused(samples)


def test_what_no_scan_says_is_flagged() -> None:
    silent = replace(HEAD, iteration=None)
    found = _proposed([made_sample(str(n), float(n), conditions=silent) for n in range(4)])
    assert found.flags == ("unknown_iteration",)


@pytest.mark.parametrize(
    ("u", "words"),
    [
        (0.5, "is well above their own u, 0.5 HU: placing, the scanner or the phantom varies"),
        (10.0, "is far below their own u, 10 HU: u is mostly what all scans share, or the scans are copies"),
    ],
)
def test_a_spread_unlike_u_is_remarked_on(u: float, words: str) -> None:
    (warning,) = _proposed(_samples([0.0, 1.0, 2.0, 3.0, 4.0], u)).warnings
    assert words in warning


@pytest.mark.parametrize("u", [1.0, 4.0, None, 0.0])
def test_a_spread_like_u_is_not(u: float | None) -> None:
    assert _proposed(_samples([0.0, 1.0, 2.0, 3.0, 4.0], u)).warnings == ()


def test_a_baseline_is_what_a_person_approves() -> None:
    proposal = _proposed(_samples([1.0, 2.0, 3.0, 4.0]))
    baseline = proposal.approved("A. Physicist", "2026-04-01T09:00:00", "after acceptance")
    assert (baseline.value, baseline.spread, baseline.n) == (proposal.value, proposal.spread, 4)
    assert (baseline.key, baseline.method, baseline.unit) == (KEY, "roi-mean@1", "HU")
    assert (baseline.scope, baseline.conditions) == (MINE, HEAD)
    assert (baseline.approved_by, baseline.reason) == ("A. Physicist", "after acceptance")
    with pytest.raises(UsageError, match="needs who approves it, when and why; one of them is empty"):
        proposal.approved("A. Physicist", "2026-04-01T09:00:00", " ")
