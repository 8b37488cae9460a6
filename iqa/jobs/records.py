"""What the store knows of a scanner in a period, put together for its inspection record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from iqa.jobs.circumstances import conditions_of
from iqa.jobs.clock import local
from iqa.jobs.entering import NOTED
from iqa.jobs.judging import DISPLAYS, MANUAL, adopted_limits, rules_of
from iqa.jobs.measures import Measures
from iqa.jobs.stories import ON_RECORDS
from iqa.judge import compare, worst
from iqa.judge.bounds import own_unit
from iqa.judge.keys import matches
from iqa.model import Baseline, Bounds, Limit, Measurement, Rule, Scope, Verdict
from iqa.phantom import library
from iqa.report.drl import reference_levels
from iqa.report.periods import Period
from iqa.report.records import (
    Checked,
    Dosed,
    Noted,
    RecordStory,
    Remark,
    Scanned,
    Shown,
    Together,
)
from iqa.report.stories import Measure
from iqa.store.audit import entries
from iqa.store.checks import IMAGE_QUALITY, Check, Device
from iqa.store.database import Connection
from iqa.store.decisions import baselines
from iqa.store.history import Happened, Occasion, events, keys, latest_scans, occasions, several
from iqa.store.judgements import Judgement, latest_judgements
from iqa.store.settings import Scanner, check_described
from iqa.store.workspace import Workspace
from iqa.version import __version__

DOSES = "manual.dose."
"""What people enter of patients' doses: the region and the quantity follow."""
Values = dict[int, dict[str, Measurement]]
"""By occasion and key."""


