"""The database file in bad circumstances: each a sentence, nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from made_results import analysis_of, stored

from iqa.errors import InputError
from iqa.store.database import MIGRATIONS, REVISION, REVISIONS, open_database
from iqa.store.history import measurements, occasions
from iqa.store.tables import metadata
from iqa.store.workspace import find_workspace, init_workspace, open_workspace
from tests.made_workspace import iqa, made_workspace, refused

NOBODY = 65534
EVENT = ("event", "add", "tube", "--scanner", "ct1", "--by", "A", "--reason", "B", "--workspace")
FIRST_SCHEMA = Path(__file__).parents[1] / "data" / "first_schema.sql"
"""A database of revision 0001 with one scan, one judgement and one decision, as `sqlite3 .dump` writes it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with one scan."""
    workspace = made_workspace(tmp_path / "ws")
    stored(workspace, analysis_of("a", {"noise.sd": 5.0}))
    workspace.database.close()
    return workspace.folder


def count(folder: Path) -> int:
    workspace = open_workspace(folder)
    with workspace.database.reading() as connection:
        found = len(occasions(connection))
    workspace.database.close()
    return found


# ---------------------------------------------------------------------------------------- the schema


def test_the_migrations_make_the_tables(folder: Path) -> None:
    with open_workspace(folder).database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_revisions_are_those_of_the_folder() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert tuple(r.revision for r in reversed(list(script.walk_revisions()))) == REVISIONS
    assert script.get_current_head() == REVISION == REVISIONS[-1]


def test_a_database_of_the_first_schema_opens(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "iqa.sqlite")) as old:
        old.executescript(FIRST_SCHEMA.read_text(encoding="utf-8"))
    (tmp_path / "iqa.toml").write_text("", encoding="utf-8")
    database = open_database(tmp_path / "iqa.sqlite")
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        (found,) = occasions(connection)
        (number,) = (m for m in measurements(connection, found.record_id) if m.key == "noise.sd")
    assert (found.scope.scanner, found.dated) == ("ct1", "2026-11-02T07:00:00")
    assert (number.value, number.interval) == (5.0, None)
    assert "noise.sd" in iqa("history", "noise.sd", "--workspace", tmp_path).out


def test_a_newer_database_is_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "iqa.sqlite")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (folder / "iqa.sqlite").read_bytes()
    refused(iqa("status", "--workspace", folder), "written by a newer iqa (its schema is 9999", "install that version")
    assert (folder / "iqa.sqlite").read_bytes() == before


# ---------------------------------------------------------------------------------------- damage


def _random(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 40)


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: 3 * 4096 + 100])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _overwritten(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def _another(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE letters (id INTEGER)")


def _without_a_table(file: Path) -> None:
    with closing(sqlite3.connect(file)) as spoilt, spoilt:
        spoilt.execute("DROP TABLE occasion")


def _gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    "spoil", [_random, _truncated, _emptied, _overwritten, _another, _without_a_table, _gone],
    ids=lambda f: f.__name__.strip("_"),
)  # fmt: skip
def test_a_damaged_database_is_said_and_left_as_it_is(spoil: object, folder: Path) -> None:
    file = folder / "iqa.sqlite"
    spoil(file)  # type: ignore[operator]
    before = file.read_bytes() if file.exists() else None
    refused(iqa("status", "--workspace", folder), "iqa.sqlite: ", "from a backup")
    assert (file.read_bytes() if file.exists() else None) == before


def test_damage_within_is_said_by_whoever_meets_it(folder: Path) -> None:
    """SQLite reads no page that it does not need: what is met is told."""
    file = folder / "iqa.sqlite"
    whole = file.read_bytes()
    met = set()
    for page in range(1, len(whole) // 4096):
        file.write_bytes(whole[: page * 4096] + b"\x5a" * 4096 + whole[(page + 1) * 4096 :])
        said = iqa("trend", "noise.sd", "--workspace", folder)
        assert said.status in (0, 2), (page, said)
        met.add(said.status)
        if said.status == 2:
            refused(said, "iqa: ")
    assert met == {0, 2}
    file.write_bytes(whole)
    assert count(folder) == 1


# ---------------------------------------------------------------------------------------- moved, locked, forbidden


@pytest.mark.parametrize("name", ["moved", "a b?c#d%41&é", "file:x"])
def test_a_workspace_that_was_moved(name: str, folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.move(folder, tmp_path / name))
    assert count(moved) == 1
    assert "ct1" in iqa("status", "--workspace", moved).out
    assert (
        iqa("event", "add", "tube", "--scanner", "ct1", "--by", "A", "--reason", "B", "--workspace", moved).status == 0
    )
    assert sorted(f.name for f in moved.iterdir()) == ["iqa.sqlite", "iqa.toml"]


HOLD = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN {0}'); print('held', flush=True); input()"
)


@contextmanager
def held(file: Path, how: str) -> Iterator[None]:
    """Another process that has begun to write."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD.format(how), str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield
        other.kill()


