"""`iqa report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from iqa.cli.options import signed, worded, workspace_option

if TYPE_CHECKING:
    from iqa.jobs.reporting import Asked
    from iqa.report.text import Language
    from iqa.store.workspace import Workspace


@click.command()
@click.option("--scanner", metavar="NAME", help="Of which scanner: its latest scan, a period or a key.")
@click.option("--scan", type=click.IntRange(min=1), metavar="N", help="The weekly page of a scan, by its number.")
@click.option("--period", metavar="WHEN", help="The inspection record: 2026-10, 2026-Q4 or FY2026.")
@click.option("--key", metavar="KEY", help="The control chart of a key.")
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
    kind: Literal["html", "pdf"],
    language: Literal["en", "ja"] | None,
    file: Path | None,
    approve: Path | None,
    person: str | None,
    role: str | None,
    reason: str | None,
    folder: Path | None,
    **about: Any,  # noqa: ANN401 - options as they are
) -> None:
    """Write a page to look at or to file, or approve one."""
    from iqa.jobs.reporting import write_report
    from iqa.store.workspace import open_workspace

    workspace = open_workspace(folder)
    if approve is not None:
        if not (person and role and reason):
            raise click.UsageError("--approve needs --by NAME, --role TEXT and --reason TEXT.")
        from iqa.jobs.approving import approve_report

        click.echo(approve_report(workspace, approve, role=role, signed=signed(person, reason)))
        return
    asked = _asked(workspace, language or workspace.settings.site.language, **about)
    for written in write_report(workspace, asked, kind, file=file):
        click.echo(written)


def _asked(
    workspace: Workspace,
    language: Language,
    *,
    scanner: str | None,
    scan: int | None,
    period: str | None,
    key: str | None,
) -> Asked:
    """The page that the options name."""
    from iqa.jobs.clock import now
    from iqa.jobs.reporting import Asked, last_scan

    if sum(x is not None for x in (scan, period, key)) > 1:
        raise click.UsageError("--scan, --period and --key name different pages; give one of them.")
    if key is not None:
        return Asked(kind="trend", language=language, at=now(), scanner=scanner or "", about=key)
    if period is not None:
        if scanner is None:
            raise click.UsageError("--period needs --scanner NAME: a record is one device's.")
        return Asked(kind="record", language=language, at=now(), scanner=scanner, about=period)
    if scan is None and scanner is None:
        raise click.UsageError("Give --scanner NAME or --scan N.")
    number = scan if scan is not None else last_scan(workspace, scanner or "")
    return Asked(kind="weekly", language=language, at=now(), scan=number)