def record_story(workspace: Workspace, scanner: str, period: Period, *, at: str) -> RecordStory:
    """All that the inspection record of a scanner says of a period.

    Parameters
    ----------
    at : str
        When the record is made, ISO 8601 in UTC.

    Raises
    ------
    UsageError
        The scanner is not in iqa.toml.
    """
    check_described(workspace.settings, "scanner", scanner)
    with workspace.database.reading() as connection:
        return _Teller(connection, workspace, scanner, period).story(at)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A scan or an entry with what was said of it."""

    occasion: Occasion
    measures: dict[str, Measure]


def _order(own: Occasion) -> tuple[str, str, int]:
    """Scans by their moment; entries of a day as they were entered, so that a correction counts, whatever its hour."""
    return own.dated[:10], own.dated if own.entered_by is None else "", own.id


class _Teller:
    """One scanner and period, read once."""

    def __init__(self, connection: Connection, workspace: Workspace, scanner: str, period: Period) -> None:
        self.connection, self.workspace, self.period = connection, workspace, period
        self.scanner: Scanner = workspace.settings.scanners[scanner]
        self.about = Measures(baselines(connection, scanner=scanner))
        monday = period.first - timedelta(days=period.first.weekday())
        since, until = monday.isoformat(), (period.last + timedelta(days=1)).isoformat()
        found = occasions(connection, scanner=scanner, since=since, until=until)
        dated = [o for o in found if o.acquired is not None or o.entered_by is not None]
        said = latest_judgements(connection, [o.record_id for o in dated])
        values = self._values(since, until)
        self.seen = [
            _Seen(o, self._measures(o, values[o.id], said.get(o.record_id))) for o in sorted(dated, key=_order)
        ]

    def _values(self, since: str, until: str) -> Values:
        found: Values = defaultdict(dict)
        every = keys(self.connection)
        for key, points in several(self.connection, every, scanner=self.scanner.name, since=since, until=until).items():
            for point in points:
                found[point.occasion_id][key] = point.measurement
        return found

    def _measures(self, own: Occasion, numbers: dict[str, Measurement], said: Judgement | None) -> dict[str, Measure]:
        verdicts = defaultdict[str, list[Verdict]](list)
        rule: Rule = said.rule if said else "simple"
        for ruling in said.rulings if said else ():
            verdicts[ruling.key].append(self.about.reader.verdict(ruling, rule))
        signals = said.signals if said else ()
        every = dict.fromkeys([*numbers, *verdicts])
        return {
            k: self.about.measure(k, own, measured=numbers.get(k), said=verdicts[k], out_of_control=k in signals)
            for k in every
        }

    def story(self, at: str) -> RecordStory:
        """All of it."""
        settings, period = self.workspace.settings, self.period
        inside = [s for s in self.seen if s.occasion.dated >= period.first.isoformat()]
        scans = [s for s in inside if s.occasion.entered_by is None]
        verdicts = [v for s in inside for m in s.measures.values() for v in m.verdicts]
        return RecordStory(
            scanner=self.scanner.name,
            period=period,
            made_at=local(at),
            version=__version__,
            site=settings.site.name,
            seals=settings.site.seals,
            days_off=settings.site.days_off,
            device=self._device(scans),
            rule=verdicts[-1].rule if verdicts else settings.site.decision_rule,
            checked=tuple(self._checked()),
            charted=settings.site.charted,
            together=tuple(self._together(scans)),
            displays=tuple(self._displays()),
            doses=tuple(self._doses()),
            levels=reference_levels().on(period.last),
            happened=tuple(self._happened(scans)),
            remarks=tuple(self._remarks()),
            limits=tuple({v.limit.name: v.limit for v in verdicts if v.limit is not None}.values()),
            baselines=tuple(_distinct(v.baseline for v in verdicts)),
            versions=tuple(sorted({s.occasion.version for s in scans})),
            definitions=tuple(sorted({d for s in scans if (d := s.occasion.definition_sha256)})),
        )

    def _device(self, scans: Sequence[_Seen]) -> Device:
        """As iqa.toml describes it; model and serial of the last scan's header where it does not."""
        said = self.workspace.settings.devices.get(self.scanner.name, Device())
        last = scans[-1].occasion if scans else next(iter(latest_scans(self.connection, self.scanner.name)), None)
        if last is None:
            return said
        made = last.acquisition
        maker = " ".join(part for part in (made.manufacturer, made.model) if part)
        return replace(said, model=said.model or maker, serial=said.serial or made.serial or "")

    def _checked(self) -> Iterator[Checked]:
        limits = self._limits()
        checks = self.workspace.settings.checks_of(self.scanner.name)
        for check in (*checks, *self._others({c.key for c in checks})):
            noted = tuple(self._noted(check))
            judged = next((n.measure.bounds for n in reversed(noted) if n.measure.bounds is not None), None)
            yield Checked(check, noted, judged or _absolute(check.key, limits, Scope(self.scanner.name)))

    def _others(self, known: Collection[str]) -> Iterator[Check]:
        """What people entered that no check asks for: nothing that was judged is left out of a record."""
        entered = (k for one in self.seen if one.occasion.entered_by is not None for k in one.measures)
        for key in dict.fromkeys(entered):
            if key not in known and not key.startswith(ON_RECORDS):
                yield Check(name="", when="other", key=key)

    def _limits(self) -> tuple[Limit, ...]:
        rules = rules_of(self.workspace.settings)
        return rules.limits(adopted_limits(self.connection, rules), None)

    def _noted(self, check: Check) -> Iterator[Noted]:
        """What was noted under a check: of scans under its protocols, and entries."""
        for one in self.seen:
            own = one.occasion
            if own.entered_by is None and check.protocols and own.scope.protocol not in check.protocols:
                continue
            if check.key == IMAGE_QUALITY:
                measure = _whole(one) if own.entered_by is None else None
            else:
                measure = one.measures.get(check.key)
            if measure is not None:
                yield Noted(own.dated, measure, own.entered_by)

    def _together(self, scans: Sequence[_Seen]) -> Iterator[Together]:
        groups: list[list[_Seen]] = []
        for one in scans:
            own = next((g for g in groups if _alike(one.occasion, g[-1].occasion)), None)
            if own is None:
                groups.append([one])
            else:
                own.append(one)
        titles = {s.name: s.title for s in library(self.workspace.phantom_dirs)}
        for alike in groups:
            last = alike[-1].occasion
            model = (last.model or "").partition("/")[0]
            yield Together(
                protocol=last.scope.protocol,
                copy=last.scope.phantom,
                phantom=titles.get(model, model),
                acquisition=last.acquisition,
                scans=tuple(Scanned(s.occasion.dated, s.measures) for s in alike),
            )

    def _displays(self) -> Iterator[Shown]:
        for display in self.workspace.settings.displays_of(self.scanner.name):
            last = [self._last(f"{DISPLAYS}{display.name}.{quantity}") for quantity in ("luminance", "ratio")]
            yield Shown(display, *last)

    def _doses(self) -> Iterator[Dosed]:
        every = {
            k for s in self.seen for k in s.measures if k.startswith(DOSES) and k.count(".") == DOSES.count(".") + 1
        }
        regions = {k.removeprefix(DOSES).partition(".")[0] for k in every}
        known = list(reference_levels().names)
        for region in sorted(regions, key=lambda r: (known.index(r) if r in known else len(known), r)):
            last = [self._last(f"{DOSES}{region}.{quantity}") for quantity in ("ctdivol", "dlp", "count")]
            if any(last):
                yield Dosed(region, *last)

    def _last(self, key: str) -> Noted | None:
        """The last value of a key in the period."""
        for one in reversed(self.seen):
            if key in one.measures and date.fromisoformat(one.occasion.dated[:10]) >= self.period.first:
                return Noted(one.occasion.dated, one.measures[key], one.occasion.entered_by)
        return None

    def _happened(self, scans: Sequence[_Seen]) -> Iterable[Happened]:
        """To the scanner, and to the phantoms that were scanned or belong to it."""
        copies = {s.occasion.scope.phantom or "" for s in scans} | set(self.scanner.phantoms)
        found = events(self.connection, scanner=self.scanner.name, phantoms=sorted(copies - {""}))
        return (e for e in found if self._inside(e.dated))

    def _remarks(self) -> Iterator[Remark]:
        """What was written beside entered values, by date."""
        said = [e for e in entries(self.connection, (NOTED,)) if e.subject["scanner"] == self.scanner.name]
        for entry in sorted(said, key=lambda e: str(e.subject["dated"])):
            s = entry.subject
            if self._inside(s["dated"]):
                yield Remark(s["dated"], s["key"], s["value"], s["unit"], s["reason"], entry.person)

    def _inside(self, dated: str) -> bool:
        return self.period.whole.holds(date.fromisoformat(dated[:10]))


def _alike(one: Occasion, other: Occasion) -> bool:
    """Whether two scans stand in one table: one protocol and phantom, or under no protocol what is comparable."""
    if (one.scope, one.model) != (other.scope, other.model):
        return False
    return one.scope.protocol is not None or compare(conditions_of(one), conditions_of(other)).outcome is None


def _whole(one: _Seen) -> Measure:
    """All verdicts on a scan as one."""
    verdicts = tuple(v for m in one.measures.values() for v in m.verdicts)
    signal = any(m.out_of_control for m in one.measures.values())
    return Measure(key=IMAGE_QUALITY, verdicts=verdicts, outcome=worst(verdicts), out_of_control=signal)


def _absolute(key: str, limits: Sequence[Limit], scope: Scope) -> Bounds | None:
    """Of the absolute limit on a key that is in force for a scanner, where nothing was judged by it yet."""
    mine = (x for x in limits if x.kind == "absolute" and matches(x.key, key) and x.scope.covers(scope))
    found = next((x for x in mine if key.startswith(MANUAL) or x.basis == "site"), None)
    return None if found is None else own_unit(found, None)


def _distinct(used: Iterable[Baseline | None]) -> Iterable[Baseline]:
    return {b.id: b for b in used if b is not None}.values()
