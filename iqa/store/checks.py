"""What an inspection record asks of a scanner: checks, displays, days off, and what the device is called on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from iqa.errors import DefinitionError
from iqa.phantom.schema import validate
from iqa.phantom.text import Raw, parse, read_bytes
from iqa.shipped import shipped

When = Literal["start", "end", "weekly", "monthly", "annual", "other"]
"""When it is due; `other` is whenever a person does it."""
Show = Literal["value", "mark", "yes_no"]
Grade = Literal["1A", "1B", "2"]
"""Of a medical display (JESRA X-0093); the institution chooses it."""
IMAGE_QUALITY = "image_quality"
"""Stands for all that was judged on a phantom scan, in place of a key: the worst of its verdicts."""
KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
DISPLAY = re.compile(r"[a-z0-9_]+")
"""Names of displays are parts of keys."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS_OFF = ("saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """`[scanner.NAME.device]`: what a form says of a scanner; what is empty stands on it as a dash."""

    name: str = ""
    general_name: str = ""
    """Of the Japanese nomenclature of medical devices (一般的名称)."""
    model: str = ""
    """Empty: as the headers say."""
    serial: str = ""
    control_number: str = ""
    put_into_use: str = ""
    """ISO 8601 date."""
    holder: str = ""
    """Of the marketing authorisation (製造販売業者)."""
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """`[display.NAME]`: a medical display, whose luminance people measure."""

    name: str = ""
    control_number: str = ""
    place: str = ""
    grade: Grade
    scanners: tuple[str, ...] = ()
    """Beside which it is shown; empty: beside every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`[[check]]`: one line of an inspection record."""

    name: str
    name_en: str = ""
    when: When
    key: str
    """A measured key, `manual.NAME`, or `image_quality`."""
    criterion: str = ""
    """Empty: the limit in force says it."""
    criterion_en: str = ""
    show: Show = "value"
    scanners: tuple[str, ...] = ()
    """Empty: all."""
    protocols: tuple[str, ...] = ()
    """Whose scans count; empty: all."""

    @property
    def manual(self) -> bool:
        """Whether a person enters it; else iqa measures it."""
        return self.key.startswith("manual.")


@dataclass(frozen=True, kw_only=True)
class _File:
    check: tuple[dict[str, Any], ...]


@cache
def default_checks() -> tuple[Check, ...]:
    """The checks of a site that writes none of its own."""
    file = shipped("reports") / "checks.toml"
    return _checks_in(file)


def _checks_in(file: Path) -> tuple[Check, ...]:
    return checks_from(validate(_File, parse(str(file), read_bytes(file)), str(file), "").check, str(file))


def checks_from(raw: Sequence[Raw], file: str) -> tuple[Check, ...]:
    """The checks in ``[[check]]`` tables, in their order.

    Raises
    ------
    DefinitionError
        For the first mistake, with its place: the number of the table from 1.
    """
    found = tuple(validate(Check, one, file, f"check.{number}") for number, one in enumerate(raw, start=1))
    for number, check in enumerate(found, start=1):
        _check_check(check, file, f"check.{number}")
    return found


def _check_check(check: Check, file: str, place: str) -> None:
    if not check.name.strip():
        raise DefinitionError(file, f"{place}.name", "the words that stand on the form", "an empty text")
    if not KEY.fullmatch(check.key):
        wanted = f"a measured key such as noise.sd, manual.NAME, or {IMAGE_QUALITY}"
        raise DefinitionError(file, f"{place}.key", wanted, repr(check.key))
    if check.key == IMAGE_QUALITY and check.show != "mark":
        raise DefinitionError(file, f"{place}.show", f"'mark', since {IMAGE_QUALITY} has no number", repr(check.show))
    if check.show == "yes_no" and not check.manual:
        raise DefinitionError(file, f"{place}.show", "'value' or 'mark' for what iqa measures", "'yes_no'")


def displays_from(raw: Mapping[str, Raw], file: str) -> dict[str, Display]:
    """The displays in ``[display.NAME]``.

    Raises
    ------
    DefinitionError
        A name that is no part of a key, or what `validate` refuses.
    """
    found = {}
    for name, table in raw.items():
        place = f"display.{name}"
        if not DISPLAY.fullmatch(name):
            wanted = "a name of small letters, digits and _, since it is a part of keys"
            raise DefinitionError(file, place, wanted, repr(name))
        if "name" in table:
            raise DefinitionError(file, f"{place}.name", f"no name beside that in [{place}]", "one")
        found[name] = validate(Display, {**table, "name": name}, file, place)
    return found


def check_days_off(days: Sequence[str], file: str) -> None:
    """Raise if one of the days off is neither a weekday nor a date.

    Raises
    ------
    DefinitionError
        It is not; the key names its place in the list.
    """
    for number, day in enumerate(days):
        if day not in WEEKDAYS and not is_date(day):
            wanted = 'a weekday such as "saturday", or a date such as "2026-11-03"'
            raise DefinitionError(file, f"site.days_off.{number}", wanted, repr(day))


def devices_from(raw: Mapping[str, Raw], file: str) -> dict[str, Device]:
    """What the ``[scanner.NAME.device]`` of some scanners say; nothing of those that have none.

    Raises
    ------
    DefinitionError
        One is no table, has an unknown key or a wrong value, or its date of first use is none.
    """
    return {
        name: _device(table["device"], file, f"scanner.{name}.device")
        for name, table in raw.items()
        if "device" in table
    }


def _device(raw: object, file: str, place: str) -> Device:
    if not isinstance(raw, Mapping):
        raise DefinitionError(file, place, f"a table, [{place}]", repr(raw))
    device = validate(Device, {key: dates_as_text(value) for key, value in raw.items()}, file, place)
    if device.put_into_use and not is_date(device.put_into_use):
        raise DefinitionError(file, f"{place}.put_into_use", "a date such as 2022-04-01", repr(device.put_into_use))
    return device


def is_date(said: str) -> bool:
    """Whether a text is an ISO 8601 date."""
    try:
        date.fromisoformat(said)
    except ValueError:
        return False
    return True


def dates_as_text(value: object) -> object:
    """A value as TOML gives it, its dates as ISO 8601 texts: a person may leave out quotation marks."""
    if isinstance(value, tuple):
        return tuple(dates_as_text(item) for item in value)
    return value.isoformat() if isinstance(value, date) else value
