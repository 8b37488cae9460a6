"""Text of a page: pieces with a style, written in a few marks, without the markup of any renderer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Style = Literal["", "bold", "italic", "sub", "sup", "data"]
"""How a piece is set; `data` comes from a header or a person and may run from right to left."""


class Span(NamedTuple):
    """A piece of a text."""

    text: str
    style: Style = ""


Text = tuple[Span, ...]

_MARKS = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|_\{(?P<sub>.+?)\}|\^\{(?P<sup>.+?)\}|\{(?P<value>\w+)\}"
)
"""**bold**, *italic*, _{sub}, ^{sup}, and {name} for a value."""


def text(written: str, values: Mapping[str, Text | str | int] | None = None) -> Text:
    """A text from how it is written in a file of strings; values are put in as they are, never read for marks.

    Raises
    ------
    KeyError
        A value is missing.

    Examples
    --------
    >>> [s.text for s in text("CTDI_{vol} of {who}", {"who": "*CT-2*"})]
    ['CTDI', 'vol', ' of ', '*CT-2*']
    """
    found: list[Span] = []
    last = 0
    for mark in _MARKS.finditer(written):
        found.append(Span(written[last : mark.start()]))
        found += _marked(mark, values or {})
        last = mark.end()
    found.append(Span(written[last:]))
    return tuple(s for s in found if s.text)


def _marked(mark: re.Match[str], values: Mapping[str, Text | str | int]) -> Text:
    style = mark.lastgroup
    if style == "value":
        return as_text(values[mark["value"]])
    inner = text(mark[style or 0], values)
    named: Style = "bold" if style == "bold" else "italic" if style == "italic" else "sub" if style == "sub" else "sup"
    return tuple(Span(s.text, s.style or named) for s in inner)


def as_text(value: Text | str | int) -> Text:
    """A value as a text, unread."""
    return value if isinstance(value, tuple) else (Span(str(value)),)


def data(said: str) -> Text:
    """What a header or a person says."""
    return (Span(said, "data"),) if said else ()


def joined(parts: list[Text], between: str) -> Text:
    """Texts one after another; empty ones are left out."""
    found: list[Span] = []
    for part in parts:
        if part:
            found += [*([Span(between)] if found else []), *part]
    return tuple(found)


def plain(said: Text) -> str:
    """The letters alone: for a title, an alternative text, a terminal."""
    return "".join(s.text for s in said)
