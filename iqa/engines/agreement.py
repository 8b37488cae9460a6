"""Two values of one quantity: whether they agree, else whether a known difference of definition reaches so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iqa.model import COVERAGE_FACTOR, Analysis, Compared, Measurement, NotMeasured

TESTS = 0.3
"""Half width of a band over its middle, beyond which another quantity's lying in it says nothing of iqa's."""
NO_KEY = "iqa has no quantity of that kind for this phantom."
NO_VALUE = "The other program gives no number for it."


@dataclass(frozen=True, slots=True)
class Band:
    """Where another program's value lies by its definition if iqa's is right (iqa's U in it), and the reason."""

    low: float
    high: float
    reason: str

    @property
    def tests(self) -> bool:
        """Whether a value in it says that iqa's is right."""
        return self.high - self.low <= TESTS * abs(self.high + self.low)


@dataclass(frozen=True, slots=True)
class Said:
    """A value of another program under the key that it shares with iqa."""

    key: str
    """Empty where iqa has none for it; `absent` then says why."""
    name: str
    value: float | None
    u: float = 0.0
    """Standard uncertainty of the value itself."""
    unit: str | None = None
    """None: iqa's."""
    comparable: bool = True
    """Whether it can equal iqa's; where it cannot, only the band holds."""
    band: Band | None = None
    absent: str = NO_KEY


def known(u: float | None) -> float:
    """A standard uncertainty to reckon with; 0 where there is none, or none that is finite."""
    return u if u is not None and math.isfinite(u) else 0.0


def scaled(measured: Measurement, low: float, high: float) -> tuple[float, float]:
    """The band of so many to so many times a measured value, with its expanded uncertainty."""
    allowed = COVERAGE_FACTOR * known(measured.u)
    ends = measured.value + allowed, measured.value - allowed
    products = [factor * end for factor in (low, high) for end in ends]
    return min(products), max(products)


def shifted(measured: Measurement, low: float, high: float) -> tuple[float, float]:
    """The band from so much below to so much above a measured value, with its expanded uncertainty."""
    allowed = COVERAGE_FACTOR * known(measured.u)
    return measured.value + low - allowed, measured.value + high + allowed


def compare(said: Said, analysis: Analysis) -> Compared:
    """One value beside iqa's.

    Comparable values agree within U of their difference. Otherwise the difference is explained where the value lies in
    its band, widened by its own uncertainty, and unexplained where it does not. Of another quantity a band so wide that
    any value would lie in it explains nothing: untestable.
    """
    ours = analysis.value(said.key)
    if ours is None or said.value is None:
        return _single(said, ours, analysis)
    unit = ours.unit if said.unit is None else said.unit
    pair = Compared(
        key=said.key, name=said.name, outcome="unexplained", unit=ours.unit, value=ours.value, u=known(ours.u) or None,
        other=said.value, other_u=said.u, other_unit=unit, comparable=said.comparable,
        expected=None if said.band is None else (said.band.low, said.band.high),
    )  # fmt: skip
    return _judged(pair, said)


def only_ours(analysis: Analysis, paired: Iterable[Compared], reasons: Iterable[tuple[str, str]]) -> Iterator[Compared]:
    """The measurements that another program has no counterpart of, with the reason of the first fitting beginning."""
    taken = {row.key for row in paired}
    why_not = tuple(reasons)
    for m in analysis.measurements:
        if m.key not in taken:
            reason = next((why for begins, why in why_not if m.key.startswith(begins)), NO_VALUE)
            u = known(m.u) or None
            yield Compared(key=m.key, name="", outcome="only_iqa", unit=m.unit, value=m.value, u=u, reason=reason)


def _judged(pair: Compared, said: Said) -> Compared:
    if said.value is None or pair.value is None:
        return pair
    allowed = COVERAGE_FACTOR * math.hypot(known(pair.u), said.u)
    if pair.comparable and abs(said.value - pair.value) <= allowed:
        return replace(pair, outcome="agrees")
    room = COVERAGE_FACTOR * said.u
    if said.band is not None and said.band.low - room <= said.value <= said.band.high + room:
        tested = pair.comparable or said.band.tests
        return replace(pair, outcome="explained" if tested else "untestable", reason=said.band.reason)
    return pair


def _single(said: Said, ours: Measurement | None, analysis: Analysis) -> Compared:
    """Where one of the two has no number."""
    if ours is not None:
        return Compared(
            key=said.key, name=said.name, outcome="only_iqa", unit=ours.unit, value=ours.value, u=known(ours.u) or None,
            reason=NO_VALUE,
        )  # fmt: skip
    return Compared(
        key=said.key, name=said.name, outcome="only_other", unit="", other=said.value, other_u=said.u,
        other_unit=said.unit or "", reason=_why_none(said, analysis),
    )  # fmt: skip


def _why_none(said: Said, analysis: Analysis) -> str:
    missing = (r for r in analysis.results if isinstance(r, NotMeasured) and r.key == said.key and said.key)
    return next((f"iqa does not measure it here: {m.reason}" for m in missing), said.absent)
