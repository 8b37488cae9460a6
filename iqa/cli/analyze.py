"""`iqa analyze`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from iqa.cli.console import print_table, reading_progress, say


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--phantom", metavar="NAME", help="Which phantom it is, where that is known.")
@click.option("--phantom-dir", "phantom_dirs", multiple=True, metavar="DIR", help="Folder with your own definitions.")
@click.option("--repeats", is_flag=True, help="The scans are repeats of one setup: noise power from differences.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (iqa.analysis/1) instead of tables.")
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Draw figures there.")
def analyze(
    paths: tuple[str, ...],
    phantom: str | None,
    phantom_dirs: tuple[str, ...],
    repeats: bool,
    as_json: bool,
    figures: Path | None,
) -> int:
    """Measure every phantom scan in files, folders or zip archives."""
    from iqa.jobs.analyze import analyze_and_draw
    from iqa.report.document import document
    from iqa.report.table import session_table

    with reading_progress() as progress:
        session = analyze_and_draw(
            paths, phantom=phantom, phantom_dirs=phantom_dirs, repeats=repeats, figures=figures, progress=progress
        )
    if as_json:
        click.echo(json.dumps(document(session), ensure_ascii=False, allow_nan=False, indent=1))
    elif session.analyses or len(session.refused) > 1:
        print_table(session_table(session))
    if session.analyses:
        return 0
    say(f"iqa: {session.why_nothing}")
    return 2
