"""Archived scans measured anew under this version, beside what was stored; a person accepts it, or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from iqa.analyze import Progress, Refusal, assemble, one_thread, plain, refusal
from iqa.dicom import counter, load, survey
from iqa.errors import UsageError
from iqa.jobs.clock import check_clock
from iqa.jobs.judging import judge_record, note_limits, rules_of
from iqa.locate import locate
from iqa.model import Located, Measurement
from iqa.phantom import library
from iqa.report.shown import Change, Recomputed
from iqa.store.decisions import Signed, accept_records
from iqa.store.history import Occasion, measurements, newest_records, occasions
from iqa.store.records import Kept, keep_record
from iqa.store.workspace import Workspace


def recompute(
    workspace: Workspace, paths: Sequence[str | Path], *, signed: Signed, progress: Progress | None = None
) -> Recomputed:
    """Stored scans found again by their pixels and measured anew; the results are kept and do not count yet.

    Raises
    ------
    InputError
        A path holds no DICOM, or the database cannot be written to.
    """
    with workspace.database.reading() as connection:
        check_clock(connection, signed.at)
        stored = {o.pixel_sha256: o for o in occasions(connection) if o.pixel_sha256}
    specs = library(workspace.phantom_dirs)
    found = survey(paths, progress=progress)
    tick, refused, chosen = counter(found, progress), plain(found.refused), list[Kept]()
    with one_thread():
        for stack in found.stacks:
            scan, lost = load(stack, tick=tick)
            refused += plain(lost)
            occasion = stored.get(scan.identity.pixel_sha256) if scan else None
            if scan is None or occasion is None:
                continue
            located = locate(scan, specs, phantom=occasion.model)
            if not isinstance(located, Located):
                refused.append(refusal(scan, located))
                continue
            analysis = assemble(scan, located, observer=workspace.settings.observer)
            with workspace.database.writing() as connection:
                chosen.append(Kept(occasion.id, keep_record(connection, occasion.id, analysis, at=signed.at)))
    return _compared(workspace, chosen, list(stored.values()), refused)


def accept_recomputed(workspace: Workspace, *, signed: Signed) -> tuple[Kept, ...]:
    """The newest results of every scan count from now on, and are judged; returns those that did not before.

    Raises
    ------
    UsageError
        There is nothing newer than what counts.
    """
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        note_limits(connection, rules, signed)
        newest = newest_records(connection)
        waiting = [
            Kept(o.id, newest[o.id]) for o in occasions(connection) if o.pixel_sha256 and newest[o.id] != o.record_id
        ]
        if not waiting:
            raise UsageError("There are no recalculated results to accept; `iqa recompute --from PATH` makes them.")
        accept_records(connection, waiting, signed)
        for kept in waiting:
            judge_record(connection, rules, kept.occasion_id, at=signed.at)
    return tuple(waiting)


def _compared(
    workspace: Workspace, chosen: Sequence[Kept], stored: Sequence[Occasion], refused: Sequence[Refusal]
) -> Recomputed:
    counting = {o.id: o.record_id for o in stored}
    pairs: dict[str, list[tuple[Measurement, Measurement]]] = defaultdict(list)
    gained, lost = set[str](), set[str]()
    with workspace.database.reading() as connection:
        for kept in chosen:
            old = {m.key: m for m in measurements(connection, counting[kept.occasion_id])}
            new = {m.key: m for m in measurements(connection, kept.record_id)}
            gained |= new.keys() - old.keys()
            lost |= old.keys() - new.keys()
            for key in old.keys() & new.keys():
                pairs[key].append((old[key], new[key]))
    done = {k.occasion_id for k in chosen}
    return Recomputed(
        tuple(chosen),
        tuple(_change(key, pairs[key]) for key in sorted(pairs)),
        tuple(sorted(gained)),
        tuple(sorted(lost)),
        tuple(o for o in stored if o.id not in done),
        tuple(refused),
    )


def _change(key: str, pairs: Sequence[tuple[Measurement, Measurement]]) -> Change:
    stated = [old.u for old, _ in pairs if old.u is not None]
    other = next(((old.method, new.method) for old, new in pairs if _name(old.method) != _name(new.method)), None)
    typical_u = float(np.median(stated)) if stated else None
    if other:
        return Change(key, pairs[0][1].unit, other, len(pairs), None, None, None, typical_u)
    differences = np.array([new.value - old.value for old, new in pairs])
    return Change(
        key=key,
        unit=pairs[0][1].unit,
        methods=(pairs[-1][0].method, pairs[-1][1].method),
        n=len(pairs),
        mean=float(differences.mean()),
        spread=float(differences.std(ddof=1)) if len(pairs) > 1 else None,
        largest=float(differences[np.argmax(np.abs(differences))]),
        typical_u=typical_u,
    )


def _name(method: str) -> str:
    """Without the version: values by methods of two names are two quantities."""
    return method.partition("@")[0]
