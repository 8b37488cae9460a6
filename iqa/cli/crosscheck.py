"""`iqa crosscheck`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from iqa.cli.console import print_table, reading_progress, say


@click.command()
@click.argument("path")
@click.option("--phantom", metavar="NAME", help="Which phantom it is, where that is known.")
@click.option("--phantom-dir", "phantom_dirs", multiple=True, metavar="DIR", help="Folder with your own definitions.")
@click.option("--python", default=sys.executable, show_default="iqa's own", metavar="FILE", help="One with pylinac.")
@click.option(
    "--csv",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Another program's numbers of the scan: key, value, and perhaps standard uncertainty.",
)
@click.option(
    "--timeout",
    type=click.IntRange(1, 86_400),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="After which pylinac is ended.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (iqa.crosscheck/1) instead of tables.")
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Draw figures there.")
def crosscheck(
    path: str,
    phantom: str | None,
    phantom_dirs: tuple[str, ...],
    python: str,
    csv: Path | None,
    timeout: int,
    as_json: bool,
    figures: Path | None,
) -> int:
    """Measure a scan and set pylinac's numbers beside.

    pylinac runs in a process of its own; where it is missing or fails, that is said and the rest is done.
    """
    from iqa.jobs.crosscheck import crosscheck as crosscheck_scan
    from iqa.report.crosschecks import crosscheck_document, crosscheck_table

    with reading_progress() as progress:
        found = crosscheck_scan(
            path, phantom=phantom, phantom_dirs=phantom_dirs, python=python, csv=csv, figures=figures,
            timeout_s=timeout, progress=progress,
        )  # fmt: skip
    if as_json:
        document = crosscheck_document(found.scans, found.session)
        click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1))
    elif found.scans or len(found.session.refused) > 1:
        print_table(crosscheck_table(found.scans, found.session))
    if found.scans:
        return 0
    say(f"iqa: {found.session.why_nothing}")
    return 2
