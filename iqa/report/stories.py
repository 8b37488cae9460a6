"""What is known of a scan, without a language: what a page about it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iqa.model import (
    Acquisition,
    Baseline,
    Bounds,
    Curve,
    Limit,
    Measurement,
    NotMeasured,
    Outcome,
    Rule,
    Verdict,
)
from iqa.report.trends import Trend
from iqa.store.history import Happened, Spacing

CALM = frozenset({Outcome.PASS, Outcome.PASS_WITHIN_U, Outcome.NOT_JUDGED})
"""Verdicts of which a page says no more than that they are so."""
URGENT = (Outcome.FAIL, Outcome.WARNING, Outcome.CANNOT_TELL, Outcome.NOT_COMPARABLE, Outcome.NOT_MEASURED)
"""The others, in the order in which a page speaks of them: a warning before what nobody can tell, unlike `worst`."""
MOST_URGENT_FIRST = (*URGENT, Outcome.PASS_WITHIN_U, Outcome.PASS, Outcome.NOT_JUDGED)
"""All."""


@dataclass(frozen=True, slots=True)
class Past:
    """One value of a key."""

    dated: str
    day: float
    value: float
    signal: bool = False
    """Out of control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One key of a scan, with all that is said of it."""

    key: str
    measurement: Measurement | None = None
    missing: NotMeasured | None = None
    verdicts: tuple[Verdict, ...] = ()
    outcome: Outcome = Outcome.NOT_JUDGED
    """The worst of them."""
    bounds: Bounds | None = None
    """Of the limit behind that verdict, in the value's own unit."""
    baseline: Baseline | None = None
    history: tuple[Past, ...] = ()
    """Comparable scans since the baseline, this one last; where there is no baseline, all of them."""
    out_of_control: bool = False
    before: tuple[float, Outcome] | None = None
    """Value and verdict of the scan before, where it is comparable."""

    @property
    def limit(self) -> Limit | None:
        """The limit behind the verdict that is shown."""
        return next((v.limit for v in self.verdicts if v.outcome == self.outcome), None)

    @property
    def reason(self) -> str:
        """Why there is no number or no verdict, or what was compared; a sentence, in English."""
        said = next((v.reason for v in self.verdicts if v.outcome == self.outcome), "")
        return said or (self.missing.reason if self.missing else "")


@dataclass(frozen=True, slots=True)
class Made:
    """How a scan was made and what it is known by."""

    dated: str
    acquired: str | None
    acquisition: Acquisition
    spacing_mm: Spacing | None
    slices: int | None
    flags: tuple[str, ...]
    pixel_sha256: str
    phantom: str
    """Title of the definition."""
    model: str
    definition_sha256: str
    version: str
    """Of iqa, that measured it."""


@dataclass(frozen=True, slots=True)
class ModuleAt:
    """A module where the scan holds it."""

    name: str
    slices: tuple[int, int]
    """First and last, 0-based in the sorted stack."""
    z_mm: float | None
    """Of its plane along the stack; None where nothing in the scan fixes it."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How a phantom lies in a scan, beside the numbers of its position."""

    variant: str | None
    mirrored: bool | None
    """None where the phantom is its own mirror image."""
    reversed: bool
    modules: tuple[ModuleAt, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """The scan before this one under the same protocol with the same phantom."""

    dated: str
    unlike: tuple[str, ...]
    """Why the two are not comparable; sentences, in English."""
    changed: tuple[tuple[str, Outcome, Outcome], ...]
    """(key, then, now) of each verdict that is another one now."""
    software: tuple[str | None, str | None]
    """The scanner's, then and now."""
    version: str
    """Of iqa, that measured it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A scan, its verdicts, and what came before."""

    made: Made
    made_at: str
    """When the page is made, ISO 8601 in UTC."""
    site: str = ""
    scanner: str | None = None
    protocol: str | None = None
    copy: str | None = None
    """Of the phantom."""
    rule: Rule = "simple"
    charted: tuple[str, ...] = ()
    """Keys with a control chart."""
    measures: tuple[Measure, ...] = ()
    entered: tuple[Measure, ...] = ()
    """What a person measured on the scanner of late."""
    curves: tuple[Curve, ...] = ()
    baseline_curves: Mapping[str, Curve] = field(default_factory=dict)
    """Mean of the baseline's scans."""
    trends: Mapping[str, Trend] = field(default_factory=dict)
    """Of the keys that are out of control."""
    before: Before | None = None
    happened: tuple[Happened, ...] = ()
    """To the scanner and the phantom since the scan before."""
    lie: Lie | None = None
    """Known where the scan was measured just now."""
    remembered: bool = True
    """In a workspace; else nothing is judged and nothing came before."""

    @property
    def all(self) -> tuple[Measure, ...]:
        """What was measured on the scan, then by hand."""
        return (*self.measures, *self.entered)

    def measure(self, key: str) -> Measure | None:
        """What is said of a key, if anything."""
        return next((m for m in self.all if m.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendStory:
    """The history of a key, and what may explain it."""

    trend: Trend
    others: tuple[Trend, ...] = ()
    """Other keys of the same scans."""
    made: Made | None = None
    """The last scan; None for what a person entered."""
    made_at: str
    """When the page is made, ISO 8601 in UTC."""
    site: str = ""
    rule: Rule = "simple"
