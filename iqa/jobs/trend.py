"""The history of one key: in tolerance, in control, drifting, changed, and by what."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from iqa.errors import UsageError
from iqa.jobs.circumstances import conditions_of, conditions_under
from iqa.jobs.scanners import check_scanner
from iqa.judge import compare, from_text, worst_of
from iqa.judge.bounds import own_unit
from iqa.judge.control import Budget, Control, control
from iqa.judge.robust import LEAST, middle_of
from iqa.model import Baseline, Bounds, Conditions, Limit, Outcome, Scope
from iqa.report.trends import Jump, Projection, Segment, Trend
from iqa.spc import CannotTell, Course, Crossing, Drift, Step, course, crossing, drift, most_likely_step, steps
from iqa.store.database import Connection
from iqa.store.decisions import StoredBaseline, baselines, scans_behind
from iqa.store.history import (
    LAST_DATE,
    Happened,
    MadeHow,
    Occasion,
    Point,
    day_of,
    events,
    keys,
    made_how,
    series,
    several,
)
from iqa.store.judgements import outcomes_of, rulings_of
from iqa.store.settings import Settings
from iqa.store.workspace import Workspace

Held = tuple[StoredBaseline, Baseline]
"""A baseline with its life, and what it says."""
ENTERED = {"dose.ctdivol": "manual.ctdivol", "dose.dlp": "manual.dlp"}
"""What a person measures beside what the header says."""
UNEXPLAINED = 1e-3
"""Chance below which a step is said that no event explains: looked for every week, one of 0.01 turns up by itself in a
tenth of all stable series (docs/control-charts.md). A drift is not said where the chart is in control."""
CLEARLY = 2.0
"""Logarithm of the likelihood ratio from which a step is said instead of a drift: of a weak drift over half a year,
chance makes a step fit a little better in every third series."""
GRACE_DAYS = 1.0
"""By which an event may be dated beside the scans that it lies between."""


def trend(workspace: Workspace, key: str, *, scanner: str | None = None, until: str = LAST_DATE) -> tuple[Trend, ...]:
    """The history of a key for each protocol and phantom of a scanner; without one, of every scanner and of none.

    Parameters
    ----------
    until
        Date of the last scan that is looked at, as on that day.

    Raises
    ------
    UsageError
        Nothing is stored under the key, or the scanner has none of it.
    """
    with workspace.database.reading() as connection:
        every = series(connection, key, scanner=scanner, everywhere=scanner is None)
        found = [p for p in every if p.dated <= until]
        if not found:
            check_scanner(connection, workspace.settings, scanner)
            raise UsageError(_nothing(key, scanner, keys(connection)))
        groups = _by_machine(connection, found)
        made = _Maker(
            connection,
            workspace.settings,
            key,
            tuple(baselines(connection, scanner=scanner)),
            tuple(e for e in events(connection) if e.dated <= until),
        )
        trends = [one for (scope, machine), points in groups.items() for one in made.trends(scope, points, machine)]
    return tuple(_with_others(trends))


def _by_machine(connection: Connection, found: Sequence[Point]) -> dict[tuple[Scope, str], list[Point]]:
    """Points by whose they are; unassigned ones by what their headers say of the machine."""
    how = made_how(connection, [p.occasion_id for p in found if p.scope.scanner is None])
    groups: dict[tuple[Scope, str], list[Point]] = defaultdict(list)
    for point in found:
        groups[point.scope, _machine(how[point.occasion_id]) if point.occasion_id in how else ""].append(point)
    return groups


def _under(how: MadeHow, scope: Scope) -> Conditions:
    return conditions_under(how.acquisition, how.spacing_mm, scope.phantom or how.model)


def _machine(how: MadeHow) -> str:
    of = how.acquisition
    return " ".join(part for part in (of.manufacturer, of.model, of.serial, of.station) if part)


def out_of_control(
    connection: Connection, settings: Settings, occasion: Occasion, known: Sequence[StoredBaseline]
) -> tuple[str, ...]:
    """The charted keys that are out of control with a scan, as of its own day.

    Parameters
    ----------
    known
        The baselines of its scanner that are in force.
    """
    if not known:
        return ()
    charted, made = settings.site.charted, _Maker(connection, settings, "", tuple(known), ())
    since = min((b.since for b in known if b.key in charted), default=LAST_DATE)
    values = several(connection, charted, scanner=occasion.scope.scanner, since=since)
    states = [(key, made.of(key).control(occasion, values[key])) for key in charted]
    return tuple(key for key, state in states if state is not None and state.in_control is False)


class _Alike:
    """Whether scans are comparable with one made under some conditions; each kind is compared once."""

    def __init__(self, under: Conditions) -> None:
        self.under, self.known = under, dict[Conditions, bool]()

    def __call__(self, other: Conditions) -> bool:
        if other not in self.known:
            self.known[other] = compare(other, self.under).outcome is None
        return self.known[other]


def _nothing(key: str, scanner: str | None, known: Sequence[str]) -> str:
    """Why there is no history."""
    if key in known:
        return f"No value of '{key}' of '{scanner}' is stored; without --scanner, those of all others are shown."
    near = [k for k in known if k.partition(".")[0] == key.partition(".")[0]]
    hint = f" Known: {', '.join(near)}." if near else ""
    return f"No value of '{key}' is stored.{hint}"


class _Maker:
    """What all trends of one call share."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        key: str,
        known: tuple[StoredBaseline, ...],
        happened: tuple[Happened, ...],
    ) -> None:
        self.connection, self.settings, self.key, self.known, self.happened = connection, settings, key, known, happened
        self.how: dict[int, MadeHow] = {}

    def of(self, key: str) -> _Maker:
        """The same for another key."""
        other = _Maker(self.connection, self.settings, key, self.known, self.happened)
        other.how = self.how
        return other

    def trends(self, scope: Scope, points: Sequence[Point], machine: str = "") -> Iterator[Trend]:
        """One for each group of scans that are comparable with one another; of an unassigned machine, its name."""
        under = self._conditions(points)
        rest = list(range(len(points)))
        while rest:
            first = under[rest[0]]
            alike = _Alike(first)
            group = [i for i in rest if alike(under[i])]
            apart = "" if rest[0] == 0 else compare(first, under[0]).sentence.replace("in the baseline", "in the first")
            said = " ".join(part for part in (machine and f"Scans of {machine}.", apart) if part)
            yield self._trend(scope, [points[i] for i in group], first, said)
            rest = sorted(set(rest) - set(group))

    def _trend(self, scope: Scope, points: Sequence[Point], under: Conditions, apart: str) -> Trend:
        days = tuple(day_of(p.dated) for p in points)
        said = outcomes_of(self.connection, self.key, [p.record_id for p in points])
        segments = self._segments(scope, points, under)
        own = [e for e in self.happened if _concerns(e, scope)]
        values = [p.measurement.value for p in points]
        calm = segments[-1].control is not None and segments[-1].control.in_control is True
        line, way, found = (None, None, steps(days, values)) if calm else _drift_or_steps(days, values, segments[-1])
        jumps = [Jump(s, _causes(s, points, own)) for s in found]
        return Trend(
            key=self.key,
            unit=points[-1].measurement.unit,
            scope=scope,
            points=tuple(points),
            days=days,
            outcomes=tuple(worst_of(said.get(p.record_id, ())) for p in points),
            segments=segments,
            drift=line,
            course=way,
            projections=_projections(way, segments[-1].bounds) if way else (),
            jumps=tuple(j for j in jumps if j.causes or j.step.p < UNEXPLAINED),
            events=tuple(own),
            charted=self.key in self.settings.site.charted,
            apart=apart,
            beside=self._beside(scope),
            certified=self._certified(scope),
            period_days=self._period_days(scope),
        )

    def control(self, occasion: Occasion, found: Sequence[Point]) -> Control | None:
        """The charts of some points that end with a scan; None where it is held by no baseline, or has no value."""
        scope, under = occasion.scope, conditions_of(occasion)
        suited = self._suited(scope, under)
        points = [p for p in found if p.scope == scope and p.dated <= occasion.dated]
        if not suited or not points or points[-1].occasion_id != occasion.id:
            return None
        held = _held(suited, occasion.dated, points[-1].measurement.method)
        if held is None:
            return None
        stored, baseline = held
        how = zip(points, self._conditions(points), strict=True)
        alike = _Alike(under)
        same = [
            p for p, its in how if p.dated >= stored.since and p.measurement.method == baseline.method and alike(its)
        ]
        return self._control(stored, same, 0, len(same))

    def _conditions(self, points: Sequence[Point]) -> list[Conditions]:
        """Under which the points were measured; a scan's header is read for its first key."""
        new = [p.occasion_id for p in points if p.occasion_id not in self.how]
        self.how.update(made_how(self.connection, new))
        return [_under(self.how[p.occasion_id], p.scope) for p in points]

    def _beside(self, scope: Scope) -> tuple[Point, ...]:
        """What was entered by hand for the same quantity on the scanner."""
        key = ENTERED.get(self.key)
        return tuple(series(self.connection, key, scanner=scope.scanner)) if key and scope.scanner else ()

    def _period_days(self, scope: Scope) -> float | None:
        scanner = self.settings.scanners.get(scope.scanner or "")
        return scanner.period_days if scanner else None

    def _certified(self, scope: Scope) -> float | None:
        """What the certificate of the phantom's copy says of the key."""
        copy = self.settings.phantoms.get(scope.phantom or "")
        return copy.certificate.get(self.key) if copy else None

    def _segments(self, scope: Scope, points: Sequence[Point], under: Conditions) -> tuple[Segment, ...]:
        """The times of the baselines that were in force one after another, and those without one."""
        suited, methods = self._suited(scope, under), [p.measurement.method for p in points]
        held = [_held(suited, p.dated, method) for p, method in zip(points, methods, strict=True)]
        ends = [i for i in range(1, len(points)) if held[i] is not held[i - 1] or methods[i] != methods[i - 1]]
        return tuple(self._segment(held[i], points, i, end) for i, end in pairwise([0, *ends, len(points)]))

    def _suited(self, scope: Scope, under: Conditions) -> list[Held]:
        """The baselines that scans made under some conditions may be set against."""
        own = [b for b in self.known if b.key == self.key and b.scope == scope]
        read = [(b, replace(from_text(Baseline, b.content, f"baseline {b.id}"), id=b.id)) for b in own]
        return [x for x in read if compare(under, x[1].conditions).outcome is None]

    def _segment(self, held: Held | None, points: Sequence[Point], first: int, end: int) -> Segment:
        judged = self._judged_by(points[end - 1])
        bounds, limits = tuple(b for _, b in judged), tuple(x for x, _ in judged)
        if held is None:
            return Segment(first, end, None, None, None, bounds, limits)
        stored, baseline = held
        behind = self._reference(stored, points, end)
        control = self._control(stored, points, first, end)
        return Segment(first, end, baseline, stored.ended, control, bounds, limits, tuple(behind))

    def _reference(self, stored: StoredBaseline, points: Sequence[Point], end: int) -> list[int]:
        """Places of the scans that a baseline rests on."""
        members = scans_behind(self.connection, stored.id)
        return [i for i in range(end) if points[i].occasion_id in members]

    def _control(self, stored: StoredBaseline, points: Sequence[Point], first: int, end: int) -> Control:
        """The charts of the scans after the last one of the baseline."""
        reference = self._reference(stored, points, end)
        start = max(first, reference[-1] + 1) if reference else first
        stated = [p.measurement.u for p in points[first:end] if p.measurement.u is not None]
        return control(
            [p.measurement.value for p in points[start:end]],
            _without_astray([points[i].measurement.value for i in reference]),
            median(stated) if stated else None,
            Budget(
                self._charts(stored.scope.scanner, points[end - 1].dated),
                self.settings.site.weekly_scans,
                self.settings.site.false_alarms,
            ),
            first=start,
            charts=self.settings.site.charts,
        )

    def _charts(self, scanner: str | None, dated: str) -> int:
        """Over which the false alarms of a scanner are shared out: the charted keys of each protocol on a date."""
        charted = self.settings.site.charted
        held = (b for b in self.known if b.scope.scanner == scanner and b.key in charted and b.held(dated))
        return max(1, len(charted)) * max(1, len({b.scope for b in held}))

    def _judged_by(self, last: Point) -> list[tuple[Limit, Bounds]]:
        """The limits by which the last point was judged, and their numbers in its own unit."""
        stored = rulings_of(self.connection, last.record_id)
        found = []
        for one in stored[1] if stored else ():
            if one.key != self.key or one.limit is None or one.outcome == Outcome.NOT_COMPARABLE:
                continue
            limit = from_text(Limit, one.limit[1], f"limit {one.limit[0][:12]}")
            used = next((b for b in self.known if b.id == one.baseline_id), None)
            baseline = from_text(Baseline, used.content, f"baseline {used.id}") if used else None
            if limit.kind == "absolute" or baseline is not None:
                found.append((limit, own_unit(limit, baseline)))
        return found


