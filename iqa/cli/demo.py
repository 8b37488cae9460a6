"""`iqa demo`."""

from __future__ import annotations

from pathlib import Path

import click

from iqa.cli.console import print_table, say

FOLDER = Path("iqa-demo")


@click.command()
def demo() -> None:
    """Simulate a Catphan 504, analyse it, and show the result beside the truth (in ./iqa-demo/)."""
    from iqa.jobs.demo import run_demo
    from iqa.report.table import demo_table

    say(f"Simulating and analysing one scan in {FOLDER}/ ...")
    print_table(demo_table(run_demo(FOLDER)))
