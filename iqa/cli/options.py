"""Options and arguments that several commands of a workspace share."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from iqa.store.decisions import Signed

Command = TypeVar("Command", bound=Callable[..., Any])


def workspace_option(command: Command) -> Command:
    """--workspace."""
    return click.option(
        "--workspace",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="The workspace; else IQA_WORKSPACE, else the nearest folder upwards with iqa.toml.",
    )(command)


def signed_options(command: Command) -> Command:
    """--by and --reason, which a decision needs."""
    by = click.option("--by", "person", required=True, callback=worded, metavar="NAME", help="Who decides it.")
    reason = click.option("--reason", required=True, callback=worded, metavar="TEXT", help="Why.")
    return by(reason(command))


def worded(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A text without blanks about it; one that says nothing is refused."""
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty.")
    return None if value is None else value.strip()


def signed(person: str | None = None, reason: str = "") -> Signed:
    """Who does something now; without a name, the person who is logged in."""
    from iqa.jobs.clock import now
    from iqa.store.decisions import Signed

    return Signed(person or _logged_in(), now(), reason)


def _logged_in() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a user number without a name, as in containers
        return "unknown"
