"""`iqa report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from iqa.cli.options import signed, worded, workspace_option

if TYPE_CHECKING:
    from iqa.jobs.reporting import Format
    from iqa.report.text import Language


@click.command()
@click.option("--scanner", metavar="NAME", help="Of which scanner: its latest scan.")
@click.option("--scan", type=click.IntRange(min=1), metavar="N", help="Of which scan, by its number.")
@click.option("--format", "kind", type=click.Choice(["html", "pdf"]), default="html", help="To look at, or to file.")
@click.option("--lang", "language", type=click.Choice(["en", "ja"]), help="Else the language in iqa.toml.")
@click.option("--out", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to.")
@click.option(
    "--approve", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Approve a PDF as it stands."
)
@click.option("--by", "person", callback=worded, metavar="NAME", help="Who approves it.")
@click.option("--role", callback=worded, metavar="TEXT", help="In which role.")
@click.option("--reason", callback=worded, metavar="TEXT", help="Why.")
@workspace_option
def report(
    scanner: str | None,
    scan: int | None,
    kind: Literal["html", "pdf"],
    language: Literal["en", "ja"] | None,
    file: Path | None,
    approve: Path | None,
    person: str | None,
    role: str | None,
    reason: str | None,
    folder: Path | None,
) -> None:
    """Write a page to look at or to file, or approve one."""
    from iqa.jobs.reporting import last_scan
    from iqa.store.workspace import open_workspace

    workspace = open_workspace(folder)
    if approve is not None:
        if not (person and role and reason):
            raise click.UsageError("--approve needs --by NAME, --role TEXT and --reason TEXT.")
        from iqa.jobs.approving import approve_report

        click.echo(approve_report(workspace, approve, role=role, signed=signed(person, reason)))
        return
    if (scanner is None) == (scan is None):
        raise click.UsageError("Give --scanner NAME or --scan N.")
    number = scan if scan is not None else last_scan(workspace, scanner or "")
    click.echo(_written(folder, number, kind, language or workspace.settings.site.language, file))


def _written(folder: Path | None, scan: int, kind: Format, language: Language, file: Path | None) -> Path:
    from iqa.jobs.clock import now
    from iqa.jobs.reporting import Asked, write_report
    from iqa.store.workspace import open_workspace

    return write_report(open_workspace(folder), Asked("weekly", scan, language, now()), kind, file=file)
