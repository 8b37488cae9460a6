"""`iqa phantoms list`, `show` and `check`."""

from __future__ import annotations

from pathlib import Path

import click

_DIRS = click.option("--phantom-dir", "phantom_dirs", multiple=True, type=click.Path(path_type=Path), metavar="DIR")


@click.group()
def phantoms() -> None:
    """Phantom definitions: list them, show one, check your own."""


@phantoms.command("list")
@_DIRS
def list_(phantom_dirs: tuple[Path, ...]) -> None:
    """All phantoms that iqa knows, and yours."""
    from iqa.phantom import library
    from iqa.phantom.describe import describe_library

    click.echo(describe_library(library(phantom_dirs)))


@phantoms.command()
@click.argument("name")
@click.option(
    "--figure", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw it to scale (PNG)."
)
@_DIRS
def show(name: str, figure: Path | None, phantom_dirs: tuple[Path, ...]) -> None:
    """One phantom: every number with its source.

    Its modules and features, where each lies, of what it is, and the grade of each source.
    """
    from iqa.phantom import library
    from iqa.phantom.describe import describe
    from iqa.phantom.find import find

    spec = find(name, library(phantom_dirs))
    click.echo(describe(spec))
    if figure is not None:
        from iqa.report.figures.phantom import save_drawing

        save_drawing(spec, figure)


@phantoms.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Say whether a definition file is right.

    The first mistake is named with its place, what was expected and what was found.
    """
    from iqa.phantom import load

    specs = load(file)
    click.echo(f"{file}: right; defines {', '.join(s.label for s in specs)}")
