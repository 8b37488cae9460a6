"""`iqa.toml`: the scanners, phantoms and protocols of a workspace, as its people wrote them down."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le

from iqa.errors import DefinitionError, UsageError
from iqa.model import DEFAULT_OBSERVER, EYE_FILTERS, Acquisition, Observer, Rule, task_of
from iqa.model.observer import DISTANCE_MM, MAGNIFICATION, TASK_BOUNDS
from iqa.phantom.schema import NAME, check_keys, validate
from iqa.phantom.text import Raw, parse, read_bytes
from iqa.store.checks import (
    DAYS_OFF,
    Check,
    Device,
    Display,
    check_days_off,
    checks_from,
    dates_as_text,
    default_checks,
    devices_from,
    displays_from,
)

Days = Annotated[float, Gt(0)]
Table = TypeVar("Table")

CHARTED = (
    "ct_number.uniform",
    "noise.sigma",
    "uniformity.max_deviation",
    "slice_thickness",
    "geometry.scale_x",
    "ttf.teflon.f50",
    "nps.average_frequency",
    "low_contrast.statistical.5",
)
"""Keys with a control chart, between which the false alarms of a scanner are shared out."""
NUMBERS = frozenset({"kv", "kev", "ma", "exposure_mas", "rotation_time_s", "pitch", "total_collimation_mm",
                     "ctdivol_mgy", "fov_mm", "thickness_mm"})  # fmt: skip
TEXTS = frozenset({"manufacturer", "model", "station", "software", "kernel", "iteration", "filter_type", "scan_mode",
                   "scan_options", "exposure_modulation"})  # fmt: skip
"""What a protocol may ask of an acquisition."""
PLACEHOLDERS = frozenset({"", "0", "ANON", "ANONYM", "ANONYMIZED", "ANONYMISED", "ANONYMOUS", "N/A", "NA", "NN", "NONE",
                          "NULL", "REMOVED", "UNKNOWN", "XXX", "XXXX"})  # fmt: skip
"""What stands in a header in place of a value; it tells no scanner from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`[site]`."""

    name: str = ""
    language: Literal["en", "ja"] = "en"
    decision_rule: Rule = "simple"
    charted: tuple[str, ...] = CHARTED
    charts: tuple[
        Literal[
            "ewma",
            "cusum",
            "individuals",
            "western-electric",
            "nelson",
            "WE1",
            "WE2",
            "WE3",
            "WE4",
            "N1",
            "N2",
            "N3",
            "N4",
            "N5",
            "N6",
            "N7",
            "N8",
        ],
        ...,
    ] = ("ewma",)
    """Control charts and run rules; only the EWMA keeps to the false alarms below."""
    weekly_scans: Annotated[float, Gt(0)] = 1.0
    false_alarms: Annotated[float, Gt(0)] = 1.0
    """Of one scanner in two years, over all its charts."""
    seals: tuple[str, ...] = ()
    """Titles of the boxes for seals on forms; without any, the safety manager of medical devices and the deputy."""
    days_off: tuple[str, ...] = DAYS_OFF
    """Weekdays and dates on which nothing is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """`[scanner.NAME]`: a rule on what its headers say, and how often it is to be checked."""

    name: str = ""
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    station: str | None = None
    institution: str | None = None
    trial: str | None = None
    site: str | None = None
    period_days: Days | None = None
    phantoms: tuple[str, ...] = ()
    """Copies that are used here, where a model is there in several."""

    @property
    def rule(self) -> dict[str, str]:
        """Attributes of an acquisition that must hold these values."""
        return {name: value for name in RULED if (value := getattr(self, name)) is not None}


