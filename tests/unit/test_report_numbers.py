from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iqa.report.numbers import last_digit, print_unit, show, show_interval


@pytest.mark.parametrize(
    ("value", "u", "shown"),
    [
        (943.2184, 0.4261, ("943.2", "0.4")),
        (943.2184, 0.1261, ("943.22", "0.13")),
        (943.2184, 0.2961, ("943.2", "0.3")),
        (0.51234, 0.0158, ("0.512", "0.016")),
        (-3.141, 0.0951, ("\u22123.14", "0.10")),
        (-0.004, 0.4, ("\u22120.004", "0.400")),
        (0.4, 2.7, ("0.4", "2.7")),
        (0.4, 3.2, ("0.4", "3.2")),
        (3.0, 34.0, ("3", "34")),
        (0.0, 3.2, ("0", "3")),
        (-1e-17, 0.4, ("0.0", "0.4")),
        (1234.0, 34.0, ("1230", "30")),
        (1234.0, 123.0, ("1230", "120")),
        (12.3, None, ("12.3", "")),
        (25.0, None, ("25", "")),
        (-992.0, float("nan"), ("\u2212992", "")),
    ],
)
def test_u_has_one_digit_or_two_that_start_with_1_or_2(value: float, u: float | None, shown: tuple[str, str]) -> None:
    assert show(value, u, "HU")[:2] == shown


@given(u=st.floats(1e-6, 1e5))
def test_rounding_changes_u_by_less_than_a_fifth(u: float) -> None:
    shown = float(show(0.0, u, "HU").u)
    assert abs(shown - u) <= 0.5 * 10 ** last_digit(u) * (1 + 1e-9)
    assert abs(shown / u - 1) < 0.17


@given(value=st.floats(-1e4, 1e4), u=st.floats(1e-3, 1e2))
def test_value_and_u_end_on_the_same_decimal(value: float, u: float) -> None:
    text, spread, _ = show(value, u, "HU")
    assert len(text.partition(".")[2]) == len(spread.partition(".")[2])
    assert "-" not in text


@given(value=st.floats(-1e3, 1e3), u=st.floats(1e-3, 1e2))
def test_a_value_above_a_thousandth_of_u_is_never_shown_as_zero(value: float, u: float) -> None:
    assume(abs(value) > u / 999)
    assert float(show(value, u, "HU").value.replace("\u2212", "-")) != 0.0


def test_a_number_as_text_keeps_its_parts_on_one_line() -> None:
    assert str(show(0.5, 0.03, "1/mm")) == "0.50\u00a0±\u00a00.03\u00a0mm⁻¹"
    assert str(show(2.0, None, "1")) == "2"


def test_unknown_units_are_printed_as_they_are() -> None:
    assert print_unit("HU/HU") == "HU/HU"


def test_an_interval_has_the_digits_of_its_value() -> None:
    assert show_interval((0.0, 0.7123), 0.312, 0.188) == ("0.00", "0.71")
    assert show_interval((18.14, 25.441), 21.56, 1.89) == ("18.1", "25.4")
    assert show_interval((1.25, 2.5), 2.0, None) == ("1.25", "2.5")
