"""The one place where a measured number is rounded for display."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

MINUS = "\u2212"
NO_BREAK = "\u00a0"
PLAIN_DIGITS = 6
"""Significant digits of a number without uncertainty (header values, counts): more than any header carries."""

_UNITS = {"1": "", "1/mm": "mm⁻¹", "1/cm": "cm⁻¹", "deg": "°", "mGycm": "mGy·cm"}


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

    u has one digit, two where it starts with 1 or 2; the value has the same last decimal. Without a positive, finite
    u the value is shown with at most six significant digits and no ±.

    Examples
    --------
    >>> show(943.2184, 0.4261, "HU").value, show(943.2184, 0.4261, "HU").u
    ('943.2', '0.4')
    >>> show(0.51234, 0.0158, "1/mm")[:2]
    ('0.512', '0.016')
    """
    if not u or not math.isfinite(u):
        return Shown(_signed(f"{value:.{PLAIN_DIGITS}g}"), "", print_unit(unit))
    step = Decimal(1).scaleb(last_digit(u))
    return Shown(_fixed(value, step), _fixed(u, step), print_unit(unit))


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


def _fixed(value: float, step: Decimal) -> str:
    rounded = Decimal(value).quantize(step, ROUND_HALF_EVEN)
    return _signed(f"{rounded:f}" if step < 1 else str(int(rounded)))


def _signed(text: str) -> str:
    """With a true minus sign, and none before a zero."""
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    return text.replace("-", MINUS)