RULED = tuple(f.name for f in fields(Scanner) if f.name in {a.name for a in fields(Acquisition)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomCopy:
    """`[phantom.NAME]`: one copy of a phantom; copies of one model differ."""

    name: str = ""
    model: str
    serial: str = ""
    diameter_mm: Annotated[float, Gt(0)] | None = None
    """Of a plain cylinder."""
    since: str = ""
    certificate: dict[str, float] = field(default_factory=dict)
    """Values of the maker's certificate, by key."""


@dataclass(frozen=True, slots=True)
class Range:
    """From one number to another, both inside; None: without an end."""

    low: float | None
    high: float | None


Condition = float | str | Range | tuple[float | str, ...]
"""An exact number, a text with * for anything, a range, or any of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """`[protocol.NAME]`: acquisitions that belong together, and what must come out of them."""

    name: str
    conditions: Mapping[str, Condition]
    phantom: str | None = None
    """Copy that is scanned, where the protocol fixes it; it is then measured without being recognised."""
    scanners: tuple[str, ...] = ()
    """Where it is used; empty: everywhere."""
    keys: tuple[str, ...] = ()
    """Required ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of `iqa.toml`."""

    site: Site = Site()
    scanners: Mapping[str, Scanner] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    """What forms say of the scanners of those names."""
    phantoms: Mapping[str, PhantomCopy] = field(default_factory=dict)
    protocols: Mapping[str, Protocol] = field(default_factory=dict)
    limits: tuple[Raw, ...] = ()
    """As written; `iqa.judge` reads them."""
    checks: tuple[Check, ...] = ()
    """Lines of an inspection record; none: the shipped ones."""
    displays: Mapping[str, Display] = field(default_factory=dict)
    observer: Observer = DEFAULT_OBSERVER
    """For whom detectability is reckoned: `[detectability]`."""
    file: str = ""

    def checks_of(self, scanner: str) -> tuple[Check, ...]:
        """The lines of a scanner's inspection record: its own of those written here, else the shipped ones."""
        return tuple(c for c in self.checks or default_checks() if not c.scanners or scanner in c.scanners)

    def displays_of(self, scanner: str) -> tuple[Display, ...]:
        """The displays beside a scanner."""
        return tuple(d for d in self.displays.values() if not d.scanners or scanner in d.scanners)


@dataclass(frozen=True, kw_only=True)
class _File:
    site: dict[str, Any] = field(default_factory=dict)
    scanner: dict[str, dict[str, Any]] = field(default_factory=dict)
    phantom: dict[str, dict[str, Any]] = field(default_factory=dict)
    protocol: dict[str, dict[str, Any]] = field(default_factory=dict)
    limit: tuple[dict[str, Any], ...] = ()
    check: tuple[dict[str, Any], ...] = ()
    display: dict[str, dict[str, Any]] = field(default_factory=dict)
    detectability: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Detectability:
    tasks: tuple[str, ...] = tuple(t.name for t in DEFAULT_OBSERVER.tasks)
    eye_filter: str = DEFAULT_OBSERVER.eye_filter
    distance_mm: Annotated[float, Ge(DISTANCE_MM[0]), Le(DISTANCE_MM[1])] = DEFAULT_OBSERVER.distance_mm
    magnification: Annotated[float, Ge(MAGNIFICATION[0]), Le(MAGNIFICATION[1])] = DEFAULT_OBSERVER.magnification


@dataclass(frozen=True, kw_only=True)
class _Range:
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class _Protocol:
    phantom: str | None = None
    scanners: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def load_settings(file: Path) -> Settings:
    """The settings in a file.

    Raises
    ------
    DefinitionError
        For the first thing that is wrong: file, key, what is expected, what stands there.
    """
    name = str(file)
    raw = validate(_File, parse(name, read_bytes(file)), name, "")
    settings = Settings(
        site=validate(Site, {k: dates_as_text(v) for k, v in raw.site.items()}, name, "site"),
        scanners=_named(Scanner, {k: _without(t, "device") for k, t in raw.scanner.items()}, name, "scanner"),
        devices=devices_from(raw.scanner, name),
        phantoms=_named(PhantomCopy, raw.phantom, name, "phantom"),
        protocols={key: _protocol(key, table, name) for key, table in _tables(raw.protocol, name, "protocol")},
        limits=raw.limit,
        checks=checks_from(raw.check, name),
        displays=displays_from(raw.display, name),
        observer=_observer(raw.detectability, name),
        file=name,
    )
    check_days_off(settings.site.days_off, name)
    _check_scanners(settings)
    _check_references(settings)
    return settings


def _observer(raw: dict[str, Any], file: str) -> Observer:
    if isinstance(raw.get("tasks"), str):
        raise DefinitionError(file, "detectability.tasks", "a list of names", repr(raw["tasks"]))
    written = validate(_Detectability, raw, file, "detectability")
    tasks = [(task_of(name), name) for name in written.tasks]
    wrong = next((name for task, name in tasks if task is None), None)
    if wrong is not None:
        raise DefinitionError(
            file, "detectability.tasks", f"names such as 10hu_5mm or 5hu_2p5mm; {TASK_BOUNDS}", repr(wrong)
        )
    if written.eye_filter not in EYE_FILTERS:
        expected = f"one of {', '.join(EYE_FILTERS)}"
        raise DefinitionError(file, "detectability.eye_filter", expected, repr(written.eye_filter))
    known = tuple(task for task, _ in tasks if task is not None)
    return Observer(known, written.eye_filter, written.distance_mm, written.magnification)


def _without(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in table.items() if k != key}


def _tables(raw: Mapping[str, dict[str, Any]], file: str, kind: str) -> list[tuple[str, dict[str, Any]]]:
    for name in raw:
        if not NAME.fullmatch(name.replace("-", "_")):
            raise DefinitionError(file, f"{kind}.{name}", "a name of letters, digits, - and _", repr(name))
    return list(raw.items())


def _named(table: type[Table], raw: Mapping[str, dict[str, Any]], file: str, kind: str) -> dict[str, Table]:
    found = {}
    for name, values in _tables(raw, file, kind):
        if "name" in values:
            raise DefinitionError(file, f"{kind}.{name}.name", f"no name beside that in [{kind}.{name}]", "one")
        found[name] = validate(table, {**values, "name": name}, file, f"{kind}.{name}")
    return found


def _protocol(name: str, raw: Raw, file: str) -> Protocol:
    own = {f.name for f in fields(_Protocol)}
    key = f"protocol.{name}"
    about = validate(_Protocol, {k: v for k, v in raw.items() if k in own}, file, key)
    asked = {k: v for k, v in raw.items() if k not in own}
    check_keys(asked, NUMBERS | TEXTS | own, file, key)
    conditions = {k: _condition(k, v, file, f"{key}.{k}") for k, v in asked.items()}
    if not conditions:
        raise DefinitionError(file, key, "at least one condition, such as kv = 120", "none")
    return Protocol(name=name, conditions=conditions, **{n: getattr(about, n) for n in own})


def _condition(attribute: str, raw: object, file: str, key: str) -> Condition:
    if isinstance(raw, tuple) and raw:
        return tuple(_exact(attribute, value, file, key) for value in raw)
    if isinstance(raw, dict) and raw and attribute in NUMBERS:
        ends = validate(_Range, raw, file, key)
        if ends.low is not None and ends.high is not None and ends.low > ends.high:
            raise DefinitionError(file, key, "low at most high", f"{ends.low:g} and {ends.high:g}")
        return Range(ends.low, ends.high)
    return _exact(attribute, raw, file, key)


def _exact(attribute: str, raw: object, file: str, key: str) -> float | str:
    if attribute in NUMBERS and isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw):
        return float(raw)
    if attribute in TEXTS and isinstance(raw, str) and raw:
        return raw
    kind = "a number, { low = …, high = … }" if attribute in NUMBERS else "a text (* stands for anything)"
    raise DefinitionError(file, key, f"{kind} or a list of such", repr(raw))


def _check_scanners(settings: Settings) -> None:
    for name, scanner in settings.scanners.items():
        key = f"scanner.{name}"
        if not scanner.rule:
            raise DefinitionError(settings.file, key, f"at least one of {', '.join(RULED)}", "none")
        for attribute, value in scanner.rule.items():
            if is_placeholder(value):
                raise DefinitionError(
                    settings.file, f"{key}.{attribute}", "a value that tells this scanner from others", repr(value)
                )
    for (a, one), (b, other) in combinations(settings.scanners.items(), 2):
        if _same_rule(one, other):
            raise DefinitionError(settings.file, f"scanner.{b}", "a rule that no other scanner has", f"that of {a!r}")


def _same_rule(one: Scanner, other: Scanner) -> bool:
    """Whether every header that fits one fits the other."""
    return one.rule.keys() == other.rule.keys() and all(
        same_text(value, other.rule[name]) for name, value in one.rule.items()
    )


def _check_references(settings: Settings) -> None:
    for scanner in settings.scanners.values():
        _check_known(settings, f"scanner.{scanner.name}.phantoms", scanner.phantoms, settings.phantoms)
    for protocol in settings.protocols.values():
        key = f"protocol.{protocol.name}"
        _check_known(settings, f"{key}.scanners", protocol.scanners, settings.scanners)
        _check_known(settings, f"{key}.phantom", (protocol.phantom,) if protocol.phantom else (), settings.phantoms)
    for number, check in enumerate(settings.checks, start=1):
        _check_known(settings, f"check.{number}.scanners", check.scanners, settings.scanners)
        _check_known(settings, f"check.{number}.protocols", check.protocols, settings.protocols)
    for display in settings.displays.values():
        _check_known(settings, f"display.{display.name}.scanners", display.scanners, settings.scanners)


def _check_known(settings: Settings, key: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise DefinitionError(settings.file, key, f"one of {', '.join(known) or 'the names in it'}", repr(name))


def check_described(settings: Settings, kind: Literal["scanner", "phantom"], name: str) -> None:
    """Raise if a scanner or a copy of a phantom is not described.

    Raises
    ------
    UsageError
        It is not; the message names those that are.
    """
    described = settings.scanners if kind == "scanner" else settings.phantoms
    if name not in described:
        known = ", ".join(described) or "none yet"
        raise UsageError(f"There is no {kind} '{name}' in {settings.file or 'iqa.toml'} (known: {known}).")


def is_placeholder(value: str) -> bool:
    """Whether a header's text stands in place of a value."""
    return value.strip().upper() in PLACEHOLDERS


def same_text(one: str, other: str) -> bool:
    """Whether two texts of a header say the same: blanks and case left aside."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
