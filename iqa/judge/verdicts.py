"""What a scan measured, judged by every limit that is for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from iqa.judge.bounds import difference_u, no_percent, own_unit
from iqa.judge.comparability import compare, equal
from iqa.judge.decide import cannot_pass, decide, is_number
from iqa.judge.keys import is_literal, matches
from iqa.judge.wording import scans, shown, span
from iqa.model import (
    COVERAGE_FACTOR,
    Baseline,
    Bounds,
    Conditions,
    Limit,
    Measurement,
    NotMeasured,
    Outcome,
    Rule,
    Scope,
    Verdict,
)

FEW_SCANS = 8
"""Scans below which a baseline is flagged: its spread is known to a third at best."""
WORST_FIRST = (
    Outcome.FAIL,
    Outcome.CANNOT_TELL,
    Outcome.WARNING,
    Outcome.NOT_COMPARABLE,
    Outcome.NOT_MEASURED,
    Outcome.PASS_WITHIN_U,
    Outcome.PASS,
    Outcome.NOT_JUDGED,
)
"""What is missing stands before what is well, lest a pass hide it; a limit that waits for its baseline comes last."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A scan as it is judged."""

    measurements: Sequence[Measurement]
    not_measured: Sequence[NotMeasured]
    conditions: Conditions
    scope: Scope
    baselines: Sequence[Baseline]
    rule: Rule


