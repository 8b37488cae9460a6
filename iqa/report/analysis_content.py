"""What the full analysis of a scan says, and the page of a scan that was refused."""

from __future__ import annotations

from dataclasses import dataclass

from iqa.report.content import Approval, Drawing, Fact, Head, Headline, Row
from iqa.report.text import Text


@dataclass(frozen=True, slots=True)
class FullRow:
    """One number, with how it came about."""

    row: Row
    n: str
    """Independent slices or objects behind it."""
    where: Text
    method: str
    flags: tuple[Text, ...]
    placed: bool
    """It has a limit, a baseline or a history; else the columns for them are free."""


@dataclass(frozen=True, slots=True)
class FullGroup:
    """Numbers that belong together."""

    name: Text
    rows: tuple[FullRow, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What has no number for one and the same reason."""

    what: tuple[Text, ...]
    keys: tuple[str, ...]
    reason: Text
    needs: Text
    judged: bool
    """A limit waits for one of them."""
    long: bool
    """So many names that they stand over the whole width, above reason and need."""


@dataclass(frozen=True, slots=True)
class Held:
    """A module that the scan holds."""

    name: Text
    slices: Text
    z: Text
    """Place of its plane along the stack; empty where the scan does not fix it."""


@dataclass(frozen=True, slots=True)
class Note:
    """How a method works, or what a flag means."""

    name: Text
    text: Text


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit in full."""

    what: Text
    kind: Text
    numbers: tuple[str, str, str, str]
    """Fail below, warn below, warn above, fail above; one that is left out bounds nothing."""
    unit: Text
    origin: Text
    """Source, edition, who adopted it and why."""


@dataclass(frozen=True, slots=True)
class FullAnalysis:
    """All that is known of one scan."""

    language: str
    title: str
    head: Head
    said: Headline
    scan: tuple[Fact, ...]
    """How it was made."""
    phantom: tuple[Fact, ...]
    """Which it is and how it lies."""
    modules: tuple[Held, ...]
    placed: bool
    """Some number has a limit, a baseline or a history."""
    groups: tuple[FullGroup, ...]
    gaps: tuple[Gap, ...]
    pictures: tuple[Drawing, ...]
    charts: tuple[Drawing, ...]
    notes: tuple[Note, ...]
    flags: tuple[Note, ...]
    limits: tuple[LimitRow, ...]
    facts: tuple[Fact, ...]
    hashes: tuple[Fact, ...]
    approvals: tuple[Approval, ...]
    foot: tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """An input of which nothing was measured."""

    language: str
    title: str
    head: Head
    mark: str
    heading: Text
    reason: Text
    candidates: tuple[Text, ...]
    """Definitions that fit, best first, where several do."""
    cure: Text
    facts: tuple[Fact, ...]
    foot: tuple[Text, Text]
