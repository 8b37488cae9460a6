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
    by = click.option("--by", "person", required=True, metavar="NAME", help="Who decides it.")
    reason = click.option("--reason", required=True, metavar="TEXT", help="Why.")
    return by(reason(command))


def signed(person: str | None = None, reason: str = "") -> Signed:
    """Who does something now; without a name, the person who is logged in."""
    from iqa.jobs.clock import now
    from iqa.store.decisions import Signed

    return Signed(person or getpass.getuser(), now(), reason)