def judge(
    measurements: Sequence[Measurement],
    not_measured: Sequence[NotMeasured],
    conditions: Conditions,
    scope: Scope,
    limits: Sequence[Limit],
    baselines: Sequence[Baseline],
    rule: Rule = "simple",
    *,
    phantom_model: str | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each limit and each key that it is for, in the order of the limits.

    Parameters
    ----------
    measurements, not_measured : sequence
        All of one scan, or what a person entered.
    conditions, scope : Conditions, Scope
        Of the scan.
    limits : sequence of Limit
        Any; those of other scanners, protocols, phantoms and phantom models are passed over.
    baselines : sequence of Baseline
        Those that are valid now.
    rule : Rule
        For absolute limits; limits from a baseline are judged by `simple`.
    phantom_model : str or None
        Name of the phantom's definition; None where there is no phantom.

    Notes
    -----
    A key without any limit has no verdict here. A limit of exactly one key that the scan says nothing of is "not
    measured"; a pattern that fits nothing is passed over.

    A limit from a baseline judges the value's difference from it with the u of both, √(u² + u_b²), where u_b is that
    of the baseline's location. No guard band is added: those limits contain the scatter of scans already. What of u
    is common to both, such as the phantom's own make, cancels in truth and is counted all the same, so such a verdict
    errs towards "cannot tell".
    """
    case = _Case(measurements, not_measured, conditions, scope, baselines, rule)
    mine = (x for x in limits if x.scope.covers(scope))
    suited = (x for x in mine if not x.phantom_models or phantom_model in x.phantom_models)
    return tuple(verdict for limit in suited for verdict in _by(limit, case))


def worst(verdicts: Sequence[Verdict]) -> Outcome:
    """The outcome of all together; "not judged" where there is none.

    Fail, cannot tell, warning, not comparable, not measured, pass within uncertainty, pass, not judged: the first of
    these that occurs.
    """
    return worst_of(v.outcome for v in verdicts) or Outcome.NOT_JUDGED


def worst_of(outcomes: Iterable[str]) -> Outcome | None:
    """The first of several in that order; None where there is none."""
    found = set(outcomes)
    return next((outcome for outcome in WORST_FIRST if outcome in found), None)


def _by(limit: Limit, case: _Case) -> Iterator[Verdict]:
    measured = [m for m in case.measurements if matches(limit.key, m.key)]
    absent = [n for n in case.not_measured if matches(limit.key, n.key)]
    yield from (_value(m, limit, case) for m in measured)
    yield from (_verdict(n.key, Outcome.NOT_MEASURED, n.reason, limit, case) for n in absent)
    if not measured and not absent and is_literal(limit.key):
        reason = "Nothing was measured under this key: neither the scan nor an entry says anything of it."
        yield _verdict(limit.key, Outcome.NOT_MEASURED, reason, limit, case)


def _verdict(key: str, outcome: Outcome, reason: str, limit: Limit, case: _Case) -> Verdict:
    return Verdict(key, outcome, reason, _rule(limit, case), limit)


def _rule(limit: Limit, case: _Case) -> Rule:
    return case.rule if limit.kind == "absolute" else "simple"


def _value(m: Measurement, limit: Limit, case: _Case) -> Verdict:
    other = _made_for_other(m, limit, case.conditions)
    if other:
        return _verdict(m.key, Outcome.NOT_JUDGED, other, limit, case)
    flags = ("u_unknown",) if m.u is None else ()
    if limit.kind != "absolute":
        return _by_baseline(m, limit, case, flags)
    bounds = own_unit(limit, None)
    outcome = decide(m.value, m.u, bounds, case.rule)
    return Verdict(m.key, outcome, _sentence(m, m.u, bounds, outcome, limit), case.rule, limit, flags=flags)


def _made_for_other(m: Measurement, limit: Limit, conditions: Conditions) -> str:
    """Why a limit is not for this value; empty where it is."""
    if limit.method is not None and not fnmatchcase(m.method, limit.method):
        return f"The limit was made for the method {limit.method}; this value is by {m.method}."
    if limit.kind != "percent" and limit.unit != m.unit:
        return f"The limit is in {limit.unit}, the value in {m.unit}."
    if conditions.kev is not None and (limit.kv is not None or limit.basis == "maker"):
        return f"The limit is for images of a tube voltage; this one is monoenergetic, {conditions.kev:g} keV."
    if limit.kv is not None and conditions.kv is None:
        return f"The limit is for {limit.kv:g} kV; the tube voltage of this scan is not known."
    if limit.kv is not None and conditions.kv is not None and not equal(limit.kv, conditions.kv):
        return f"The limit is for {limit.kv:g} kV; this scan was made with {conditions.kv:g} kV."
    return ""


def _by_baseline(m: Measurement, limit: Limit, case: _Case, flags: tuple[str, ...]) -> Verdict:
    mine = [b for b in case.baselines if b.key == m.key and b.scope.covers(case.scope)]
    same = [b for b in mine if (b.method, b.unit) == (m.method, m.unit)]
    if not same:
        return _verdict(m.key, Outcome.NOT_JUDGED, _without(m, mine), limit, case)
    baseline = max(same, key=lambda b: (compare(case.conditions, b.conditions).outcome is None, *_rank(b)))
    gate = compare(case.conditions, baseline.conditions)
    if gate.outcome is not None:
        return Verdict(m.key, gate.outcome, gate.sentence, "simple", limit, baseline, (*flags, *gate.flags))
    undefined = no_percent(baseline, m.u) if limit.kind == "percent" else ""
    if undefined:
        return Verdict(m.key, Outcome.NOT_JUDGED, undefined, "simple", limit, baseline, (*flags, *gate.flags))
    few = ("baseline_of_few_scans",) if baseline.n < FEW_SCANS else ()
    bounds, u = own_unit(limit, baseline), difference_u(m.u, baseline)
    outcome = decide(m.value, u, bounds, "simple")
    reason = _sentence(m, u, bounds, outcome, limit, baseline)
    return Verdict(m.key, outcome, reason, "simple", limit, baseline, (*flags, *few, *gate.flags))


def _rank(baseline: Baseline) -> tuple[int, str]:
    """Of several that cover a scan the most particular counts, then the latest."""
    scope = baseline.scope
    return sum(x is not None for x in (scope.scanner, scope.protocol, scope.phantom)), baseline.approved_at


def _without(m: Measurement, others: Sequence[Baseline]) -> str:
    if not others:
        return f"There is no baseline of {m.key} for this scanner, protocol and phantom yet."
    ways = " and ".join(sorted({f"{b.method} in {b.unit}" for b in others}))
    return f"The baseline was measured by {ways}, this value by {m.method} in {m.unit}; a new baseline is needed."


def _sentence(
    m: Measurement, u: float | None, bounds: Bounds, outcome: Outcome, limit: Limit, baseline: Baseline | None = None
) -> str:
    """What was compared with what."""
    if not is_number(m.value, u):
        numbers = f"{shown(m.value, m.unit)}, u = {shown(u or 0.0, m.unit)}"
        return f"The value and its u must be finite numbers, u not below zero; they are {numbers}."
    doubt = COVERAGE_FACTOR * (u or 0.0)
    said = _said(outcome, shown(doubt, m.unit), bounds, doubt)
    limits, warning = (
        ("the maker's typical range",) * 2 if limit.basis == "maker" else ("its limits", "its warning limits")
    )
    low, high = _numbers_of(outcome, bounds)
    about = f", about the baseline of {_described(baseline)}" if baseline else ""
    maker = ", which is no tolerance" if limit.basis == "maker" else ""
    name = warning if outcome is Outcome.WARNING else limits
    return f"{shown(m.value, m.unit)} {said.format(name)} ({span(low, high, m.unit)}){maker}{about}."


def _said(outcome: Outcome, expanded: str, bounds: Bounds, doubt: float) -> str:
    """The predicate; {} stands for what the value is compared with."""
    match outcome:
        case Outcome.PASS:
            return "is within {}"
        case Outcome.PASS_WITHIN_U:
            return f"is nearer than U = {expanded} to an end of {{}}, but within them"
        case Outcome.WARNING | Outcome.FAIL:
            return "is outside {}"
    if cannot_pass(doubt, bounds):
        return f"has U = {expanded}, more than half the width of {{}}"
    return f"is nearer than U = {expanded} to an end of {{}}"


def _numbers_of(outcome: Outcome, bounds: Bounds) -> tuple[float | None, float | None]:
    """Low and high end of what an outcome refers to: of a pass, the tighter ones."""
    match outcome:
        case Outcome.PASS:
            return _either(bounds.warn_low, bounds.fail_low), _either(bounds.warn_high, bounds.fail_high)
        case Outcome.WARNING:
            return bounds.warn_low, bounds.warn_high
    return bounds.fail_low, bounds.fail_high


def _either(first: float | None, second: float | None) -> float | None:
    return second if first is None else first


def _described(baseline: Baseline) -> str:
    u = baseline.u or 0.0
    of = f"{shown(baseline.value, baseline.unit)} ({scans(baseline.n)}"
    return of + (f", u = {shown(u, baseline.unit)})" if u else ")")
