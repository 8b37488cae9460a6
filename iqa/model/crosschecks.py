"""One scan as iqa and another program have it, quantity by quantity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from iqa.model.results import Analysis

Agreement = Literal["agrees", "explained", "untestable", "unexplained", "only_iqa", "only_other"]
AGREEMENTS: tuple[Agreement, ...] = get_args(Agreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One quantity beside another program's value of it."""

    key: str
    """iqa's; empty where iqa has none for it."""
    name: str
    """The other program's."""
    outcome: Agreement
    unit: str
    value: float | None = None
    u: float | None = None
    other: float | None = None
    other_u: float | None = None
    """Standard uncertainty as far as it is given, or known from iqa's own noise and from simulated scans."""
    other_unit: str = ""
    comparable: bool = True
    """Whether the two could be equal; not where one is another quantity, for all that they go by one name."""
    expected: tuple[float, float] | None = None
    """Where the other value lies by that program's definition if iqa's value is right, all uncertainties (k = 2) in."""
    reason: str = ""
    """Why they differ, or why there is only one of them; empty where they agree."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What another program made of one scan."""

    program: str
    """`pylinac`, or `csv` for numbers that a file brought."""
    version: str | None = None
    failure: str = ""
    """One line: why there are no numbers; to print, never to store."""
    rows: tuple[Compared, ...] = ()

    def count(self, outcome: Agreement) -> int:
        """Rows with one outcome."""
        return sum(row.outcome == outcome for row in self.rows)


@dataclass(frozen=True, slots=True)
class Crosschecked:
    """One analysed scan with the other programs' answers."""

    analysis: Analysis
    answers: tuple[Answer, ...]
