"""`iqa simulate`."""

from __future__ import annotations

from pathlib import Path

import click

_POSITIVE = click.FloatRange(min=0, min_open=True)


@click.command()
@click.argument("phantom")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR", help="Where to.")
@click.option("--physics", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
              help="TOML file with everything about the scan; options below replace what it says.")  # fmt: skip
@click.option("--matrix", type=click.IntRange(8, 4096), help="Rows and columns.")
@click.option("--pixel-mm", type=_POSITIVE, help="Pixel size.")
@click.option("--step-mm", type=_POSITIVE, help="Distance of neighbouring slices.")
@click.option("--thickness-mm", type=_POSITIVE, help="Section thickness.")
@click.option("--mtf", type=click.Choice(["soft", "hann", "sharp"]), help="In-plane resolution.")
@click.option("--noise-hu", type=click.FloatRange(min=0), help="Standard deviation of the noise.")
@click.option("--roll-deg", type=float, help="Turn of the phantom, counter-clockwise as displayed.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the noise: the same seed gives the same files.")
@click.option("--phantom-dir", "phantom_dirs", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
              help="Folder with your own definitions.")  # fmt: skip
def simulate(
    phantom: str, out: Path, physics: Path | None, phantom_dirs: tuple[Path, ...], **changes: float | str | None
) -> None:
    """Make a DICOM scan of a phantom.

    Beside it lies truth.json: what a perfect program would measure on it.
    """
    from iqa.jobs.simulate import simulate_to

    given = {name: value for name, value in changes.items() if value is not None}
    count = simulate_to(out, phantom, physics_file=physics, phantom_dirs=phantom_dirs, changes=given)
    click.echo(f"{out}: {count} slices and truth.json")
