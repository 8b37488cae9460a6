"""What is known of a scanner and a period, without a language: what an inspection record is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from iqa.judge import worst_of
from iqa.model import Acquisition, Baseline, Bounds, Limit, Outcome, Rule
from iqa.report.drl import Edition
from iqa.report.periods import Period, Stretch
from iqa.report.stories import Measure
from iqa.store.checks import WEEKDAYS, Check, Device, Display
from iqa.store.history import Happened

VISUAL = {0.0: Outcome.PASS, 1.0: Outcome.WARNING, 2.0: Outcome.FAIL}
"""What 0, 1 and 2 of a check by eye say: no abnormality, to be watched, abnormal."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One value, or what was said of a whole scan, at one time."""

    dated: str
    measure: Measure
    person: str | None = None
    """Who entered it; None of a scan."""

    @property
    def day(self) -> date:
        """On which it was done."""
        return date.fromisoformat(self.dated[:10])

    @property
    def value(self) -> float | None:
        """The number."""
        return self.measure.measurement.value if self.measure.measurement else None


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of the record and what was noted under it, oldest first, from the Monday of the first week on."""

    check: Check
    noted: tuple[Noted, ...] = ()
    bounds: Bounds | None = None
    """Of the limit in force, in the value's own unit."""

    def outcome(self, noted: Noted) -> Outcome:
        """What is said of it: by eye where the check is one, and by the limit."""
        said, by_limit = noted.measure.measurement, noted.measure.outcome
        if said is None or not (self.check.manual and self.check.show == "mark" and said.unit == "1"):
            return by_limit
        return worst_of([VISUAL.get(said.value, by_limit), by_limit]) or by_limit

    def within(self, stretch: Stretch) -> tuple[Noted, ...]:
        """What counts in a column: the last of each day."""
        return tuple({n.day: n for n in self.noted if stretch.holds(n.day)}.values())


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scan."""

    dated: str
    measures: Mapping[str, Measure]
    """By key."""

    @property
    def day(self) -> date:
        """On which it was made."""
        return date.fromisoformat(self.dated[:10])


@dataclass(frozen=True, slots=True)
class Together:
    """Scans of one protocol and one copy of a phantom, oldest first."""

    protocol: str | None
    copy: str | None
    phantom: str
    """Title of the definition."""
    acquisition: Acquisition
    """Of the last."""
    scans: tuple[Scanned, ...]

    @property
    def last_of_days(self) -> tuple[Scanned, ...]:
        """The scans that count: the last of each day."""
        return tuple({s.day: s for s in self.scans}.values())


@dataclass(frozen=True, slots=True)
class Shown:
    """A display and its last measurements in the period."""

    display: Display
    luminance: Noted | None
    ratio: Noted | None

    @property
    def noted(self) -> tuple[Noted, ...]:
        """What was measured."""
        return tuple(n for n in (self.luminance, self.ratio) if n is not None)


@dataclass(frozen=True, slots=True)
class Dosed:
    """Median doses of one region of the body, as a person entered them last in the period."""

    region: str
    ctdivol: Noted | None
    dlp: Noted | None
    count: Noted | None


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person wrote beside a value."""

    dated: str
    key: str
    value: float
    unit: str
    text: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStory:
    """A scanner, a period, and what was checked in it."""

    scanner: str
    period: Period
    made_at: str
    """When the record is made, by the clock on the wall: days after it are empty, not missed."""
    version: str
    """Of iqa, that makes it."""
    site: str = ""
    charted: tuple[str, ...] = ()
    """Keys with a control chart."""
    seals: tuple[str, ...] = ()
    days_off: tuple[str, ...] = ()
    device: Device
    """Model and serial of the headers where iqa.toml has none."""
    rule: Rule
    checked: tuple[Checked, ...]
    together: tuple[Together, ...] = ()
    displays: tuple[Shown, ...] = ()
    doses: tuple[Dosed, ...] = ()
    levels: Edition | None = None
    """Diagnostic reference levels that held at the end of the period."""
    happened: tuple[Happened, ...] = ()
    remarks: tuple[Remark, ...] = ()
    limits: tuple[Limit, ...] = ()
    """By which anything in it was judged."""
    baselines: tuple[Baseline, ...] = ()
    """On which a verdict in it rests."""
    versions: tuple[str, ...] = ()
    """Of iqa, that measured."""
    definitions: tuple[str, ...] = ()
    """Hashes of the phantoms' definitions."""

    def off(self, day: date) -> bool:
        """Whether nothing is to be checked on a day."""
        return WEEKDAYS[day.weekday()] in self.days_off or day.isoformat() in self.days_off

    def due(self, day: date) -> bool:
        """Whether the checks of a day should have been done: it is past, no day off, and the device was in use."""
        return not self.off(day) and self.device.put_into_use <= day.isoformat() <= self.made_at[:10]
