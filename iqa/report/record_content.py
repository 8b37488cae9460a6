"""What an inspection record says, in one language: texts and marks in their cells.

Nothing here decides or is decided: `iqa/report/pages/record.py` makes it of a story, the templates lay it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from iqa.report.content import Approval, Fact
from iqa.report.text import Text

Side = Literal["left", "middle", "right"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the grid."""

    lines: tuple[str, ...] = ()
    """From top to bottom."""
    off: bool = False
    """Shaded."""
    strong: bool = False
    """A warning, a failure, or no verdict: framed."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One check."""

    name: Text
    measured: bool
    """By iqa; else entered by hand."""
    criterion: Text
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class GridGroup:
    """Checks of one occasion."""

    name: Text
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Checks against days, weeks or months."""

    heads: tuple[Cell, ...]
    groups: tuple[GridGroup, ...]
    checked_by: tuple[Cell, ...]
    confirmed_by: tuple[Cell, ...]
    legend: Text


@dataclass(frozen=True, slots=True)
class TableCell:
    """One place of a table; a drawing stands in place of the text."""

    text: Text = ()
    side: Side = "left"
    svg: str = ""
    lines: tuple[str, ...] = ()
    """Numbers one above the other, in place of the text."""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its heading."""

    title: Text
    note: Text
    heads: tuple[TableCell, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    widths: tuple[float, ...]
    """Of the columns, in mm; 0: shares what is left."""
    below: Text = ()


@dataclass(frozen=True, slots=True)
class Action:
    """What was done or is to be known, with its day."""

    when: Text
    text: Text


@dataclass(frozen=True, slots=True)
class RecordPage:
    """An inspection record."""

    language: str
    title: str
    """Of the document."""
    over: Text
    """Fiscal year, hospital, department."""
    heading: Text
    under: Text
    """Which checks, and the period."""
    seals: tuple[Text, ...]
    seal: Text
    device: tuple[tuple[Fact, Fact], ...]
    mark: str
    verdict: Text
    said: Text
    grid: Grid
    tables: tuple[Table, ...]
    beside: tuple[Table, ...]
    """Displays and doses, two in one row."""
    actions_title: Text
    actions: tuple[Action, ...]
    approvals: tuple[Approval, ...]
    foot: tuple[tuple[Text, ...], tuple[Text, ...]]
    """Lines at the left and at the right."""
