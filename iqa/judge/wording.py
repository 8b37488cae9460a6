"""How numbers and ranges stand in a sentence."""

from __future__ import annotations

LEAST = 1e-12
"""Below any quantity measured, in any of our units."""


def shown(value: float, unit: str) -> str:
    """A number to five digits with its unit; the unit 1 is left out."""
    # what rounding has left of 0 reads as 0
    digits = "0" if abs(value) < LEAST else f"{value:.5g}"
    return digits if unit == "1" else f"{digits} {unit}"


def span(low: float | None, high: float | None, unit: str) -> str:
    """A range, with or without one of its ends."""
    if low is None and high is None:
        return "any value"
    if low is None or high is None:
        return f"at most {shown(high, unit)}" if high is not None else f"at least {shown(low or 0.0, unit)}"
    return f"{shown(low, '1')} to {shown(high, unit)}"


def scans(count: int) -> str:
    """A number of scans."""
    return "1 scan" if count == 1 else f"{count} scans"
