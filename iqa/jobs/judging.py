"""Stored results judged by the limits and baselines that are in force, and the verdicts kept with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from iqa.errors import DefinitionError
from iqa.jobs.circumstances import conditions_of, model_of
from iqa.jobs.trend import out_of_control
from iqa.judge import (
    LimitSet,
    adopt,
    compare,
    digest,
    find_set,
    from_text,
    in_force,
    judge,
    limit_sets,
    limits_from,
    to_text,
    worst,
)
from iqa.judge.keys import matches
from iqa.model import Baseline, Conditions, Limit, Measurement, NotMeasured, Outcome, Rule, Scope, Verdict
from iqa.store.audit import enter, entries
from iqa.store.checks import Grade
from iqa.store.database import Connection
from iqa.store.decisions import Signed, StoredBaseline, baselines
from iqa.store.history import Occasion, latest_scans, measurements, not_measured, occasions, records_of
from iqa.store.judgements import Ruling, Said, judgements_of, keep_judgement
from iqa.store.settings import Settings
from iqa.version import __version__

WRITTEN = "limits in iqa.toml"
ADOPTED, DROPPED = "adopt limits", "drop limits"
"""Actions in the audit trail, from which is read what is adopted."""
MANUAL = "manual."
"""Family of what people enter."""
DISPLAYS = "manual.display."
"""What people measure on a medical display: the display's name and the quantity follow."""
DISPLAY_SETS: Mapping[str, Grade] = {"jesra-x-0093-1a": "1A", "jesra-x-0093-1b": "1B", "jesra-x-0093-2": "2"}
"""Shipped sets that judge displays of one grade alone."""
LOOKED_BACK = 20
"""Scans among which the last one of the same protocol and phantom is sought."""
WORDED = frozenset({Outcome.PASS, Outcome.PASS_WITHIN_U, Outcome.NOT_JUDGED})
"""Verdicts whose sentence is not kept: the value, the limit and the baseline say it again."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of a workspace, read once for many scans."""

    settings: Settings
    written: tuple[Limit, ...]
    """Those of iqa.toml."""
    sets: tuple[LimitSet, ...]
    """Those that travel with iqa."""

    def limits(self, adopted: Sequence[Limit], model: str | None) -> tuple[Limit, ...]:
        """All that judge a phantom model: those in force by themselves, those adopted, those of iqa.toml."""
        return (*in_force(model, self.sets), *adopted, *self.written)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of a scan or an entry."""

    verdicts: tuple[Verdict, ...]
    signals: tuple[str, ...]
    """Charted keys that are out of control with it."""


def rules_of(settings: Settings) -> Rules:
    """The rules that settings and shipped sets make.

    Raises
    ------
    DefinitionError
        A limit in iqa.toml is wrong, contradicts itself or is for a scanner, protocol or phantom that is not there.
    """
    written = limits_from(settings.limits, settings.file, "limit")
    for limit in written:
        _check_scope(limit, settings)
    return Rules(settings, written, limit_sets())


def _check_scope(limit: Limit, settings: Settings) -> None:
    """Raise if a limit is for a scanner, protocol or phantom that there is none of: it would judge nothing."""
    known = {"scanner": settings.scanners, "protocol": settings.protocols, "phantom": settings.phantoms}
    for kind, names in known.items():
        name = getattr(limit.scope, kind)
        if name is not None and name not in names:
            wanted = f"one of {', '.join(names) or f'the [{kind}.NAME] in this file'}"
            raise DefinitionError(settings.file, f"{limit.name}.{kind}", wanted, repr(name))


def adopted_limits(connection: Connection, rules: Rules) -> tuple[Limit, ...]:
    """The limits of every set that was adopted and not dropped since."""
    found: dict[tuple[str, str | None], tuple[Limit, ...]] = {}
    for entry in entries(connection, actions=(ADOPTED, DROPPED)):
        said = entry.subject
        key = (said["set"], said["scanner"])
        found.pop(key, None)
        if entry.action == ADOPTED:
            chosen = find_set(said["set"], rules.sets)
            found[key] = adopt(chosen, entry.person, entry.at[:10], said["reason"], Scope(scanner=said["scanner"]))
    return tuple(limit for limits in found.values() for limit in limits)


def note_limits(connection: Connection, rules: Rules, signed: Signed) -> None:
    """An entry in the audit trail where the limits in iqa.toml are not those of last time."""
    now = {limit.name: digest(limit) for limit in rules.written}
    trail = entries(connection, actions=(WRITTEN,))
    before = trail[-1].subject["limits"] if trail else {}
    if now != before:
        texts = {limit.name: to_text(limit) for limit in rules.written if before.get(limit.name) != now[limit.name]}
        enter(
            connection, at=signed.at, person=signed.person, action=WRITTEN, limits=now, new=texts,
            gone=sorted(before.keys() - now.keys()), reason=signed.reason,
        )  # fmt: skip


def judge_record(connection: Connection, rules: Rules, occasion_id: int, *, at: str) -> Judged:
    """What counts of a scan or an entry is judged, and what is said of it kept."""
    (occasion,) = occasions(connection, ids=[occasion_id])
    own = occasion.scope.scanner
    known = [] if own is None else [b for b in baselines(connection, scanner=own) if b.held(occasion.dated)]
    verdicts = verdicts_on(connection, rules, occasion, known)
    rulings = tuple(ruling(v) for v in verdicts)
    signals = out_of_control(connection, rules.settings, occasion, known)
    said = Said(rules.settings.site.decision_rule, worst(verdicts), rulings, signals)
    keep_judgement(connection, occasion.record_id, said, version=__version__, at=at)
    return Judged(verdicts, signals)


def judge_since(connection: Connection, rules: Rules, scanner: str | None, since: str, *, at: str) -> None:
    """What counts of a scanner from a date on is judged anew: its baselines have changed."""
    for one in occasions(connection, scanner=scanner):
        if one.scope.scanner == scanner and one.dated >= since:
            judge_record(connection, rules, one.id, at=at)


def verdicts_on(
    connection: Connection, rules: Rules, occasion: Occasion, known: Sequence[StoredBaseline]
) -> tuple[Verdict, ...]:
    """The verdicts by the limits of now and the baselines of a scan's time, then the keys required in vain."""
    model, rule = model_of(occasion), rules.settings.site.decision_rule
    numbers = measurements(connection, occasion.record_id)
    limits = rules.limits(adopted_limits(connection, rules), model)
    missing = not_measured(connection, occasion.record_id)
    verdicts = judge(
        numbers,
        missing,
        conditions_of(occasion),
        occasion.scope,
        [x for x in limits if _asks(x, occasion, numbers) and not _other_grade(x, numbers, rules.settings)],
        relative_to(known, limits),
        rule,
        phantom_model=model,
    )
    return (*verdicts, *_required(rules, occasion, {m.key for m in numbers} | {v.key for v in verdicts}, missing))


