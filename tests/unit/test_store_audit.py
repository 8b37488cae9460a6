"""The audit trail: any change of an entry is found, and so is an entry that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from iqa.errors import InputError
from iqa.store.audit import Entry, broken, enter, entries
from iqa.store.database import Connection
from iqa.store.tables import audit
from iqa.store.workspace import Workspace
from tests.made_workspace import iqa, made_workspace

ENTRIES = 4


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = made_workspace(tmp_path / "ws")
    with made.database.writing() as connection:
        for n in range(ENTRIES):
            enter(connection, at=f"2026-11-0{n + 1}T07:00:00Z", person="Ann", action="event", number=n, note="a, é")
    return made


def trail(workspace: Workspace) -> tuple[Entry, ...]:
    with workspace.database.reading() as connection:
        return entries(connection)


def test_an_untouched_trail_holds(workspace: Workspace) -> None:
    found = trail(workspace)
    assert broken(found) is None
    assert [e.id for e in found] == [1, 2, 3, 4]
    assert found[0].previous == "0" * 64
    assert [e.previous for e in found[1:]] == [e.hash for e in found[:-1]]
    assert found[2].subject == {"number": 2, "note": "a, é"}


def test_some_actions_only(workspace: Workspace) -> None:
    with workspace.database.writing() as connection:
        enter(connection, at="2026-11-09T07:00:00Z", person="Ann", action="assign", scans=[1])
        assert [e.action for e in entries(connection, ("assign",))] == ["assign"]


CHANGES = {
    "id": 77,
    "at": "2020-01-01T00:00:00Z",
    "person": "Bob",
    "action": "assign",
    "subject": '{"note":"a, é","number":9}',
    "previous": "f" * 64,
    "hash": "e" * 64,
}


def test_every_column_is_watched() -> None:
    assert set(CHANGES) == {c.name for c in audit.c}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("number", range(1, ENTRIES + 1))
def test_a_change_is_found(column: str, number: int, workspace: Workspace) -> None:
    with workspace.database.writing() as connection:
        connection.execute(update(audit).where(audit.c.id == number).values({column: CHANGES[column]}))
    assert broken(trail(workspace)) is not None


@pytest.mark.parametrize("number", range(1, ENTRIES))
def test_an_entry_that_is_gone_is_found(number: int, workspace: Workspace) -> None:
    with workspace.database.writing() as connection:
        connection.execute(delete(audit).where(audit.c.id == number))
    found = broken(trail(workspace))
    assert found is not None
    assert found.id == number + 1


def test_two_entries_that_changed_places_are_found(workspace: Workspace) -> None:
    with workspace.database.writing() as connection:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            connection.execute(update(audit).where(audit.c.id == old).values(id=new))
    assert broken(trail(workspace)) is not None


def test_a_hash_made_anew_breaks_the_next_entry(workspace: Workspace) -> None:
    """Whoever changes one entry with its hash must change all that follow."""
    with workspace.database.writing() as connection:
        _forge(connection, 2)
    found = broken(trail(workspace))
    assert found is not None
    assert found.id == 3


def _forge(connection: Connection, number: int) -> None:
    """Take out the last entries, write one anew, put the others back as they were."""
    rest = [e for e in entries(connection) if e.id > number]
    connection.execute(delete(audit).where(audit.c.id >= number))
    enter(connection, at="2026-11-02T07:00:00Z", person="Bob", action="event", number=1, note="another")
    for e in rest:
        row = {"id": e.id, "at": e.at, "person": e.person, "action": e.action, "subject": e.text}
        connection.execute(audit.insert().values(**row, previous=e.previous, hash=e.hash))


def test_a_subject_that_is_no_json_is_a_sentence(workspace: Workspace) -> None:
    with workspace.database.writing() as connection:
        connection.execute(update(audit).where(audit.c.id == 2).values(subject="{oops"))
    assert broken(trail(workspace)) is not None
    with pytest.raises(
        InputError, match=r"audit trail: entry 2 of 2026-11-02T07:00:00Z was changed and cannot be read"
    ):
        _ = trail(workspace)[1].subject


def test_the_command_says_so_and_fails(workspace: Workspace) -> None:
    assert iqa("history", "noise.sd", "--workspace", workspace.folder).status == 0
    with workspace.database.writing() as connection:
        connection.execute(update(audit).where(audit.c.id == 2).values(person="Bob"))
    said = iqa("history", "noise.sd", "--workspace", workspace.folder)
    assert said.status == 1
    assert "THE AUDIT TRAIL WAS CHANGED: entry 2 of 2026-11-02" in said.out
