"""Penalised fits of a smooth even function: what is left beyond the noise, and how rough a function may get."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.penalised import Free, fit_beside, fit_smooth

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
