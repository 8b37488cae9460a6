"""The one place where a measured number is rounded for display."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

MINUS = "\u2212"
NO_BREAK = "\u00a0"
PLAIN_DIGITS = 5
"""Significant digits of a number without uncertainty (header values, counts): more than any header carries."""

MOST_DIGITS_OF_U = 4
"""Digits of u that a value near nothing may call for; what is smaller still is arithmetic, not physics."""

_UNITS = {"1": "", "1/mm": "mm⁻¹", "1/cm": "cm⁻¹", "deg": "°", "mGycm": "mGy·cm", "cd/m2": "cd/m²"}


class Shown(NamedTuple):
    """A rounded number as text: value, uncertainty (empty where there is none) and printed unit."""

    value: str
    u: str
    unit: str

    def __str__(self) -> str:
        """`value ± u unit` with no-break spaces."""
        spread = f"{NO_BREAK}±{NO_BREAK}{self.u}" if self.u else ""
        return f"{self.value}{spread}{NO_BREAK}{self.unit}".rstrip(NO_BREAK)


def show(value: float, u: float | None, unit: str) -> Shown:
    """A value rounded to the decimal of its standard uncertainty.

    u has one digit, two where it starts with 1 or 2, and more (up to four) where the value would else be shown as 0
    and is not; the value has the same last decimal. Without a positive, finite u the value is shown with at most six
    significant digits and no ±.

    Examples
    --------
    >>> show(943.2184, 0.4261, "HU").value, show(943.2184, 0.4261, "HU").u
    ('943.2', '0.4')
    >>> show(0.51234, 0.0158, "1/mm")[:2]
    ('0.512', '0.016')
    >>> show(0.4, 2.7, "HU")[:2], show(0.4, 3.2, "HU")[:2]
    (('0.4', '2.7'), ('0.4', '3.2'))
    """
    if not u or not math.isfinite(u):
        return Shown(_signed(f"{value:.{PLAIN_DIGITS}g}"), "", print_unit(unit))
    digit = shared_digit(value, u)
    return Shown(rounded(value, digit), rounded(u, digit), print_unit(unit))


def show_interval(interval: tuple[float, float], value: float, u: float | None) -> tuple[str, str]:
    """Both ends of an interval about a value, rounded as it is."""
    digit = shared_digit(value, u) if u else None
    low, high = (f"{end:.{PLAIN_DIGITS}g}" if digit is None else rounded(end, digit) for end in interval)
    return low, high


def shared_digit(value: float, u: float) -> int:
    """Power of ten of the last digit of value ± u: that of u, or a smaller one that keeps the value from being 0."""
    usual = last_digit(u)
    least = math.floor(math.log10(u)) - MOST_DIGITS_OF_U + 1
    shown = (d for d in range(usual, min(least, usual) - 1, -1) if _to_digit(value, d))
    return next(shown, usual)


def last_digit(u: float) -> int:
    """Power of ten of the last digit that is shown of an uncertainty u > 0."""
    mantissa, exponent = f"{u:.1e}".split("e")
    return int(exponent) - (1 if mantissa[0] in "12" else 0)


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals and a true minus sign."""
    return _signed(f"{value:.{decimals}f}")


def print_unit(unit: str) -> str:
    """A unit as it is printed: mm⁻¹ for 1/mm, nothing for the unit one."""
    return _UNITS.get(unit, unit)


def rounded(value: float, digit: int) -> str:
    """A number whose last shown digit is that of 10 to the power `digit`, half to even, with a true minus sign."""
    number = _to_digit(value, digit)
    return _signed(f"{number:f}" if digit < 0 else str(int(number)))


def _signed(text: str) -> str:
    """With a true minus sign, and none before a zero."""
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    return text.replace("-", MINUS)


def _to_digit(value: float, digit: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(digit), ROUND_HALF_EVEN)
