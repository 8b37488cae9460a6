"""`iqa demo`."""

from __future__ import annotations

from pathlib import Path

import click

from iqa.cli.console import print_table, say

FOLDER = Path("iqa-demo")


@click.command()
def demo() -> None:
    """Analyse a simulated scan beside its truth; watch a fleet.

    The scan (a Catphan 504), its truth and the figures are left in ./iqa-demo/, and a workspace with two scanners that
    were scanned every week of half a year: one drifts, one gets a new tube. Its last line names the page to open.
    """
    from iqa.jobs.demo import run_demo
    from iqa.report.compare import demo_report
    from iqa.report.trend_chart import fleet_report

    say(f"Simulating a Catphan 504 and 52 weekly scans of two scanners in {FOLDER}/, a minute or so ...")
    left = run_demo(FOLDER)
    print_table(demo_report(left.analysis, left.truth, scan=left.scan, figures=left.figures))
    fleet = left.fleet
    print_table(fleet_report(fleet.states, fleet.trends, folder=fleet.folder, pages=fleet.pages))
