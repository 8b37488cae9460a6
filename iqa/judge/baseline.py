"""From some scans of a scanner that is well, what it measures: proposed here, approved by a person."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from iqa.errors import UsageError
from iqa.judge.comparability import compare
from iqa.judge.robust import LEAST, Middle, middle_of
from iqa.judge.wording import scans, shown
from iqa.model import Baseline, Conditions, Measurement, Scope
from iqa.signal.robust import median
from iqa.spc import CannotTell, neighbours

WELL_ABOVE, FAR_BELOW = 2.0, 0.25
"""Spread over the median u of the scans at which it is remarked on. With a true u, 7 of 100 sets of three scans exceed
the first and 11 fall below the second; of five scans 2 and 2; of ten none."""


ALIKE_LEVEL = 0.01
"""Chance of neighbours as alike in independent scans, below which it is remarked on."""
FEW = "From {} alone: how much single scans scatter is not known yet."
"""What is said below `LEAST` scans."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One scan's value, for a baseline."""

    scan: str
    """How the scan is named to the person who approves: number in the store, or date."""
    measurement: Measurement
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Astray:
    """A scan whose value is far from those of the others."""

    scan: str
    value: float
    distance: float
    """From the middle, in spreads; infinite where the others do not scatter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What would become the baseline of one key."""

    key: str
    method: str
    unit: str
    scope: Scope
    conditions: Conditions
    """Of the first scan."""
    value: float
    u: float
    """Standard uncertainty of the value."""
    spread: float | None
    """Robust standard deviation of one scan; None where there are too few."""
    scans: tuple[str, ...]
    """All that went in, those astray too: their pull is bounded, not removed."""
    astray: tuple[Astray, ...]
    warnings: tuple[str, ...]
    """Sentences for the person who approves."""
    flags: tuple[str, ...]
    """What no scan says of its conditions."""

    def approved(self, by: str, at: str, reason: str) -> Baseline:
        """The baseline, with who approved it, when (ISO 8601) and why.

        Raises
        ------
        UsageError
            If one of them is empty.
        """
        if not (by.strip() and at.strip() and reason.strip()):
            raise UsageError(f"The baseline of {self.key} needs who approves it, when and why; one of them is empty.")
        return Baseline(
            key=self.key,
            method=self.method,
            unit=self.unit,
            scope=self.scope,
            conditions=self.conditions,
            value=self.value,
            spread=self.spread,
            u=self.u,
            n=len(self.scans),
            approved_by=by,
            approved_at=at,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class NoProposal:
    """Why there is no baseline to propose for a key; a full sentence."""

    key: str
    reason: str


def propose(key: str, samples: Sequence[Sample], scope: Scope) -> Proposal | NoProposal:
    """The baseline of one key from the scans of one scanner, protocol and phantom, or why there is none.

    Parameters
    ----------
    key : str
        Which all samples are of.
    samples : sequence of Sample
        Measured by one method under conditions that are comparable with one another.
    scope : Scope
        Whom it will be for.

    Notes
    -----
    Location and spread are those of `iqa.judge.robust.middle_of`; one or two scans give their mean, whose u is what
    they state, and no spread.
    """
    obstacle = _unfit(key, samples) or _mixed(key, samples) or _incomparable(key, samples)
    if obstacle:
        return NoProposal(key, obstacle)
    first = samples[0]
    value, u, spread = _of_few(samples)
    astray: tuple[Astray, ...] = ()
    warnings: Sequence[str] = (FEW.format(scans(len(samples))),)
    if len(samples) >= LEAST:
        middle = middle_of([s.measurement.value for s in samples])
        value, u, spread, astray = middle.value, middle.u, middle.spread, _astray(samples, middle)
        warnings = (*_named(astray, first.measurement.unit), *_against_u(samples, middle), *_following(samples))
    return Proposal(
        key=key,
        method=first.measurement.method,
        unit=first.measurement.unit,
        scope=scope,
        conditions=first.conditions,
        value=value,
        u=u,
        spread=spread,
        scans=tuple(s.scan for s in samples),
        astray=astray,
        warnings=tuple(warnings),
        flags=compare(first.conditions, first.conditions).flags,
    )


def _of_few(samples: Sequence[Sample]) -> tuple[float, float, float | None]:
    """Mean and u of one or two scans: as they state it, or as two are apart, whichever is more."""
    values, stated = zip(*((s.measurement.value, s.measurement.u or 0.0) for s in samples), strict=True)
    apart = (max(values) - min(values)) / len(samples)  # of two values, the standard error that they show
    return fmean(values), max(math.hypot(*stated) / len(samples), apart), None


def _unfit(key: str, samples: Sequence[Sample]) -> str:
    if not samples:
        return f"{key} was measured on none of the scans."
    twice = [scan for scan, count in Counter(s.scan for s in samples).items() if count > 1]
    if twice:
        return f"{', '.join(twice)} is named more than once; each scan counts once."
    broken = [s.scan for s in samples if not math.isfinite(s.measurement.value)]
    return f"{key} is no finite number on {', '.join(broken)}; leave out those scans." if broken else ""


def _mixed(key: str, samples: Sequence[Sample]) -> str:
    ways = Counter((s.measurement.key, s.measurement.method, s.measurement.unit) for s in samples)
    if len(ways) == 1 and samples[0].measurement.key == key:
        return ""
    listed = "; ".join(f"{count} × {k} by {method} in {unit}" for (k, method, unit), count in ways.most_common())
    return f"The values for {key} are not of one method and unit ({listed}); measure all scans again by one version."


def _incomparable(key: str, samples: Sequence[Sample]) -> str:
    """Names the scans that are not comparable with the largest group of those that are."""
    rows = [[compare(a.conditions, b.conditions) for b in samples] for a in samples]
    fits = [sum(c.outcome is None for c in row) for row in rows]
    if min(fits) == len(samples):
        return ""
    leader = fits.index(max(fits))
    if fits[leader] == len(samples):  # all fit the leader, but not one another: bands add up
        leader = next(i for i, c in enumerate(rows[fits.index(min(fits))]) if c.outcome is not None)
    odd = [(s.scan, row[leader]) for s, row in zip(samples, rows, strict=True) if row[leader].outcome is not None]
    listed = "; ".join(f"{scan}: {comparison.reasons[0]}" for scan, comparison in odd)
    return (
        f"The scans for {key} were not made under one set of conditions. Against {samples[leader].scan} as the "
        f"baseline, {listed}. Leave those out, or propose a baseline of their own."
    )


def _astray(samples: Sequence[Sample], middle: Middle) -> tuple[Astray, ...]:
    distances = [(s, middle.distance(s.measurement.value)) for s in samples]
    far = [Astray(s.scan, s.measurement.value, d) for s, d in distances if d > middle.far]
    return tuple(sorted(far, key=lambda a: -a.distance))


def _named(astray: Sequence[Astray], unit: str) -> list[str]:
    return [f"{a.scan} is astray: {shown(a.value, unit)}, {_distance(a)}." for a in astray]


def _distance(astray: Astray) -> str:
    if math.isinf(astray.distance):
        return "while most of the others are equal"
    return f"{astray.distance:.1f} spreads from the middle"


def _following(samples: Sequence[Sample]) -> list[str]:
    """Whether each scan is like the one before, which the limits of charts take them not to be."""
    found = neighbours([s.measurement.value for s in samples])
    if isinstance(found, CannotTell) or found.p >= ALIKE_LEVEL:
        return []
    return [f"Scans are like the ones before (correlation {found.correlation:.1f}): charts will alarm more often."]


def _against_u(samples: Sequence[Sample], middle: Middle) -> list[str]:
    known = [s.measurement.u for s in samples if s.measurement.u]
    unit = samples[0].measurement.unit
    if not known:
        return []
    u = median(known)
    beside = f"The scans' spread, {shown(middle.spread, unit)}, is {{}} their own u, {shown(u, unit)}"
    if middle.spread > WELL_ABOVE * u:
        return [beside.format("well above") + ": placing, the scanner or the phantom varies more than one scan shows."]
    if middle.spread < FAR_BELOW * u:
        cause = ": u is mostly what all scans share, or the scans are copies of one another."
        return [beside.format("far below") + cause]
    return []
