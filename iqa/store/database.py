"""The database file: opened, brought up to date, and what can be wrong with it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from iqa.errors import InputError

__all__ = ["Connection", "Database", "open_database"]

REVISION = "0002"
"""The newest revision under `migrations`: what this version writes."""
REVISIONS = ("0001", "0002")
"""All that this version knows, oldest first."""
PATIENCE_S = 30.0
"""How long to wait for another process to finish writing."""
MIGRATIONS = Path(__file__).parent / "migrations"

TROUBLES = {
    "database is locked": "the database is in use elsewhere; wait until that has finished, then repeat",
    "readonly": "the database may not be written to; ask for the right to change files in that folder",
    "read-only": "the database may not be written to; ask for the right to change files in that folder",
    "unable to open": "the database cannot be opened; check that the folder exists and may be written to",
    "full": "the disk is full; nothing of this step was stored. Make room, then repeat",
    "disk i/o error": "the disk failed while the database was used; nothing of this step was stored",
    "not a database": "the file is no database of iqa, or is damaged; restore it from a backup",
    "malformed": "the database is damaged; restore it from a backup",
    "no such": "a table of the database is missing or not as it was made; restore the file from a backup",
}
"""What SQLite says, and what it means."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database."""

    path: str
    """To print."""
    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with _said(self.path), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that alone may write; all of it is stored at the end, or nothing."""
        with _said(self.path), self.engine.connect().execution_options(writer=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()


def open_database(path: Path, *, create: bool = False) -> Database:
    """The database in a file, brought up to this version's schema.

    Raises
    ------
    InputError
        There is none or an empty one (and `create` is false), it is newer than this version, damaged, in use or not to
        be opened.
    """
    if not create and not path.is_file():
        raise InputError(
            str(path), "the workspace's database is missing; restore the file from a backup, or copy it beside iqa.toml"
        )
    database = Database(str(path), _engine(path))
    with database.reading() as connection:
        revision = _revision(connection)
    if revision is None and not create:
        # to fill an emptied file with new tables would hide that everything is gone
        raise InputError(str(path), "the file is empty or no database of iqa; restore it from a backup")
    if revision is not None and revision not in REVISIONS:
        raise InputError(
            str(path),
            f"the database was written by a newer iqa (its schema is {revision}, this one knows {REVISION}); "
            "install that version",
        )
    if revision != REVISION:
        _upgrade(database)
    return database


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": PATIENCE_S})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # transactions are begun by `_begin`, not guessed by the driver
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    # a writer that only later asks for the lock can be turned away halfway; at its beginning it waits
    writer = connection.get_execution_options().get("writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def _revision(connection: Connection) -> str | None:
    """The schema's revision; None for an empty file."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(database: Database) -> None:
    """All missing revisions, in one transaction together with the record of them."""
    from alembic.command import upgrade  # noqa: PLC0415 - needed once in the life of a database
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        upgrade(config, REVISION)


@contextmanager
def _said(path: str) -> Iterator[None]:
    """What the database complains of, in words."""
    try:
        yield
    except DatabaseError as error:
        said = str(error.orig).lower()
        cure = next((words for sign, words in TROUBLES.items() if sign in said), None)
        if cure is None:
            raise
        raise InputError(path, cure) from error
