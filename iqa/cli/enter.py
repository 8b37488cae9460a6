"""`iqa enter` and `event`: what people write down."""

from __future__ import annotations

from pathlib import Path

import click

from iqa.cli.console import print_table
from iqa.cli.options import signed, signed_options, worded, workspace_option
from iqa.cli.workspace import FAILING


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("key")
@click.argument("value")
@click.option("--unit", help="mm, mGy, cd/m2; 1 for a number without one. Not with ok, watch, bad, yes, no.")
@click.option("--scanner", required=True, metavar="NAME", help="Of which scanner.")
@click.option("--u", type=float, metavar="U", help="Its standard uncertainty.")
@click.option("--date", "dated", metavar="DATE", help="When it was measured; now, where absent.")
@click.option("--by", "person", callback=worded, metavar="NAME", help="Who measured it; else who is logged in.")
@click.option("--note", callback=worded, metavar="TEXT", help="What was found or done; stands on the record.")
@workspace_option
def enter(
    key: str,
    value: str,
    unit: str | None,
    scanner: str,
    u: float | None,
    dated: str | None,
    person: str | None,
    note: str | None,
    folder: Path | None,
) -> int:
    """Store a value measured by hand: manual.laser_x 0.5 --unit mm.

    A check by eye is ok, watch or bad, or yes or no: manual.gantry ok.
    """
    from iqa.jobs.entering import enter_value, read_value
    from iqa.model import Outcome
    from iqa.report.workspace import verdict_block
    from iqa.store.workspace import open_workspace

    number, of = read_value(value, unit)
    by = signed(person, note or "")
    verdicts = enter_value(open_workspace(folder), key, number, unit=of, scanner=scanner, u=u, dated=dated, signed=by)
    click.echo(f"Stored: {key} {number:g} {of} of {scanner}")
    print_table(verdict_block(verdicts))
    return FAILING if any(v.outcome is Outcome.FAIL for v in verdicts) else 0


@click.group()
def event() -> None:
    """What happened to scanners and phantoms."""


@event.command("add")
@click.argument("kind")
@click.option("--scanner", metavar="NAME", help="To which scanner.")
@click.option("--phantom", metavar="NAME", help="To which phantom.")
@click.option("--date", "dated", metavar="DATE", help="When; now, where absent.")
@signed_options
@workspace_option
def add_(
    kind: str,
    scanner: str | None,
    phantom: str | None,
    dated: str | None,
    person: str,
    reason: str,
    folder: Path | None,
) -> None:
    """A new tube, detector or software; a phantom refilled or repaired.

    Baselines of before hold no longer where values may lie elsewhere for good.
    """
    from iqa.jobs.entering import enter_event
    from iqa.store.workspace import open_workspace

    ended = enter_event(
        open_workspace(folder), kind, scanner=scanner, phantom=phantom, dated=dated, signed=signed(person, reason)
    )
    click.echo(f"Stored. Baselines that end with it: {len(ended) or 'none'}; `iqa baseline list` names them.")


@event.command("list")
@workspace_option
def list_(folder: Path | None) -> None:
    """All that happened, oldest first."""
    from iqa.store.history import events
    from iqa.store.workspace import open_workspace

    with open_workspace(folder).database.reading() as connection:
        found = events(connection)
    if not found:
        click.echo("No event is entered yet.")
    for e in found:
        click.echo(f"{e.dated}  {e.kind}  {e.scanner or e.phantom}  {e.note} ({e.entered_by})")
