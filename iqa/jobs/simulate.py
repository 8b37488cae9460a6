"""Simulate one scan and write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, load_physics, simulate, write_dicom


def simulate_to(
    folder: Path,
    phantom: str,
    *,
    physics_file: Path | None = None,
    phantom_dirs: Sequence[Path] = (),
    changes: Mapping[str, Any] | None = None,
) -> int:
    """The number of slices written to `folder`, beside them truth.json.

    Parameters
    ----------
    phantom
        Name or name/variant of the definition.
    physics_file
        TOML file with the physics; the defaults of `Physics` without it.
    changes
        Fields of `Physics` that replace those of the file; `roll_deg` turns its pose.

    Raises
    ------
    UsageError, DefinitionError
        There is no such phantom, or a file is wrong.
    """
    physics = load_physics(physics_file) if physics_file else Physics()
    simulated = simulate(find(phantom, library(phantom_dirs)), with_changes(physics, changes or {}))
    write_dicom(simulated, folder)
    return len(simulated.scan)


def with_changes(physics: Physics, changes: Mapping[str, Any]) -> Physics:
    """Physics with some fields replaced; `roll_deg` stands for that of the pose."""
    fields = dict(changes)
    if "roll_deg" in fields:
        fields["pose"] = replace(physics.pose, roll_deg=fields.pop("roll_deg"))
    return replace(physics, **fields)