def test_a_database_in_use_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa.store.database.PATIENCE_S", 0.05)
    enter = ("enter", "manual.laser_x", "1", "--unit", "mm", "--scanner", "ct1", "--workspace", folder)
    with held(folder / "iqa.sqlite", "EXCLUSIVE"):
        refused(iqa("status", "--workspace", folder), "in use elsewhere; wait until that has finished, then repeat")
        refused(iqa(*enter), "in use elsewhere")
    with held(folder / "iqa.sqlite", "IMMEDIATE"):
        assert iqa("trend", "noise.sd", "--workspace", folder).status == 0
        refused(iqa(*enter), "in use elsewhere")
    assert iqa(*enter).status == 0
    assert count(folder) == 2


def test_a_writer_waits_its_turn(folder: Path) -> None:
    """The patience is long enough for somebody who writes at the same time."""
    other = open_workspace(folder)
    with other.database.writing() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert (
        iqa("event", "add", "tube", "--scanner", "ct1", "--by", "A", "--reason", "B", "--workspace", folder).status == 0
    )


@contextmanager
def as_nobody() -> Iterator[None]:
    """Mode bits keep nobody out who is root; anybody else stays who he is."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_what_may_not_be_written_to(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as open_to_all:  # nobody comes into the folders of pytest
        Path(open_to_all).chmod(0o755)
        place = Path(shutil.copytree(folder, Path(open_to_all) / "ws"))
        assert (iqa(*EVENT, folder).status, iqa("trend", "noise.sd", "--workspace", folder).status) == (0, 0)
        (place / "iqa.sqlite").chmod(0o444)
        place.chmod(0o555)
        with as_nobody():
            refused(iqa(*EVENT, place), "may not be written to; ask for the right to change files in that folder")
            assert iqa("trend", "noise.sd", "--workspace", place).status == 0
            refused(iqa("init", place / "new"), "cannot be made: Permission denied")
        place.chmod(0o755)
        (place / "iqa.sqlite").chmod(0o666)
        with as_nobody():  # a journal needs room beside the database
            refused(iqa(*EVENT, place), "may not be written to")
        (place / "iqa.toml").chmod(0o000)
        with as_nobody():
            refused(
                iqa("status", "--workspace", place), "iqa.toml: file: expected a readable file, found Permission den"
            )


FULL = """
import resource, signal, sys
from iqa.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


def test_a_disk_that_fills_up_while_a_decision_is_stored(folder: Path) -> None:
    size = (folder / "iqa.sqlite").stat().st_size
    event = ["event", "add", "tube", "--scanner", "ct1", "--by", "A", "--reason", "x" * 20_000, "--workspace", folder]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    line = [sys.executable, "-c", FULL, str(size + 4096), *map(str, event)]
    said = subprocess.run(line, capture_output=True, text=True, check=False, env=environment)
    assert (said.returncode, said.stderr.count("\n")) == (2, 1), said
    assert "nothing of this step was stored" in said.stderr
    assert count(folder) == 1
    assert "No event" in iqa("event", "list", "--workspace", folder).out


def test_a_full_database(folder: Path) -> None:
    """As SQLite itself says it."""
    with pytest.raises(InputError, match=r"the disk is full; nothing of this step was stored\. Make room"):
        _fill(folder)
    assert count(folder) == 1


def _fill(folder: Path) -> None:
    with open_workspace(folder).database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 30")
        connection.exec_driver_sql("INSERT INTO word (content) VALUES (?)", ("x" * 1_000_000,))


# ---------------------------------------------------------------------------------------- finding it


def test_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IQA_WORKSPACE", raising=False)
    refused(iqa("status", "--workspace", tmp_path / "none"), "no workspace here (a folder with iqa.toml); `iqa init`")
    with pytest.raises(InputError, match="no workspace here"):
        find_workspace(start=tmp_path)


def test_the_nearest_workspace_counts(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IQA_WORKSPACE", raising=False)
    below = folder / "reports" / "2026"
    below.mkdir(parents=True)
    assert find_workspace(start=below) == folder
    monkeypatch.setenv("IQA_WORKSPACE", str(folder))
    assert find_workspace(start=tmp_path) == folder
    assert find_workspace(tmp_path / "ws", start=tmp_path) == folder


def test_init_leaves_what_is_there(folder: Path, tmp_path: Path) -> None:
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    with pytest.raises(InputError, match=r"there is already iqa\.toml; nothing was changed"):
        init_workspace(folder)
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == before
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    refused(iqa("init", tmp_path / "file" / "ws"), "cannot be made: Not a directory")
