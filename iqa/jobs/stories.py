"""What the store knows of a scan, put together for a page about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from iqa.errors import UsageError
from iqa.jobs.circumstances import conditions_of, conditions_under, model_of
from iqa.jobs.judging import LOOKED_BACK, MANUAL
from iqa.jobs.measures import Measures
from iqa.jobs.trend import trend
from iqa.judge import compare, worst_of
from iqa.model import Analysis, Curve, Located, Measurement, Outcome, Rule, Verdict
from iqa.phantom import library
from iqa.report.stories import CALM, MOST_URGENT_FIRST, Before, Lie, Made, Measure, ModuleAt, Past, Story
from iqa.report.trends import Trend
from iqa.store.database import Connection
from iqa.store.decisions import baselines, records_behind
from iqa.store.history import (
    Occasion,
    Point,
    about_scan,
    curves,
    day_of,
    events,
    keys,
    latest_scans,
    made_how,
    measurements,
    not_measured,
    occasions,
    several,
)
from iqa.store.judgements import Ruling, judgements_of
from iqa.store.workspace import Workspace

Traced = Callable[[Story], Collection[str]]
"""Of the measures of a story, the keys whose past a page shows."""
ENTERED_DAYS = 31
"""For which a value that a person entered is shown beside later scans."""
ON_RECORDS = ("manual.display.", "manual.dose.")
"""What a person enters of displays and of patients' doses: it stands on inspection records, as checks by eye do."""
MOST_PAST = 60
"""Scans of a scanner that small charts look back on."""


def story_of(workspace: Workspace, occasion_id: int, *, at: str, traced: Traced | None = None) -> Story:
    """All that a page says of a stored scan, as of its own date.

    Parameters
    ----------
    at : str
        When the page is made, ISO 8601 in UTC.
    traced
        Which keys have their past told; else every one, of which most pages show a few.

    Raises
    ------
    UsageError
        There is no scan of that number, or it is what a person entered.
    """
    with workspace.database.reading() as connection:
        found = occasions(connection, ids=[occasion_id])
        if not found or found[0].entered_by is not None:
            raise UsageError(f"There is no scan {occasion_id}; `iqa export` and `iqa trend --json` give their numbers.")
        teller = _Teller(connection, workspace, found[0])
        story = teller.story(at, traced)
    wanted = [m.key for m in story.measures if m.out_of_control]
    return replace(story, trends={key: own for key in wanted if (own := _own_trend(workspace, key, story)) is not None})


def story_of_analysis(analysis: Analysis, *, at: str) -> Story:
    """The same of a scan that is in no workspace: nothing is judged, and nothing came before."""
    located, identity = analysis.located, analysis.identity
    made = Made(
        dated=identity.acquired or "",
        acquired=identity.acquired,
        acquisition=analysis.acquisition,
        spacing_mm=analysis.spacing_mm,
        slices=analysis.shape[0],
        flags=analysis.scan_flags,
        pixel_sha256=identity.pixel_sha256,
        phantom=located.spec.title,
        model=located.spec.name,
        definition_sha256=located.spec.definition_hash,
        version=analysis.iqa_version,
    )
    numbers = tuple(Measure(key=m.key, measurement=m) for m in analysis.measurements)
    lost = tuple(Measure(key=n.key, missing=n, outcome=Outcome.NOT_MEASURED) for n in analysis.not_measured)
    return Story(
        made=made,
        made_at=at,
        measures=(*numbers, *lost),
        curves=analysis.curves,
        lie=lie_of(located),
        remembered=False,
    )


def lie_of(located: Located) -> Lie:
    """How the phantom lies, and which slices hold its modules, in the order of the stack."""
    held = sorted((m for m in located.modules if m.slices), key=lambda m: m.slices)
    return Lie(
        variant=located.spec.variant,
        mirrored=located.pose.mirrored if located.mirror_known else None,
        reversed=located.pose.reversed,
        modules=tuple(
            ModuleAt(m.name, (m.slices[0], m.slices[-1]), None if m.u_z_mm is None else m.pose.z_mm) for m in held
        ),
    )


def _own_trend(workspace: Workspace, key: str, story: Story) -> Trend | None:
    """The history of a key that the scan stands in, until the scan."""
    found = trend(workspace, key, scanner=story.scanner, until=story.made.dated)
    return next((t for t in found if t.points[-1].dated == story.made.dated), None)


