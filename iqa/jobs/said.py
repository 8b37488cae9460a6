"""Stored verdicts read again, with the limits and baselines that they were reached by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from iqa.judge import from_text
from iqa.judge.bounds import own_unit
from iqa.model import Baseline, Bounds, Limit, Outcome, Rule, Verdict
from iqa.store.decisions import StoredBaseline
from iqa.store.judgements import Ruling


class Reader:
    """The baselines of a scanner by number, and what was read already: many verdicts rest on one text."""

    def __init__(self, known: Mapping[int, StoredBaseline]) -> None:
        self.known = known
        self._limits: dict[str, Limit] = {}
        self._baselines: dict[int, Baseline] = {}

    def verdict(self, ruling: Ruling, rule: Rule) -> Verdict:
        """A verdict as it was given."""
        limit = self._limit(*ruling.limit) if ruling.limit else None
        used = self.known.get(ruling.baseline_id or -1)
        about = (ruling.reason, rule, limit, self.baseline(used) if used else None, ruling.flags)
        return Verdict(ruling.key, Outcome(ruling.outcome), *about)

    def baseline(self, stored: StoredBaseline) -> Baseline:
        """A stored baseline with its number."""
        if stored.id not in self._baselines:
            read = from_text(Baseline, stored.content, f"baseline {stored.id}")
            self._baselines[stored.id] = replace(read, id=stored.id)
        return self._baselines[stored.id]

    def _limit(self, digest: str, content: str) -> Limit:
        if digest not in self._limits:
            self._limits[digest] = from_text(Limit, content, f"limit {digest[:12]}")
        return self._limits[digest]


def bounds_behind(verdict: Verdict | None) -> Bounds | None:
    """The numbers behind a verdict, in the value's own unit."""
    if verdict is None or verdict.limit is None:
        return None
    alone = verdict.baseline is None or verdict.outcome is Outcome.NOT_COMPARABLE
    if alone and verdict.limit.kind != "absolute":
        return None
    return own_unit(verdict.limit, verdict.baseline)
