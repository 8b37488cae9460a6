"""Patterns of keys and methods."""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches(pattern: str, key: str) -> bool:
    """Whether a key fits a pattern: part by part between the dots, * stands for any text within a part.

    >>> matches("ct_number.air*", "ct_number.air_top"), matches("ttf.*", "ttf.teflon.f50")
    (True, False)
    """
    parts, wanted = key.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def is_literal(pattern: str) -> bool:
    """Whether a pattern is one key."""
    return not any(sign in pattern for sign in "*?[")
