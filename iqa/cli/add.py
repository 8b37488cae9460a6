"""`iqa add` and `recompute`: scans into the workspace."""

from __future__ import annotations

from pathlib import Path

import click

from iqa.cli.console import print_table, reading_progress, say
from iqa.cli.options import signed, worded, workspace_option
from iqa.cli.workspace import FAILING


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--scanner", metavar="NAME", help="Which scanner of iqa.toml it was, whatever the header says.")
@click.option("--site", metavar="NAME", help="At which site.")
@click.option("--phantom", metavar="NAME", help="Which phantom it is, where that is known.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="CSV",
    help="Lines with path and any of scanner, site, phantom.",
)
@click.option("--by", "person", callback=worded, metavar="NAME", help="Who moves a scan to another scanner.")
@click.option("--reason", callback=worded, metavar="TEXT", help="Why.")
@workspace_option
def add(
    paths: tuple[str, ...],
    scanner: str | None,
    site: str | None,
    phantom: str | None,
    manifest: Path | None,
    person: str | None,
    reason: str | None,
    folder: Path | None,
) -> int:
    """Measure, judge and remember scans.

    The weekly page of the latest is written to the workspace's reports/.
    """
    from iqa.jobs.add import add as add_scans
    from iqa.jobs.clock import now
    from iqa.jobs.manifest import Manifest, Told, read_manifest
    from iqa.jobs.reporting import write_weekly_pages
    from iqa.model import Outcome
    from iqa.report.workspace import addition_block
    from iqa.store.workspace import open_workspace

    said = Manifest(Told(scanner, site, phantom), read_manifest(manifest) if manifest else ())
    workspace = open_workspace(folder)
    with reading_progress() as progress:
        done = add_scans(workspace, paths, signed=signed(person, reason or ""), manifest=said, progress=progress)
    if done.scans or len(done.refused) > 1:
        print_table(addition_block(done))
    for page in write_weekly_pages(workspace, done, at=now()):
        say(f"page: {page}" if isinstance(page, Path) else f"iqa: {page.path} was not written: {page.reason}")
    if not done.scans:
        first = done.refused[0] if done.refused else done.set_aside[0]
        say(f"iqa: {first.path}: {first.reason}")
        return 2
    return FAILING if any(v.outcome is Outcome.FAIL for s in done.scans for v in s.verdicts) else 0


@click.command()
@click.option("--from", "paths", multiple=True, metavar="PATH", help="Where the archived scans lie.")
@click.option("--accept", is_flag=True, help="Let what was measured anew count from now on.")
@click.option("--by", "person", callback=worded, metavar="NAME", help="Who accepts it.")
@click.option("--reason", callback=worded, metavar="TEXT", help="Why.")
@workspace_option
def recompute(
    paths: tuple[str, ...], accept: bool, person: str | None, reason: str | None, folder: Path | None
) -> None:
    """Measure archived scans anew, beside what is stored.

    Nothing counts before --accept.
    """
    from iqa.jobs.recomputing import accept_recomputed
    from iqa.jobs.recomputing import recompute as recompute_scans
    from iqa.report.workspace import recomputed_block
    from iqa.store.workspace import open_workspace

    if bool(paths) == accept:
        raise click.UsageError("Give --from PATH to measure anew, then --accept to let it count.")
    if accept and not (person and reason):
        raise click.UsageError("--accept needs --by NAME and --reason TEXT.")
    workspace = open_workspace(folder)
    if accept:
        chosen = accept_recomputed(workspace, signed=signed(person, reason or ""))
        click.echo(f"Scans whose new results count from now on: {len(chosen)}")
        return
    with reading_progress() as progress:
        found = recompute_scans(workspace, paths, signed=signed(), progress=progress)
    print_table(recomputed_block(found))
    if found.chosen:
        say("Nothing counts yet: iqa recompute --accept --by NAME --reason TEXT")
