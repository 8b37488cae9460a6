"""One key of a stored scan, with all that was said of it and the baseline that it stands beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from iqa.jobs.circumstances import conditions_of
from iqa.jobs.said import Reader, bounds_behind
from iqa.judge import compare, worst
from iqa.model import Baseline, Measurement, NotMeasured, Outcome, Scope, Verdict
from iqa.report.stories import Measure
from iqa.store.decisions import StoredBaseline
from iqa.store.history import Occasion


class Measures:
    """Makes measures of numbers, verdicts and the baselines of their scanners."""

    def __init__(self, known: Iterable[StoredBaseline]) -> None:
        self.known = {b.id: b for b in known}
        self.reader = Reader(self.known)
        self._of = defaultdict[tuple[str, Scope], list[StoredBaseline]](list)
        for one in self.known.values():
            self._of[one.key, one.scope].append(one)

    def measure(
        self,
        key: str,
        occasion: Occasion,
        *,
        measured: Measurement | None,
        said: Sequence[Verdict],
        lost: NotMeasured | None = None,
        out_of_control: bool = False,
    ) -> Measure:
        """One key of a scan or an entry; nothing of other scans."""
        outcome = worst(said) if said else Outcome.NOT_JUDGED if measured else Outcome.NOT_MEASURED
        behind = next((v for v in said if v.outcome == outcome), None)
        # what a value is not comparable with is no baseline of it
        baseline = next((v.baseline for v in said if v.baseline and v.outcome is not Outcome.NOT_COMPARABLE), None)
        return Measure(
            key=key,
            measurement=measured,
            missing=lost,
            verdicts=tuple(said),
            outcome=outcome,
            bounds=bounds_behind(behind),
            baseline=baseline or self._standing(measured, occasion),
            out_of_control=out_of_control,
        )

    def _standing(self, measured: Measurement | None, occasion: Occasion) -> Baseline | None:
        """The baseline of a key that no limit is set against, where the value is comparable with it."""
        if measured is None:
            return None
        held = [b for b in self._of.get((measured.key, occasion.scope), ()) if b.held(occasion.dated)]
        read = [b for b in map(self.reader.baseline, held) if b.method == measured.method]
        under = conditions_of(occasion)
        return next((b for b in read if compare(under, b.conditions).outcome is None), None)
