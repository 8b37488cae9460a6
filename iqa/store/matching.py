"""Whose scan it is: the scanner, protocol and phantom of `iqa.toml` that an acquisition belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from iqa.model import Acquisition
from iqa.store.settings import (
    Condition,
    PhantomCopy,
    Range,
    Scanner,
    Settings,
    check_described,
    is_placeholder,
    same_text,
)

EXACT_SHARE = 1e-3
"""By which a header's number may differ from the one asked for: headers round."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose scan it is; None where nothing in the settings says so."""

    scanner: str | None = None
    protocol: str | None = None
    phantom: str | None = None
    notes: tuple[str, ...] = ()
    """Why something is None, or contradicts the header: sentences."""


def scanner_of(acquisition: Acquisition, settings: Settings, *, told: str | None = None) -> Owner:
    """The scanner whose rule the header fulfils, or the one that the caller names.

    Raises
    ------
    UsageError
        There is no scanner of the name told.
    """
    fitting = [s.name for s in settings.scanners.values() if _fits(acquisition, s)]
    if told is not None:
        return _told(acquisition, settings, told, fitting)
    if len(fitting) == 1:
        return Owner(fitting[0])
    if fitting:
        return Owner(
            notes=(f"The header fits several scanners: {', '.join(fitting)}. Make their rules tell them apart.",)
        )
    return Owner(notes=("No scanner in iqa.toml fits the header.",))


def _told(acquisition: Acquisition, settings: Settings, told: str, fitting: list[str]) -> Owner:
    check_described(settings, "scanner", told)
    odd = [
        f"{attribute} is '{value}' in the header and '{wanted}' in iqa.toml"
        for attribute, wanted in settings.scanners[told].rule.items()
        if (value := _value(acquisition, attribute)) is not None and not same_text(value, wanted)
    ]
    others = [name for name in fitting if name != told]
    if others:
        odd.append(f"the header fits {', '.join(others)}")
    return Owner(told, notes=(f"Assigned to {told} as told, though {'; '.join(odd)}.",) if odd else ())


def _fits(acquisition: Acquisition, scanner: Scanner) -> bool:
    """Whether all values of the rule stand in the header; a placeholder is no value."""
    return all(
        (value := _value(acquisition, attribute)) is not None and same_text(value, wanted)
        for attribute, wanted in scanner.rule.items()
    )


def _value(acquisition: Acquisition, attribute: str) -> str | None:
    value: str | None = getattr(acquisition, attribute)
    return None if value is None or is_placeholder(value) else value


def protocol_of(acquisition: Acquisition, settings: Settings, scanner: str | None) -> Owner:
    """The protocol whose conditions an acquisition fulfils; of several the one with most conditions."""
    fitting = [
        p
        for p in settings.protocols.values()
        if (not p.scanners or scanner in p.scanners) and follows(acquisition, p.conditions)
    ]
    if not fitting:
        return Owner(scanner)
    most = max(len(p.conditions) for p in fitting)
    best = [p for p in fitting if len(p.conditions) == most]
    if len(best) > 1:
        names = ", ".join(p.name for p in best)
        return Owner(scanner, notes=(f"The acquisition fits several protocols: {names}. Make them tell it apart.",))
    return Owner(scanner, best[0].name, best[0].phantom)


def follows(acquisition: Acquisition, conditions: Mapping[str, Condition]) -> bool:
    """Whether an acquisition fulfils all conditions; an absent value fulfils none."""
    return all(_holds(getattr(acquisition, name), wanted) for name, wanted in conditions.items())


def _holds(value: float | str | None, wanted: Condition) -> bool:
    if value is None:
        return False
    if isinstance(wanted, tuple):
        return any(_holds(value, one) for one in wanted)
    if isinstance(wanted, Range):
        low, high = wanted.low, wanted.high
        return (low is None or float(value) >= low) and (high is None or float(value) <= high)
    if isinstance(wanted, str):
        return fnmatchcase(str(value).strip().casefold(), wanted.casefold())
    return abs(float(value) - wanted) <= EXACT_SHARE * abs(wanted)


def phantom_of(model: str, settings: Settings, owner: Owner) -> Owner:
    """The copy of a phantom that was scanned: the protocol's, else the only one of that model at the scanner."""
    protocol = settings.protocols.get(owner.protocol or "")
    if protocol is not None and protocol.phantom is not None:
        return owner
    scanner = settings.scanners.get(owner.scanner or "")
    copies = _copies(model, settings.phantoms.values(), scanner)
    if len(copies) == 1:
        return _with(owner, phantom=copies[0].name)
    if copies:
        names = ", ".join(c.name for c in copies)
        note = f"Several copies of {model} are known ({names}); name the one at this scanner under `phantoms`."
        return _with(owner, note=note)
    return owner


def _copies(model: str, all_copies: Iterable[PhantomCopy], scanner: Scanner | None) -> list[PhantomCopy]:
    copies = [c for c in all_copies if c.model == model]
    here = [c for c in copies if scanner is not None and c.name in scanner.phantoms]
    return here or copies


def _with(owner: Owner, *, phantom: str | None = None, note: str | None = None) -> Owner:
    notes = owner.notes if note is None else (*owner.notes, note)
    return Owner(owner.scanner, owner.protocol, phantom or owner.phantom, notes)
