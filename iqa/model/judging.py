"""What numbers are judged by, and what the judgement is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Kind = Literal["absolute", "difference", "percent"]
"""Of the numbers of a limit: the value itself, its difference from the baseline, or that in percent of it."""
Basis = Literal["site", "maker", "standard"]
"""Who says so: the site itself, the maker of the phantom (typical ranges, never a failure), or a published document."""
Rule = Literal["simple", "guard_accept", "guard_reject"]
"""How uncertainty enters a verdict (JCGM 106, ILAC-G8); see `iqa.judge.decide`."""
COVERAGE_FACTOR = 2.0
"""k in U = k·u, the expanded uncertainty: about 95 % of a normal distribution (JCGM 100, 6.3.3)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a limit or a baseline is for; None means whichever."""

    scanner: str | None = None
    protocol: str | None = None
    phantom: str | None = None
    """The instance: one copy of a phantom, since copies differ."""

    def covers(self, other: Scope) -> bool:
        """Whether all that is named here is the same there."""
        mine = (self.scanner, self.protocol, self.phantom)
        return all(
            a is None or a == b for a, b in zip(mine, (other.scanner, other.protocol, other.phantom), strict=True)
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Four numbers; one that is left out bounds nothing. A value on a bound is inside."""

    fail_low: float | None = None
    warn_low: float | None = None
    warn_high: float | None = None
    fail_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a value must keep to."""

    name: str
    """Of this limit among all: set and row."""
    key: str
    """Pattern of keys; * stands for any part."""
    kind: Kind
    bounds: Bounds
    unit: str
    """Of the bounds; % for percent."""
    basis: Basis
    source: str = ""
    edition: str = ""
    method: str | None = None
    """Pattern of the methods that it was made for."""
    scope: Scope = Scope()
    kv: float | None = None
    """Tube voltage that it was made for."""
    phantom_models: tuple[str, ...] = ()
    """Names of the definitions that it is for, since an insert of one name differs between models; empty: any."""
    adopted_by: str = ""
    adopted_on: str = ""
    """ISO 8601 date."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which a value was measured, as far as it bears on the value; an absent one is None."""

    kv: float | None = None
    kev: float | None = None
    kernel: str | None = None
    iteration: str | None = None
    thickness_mm: float | None = None
    scan_mode: str | None = None
    phantom: str | None = None
    """Model or instance of the phantom."""
    pixel_mm: float | None = None
    ctdivol_mgy: float | None = None
    exposure_mas: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a scanner measures while it is well, approved by a person."""

    key: str
    method: str
    unit: str
    scope: Scope = Scope()
    conditions: Conditions = Conditions()
    """Of the scans; none of a value that a person entered."""
    value: float
    """Robust location of its scans."""
    spread: float | None
    """Robust standard deviation of one scan; None where there are too few."""
    u: float | None = None
    """Standard uncertainty of the value."""
    n: int
    approved_by: str
    approved_at: str
    """ISO 8601."""
    reason: str
    id: int | None = None
    """In the store."""


class Outcome(StrEnum):
    """What is said of a value, from best to worst; the last four say why nothing is."""

    PASS = "pass"
    PASS_WITHIN_U = "pass within uncertainty"
    WARNING = "warning"
    CANNOT_TELL = "cannot tell"
    FAIL = "fail"
    NOT_COMPARABLE = "not comparable"
    NOT_MEASURED = "not measured"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One value judged by one limit."""

    key: str
    outcome: Outcome
    reason: str
    """A sentence: what was compared with what, or why it could not be."""
    rule: Rule
    limit: Limit | None = None
    baseline: Baseline | None = None
    flags: tuple[str, ...] = ()