def _required(
    rules: Rules, occasion: Occasion, known: Collection[str], missing: Sequence[NotMeasured]
) -> Iterator[Verdict]:
    """A verdict on each key that the scan's protocol requires and that nothing is known of."""
    protocol = rules.settings.protocols.get(occasion.scope.protocol or "")
    reasons = {n.key: n.reason for n in missing}
    for key in protocol.keys if protocol else ():
        if key not in known:
            unsaid = f"The protocol {occasion.scope.protocol} requires {key}, and the scan says nothing of it."
            yield Verdict(key, Outcome.NOT_MEASURED, reasons.get(key, unsaid), rules.settings.site.decision_rule)


def _asks(limit: Limit, occasion: Occasion, numbers: Sequence[Measurement]) -> bool:
    """Whether a limit asks anything of an occasion: a scan measures nothing by hand, an entry only what it says."""
    if occasion.entered_by is None:
        return not limit.key.startswith(MANUAL)
    return any(matches(limit.key, m.key) for m in numbers)


def _other_grade(limit: Limit, numbers: Sequence[Measurement], settings: Settings) -> bool:
    """Whether a shipped limit is for displays of another grade than the one that was measured."""
    grade = DISPLAY_SETS.get(limit.name.partition("/")[0])
    names = {m.key.removeprefix(DISPLAYS).partition(".")[0] for m in numbers if m.key.startswith(DISPLAYS)}
    shown = [settings.displays.get(name) for name in names]
    return grade is not None and not any(d is not None and d.grade == grade for d in shown)


