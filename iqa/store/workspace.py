"""A workspace: a folder with `iqa.toml` and `iqa.sqlite`, which a person backs up by copying it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from iqa.errors import InputError
from iqa.store.database import Database, open_database
from iqa.store.settings import Settings, load_settings

SETTINGS, DATABASE = "iqa.toml", "iqa.sqlite"
VARIABLE = "IQA_WORKSPACE"
TEMPLATE = Path(__file__).parent / "new_workspace.toml"
"""What a new `iqa.toml` says."""


@dataclass(frozen=True)
class Workspace:
    """An open workspace."""

    folder: Path
    settings: Settings
    database: Database

    @cached_property
    def phantom_dirs(self) -> tuple[Path, ...]:
        """The folder with definitions of its own, if it has one."""
        own = self.folder / "phantoms"
        return (own,) if own.is_dir() else ()

    @property
    def templates(self) -> Path | None:
        """The folder with templates, strings, marks and a logo of its own, if it has one."""
        own = self.folder / "templates"
        return own if own.is_dir() else None

    @property
    def pictures(self) -> Path:
        """Where the pictures of scans are kept for their reports."""
        return self.reports / "pictures"

    @property
    def reports(self) -> Path:
        """Where reports are written."""
        return self.folder / "reports"


def find_workspace(given: Path | None = None, *, start: Path | None = None) -> Path:
    """The workspace's folder: the one given, else that of IQA_WORKSPACE, else the nearest iqa.toml upwards.

    Raises
    ------
    InputError
        There is no iqa.toml there.
    """
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    here = start or Path.cwd()
    folders = [named] if named else [here, *here.parents]
    found = next((f for f in folders if (f / SETTINGS).is_file()), None)
    if found is None:
        where = str(named or here)
        raise InputError(where, f"no workspace here (a folder with {SETTINGS}); `iqa init` makes one")
    return found


def open_workspace(given: Path | None = None) -> Workspace:
    """The workspace, its settings checked and its database up to date.

    Raises
    ------
    InputError
        There is none, or its database cannot be used.
    DefinitionError
        Something in iqa.toml is wrong.
    """
    folder = find_workspace(given)
    return Workspace(folder, load_settings(folder / SETTINGS), open_database(folder / DATABASE))


def init_workspace(folder: Path) -> Workspace:
    """A new workspace in a folder, which is made where it is missing.

    Raises
    ------
    InputError
        There is a workspace already, or the folder may not be written to.
    """
    settings, database = folder / SETTINGS, folder / DATABASE
    for file in (settings, database):
        if file.exists():
            raise InputError(str(folder), f"there is already {file.name}; nothing was changed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        open_database(database, create=True).close()
        settings.write_bytes(TEMPLATE.read_bytes())
    except OSError as error:
        raise InputError(str(folder), f"the workspace cannot be made: {error.strerror}") from error
    return open_workspace(folder)
