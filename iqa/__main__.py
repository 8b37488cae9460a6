"""`python -m iqa`: the command line."""

from __future__ import annotations

from iqa.cli.main import command

command()
