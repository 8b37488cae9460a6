"""What pages say, in one of the languages, and how dates and names are written in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from iqa.errors import DefinitionError
from iqa.phantom.text import parse, read_bytes
from iqa.report.numbers import MINUS, NO_BREAK
from iqa.report.sentences import in_japanese
from iqa.report.text import Language, Span, Text, as_text, plain, text
from iqa.shipped import shipped

ERAS = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"))
"""First day and name, the latest first."""
HYPHEN = re.compile(r"(?<![\w-])-(?=\d)")
"""Before a number, where a minus sign belongs."""
FISCAL_MONTH = 4
"""In which the Japanese fiscal year begins."""


@dataclass(frozen=True, slots=True)
class Words:
    """The strings of one language."""

    language: Language
    strings: Mapping[str, str]
    """By dotted key, as they are written."""
    file: str

    def __call__(self, key: str, **values: Text | str | int) -> Text:
        """The text under a key, with its values; `n` chooses between ``<key>.one`` and ``<key>.other``.

        Raises
        ------
        DefinitionError
            There is no such string, or it asks for a value that it is not given: a file of the site's own is wrong.
        """
        written = self.written(key, values.get("n"))
        try:
            return text(written, values)
        except KeyError as missing:
            known = ", ".join(values) or "none"
            raise DefinitionError(self.file, key, f"values among {known}", f"{{{missing.args[0]}}}") from None

    def written(self, key: str, n: Text | str | int | None = None) -> str:
        """A string as it stands in the file."""
        forms = (f"{key}.one", f"{key}.other") if n == 1 else (f"{key}.other", f"{key}.one")
        found = next((self.strings[k] for k in (*forms, key) if k in self.strings), None)
        if found is None:
            raise DefinitionError(self.file, key, "a text", "none")
        return found

    def has(self, key: str) -> bool:
        """Whether there is a string under a key."""
        return key in self.strings

    def plain(self, key: str, **values: Text | str | int) -> str:
        """The same without styles."""
        return plain(self(key, **values))

    def under(self, section: str) -> dict[str, str]:
        """All strings of a section, by the rest of their key, in their order."""
        start = f"{section}."
        return {k.removeprefix(start): v for k, v in self.strings.items() if k.startswith(start)}

    def sentence(self, english: str) -> Text:
        """A stored sentence in this language; one that has no counterpart stays English."""
        said = in_japanese(english) if self.language == "ja" else None
        return as_text(HYPHEN.sub(MINUS, said or english)) if english else ()

    def listed(self, items: Sequence[Text]) -> Text:
        """Several things in one sentence: a, b and c."""
        found: list[Span] = []
        for number, item in enumerate(items):
            between = "list.last" if number == len(items) - 1 else "list.comma"
            found += [*(text(self.written(between)) if number else ()), *item]
        return tuple(found)

    def day(self, dated: str | date) -> str:
        """A day in full: 26 October 2026, 2026年10月26日."""
        day = as_date(dated)
        if self.language == "ja":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day}{NO_BREAK}{self.written(f'month.{day.month}')}{NO_BREAK}{day.year}"

    def short_date(self, dated: str | date) -> str:
        """A day within the year: 26 Oct, 10月26日."""
        day = as_date(dated)
        if self.language == "ja":
            return f"{day.month}月{day.day}日"
        return f"{day.day}{NO_BREAK}{self.month(day)}"

    def month(self, day: date) -> str:
        """The short name of a day's month: Oct, 10月."""
        name = self.written(f"month.{day.month}")
        return name if self.language == "ja" else name[:3]

    def moment(self, dated: str) -> str:
        """A day with its weekday, and the time where it is known."""
        day = as_date(dated)
        weekday = self.written(f"weekday.{day.isoweekday()}")
        time = f" {dated[11:16]}" if len(dated) > 11 else ""
        if self.language == "ja":
            return f"{self.day(day)}（{weekday}）{time}".rstrip()
        return f"{weekday} {self.day(day)}{',' if time else ''}{time}"


def as_date(dated: str | date) -> date:
    """The day of an ISO 8601 date or moment."""
    if isinstance(dated, datetime):
        return dated.date()
    return dated if isinstance(dated, date) else date.fromisoformat(dated[:10])


def stored_moment(at: str) -> str:
    """A moment as this program stores it, for print: 2026-11-27 18:38:41 UTC."""
    return at.replace("T", " ").removesuffix("Z") + " UTC"


def day_at(number: float) -> date:
    """The day of a day number of the calendar."""
    return date.fromordinal(int(number))


def wareki(dated: str | date) -> str:
    """A day in the Japanese calendar: 令和8年10月26日; 元年 in the first year of an era."""
    day = as_date(dated)
    return f"{era_year(day)}{day.month}月{day.day}日"


def era_year(day: date) -> str:
    """The year of a day: 令和8年."""
    start, era = next((e for e in ERAS if day >= e[0]), (date(1, 1, 1), "西暦"))
    year = day.year - start.year + 1
    return f"{era}{'元' if year == 1 and era != '西暦' else year}年"


def fiscal_year(dated: str | date) -> int:
    """The Japanese fiscal year of a day, which begins in April."""
    day = as_date(dated)
    return day.year if day.month >= FISCAL_MONTH else day.year - 1


def load_words(language: Language, folder: Path | None = None) -> Words:
    """The strings of a language; those in a site's own folder take the place of the shipped ones of the same key.

    Parameters
    ----------
    folder
        A site's templates; its ``strings/<language>.toml`` may hold some strings or all.

    Raises
    ------
    DefinitionError
        A file is no TOML, holds anything but texts, or a string that the shipped file has not.
    """
    known = _shipped(language)
    own = folder / "strings" / f"{language}.toml" if folder else None
    if own is None or not own.is_file():
        return Words(language, known, str(_file(language)))
    changed = _read(own)
    odd = next((k for k in changed if k not in known), None)
    if odd is not None:
        raise DefinitionError(str(own), odd, "a string that iqa has", "one that it has not")
    return Words(language, {**known, **changed}, str(own))


def _file(language: Language) -> Path:
    return shipped("reports") / "strings" / f"{language}.toml"


@cache
def _shipped(language: Language) -> dict[str, str]:
    return _read(_file(language))


def _read(file: Path) -> dict[str, str]:
    return dict(_flat(parse(str(file), read_bytes(file)), "", str(file)))


def _flat(table: Mapping[str, Any], path: str, file: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            found += _flat(value, key, file)
        elif isinstance(value, str):
            found.append((key, value))
        else:
            raise DefinitionError(file, key, "a text", repr(value))
    return found


def values_in(written: str) -> set[str]:
    """The names of the values that a string asks for."""
    return set(re.findall(r"(?<![_^])\{(\w+)\}", written))