def unlike_before(connection: Connection, occasion_id: int) -> tuple[str, ...]:
    """Why a scan is not comparable with the scanner's last one of that protocol and phantom; nothing where it is."""
    (now,) = occasions(connection, ids=[occasion_id])
    if now.scope.scanner is None:
        return ()
    others = latest_scans(connection, now.scope.scanner, before=now.dated, most=LOOKED_BACK)
    alike = (o for o in others if (model_of(o), o.scope.protocol) == (model_of(now), now.scope.protocol))
    before = next(alike, None)
    found = compare(conditions_of(now), conditions_of(before)) if before else None
    if before is None or found is None or found.outcome is None:
        return ()
    reasons = found.sentence.replace("in the baseline", "then").replace("of the baseline", "of that scan")
    return (f"Against the scan of {before.dated.replace('T', ' ')}: {reasons[0].lower()}{reasons[1:]}",)


def relative_to(known: Sequence[StoredBaseline], limits: Sequence[Limit]) -> list[Baseline]:
    """Baselines of keys that some limit sets against them."""
    relative = [x for x in limits if x.kind != "absolute"]
    wanted = [b for b in known if any(matches(x.key, b.key) for x in relative)]
    return [replace(from_text(Baseline, b.content, f"baseline {b.id}"), id=b.id) for b in wanted]


def ruling(verdict: Verdict) -> Ruling:
    """A verdict as it is stored."""
    limit = (digest(verdict.limit), to_text(verdict.limit)) if verdict.limit else None
    baseline = verdict.baseline.id if verdict.baseline else None
    reason = "" if verdict.outcome in WORDED else verdict.reason
    return Ruling(verdict.key, verdict.outcome, reason, limit, baseline, verdict.flags)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A verdict as it was stored, and as it comes out again."""

    judged_at: str
    stored: Ruling
    again: Verdict

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.stored.outcome == self.again.outcome


def rederived(connection: Connection, occasion: Occasion) -> tuple[Recalled, ...]:
    """Each verdict that was ever given on a scan, oldest first, beside what its own limit, baseline and rule say again.

    Notes
    -----
    Of its own values, too: results that were replaced by recalculated ones are kept. The phantom's copy is that of the
    present assignment.
    """
    known = {b.id: replace(from_text(Baseline, b.content, f"baseline {b.id}"), id=b.id) for b in baselines(connection)}
    records = records_of(connection, occasion.id)
    cases = {
        r: _Case(measurements(connection, r), not_measured(connection, r), conditions_of(occasion), model_of(occasion))
        for r in records
    }
    return tuple(
        Recalled(said.judged_at, one, again)
        for said in judgements_of(connection, records)
        for one in said.rulings
        if (again := cases[said.record_id].again(one, known, said.rule)) is not None
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What one scan measured."""

    numbers: list[Measurement]
    missing: list[NotMeasured]
    conditions: Conditions
    model: str | None

    def again(self, one: Ruling, known: Mapping[int, Baseline], rule: Rule) -> Verdict | None:
        """The verdict by the limit and baseline that were kept with one."""
        if one.limit is None:
            return None
        # both were for the scan when they judged it, whosever it is by now
        limit = replace(from_text(Limit, one.limit[1], f"limit {one.limit[0][:12]}"), scope=Scope())
        used = [replace(known[one.baseline_id], scope=Scope())] if one.baseline_id is not None else []
        found = judge(
            self.numbers, self.missing, self.conditions, Scope(), [limit], used, rule, phantom_model=self.model
        )
        return next((v for v in found if v.key == one.key), None)
