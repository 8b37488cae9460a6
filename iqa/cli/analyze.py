"""`iqa analyze`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from iqa.cli.console import print_table, reading_progress, say


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--phantom", metavar="NAME", help="Which phantom it is, where that is known.")
@click.option("--phantom-dir", "phantom_dirs", multiple=True, metavar="DIR", help="Folder with your own definitions.")
@click.option(
    "--repeats",
    is_flag=True,
    help="The scans are repeats of one setup: noise power from differences, and a channelized Hotelling observer.",
)
@click.option("--channels", metavar="NAME", help="Channels of that observer: lg (the default), ddog or gabor.")
@click.option("--task", "tasks", multiple=True, metavar="NAME", help="Detectability of this disc, such as 10hu_5mm.")
@click.option("--eye-filter", metavar="NAME", help="Of the observer with an eye: burgess, samei and others.")
@click.option("--viewing-distance", type=float, metavar="MM", help="From that eye to the display.")
@click.option("--magnification", type=float, metavar="X", help="Millimetres on the display to one of the object.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (iqa.analysis/1) instead of tables.")
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Draw figures there.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the full analysis, HTML or PDF by its suffix; of several scans FILE-1, FILE-2 and so on.",
)
@click.option("--lang", "language", type=click.Choice(["en", "ja"]), default="en", help="Language of the report.")
def analyze(
    paths: tuple[str, ...],
    phantom: str | None,
    phantom_dirs: tuple[str, ...],
    repeats: bool,
    channels: str | None,
    tasks: tuple[str, ...],
    eye_filter: str | None,
    viewing_distance: float | None,
    magnification: float | None,
    as_json: bool,
    figures: Path | None,
    report: Path | None,
    language: Literal["en", "ja"],
) -> int:
    """Measure every phantom scan in files, folders or zip archives."""
    from iqa.jobs.analyze import analyze_and_draw, report_files
    from iqa.jobs.observing import observer_of, unmeasured
    from iqa.report.document import document
    from iqa.report.table import session_table

    if channels and not repeats:
        raise click.UsageError("--channels chooses what is seen of repeats: give --repeats too, or leave it out.")
    observer = observer_of(
        tasks, eye_filter=eye_filter, distance_mm=viewing_distance, magnification=magnification, channels=channels
    )
    with reading_progress() as progress:
        session = analyze_and_draw(
            paths, phantom=phantom, phantom_dirs=phantom_dirs, repeats=repeats, observer=observer, figures=figures,
            report=report, language=language, progress=progress,
        )  # fmt: skip
    for file, source in report_files(session, report) if report else ():
        say(f"iqa: {file}: report of {source}")
    if as_json:
        click.echo(json.dumps(document(session), ensure_ascii=False, allow_nan=False, indent=1))
    elif session.analyses or len(session.refused) > 1:
        print_table(session_table(session))
    if session.analyses:
        for line in unmeasured(observer.tasks if tasks else (), session.analyses):
            say(f"iqa: {line}")
        return 0
    say(f"iqa: {session.why_nothing}")
    return 2