def _held(known: Sequence[Held], dated: str, method: str) -> Held | None:
    """The baseline that a value of a date and a method is judged by: of several the one that was approved last."""
    fitting = [x for x in known if x[0].held(dated) and x[1].method == method]
    return max(fitting, key=lambda x: (x[0].approved_at, x[0].id), default=None)


def _without_astray(values: Sequence[float]) -> list[float]:
    """The scans of a baseline less those that were named as astray when it was proposed."""
    if len(values) < LEAST:
        return list(values)
    middle = middle_of(values)
    return [v for v in values if middle.distance(v) <= middle.far]


def _concerns(event: Happened, scope: Scope) -> bool:
    return event.scanner == scope.scanner if event.scanner is not None else event.phantom == scope.phantom


def _drift_or_steps(
    days: Sequence[float], values: Sequence[float], last: Segment
) -> tuple[Drift | None, Course | None, tuple[Step, ...]]:
    """The drift since the last baseline, and the steps; of a drift and steps within it, what fits the values better.

    Whether there is one is asked of the scans after those of the baseline first: a scanner that was stable until then
    and drifts since is no line through all of them.
    """
    found = steps(days, values)
    since = days[last.first :], values[last.first :]
    after = last.control.first if last.control else last.first
    line = _drift(days[after:], values[after:]) or _drift(*since)
    way, rival = course(*since), most_likely_step(*since)
    if line is None or isinstance(way, CannotTell) or _clearly_a_step(rival, way, len(since[0])):
        return None, None, found
    return line, way, tuple(s for s in found if s.at <= last.first)


