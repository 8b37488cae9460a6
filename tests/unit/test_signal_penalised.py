"""Penalised fits of a smooth even function: what is left beyond the noise, and how rough a function may get."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.penalised import BENDS, LIKELY_SHARE, PENALTIES, Free, fit_beside, fit_smooth

COUNT, ROWS = 12, 60
RNG = np.random.default_rng(20)
COLUMNS = 40.0 * RNG.standard_normal((ROWS, COUNT))
TRUTH = np.exp(-0.5 * (np.arange(COUNT) / 4.0) ** 2)
NOISE = RNG.standard_normal(ROWS)
FREE = Free(np.stack([TRUTH, np.linspace(1.0, 0.0, COUNT)], axis=1), 1.0)


def test_noise_alone_is_no_misfit() -> None:
    for found in (
        fit_smooth(COLUMNS, COLUMNS @ TRUTH + NOISE, COUNT, 0.0),
        fit_beside(COLUMNS, COLUMNS @ TRUTH + NOISE, COUNT, FREE),
    ):
        assert found.misfit == 1.0
        assert np.abs(found.factors - TRUTH).max() < 4.0 / 40.0


@pytest.mark.parametrize("times", [3.0, 10.0])
def test_what_is_left_beyond_the_noise_is_in_the_covariance(times: float) -> None:
    """The noise is `times` larger than said: u must be that much larger than from noise as said."""
    values, said = COLUMNS @ TRUTH + times * NOISE, COLUMNS @ TRUTH + NOISE
    for loud, quiet in (
        (fit_smooth(COLUMNS, values, COUNT, 0.0), fit_smooth(COLUMNS, said, COUNT, 0.0)),
        (fit_beside(COLUMNS, values, COUNT, FREE), fit_beside(COLUMNS, said, COUNT, FREE)),
    ):
        assert loud.misfit == pytest.approx(times**2, rel=0.5)
        assert np.trace(loud.covariance) > 0.3 * times**2 * np.trace(quiet.covariance)


def test_a_function_rougher_than_it_can_be_is_not_followed() -> None:
    ripple = TRUTH + 0.2 * (-1.0) ** np.arange(COUNT)
    free, held = (fit_smooth(COLUMNS, COLUMNS @ ripple, COUNT, most).factors for most in (0.0, 0.01))
    assert np.abs(free - ripple).max() < 0.02
    assert np.abs(np.diff(held, 3)).max() < 0.5 * np.abs(np.diff(ripple, 3)).max()


@pytest.mark.parametrize("noise", [0.1, 1.0, 30.0])
def test_the_penalty_is_a_share_of_the_likeliest(noise: float) -> None:
    """The likelihood of every candidate, written out: of a function without noise in its third differences."""
    values = COLUMNS @ TRUTH + noise * NOISE
    bent = np.array([np.diff(_mirrored(unit), 3) for unit in np.eye(COUNT)]).T
    penalty, normal = bent.T @ bent, COLUMNS.T @ COLUMNS
    strengths = PENALTIES * np.trace(normal) / np.trace(penalty)
    held = [normal + s * penalty for s in strengths]
    unlikely = [
        np.linalg.slogdet(one)[1] - COLUMNS.T @ values @ np.linalg.solve(one, COLUMNS.T @ values) - COUNT * np.log(s)
        for one, s in zip(held, strengths, strict=True)
    ]
    chosen = normal + LIKELY_SHARE * strengths[int(np.argmin(unlikely))] * penalty
    wanted = np.linalg.solve(chosen, COLUMNS.T @ values)
    assert fit_smooth(COLUMNS, values, COUNT, 0.0).factors == pytest.approx(wanted, rel=1e-6)


def test_beside_a_free_shape_penalties_are_averaged_by_their_likelihood() -> None:
    """Written out for every candidate, weak noise in few rows leaving several of them likely."""
    columns = COLUMNS[: COUNT + 4] / 20.0
    values = columns @ TRUTH + NOISE[: COUNT + 4]
    bent = np.array([np.diff(_mirrored(unit)[1:-1], 2) for unit in np.eye(COUNT)]).T
    basis, _ = np.linalg.qr(bent @ FREE.gains)
    beside = bent - basis @ (basis.T @ bent)
    penalty, normal, pull = beside.T @ beside, columns.T @ columns, columns.T @ values
    strengths = PENALTIES * np.trace(normal) / np.trace(penalty)
    held = normal + np.minimum(strengths, (BENDS * FREE.integral) ** -2.0)[:, None, None] * penalty
    likely = np.array(
        [
            -0.5 * (np.linalg.slogdet(normal + s * penalty)[1] - pull @ np.linalg.solve(normal + s * penalty, pull))
            + 0.5 * (COUNT - FREE.gains.shape[1]) * np.log(s)
            for s in strengths
        ]
    )
    weight = np.exp(likely - likely.max())
    each = np.linalg.solve(held, np.broadcast_to(pull[:, None], (len(held), COUNT, 1)))[..., 0]
    wanted = weight @ each / weight.sum()
    found = fit_beside(columns, values, COUNT, FREE)
    assert weight.sum() > 2.0  # so that one alone would not do
    assert found.factors == pytest.approx(wanted, abs=0.005)
    apart = np.average((each - wanted) ** 2, axis=0, weights=weight)
    least = np.average(np.linalg.inv(held)[:, range(COUNT), range(COUNT)], axis=0, weights=weight)
    assert np.diag(found.covariance) == pytest.approx(least + apart, rel=0.05)


def _mirrored(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """An even sequence that ends in zeros, from two before its middle to three behind its end."""
    return np.concatenate([values[2:0:-1], values, np.zeros(3)])
