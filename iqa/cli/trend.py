"""`iqa trend`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from iqa.cli.console import print_table
from iqa.cli.options import workspace_option


@click.command()
@click.argument("key")
@click.option("--scanner", metavar="NAME", help="Of one scanner; else of every one, and of unassigned scans.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (iqa.trend/1) instead of charts.")
@click.option("--figure", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="PNG, SVG or PDF.")
@click.option("--lang", type=click.Choice(["en", "ja"]), help="Of the figure; by default [site] language of iqa.toml.")
@workspace_option
def trend(
    key: str,
    scanner: str | None,
    as_json: bool,
    figure: Path | None,
    lang: Literal["en", "ja"] | None,
    folder: Path | None,
) -> None:
    """The history of one value: limits, control, drift, steps."""
    from iqa.jobs.trend import trend as trends_of
    from iqa.store.workspace import open_workspace

    workspace = open_workspace(folder)
    found = trends_of(workspace, key, scanner=scanner)
    if figure is not None:
        from iqa.report.figures.trend import save_trends
        from iqa.report.words import load_words

        words = load_words(lang or workspace.settings.site.language, workspace.templates)
        save_trends(found, figure, words)
    if as_json:
        from iqa.report.trend_document import trend_document

        click.echo(json.dumps(trend_document(found), ensure_ascii=False, allow_nan=False, indent=1))
        return
    from iqa.report.trend_chart import trend_block

    print_table(trend_block(found))
