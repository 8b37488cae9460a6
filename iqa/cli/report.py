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
@click.option("--full", is_flag=True, help="The full analysis of the scan instead of its weekly page.")
@click.option("--charts", is_flag=True, help="Also the control chart of every judged or charted key, to be linked.")
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
    charts: bool,
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
    """Write a page to look at or to file, or approve one.

    Without options: the overview of all scanners.
    """
    from iqa.jobs.reporting import scanned, write_charts, write_report
    from iqa.store.workspace import open_workspace

    workspace = open_workspace(folder)
    if approve is not None:
        if not (person and role and reason):
            raise click.UsageError("--approve needs --by NAME, --role TEXT and --reason TEXT.")
        from iqa.jobs.approving import approve_report

        click.echo(approve_report(workspace, approve, role=role, signed=signed(person, reason)))
        return
    asked = _asked(workspace, language or workspace.settings.site.language, **about)
    if charts:
        for scanner in [about["scanner"]] if about["scanner"] else scanned(workspace):
            write_charts(workspace, scanner, language=asked.language, at=asked.at)
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
    full: bool,
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
        if full:
            raise click.UsageError("--full needs --scanner NAME or --scan N.")
        return Asked(kind="fleet", language=language, at=now())
    number = scan if scan is not None else last_scan(workspace, scanner or "")
    return Asked(kind="analysis" if full else "weekly", language=language, at=now(), scan=number)
