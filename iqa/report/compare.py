"""An analysis beside the truth of a simulated scan."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from iqa.model import COVERAGE_FACTOR, Analysis
from iqa.report.numbers import fixed, rounded, shared_digit, show
from iqa.report.table import INDENT, family, phantom_line, stack_line


def demo_report(analysis: Analysis, truth: Mapping[str, float], *, scan: Path, figures: Path) -> RenderableType:
    """The table beside the truth, and in plain words what to look at."""
    inside, known = within(analysis, truth, COVERAGE_FACTOR)
    words = (
        f"{inside} of {known} values lie within 2 u of their truth; about 95 of 100 is what an honest u gives.",
        f"The pictures: {figures}/*.png, the overview first. Outlines show where a number was measured.",
        f"The scan: {scan}/*.dcm, for any DICOM viewer; its truth: {scan}/truth.json.",
        "The same for scans of your own: iqa analyze FOLDER --figures DIR",
    )
    heading = (Text(phantom_line(analysis), style="bold"), Text(stack_line(analysis)))
    table = Padding(truth_table(analysis, truth), (1, 0))
    return Group(*heading, table, Text("What to look at", style="bold"), *(Padding(Text(w), INDENT) for w in words))


def truth_table(analysis: Analysis, truth: Mapping[str, float]) -> Table:
    """Each measured value whose truth is known: value ± u, truth to the same decimal, and their distance in u."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("key", no_wrap=True)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("± u (k = 1)", no_wrap=True)
    table.add_column("truth", justify="right", no_wrap=True)
    table.add_column("difference / u", justify="right", no_wrap=True)
    known = (m for m in analysis.measurements if m.key in truth)
    for _, rows in groupby(known, key=family):
        for m in rows:
            shown, true = show(m.value, m.u, m.unit), truth[m.key]
            beside = rounded(true, shared_digit(m.value, m.u)) if shown.u and m.u else show(true, None, m.unit).value
            spread = f"± {shown.u} {shown.unit}" if shown.u else f"  {shown.unit}"
            table.add_row(m.key, shown.value, spread.rstrip(), beside, _distance(m.value - true, m.u))
        table.add_section()
    return table


def within(analysis: Analysis, truth: Mapping[str, float], times_u: float) -> tuple[int, int]:
    """(how many values lie within `times_u` standard uncertainties of their truth, how many have a truth and a u)."""
    pairs = [(m.value - truth[m.key], m.u) for m in analysis.measurements if m.key in truth and m.u]
    return sum(abs(difference) <= times_u * u for difference, u in pairs), len(pairs)


def _distance(difference: float, u: float | None) -> str:
    return fixed(difference / u, 1) if u else ""
