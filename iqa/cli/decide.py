"""`iqa baseline`, `limits`, `judge` and `history`: decisions of people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iqa.cli.console import print_table
from iqa.cli.options import Command, signed, signed_options, workspace_option
from iqa.cli.workspace import FAILING

if TYPE_CHECKING:
    from iqa.jobs.baselines import Offer


def choice_options(command: Command) -> Command:
    """Which scans and keys a baseline is made from."""
    options: list[Callable[..., Any]] = [
        click.option("--scanner", required=True, metavar="NAME", help="Of which scanner."),
        click.option("--protocol", metavar="NAME", help="Of which protocol; else each by itself."),
        click.option("--phantom", metavar="NAME", help="Of which copy of a phantom; else each by itself."),
        click.option("--key", default="*", metavar="PATTERN", help="Of which keys; * stands for anything."),
        click.option("--since", metavar="DATE", help="Scans from this date on."),
        click.option("--until", metavar="DATE", help="Scans up to this date."),
        click.option("--last", type=click.IntRange(min=1), metavar="N", help="So many scans at most, the latest."),
        click.option("--without", multiple=True, type=int, metavar="SCAN", help="Number of a scan to leave out."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def baseline() -> None:
    """What a scanner measures while it is well."""


@baseline.command()
@choice_options
@workspace_option
def propose(folder: Path | None, **chosen: Any) -> None:  # noqa: ANN401 - options as they are
    """What some scans propose; nothing is stored."""
    from iqa.jobs.baselines import Choice, propose_baselines
    from iqa.store.workspace import open_workspace

    for offer in propose_baselines(open_workspace(folder), Choice(**chosen)):
        _print(offer)


@baseline.command()
@choice_options
@signed_options
@workspace_option
def approve(folder: Path | None, person: str, reason: str, **chosen: Any) -> None:  # noqa: ANN401 - as above
    """The same, approved; scans from then on are judged anew."""
    from iqa.jobs.baselines import Choice, approve_baselines
    from iqa.store.workspace import open_workspace

    offers = approve_baselines(open_workspace(folder), Choice(**chosen), signed=signed(person, reason))
    for offer in offers:
        _print(offer)
    click.echo(f"Approved: {sum(len(o.proposals) for o in offers)} baselines.")


def _print(offer: Offer) -> None:
    from iqa.report.decisions import offer_block

    dates = [o.dated[:10] for o in offer.occasions]
    print_table(offer_block(offer.scope, dates, offer.proposals, offer.none))


@baseline.command("list")
@click.option("--scanner", metavar="NAME", help="Of one scanner only.")
@workspace_option
def list_(scanner: str | None, folder: Path | None) -> None:
    """All baselines, ended ones too."""
    from iqa.report.decisions import baseline_table
    from iqa.store.decisions import baselines
    from iqa.store.workspace import open_workspace

    with open_workspace(folder).database.reading() as connection:
        print_table(baseline_table(baselines(connection, scanner=scanner)))


@baseline.command()
@click.argument("number", type=int)
@click.option("--date", "dated", metavar="DATE", help="From when it holds no longer; now, where absent.")
@signed_options
@workspace_option
def retire(number: int, dated: str | None, person: str, reason: str, folder: Path | None) -> None:
    """End a baseline without another in its place."""
    from iqa.jobs.entering import moment
    from iqa.store.decisions import retire_baseline
    from iqa.store.workspace import open_workspace

    by = signed(person, reason)
    with open_workspace(folder).database.writing() as connection:
        retire_baseline(connection, number, moment(dated, by.at), by)
    click.echo(f"Baseline {number} has ended.")


@click.group()
def limits() -> None:
    """What values must keep to: list, adopt a shipped set, drop it."""


@limits.command("list")
@workspace_option
def list_limits(folder: Path | None) -> None:
    """Limits in force, and sets that may be adopted."""
    from iqa.jobs.limits import listed
    from iqa.report.decisions import limit_block
    from iqa.store.workspace import open_workspace

    found = listed(open_workspace(folder))
    print_table(limit_block(found.rules.sets, found.adopted, found.rules.written))


@limits.command()
@click.argument("name")
@click.option("--scanner", metavar="NAME", help="For one scanner only.")
@signed_options
@workspace_option
def adopt(name: str, scanner: str | None, person: str, reason: str, folder: Path | None) -> None:
    """Let a shipped set judge from now on."""
    from iqa.jobs.limits import adopt_set
    from iqa.store.workspace import open_workspace

    adopted = adopt_set(open_workspace(folder), name, scanner=scanner, signed=signed(person, reason))
    click.echo(f"{name}: {len(adopted)} limits are adopted; `iqa judge` applies them to stored scans.")


@limits.command()
@click.argument("name")
@click.option("--scanner", metavar="NAME", help="Where it was adopted for one scanner only.")
@signed_options
@workspace_option
def drop(name: str, scanner: str | None, person: str, reason: str, folder: Path | None) -> None:
    """Let an adopted set judge no longer."""
    from iqa.jobs.limits import drop_set
    from iqa.store.workspace import open_workspace

    drop_set(open_workspace(folder), name, scanner=scanner, signed=signed(person, reason))
    click.echo(f"{name} judges no longer.")


@click.command()
@click.option("--scanner", metavar="NAME", help="Scans of one scanner only.")
@workspace_option
def judge(scanner: str | None, folder: Path | None) -> int:
    """Judge stored scans by the limits and baselines of now."""
    from iqa.jobs.limits import judge_anew
    from iqa.store.workspace import open_workspace

    done = judge_anew(open_workspace(folder), scanner=scanner, signed=signed())
    if done.assigned:
        click.echo(f"{len(done.assigned)} scans without a scanner were assigned.")
    click.echo(f"{done.count} scans and entries judged, {len(done.failing)} failing.")
    for one, keys in done.failing:
        click.echo(f"  scan {one.id} of {one.dated}, {one.scope.scanner or 'unassigned'}: {', '.join(keys)}")
    return FAILING if done.failing else 0


@click.command()
@click.argument("key")
@click.option("--scan", type=int, metavar="N", help="Derive the verdicts on this scan again.")
@workspace_option
def history(key: str, scan: int | None, folder: Path | None) -> int:
    """Who changed which baseline or limit of a key, when and why."""
    from iqa.jobs.recalling import history as history_of
    from iqa.report.decisions import trail_block
    from iqa.store.workspace import open_workspace

    found = history_of(open_workspace(folder), key, scan=scan)
    print_table(trail_block(found.entries, found.broken))
    for one in found.verdicts:
        again = "the same again" if one.same else f"now {one.again.outcome}"
        click.echo(f"{one.judged_at}  scan {scan}: {one.stored.outcome}, {again}: {one.again.reason}")
    return FAILING if found.broken is not None or not all(one.same for one in found.verdicts) else 0
