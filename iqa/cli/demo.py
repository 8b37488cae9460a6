"""`iqa demo`."""

from __future__ import annotations

from pathlib import Path

import click

from iqa.cli.console import print_table, say

FOLDER = Path("iqa-demo")


@click.command()
def demo() -> None:
    """Analyse a simulated scan beside its truth.

    The scan (a Catphan 504), its truth and the figures are left in ./iqa-demo/.
    """
    from iqa.jobs.demo import run_demo
    from iqa.report.compare import demo_report

    say(f"Simulating a scan of a Catphan 504 in {FOLDER}/ and analysing it ...")
    left = run_demo(FOLDER)
    print_table(demo_report(left.analysis, left.truth, scan=left.scan, figures=left.figures))
