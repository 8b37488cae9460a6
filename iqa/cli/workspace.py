"""`iqa init`, `status` and `export`."""

from __future__ import annotations

from pathlib import Path

import click

from iqa.cli.console import print_table, say
from iqa.cli.options import workspace_option

FAILING = 1
"""Exit status where something is failing or overdue."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".", metavar="[DIR]")
def init(folder: Path) -> None:
    """Make a workspace: a folder that remembers scans."""
    from iqa.store.workspace import init_workspace

    made = init_workspace(folder)
    click.echo(f"{made.folder}: a new workspace. Describe scanners and phantoms in iqa.toml, then: iqa add PATH")


@click.command()
@workspace_option
def status(folder: Path | None) -> int:
    """Every scanner: last scan, verdict, what is overdue."""
    from iqa.jobs.clock import now
    from iqa.jobs.status import status as states_of
    from iqa.jobs.status import without_values
    from iqa.report.workspace import status_table
    from iqa.store.workspace import open_workspace

    workspace = open_workspace(folder)
    states = states_of(workspace, now())
    for key in without_values(workspace):
        say(f"iqa.toml speaks of '{key}', and no stored value has that key; see `iqa export` for those there are.")
    if not states:
        click.echo("No scanner is described and no scan is stored yet.")
        return 0
    print_table(status_table(states))
    return FAILING if any(s.alarming for s in states) else 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--scanner", metavar="NAME", help="Of one scanner only.")
@click.option("--key", default="*", metavar="PATTERN", help="Of these keys only; * stands for anything.")
@workspace_option
def export(file: Path, scanner: str | None, key: str, folder: Path | None) -> None:
    """Write stored numbers to a .csv, .xlsx or .json file."""
    from iqa.jobs.exporting import export_to
    from iqa.store.workspace import open_workspace

    count = export_to(open_workspace(folder), file, scanner=scanner, key=key)
    say(f"{file}: {count} numbers" + ("" if count else f"; no stored key fits '{key}'"))