def made_of(connection: Connection, workspace: Workspace, own: Occasion) -> Made:
    """How a stored scan was made and what it is known by."""
    model = model_of(own) or ""
    spec = next((s for s in library(workspace.phantom_dirs) if s.name == model), None)
    return Made(
        dated=own.dated,
        acquired=own.acquired,
        acquisition=own.acquisition,
        spacing_mm=own.spacing_mm,
        slices=about_scan(connection, own.id).get("slices"),
        flags=own.scan_flags,
        pixel_sha256=own.pixel_sha256 or "",
        phantom=spec.title if spec else model,
        model=own.model or "",
        definition_sha256=own.definition_sha256 or "",
        version=own.version,
    )


class _Teller:
    """One scan, and what the store says of it."""

    def __init__(self, connection: Connection, workspace: Workspace, occasion: Occasion) -> None:
        self.connection, self.workspace, self.occasion = connection, workspace, occasion
        self.about = Measures(baselines(connection, scanner=occasion.scope.scanner))
        self.under = conditions_of(occasion)

    def story(self, at: str, traced: Traced | None) -> Story:
        """All but the trends."""
        own, settings = self.occasion, self.workspace.settings
        said = next(iter(judgements_of(self.connection, [own.record_id], latest=True)), None)
        rule: Rule = said.rule if said else settings.site.decision_rule
        signals = said.signals if said else ()
        before = self._before()
        measures = self._measures(said.rulings if said else (), rule, signals)
        dated = own.scope.scanner is not None and own.acquired is not None
        since = before.dated if before else own.dated
        told = events(self.connection, scanner=own.scope.scanner, phantoms=[own.scope.phantom or ""]) if dated else []
        story = Story(
            made=made_of(self.connection, self.workspace, own),
            made_at=at,
            site=settings.site.name,
            scanner=own.scope.scanner,
            protocol=own.scope.protocol,
            copy=own.scope.phantom,
            rule=rule,
            charted=settings.site.charted,
            measures=measures,
            entered=tuple(self._entered()) if dated else (),
            curves=tuple(curves(self.connection, own.record_id)),
            baseline_curves=self._baseline_curves(measures),
            happened=tuple(e for e in told if since < e.dated <= own.dated),
        )
        keys = traced(story) if traced else {m.key for m in measures}
        traced_measures = tuple(self._with_past(measures, keys, before))
        compared = self._compared(before, traced_measures) if before else None
        return replace(story, measures=traced_measures, before=compared)

    def _before(self) -> Occasion | None:
        """The scanner's last scan of that protocol and phantom."""
        own = self.occasion
        if own.scope.scanner is None or own.acquired is None:
            return None
        others = latest_scans(self.connection, own.scope.scanner, before=own.dated, most=LOOKED_BACK)
        return next((o for o in others if o.scope == own.scope and o.acquired is not None), None)

    def _measures(self, rulings: Sequence[Ruling], rule: Rule, signals: Sequence[str]) -> tuple[Measure, ...]:
        record = self.occasion.record_id
        numbers = {m.key: m for m in measurements(self.connection, record)}
        lost = {n.key: n for n in not_measured(self.connection, record)}
        said = defaultdict[str, list[Verdict]](list)
        for ruling in rulings:
            said[ruling.key].append(self.about.reader.verdict(ruling, rule))
        every = [*numbers, *(k for k in lost if k not in numbers)]
        every += [k for k in said if k not in numbers and k not in lost]
        own = self.occasion
        return tuple(
            self.about.measure(
                k, own, measured=numbers.get(k), said=said[k], lost=lost.get(k), out_of_control=k in signals
            )
            for k in every
        )

    def _with_past(self, made: Sequence[Measure], keys: Collection[str], last: Occasion | None) -> Iterable[Measure]:
        """With comparable scans since the baseline, and value and verdict of the scan before."""
        past = self._past({m.key: m.measurement for m in made if m.measurement and m.key in keys})
        before = self._values_of(last)
        for one in made:
            held = self.about.known.get(one.baseline.id or -1) if one.baseline else None
            points = [p for p in past.get(one.key, ()) if held is None or p.dated >= held.since]
            told = tuple(Past(p.dated, day_of(p.dated), p.measurement.value) for p in points)
            yield replace(one, history=told, before=before.get(one.key) if len(told) > 1 else None)

    def _past(self, numbers: Mapping[str, Measurement]) -> dict[str, list[Point]]:
        """Comparable values of the keys until the scan, oldest first."""
        own = self.occasion
        if own.scope.scanner is None or own.acquired is None:
            return {}
        recent = latest_scans(self.connection, own.scope.scanner, before=own.dated, most=MOST_PAST)
        since = recent[-1].dated if recent else own.dated
        found = several(self.connection, list(numbers), scanner=own.scope.scanner, since=since)
        points = {p.occasion_id for series in found.values() for p in series if p.scope == own.scope}
        how = made_how(self.connection, sorted(points))
        name = own.scope.phantom
        alike = {
            i
            for i, made in how.items()
            if compare(
                conditions_under(made.acquisition, made.spacing_mm, name or made.model), self.under
            ).outcome is None
        }  # fmt: skip
        return {
            key: [
                p
                for p in series
                if p.occasion_id in alike and p.dated <= own.dated and p.measurement.method == numbers[key].method
            ]
            for key, series in found.items()
        }

    def _values_of(self, before: Occasion | None) -> dict[str, tuple[float, Outcome]]:
        """Values and verdicts of an earlier scan."""
        if before is None:
            return {}
        outcomes = self._outcomes_of(before)
        numbers = measurements(self.connection, before.record_id)
        return {m.key: (m.value, outcomes.get(m.key, Outcome.NOT_JUDGED)) for m in numbers}

    def _compared(self, before: Occasion, measures: Sequence[Measure]) -> Before:
        found = compare(self.under, conditions_of(before))
        reasons = (found.sentence.replace("in the baseline", "then"),) if found.outcome is not None else ()
        software = (before.acquisition.software, self.occasion.acquisition.software)
        return Before(before.dated, reasons, self._changed(before, measures), software, before.version)

    def _changed(self, before: Occasion, measures: Sequence[Measure]) -> tuple[tuple[str, Outcome, Outcome], ...]:
        """(key, then, now) of every verdict that is another one, the most urgent now first."""
        then, now = self._outcomes_of(before), {m.key: m.outcome for m in measures if m.verdicts}
        every = [(k, then.get(k, Outcome.NOT_JUDGED), now.get(k, Outcome.NOT_JUDGED)) for k in {**now, **then}]
        changed = [one for one in every if one[1] != one[2]]
        return tuple(sorted(changed, key=lambda one: (MOST_URGENT_FIRST.index(one[2]), one[0])))

    def _outcomes_of(self, scan: Occasion) -> dict[str, Outcome]:
        """The worst verdict on each key of a scan that was judged."""
        said = next(iter(judgements_of(self.connection, [scan.record_id], latest=True)), None)
        outcomes = defaultdict[str, list[str]](list)
        for ruling in said.rulings if said else ():
            outcomes[ruling.key].append(ruling.outcome)
        return {key: worst_of(found) or Outcome.NOT_JUDGED for key, found in outcomes.items()}

    def _entered(self) -> Iterable[Measure]:
        """The last value of each key that a person entered of late."""
        own = self.occasion
        first = (date.fromisoformat(own.dated[:10]) - timedelta(days=ENTERED_DAYS)).isoformat()
        elsewhere = {c.key for c in self.workspace.settings.checks if c.show != "value"}
        entered = [k for k in keys(self.connection) if k.startswith(MANUAL)]
        found = several(self.connection, entered, scanner=own.scope.scanner, since=first)
        for key, points in found.items():
            last = next((p for p in reversed(points) if p.dated[:10] <= own.dated[:10]), None)
            if last is not None:
                said = next(iter(judgements_of(self.connection, [last.record_id], latest=True)), None)
                verdicts = (
                    tuple(self.about.reader.verdict(r, said.rule) for r in said.rulings if r.key == key) if said else ()
                )
                one = self.about.measure(key, own, measured=last.measurement, said=verdicts)
                if one.outcome not in CALM or not (key in elsewhere or key.startswith(ON_RECORDS)):
                    yield one

    def _baseline_curves(self, measures: Sequence[Measure]) -> dict[str, Curve]:
        """The mean curve of the scans behind the baseline, by key; of the first baseline that there is."""
        used = next((m.baseline.id for m in measures if m.baseline and m.baseline.id is not None), None)
        if used is None:
            return {}
        found = defaultdict[str, list[Curve]](list)
        for record in records_behind(self.connection, used):
            for one in curves(self.connection, record):
                found[one.key].append(one)
        return {key: _mean(alike) for key, alike in found.items()}


def _mean(alike: Sequence[Curve]) -> Curve:
    """On the abscissa of the last, as far as all reach; u is that of a mean of independent scans."""
    last = alike[-1]
    reach = min(c.x[-1] for c in alike)
    x = np.array([v for v in last.x if v <= reach])
    values = np.array([np.interp(x, c.x, c.values) for c in alike])
    stated = np.array([np.interp(x, c.x, c.u) for c in alike])
    u = np.sqrt(np.sum(stated**2, axis=0)) / len(alike)
    return replace(last, x=tuple(x.tolist()), values=tuple(values.mean(axis=0).tolist()), u=tuple(u.tolist()))
