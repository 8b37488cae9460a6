"""How all scanners stand, put together for one page in a number of queries that does not grow with the fleet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from iqa.jobs.circumstances import conditions_of, conditions_under
from iqa.jobs.clock import local
from iqa.jobs.measures import Measures
from iqa.jobs.status import status
from iqa.jobs.trend import trend
from iqa.judge import compare, worst_of
from iqa.model import Acquisition, Conditions, Outcome, Verdict
from iqa.report.fleets import FleetStory, Machine
from iqa.report.shown import State
from iqa.report.stories import CALM, MOST_URGENT_FIRST, Measure, Past
from iqa.report.trends import Trend
from iqa.report.words import day_at
from iqa.store.database import Connection
from iqa.store.decisions import baselines
from iqa.store.history import MadeHow, Occasion, Point, day_of, latest, made_how, numbers_of, recent
from iqa.store.judgements import Ruling, latest_judgements, signals_with
from iqa.store.settings import Scanner
from iqa.store.workspace import Workspace

SHOWN = (
    ("ct_number.uniform", "ct_number.*"),
    ("noise.sigma", "noise.sd", "noise.*"),
    ("uniformity.max_deviation", "uniformity.*"),
    ("slice_thickness", "slice_thickness.*"),
    ("ttf.*.f50", "mtf.*.f50", "line_pairs.resolved"),
    ("low_contrast.*",),
    ("nps.average_frequency", "geometry.scale_x", "geometry.*"),
    ("dose.ctdivol", "manual.*", "position.*"),
)
"""Columns of the page: of each the first pattern that fits a key which is judged or charted on enough scanners."""
ENOUGH = 0.5
"""Share of the scanners that must have a key for it to be shown: half, since a fleet may use two phantoms."""
SPARK = "noise.sigma"
"""Key of the small charts where it is measured: dose, tube and detector all show in it."""
SPARK_WEEKS = 26
WEEK_DAYS = 7.0
MOST_TRENDS = 12
"""Scanners that pass and are out of control whose trend is worked out, the first by name: each takes some 40 ms."""


def fleet_story(workspace: Workspace, at: str, *, keys: Sequence[str] = ()) -> FleetStory:
    """How every scanner stands: its latest scans with their verdicts, and what is overdue.

    Parameters
    ----------
    at : str
        Now, ISO 8601 in UTC.
    keys : sequence of str
        That the page shows; else those of `SHOWN` that are judged or charted on at least half of the scanners.

    Raises
    ------
    DefinitionError
        A limit in iqa.toml is wrong, so that nothing could be judged.
    """
    states = status(workspace, at)
    with workspace.database.reading() as connection:
        story = _Gatherer(connection, workspace).story(states, at, tuple(keys))
    return replace(story, trends=_trends(workspace, story))


class _Gatherer:
    """The latest scans and entries of all scanners, and what was said of them."""

    def __init__(self, connection: Connection, workspace: Workspace) -> None:
        self.connection, self.settings = connection, workspace.settings
        self.own = defaultdict[str | None, list[Occasion]](list)
        for one in sorted(latest(connection), key=lambda o: (o.dated, o.id), reverse=True):
            self.own[one.scope.scanner].append(one)
        self.records = [o.record_id for own in self.own.values() for o in own]
        self.said = latest_judgements(connection, self.records)
        self.kept = {*self.settings.site.charted, *self._odd_keys()}
        self.numbers = numbers_of(connection, sorted(self.kept), self.records)
        self.about = Measures(())

    def story(self, states: Sequence[State], at: str, keys: tuple[str, ...]) -> FleetStory:
        """All but the trends."""
        shown, spark = keys or self._common_keys(), self._spark_key()
        wanted = {*shown, *([spark] if spark else [])}
        self._read(wanted)
        as_of = local(at)
        days = day_of(as_of) - WEEK_DAYS * SPARK_WEEKS, day_of(as_of)
        machines = [self._machine(state, wanted) for state in states]
        if spark is not None:
            machines = list(self._with_past(machines, spark, day_at(days[0]).isoformat()))
        return FleetStory(
            made_at=at,
            as_of=as_of,
            site=self.settings.site.name,
            keys=shown,
            spark=spark,
            spark_days=days,
            machines=tuple(sorted((m for m in machines if m.scanner), key=lambda m: m.place)),
            unassigned=next((m for m in machines if m.scanner is None), None),
        )

    def _rulings(self, one: Occasion) -> tuple[Ruling, ...]:
        said = self.said.get(one.record_id)
        return said.rulings if said else ()

    def _odd_keys(self) -> set[str]:
        """The keys that are not as they should be anywhere."""
        judged = {r.key for j in self.said.values() for r in j.rulings if r.outcome not in CALM}
        return judged | {key for j in self.said.values() for key in j.signals}

    def _read(self, wanted: Collection[str]) -> None:
        """What else is needed to tell of some keys: their numbers, and the baselines of all that is told of."""
        for record, found in numbers_of(self.connection, sorted({*wanted} - self.kept), self.records).items():
            self.numbers.setdefault(record, {}).update(found)
        self.about = Measures(baselines(self.connection, keys=sorted(self.kept | {*wanted})))

    def _common_keys(self) -> tuple[str, ...]:
        """The columns: what is judged, or charted and measured, on enough scanners."""
        named = [own for scanner, own in self.own.items() if scanner is not None]
        charted = {*self.settings.site.charted}
        had = Counter(
            key
            for own in named
            for key in {k for o in own for k in (*_keys(self._rulings(o)), *self._measured(o) & charted)}
        )
        common = [k for k, n in sorted(had.items(), key=lambda x: (-x[1], x[0])) if n >= ENOUGH * len(named)]
        found = (_first_fitting(patterns, common) for patterns in SHOWN)
        return tuple(dict.fromkeys(key for key in found if key is not None))

    def _measured(self, one: Occasion) -> set[str]:
        return set(self.numbers.get(one.record_id, ()))

    def _spark_key(self) -> str | None:
        had = {key for numbers in self.numbers.values() for key in numbers}
        return next((key for key in (SPARK, *self.settings.site.charted) if key in had), None)

    def _machine(self, state: State, wanted: Collection[str]) -> Machine:
        own = self.own[state.scanner]
        scan = next((o for o in own if o.entered_by is None), None)
        of = scan.acquisition if scan else Acquisition()
        return Machine(
            scanner=state.scanner,
            site=_site(of, self.settings.scanners.get(state.scanner or "")),
            maker=of.manufacturer or "",
            model=of.model or "",
            last=state.last,
            days=state.days,
            period_days=state.period_days,
            overdue=state.overdue,
            count=state.count,
            outcomes=tuple(outcome for o in own for outcome in _outcomes(self._rulings(o))),
            signals=state.signals,
            measures=tuple(_worst_of_each(m for o in own for m in self._measures(o, wanted))),
        )

    def _measures(self, one: Occasion, wanted: Collection[str]) -> Iterator[Measure]:
        """What is to be shown of a scan or an entry."""
        said, numbers = self.said.get(one.record_id), self.numbers.get(one.record_id, {})
        verdicts = defaultdict[str, list[Verdict]](list)
        for ruling in self._rulings(one):
            if said and (ruling.key in wanted or ruling.outcome not in CALM):
                verdicts[ruling.key].append(self.about.reader.verdict(ruling, said.rule))
        signals = said.signals if said else ()
        keys = {*verdicts, *signals, *(k for k in wanted if k in numbers)}
        for key in sorted(keys):
            measured = numbers.get(key)
            yield self.about.measure(key, one, measured=measured, said=verdicts[key], out_of_control=key in signals)

    def _with_past(self, machines: Sequence[Machine], key: str, since: str) -> Iterator[Machine]:
        """The machines with the recent history of one key."""
        found = recent(self.connection, key, [m.scanner for m in machines if m.scanner], since)
        how = made_how(self.connection, sorted({p.occasion_id for points in found.values() for p in points}))
        flagged = [p.record_id for m in machines if m.scanner and key in m.signals for p in found[m.scanner]]
        signals = {record for record, keys in signals_with(self.connection, flagged).items() if key in keys}
        for one in machines:
            measure, points = one.measure(key), found.get(one.scanner or "", [])
            own = self._source(one, key)
            if measure is not None and own is not None:
                alike = self._alike(points, own, measure, how)
                past = (Past(p.dated, day_of(p.dated), p.measurement.value, p.record_id in signals) for p in alike)
                yield replace(one, past=tuple(past))
            else:
                yield one

    def _source(self, machine: Machine, key: str) -> Occasion | None:
        """The scan that a shown number is from."""
        measure = machine.measure(key)
        if measure is None or measure.measurement is None:
            return None
        own = self.own[machine.scanner]
        return next(o for o in own if self.numbers.get(o.record_id, {}).get(key) is measure.measurement)

    def _alike(
        self, points: Sequence[Point], own: Occasion, measure: Measure, how: Mapping[int, MadeHow]
    ) -> list[Point]:
        """Points until a scan that are comparable with it, from its baseline on."""
        stored = self.about.known.get(measure.baseline.id or -1) if measure.baseline else None
        since, method = stored.since if stored else "", measure.measurement.method if measure.measurement else ""
        same = [
            p
            for p in points
            if p.scope == own.scope and since <= p.dated <= own.dated and p.measurement.method == method
        ]
        under = [_under(how[p.occasion_id], own) for p in same]
        now = conditions_of(own)
        alike = {other: compare(other, now).outcome is None for other in set(under)}
        return [p for p, other in zip(same, under, strict=True) if alike[other]]


def _under(how: MadeHow, own: Occasion) -> Conditions:
    return conditions_under(how.acquisition, how.spacing_mm, own.scope.phantom or how.model)


def _outcomes(rulings: Sequence[Ruling]) -> Iterator[Outcome]:
    """Of each key the worst."""
    said = defaultdict[str, list[str]](list)
    for one in rulings:
        said[one.key].append(one.outcome)
    found = (worst_of(outcomes) for outcomes in said.values())
    return (outcome for outcome in found if outcome is not None)


def _keys(rulings: Sequence[Ruling]) -> set[str]:
    return {r.key for r in rulings}


def _first_fitting(patterns: Sequence[str], common: Sequence[str]) -> str | None:
    """The most common key that fits the first pattern that any fits."""
    fitting = ([k for k in common if fnmatchcase(k, p)] for p in patterns)
    return next((keys[0] for keys in fitting if keys), None)


def _site(of: Acquisition, described: Scanner | None) -> str:
    """The institution of a header, else as iqa.toml describes the scanner, else the trial's site."""
    known = (described.institution, described.site) if described else (None, None)
    return of.institution or known[0] or of.site or known[1] or ""


def _worst_of_each(measures: Iterable[Measure]) -> list[Measure]:
    """Of every key the measure with the worst verdict; of equal ones what is out of control, then the latest."""
    found: dict[str, Measure] = {}
    for one in measures:  # the latest first
        if one.key not in found or _badness(one) < _badness(found[one.key]):
            found[one.key] = one
    return list(found.values())


def _badness(measure: Measure) -> tuple[int, bool]:
    return MOST_URGENT_FIRST.index(measure.outcome), not measure.out_of_control


def _trends(workspace: Workspace, story: FleetStory) -> dict[tuple[str, str], Trend]:
    """Of the first scanners that pass and are out of control the trend of the first such key."""
    passing = [m for m in story.machines if m.state == Outcome.PASS and m.out_of_control]
    flagged = [(m.scanner or "", m.out_of_control[0]) for m in passing]
    found = {}
    for scanner, last in flagged[:MOST_TRENDS]:
        every = trend(workspace, last.key, scanner=scanner)
        own = next((t for t in every if t.points[-1].measurement == last.measurement), None)
        if own is not None:
            found[scanner, last.key] = own
    return found
