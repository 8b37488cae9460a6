"""What commands of a workspace hand over to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from iqa.analyze import Refusal
from iqa.model import Acquisition, Analysis, Outcome, Verdict
from iqa.store.history import Occasion
from iqa.store.matching import Owner
from iqa.store.records import Kept


@dataclass(frozen=True, slots=True)
class Added:
    """One scan that is in the store now."""

    source: str
    """To print, never to store."""
    occasion_id: int
    acquisition: Acquisition
    owner: Owner
    analysis: Analysis | None
    """None where it was known already: nothing is measured twice."""
    verdicts: tuple[Verdict, ...] = ()
    signals: tuple[str, ...] = ()
    """Charted keys that are out of control with this scan."""
    assigned: bool = False
    """A known scan that was given to another scanner now."""

    @property
    def new(self) -> bool:
        """Whether anything is said of it now that was not said before."""
        return self.analysis is not None or self.assigned


@dataclass(frozen=True, slots=True)
class Addition:
    """What became of the inputs of one call."""

    scans: tuple[Added, ...]
    refused: tuple[Refusal, ...]
    set_aside: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class State:
    """One scanner, or all scans that are assigned to none."""

    scanner: str | None
    last: str | None
    """Date of the last scan."""
    days: int | None
    """Since then."""
    count: int
    outcome: Outcome | None
    """Worst verdict on the last scan of each protocol and phantom and on the last entry of each key."""
    signals: tuple[str, ...]
    """Charted keys that are out of control."""
    period_days: float | None
    overdue: bool

    @property
    def alarming(self) -> bool:
        """Failing or overdue."""
        return self.overdue or self.outcome is Outcome.FAIL


@dataclass(frozen=True, slots=True)
class Change:
    """How the values of one key differ, new minus old, over all scans that were measured anew."""

    key: str
    unit: str
    methods: tuple[str, str]
    """Old and new."""
    n: int
    mean: float | None
    """None, as the other differences, where another method makes another quantity of it."""
    spread: float | None
    """Standard deviation of the differences; None for one scan."""
    largest: float | None
    typical_u: float | None
    """Median u of the old values."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a recalculation gave."""

    chosen: tuple[Kept, ...]
    """New records, which do not count yet."""
    changes: tuple[Change, ...]
    gained: tuple[str, ...]
    """Keys that had no value before."""
    lost: tuple[str, ...]
    """Keys that have none now."""
    not_found: tuple[Occasion, ...]
    """Stored scans whose files were not among the paths."""
    refused: tuple[Refusal, ...]