def _clearly_a_step(rival: Step | CannotTell, way: Course, n: int) -> bool:
    """Whether a step explains values better than a drift does, by more than chance decides between them."""
    return isinstance(rival, Step) and n * math.log(way.scatter / rival.scatter) > CLEARLY


def _drift(days: Sequence[float], values: Sequence[float]) -> Drift | None:
    line = drift(days, values)
    return None if isinstance(line, CannotTell) or not line.drifting else line


def _projections(line: Course, bounds: Sequence[Bounds]) -> tuple[Projection, ...]:
    """When a drift reaches the bounds that lie in its way, soonest first."""
    upper = line.slope > 0
    ahead = {(b.warn_high if upper else b.warn_low, False) for b in bounds}
    ahead |= {(b.fail_high if upper else b.fail_low, True) for b in bounds}
    found = [(x, fails, crossing(line, x, upper=upper)) for x, fails in ahead if x is not None]
    reached = [Projection(x, fails, c) for x, fails, c in found if isinstance(c, Crossing)]
    return tuple(sorted(reached, key=lambda p: p.crossing.day))


def _causes(step: Step, points: Sequence[Point], happened: Sequence[Happened]) -> tuple[str, ...]:
    """What lies within a step's interval and may explain it."""
    after, until = step.between
    told = [
        f"{e.kind} of {'phantom ' + e.phantom if e.phantom else e.scanner} on {e.dated[:10]}"
        for e in happened
        if after - GRACE_DAYS <= day_of(e.dated) <= until + GRACE_DAYS
    ]
    methods = [p.measurement.method for p in points]
    changed = [i for i in range(step.earliest, step.latest + 1) if methods[i] != methods[i - 1]]
    told += [f"method {methods[i - 1]} became {methods[i]}: a step of the software" for i in changed]
    return tuple(told)


def _with_others(trends: Sequence[Trend]) -> list[Trend]:
    """Steps after an event of a phantom named as the phantom's where other scanners show them too."""
    seen: dict[str, set[str]] = defaultdict(set)
    for one in trends:
        for jump in one.jumps:
            for cause in jump.causes:
                seen[cause].add(one.scope.scanner or "")
    return [replace(one, jumps=tuple(_shared(j, seen) for j in one.jumps)) for one in trends]


def _shared(jump: Jump, seen: Mapping[str, set[str]]) -> Jump:
    told = tuple(
        f"{c}, on {len(seen[c])} scanners: the phantom's" if "of phantom" in c and len(seen[c]) > 1 else c
        for c in jump.causes
    )
    return replace(jump, causes=told)
