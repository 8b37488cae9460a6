"""A transfer function as a spline: 1 at 0, what the data say where they speak, smooth where they do not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.penalised import Tied, fit_tied
from iqa.signal.splines import EvenSplines


def wanted(f: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-2.0 * (np.pi * 0.4685 * f) ** 2))


def fitted(f: NDArray[np.float64], noise: float) -> tuple[EvenSplines, Tied]:
    splines = EvenSplines.of(1.4)
    columns = splines.at(f).T / noise
    values = wanted(f) / noise + np.random.default_rng(2).standard_normal(len(f))
    return splines, fit_tied(columns.T @ columns, columns.T @ values, float(values @ values), splines.at(np.array(0.0)))


def test_splines_add_up_to_one_and_end_in_zero() -> None:
    splines = EvenSplines.of(1.4)
    assert splines.at(np.array(0.0)).sum() == pytest.approx(1.0)
    assert np.allclose(splines.at(np.array([0.2, 0.7])).sum(axis=0), 1.0)
    assert np.all(splines.at(np.array(1.5)) == 0.0)
    assert np.allclose(splines.at(np.array(-0.3)), splines.at(np.array(0.3)))


def test_the_curve_is_found_and_is_one_at_zero() -> None:
    f = np.linspace(0.05, 1.3, 60)
    splines, found = fitted(f, 1e-3)
    assert float(found.factors @ splines.at(np.array(0.0))) == pytest.approx(1.0, abs=1e-9)
    assert np.allclose(found.factors @ splines.at(f), wanted(f), atol=1.5e-3)


def test_a_gap_in_the_data_is_bridged_smoothly() -> None:
    f = np.concatenate([np.linspace(0.05, 0.35, 30), np.linspace(0.65, 1.3, 30)])
    splines, found = fitted(f, 1e-3)
    assert np.allclose(found.factors @ splines.at(np.array([0.5])), wanted(np.array([0.5])), atol=0.01)
