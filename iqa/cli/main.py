"""The command `iqa`, its exit status, and how errors reach the person at the terminal."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn, cast

import click

from iqa.cli.console import say
from iqa.cli.process import end, prepare
from iqa.errors import IqaError

DONE, FAILED, BUG = 0, 2, 70
INTERRUPTED, PIPE_CLOSED = 130, 141
"""As a shell reports a program ended by Ctrl-C, or by a closed pipe."""
COMMANDS = {
    "add": ("add", "recompute"),
    "analyze": ("analyze",),
    "crosscheck": ("crosscheck",),
    "decide": ("baseline", "history", "judge", "limits"),
    "demo": ("demo",),
    "enter": ("enter", "event"),
    "phantoms": ("phantoms",),
    "report": ("report",),
    "simulate": ("simulate",),
    "trend": ("trend",),
    "workspace": ("export", "init", "status"),
}
"""Commands by the module of this room that holds them."""


class Commands(click.Group):
    """Commands that are loaded when they are asked for."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Their names, sorted."""
        return sorted(name for names in COMMANDS.values() for name in names)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None if there is none."""
        for module, names in COMMANDS.items():
            if cmd_name in names:
                return cast(click.Command, getattr(import_module(f"iqa.cli.{module}"), cmd_name))
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="iqa", message="iqa %(version)s")
@click.option("--debug", is_flag=True, help="Show a traceback when iqa itself fails.")
def iqa(debug: bool) -> None:
    """Image-quality phantom scans of CT scanners, measured with uncertainty.

    Exit status: 0 done; 1 done, and something fails or is overdue; 2 could not be done (one line on stderr says why);
    70 a bug in iqa.
    """


def command() -> NoReturn:
    """What is installed as `iqa`."""
    end(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    args = [a for a in given if a != "--debug"]  # wherever it stands: it is added to a line that failed
    prepare()
    _speak_utf8()
    try:
        return _run(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where the rest goes
        return PIPE_CLOSED
    except Exception as error:  # the outermost edge: whatever comes here is a bug, and is called one
        return _bug(error, debug=len(args) < len(given))


def _run(args: list[str]) -> int:
    try:
        status = int(iqa.main(args, prog_name="iqa", standalone_mode=False) or DONE)
        sys.stdout.flush()  # a full disk is an error of this command
        return status
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        return FAILED
    except click.ClickException as error:
        return _fail(_usage(error))
    except click.Abort:
        return INTERRUPTED
    except IqaError as error:
        return _fail(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))


def _fail(message: str) -> int:
    say("iqa: " + " ".join(message.split()))
    return FAILED


def _usage(error: click.ClickException) -> str:
    if not isinstance(error, click.UsageError):
        return error.format_message()
    command = error.ctx.command_path if error.ctx else "iqa"
    return f"{error.format_message()} See `{command} --help`."


def _bug(error: Exception, *, debug: bool) -> int:
    """Names place and kind only: the text of an unforeseen error could quote a header."""
    if debug:
        traceback.print_exception(error)
        return BUG
    last = traceback.extract_tb(error.__traceback__)[-1]
    say(
        f"iqa: a bug in iqa: {type(error).__name__} at {Path(last.filename).name} line {last.lineno}; "
        "repeat the command with --debug and report what it prints."
    )
    return BUG


def _speak_utf8() -> None:
    """Minus sign and ± exist in few other encodings, and a wrong sign would be a wrong number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8")
