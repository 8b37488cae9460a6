"""Limits, baselines, conditions and verdicts as texts that are kept for ever, and the hash that names a text."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from iqa.errors import InputError
from iqa.model import Baseline, Conditions, Limit, Verdict

LARGEST_WHOLE = 2**53
"""Above it a float no longer holds every whole number."""
EMPTY: tuple[object, ...] = (None, "", [], {})
"""Left out of a text where a field need not be given."""
Noun = TypeVar("Noun", Limit, Baseline, Conditions, Verdict)
KINDS: Mapping[str, type] = {kind.__name__: kind for kind in (Limit, Baseline, Conditions, Verdict)}


def to_text(noun: Limit | Baseline | Conditions | Verdict) -> str:
    """One canonical JSON text: keys in order, no blanks, empty fields left out, whole numbers without a point.

    Notes
    -----
    A field that is added to a noun later must mean, while empty, what its absence meant; old texts then keep their
    meaning and their hash.
    """
    return json.dumps(_plain(noun), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def from_text(kind: type[Noun], text: str, where: str) -> Noun:
    """The noun that a text says.

    Parameters
    ----------
    kind : Limit, Baseline, Conditions or Verdict
    text : str
        Of this version of iqa or an older one, which knew fewer fields.
    where : str
        Where the text is kept, for errors.

    Raises
    ------
    InputError
        If the text is none of that kind, or has fields that this version does not know.
    """
    try:
        raw = json.loads(text, parse_constant=_no_number)
        noun: Noun = _adapter(kind.__name__).validate_python(raw)
    except ValueError as error:  # of the text, or of its fields
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError(where, f"this is no stored {kind.__name__.lower()} ({reason}); it was damaged.") from None
    lost = _lost(raw, _plain(noun))
    if lost:
        what = kind.__name__.lower()
        raise InputError(where, f"this {what} says {lost}, which this version of iqa does not know; use a newer one.")
    return noun


def digest(noun: Limit | Baseline | Conditions | Verdict) -> str:
    """SHA-256 of the canonical text, in hexadecimal digits."""
    return hashlib.sha256(to_text(noun).encode()).hexdigest()


def _no_number(found: str) -> float:
    raise ValueError(f"{found} is no number")


@cache  # a history is thousands of texts of four kinds
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if dataclasses.is_dataclass(value):
        pairs = ((f, _plain(getattr(value, f.name))) for f in dataclasses.fields(value))
        return {f.name: inner for f, inner in pairs if f.default is dataclasses.MISSING or inner not in EMPTY}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE
    return int(value) if whole else value


def _lost(raw: Any, kept: Any) -> str:  # noqa: ANN401 - JSON
    """The first key with a value that reading has dropped; empty if there is none."""
    if not isinstance(raw, dict) or not isinstance(kept, dict):
        return ""
    dropped = (key for key, value in raw.items() if key not in kept and value not in EMPTY)
    inner = (_lost(value, kept[key]) for key, value in raw.items() if key in kept)
    return next(dropped, "") or next((key for key in inner if key), "")
