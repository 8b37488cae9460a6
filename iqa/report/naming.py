"""What a key, a feature, a unit or a phantom is called on a page."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase, translate

from iqa.model import task_of
from iqa.report.numbers import NO_BREAK, print_unit
from iqa.report.text import Span, Text, as_text
from iqa.report.words import Words

TARGET = re.compile(r"(?P<sub>sub\d+_)?(?P<permille>\d+)permille(?:_(?P<mm>\d+)mm)?(?P<number>_\d+)?")
"""Names of low-contrast targets and their groups."""
RODS = re.compile(r"sub(\d+)")
DECIMAL = re.compile(r"(\d+)p(\d+)")
MINUS_ONE = re.compile(r"(mm|cm)⁻¹")


def name_of(key: str, words: Words) -> Text:
    """What a key is called: the most particular pattern of the strings' section ``key``; else the key itself."""
    return _named(key, words, "key") or (Span(key),)


def short_name(key: str, words: Words) -> Text:
    """What a key is called where there is one of its kind: by the strings' section ``short``, else its full name."""
    return _named(key, words, "short") or name_of(key, words)


def _named(key: str, words: Words, section: str) -> Text:
    found = pattern_of(key, words, section)
    if found is None:
        return ()
    pattern, parts = found
    return words(f"{section}.{pattern}", **{f"p{i}": thing(part, words) for i, part in enumerate(parts, start=1)})


def pattern_of(key: str, words: Words, section: str = "key") -> tuple[str, tuple[str, ...]] | None:
    """The most particular pattern of a section of the strings that fits a key, and what stands at its places."""
    fitting = [p for p in words.under(section) if fnmatchcase(key, p)]
    if not fitting:
        return None
    best = max(fitting, key=lambda p: (len(p.replace("*", "")), p))
    found = re.fullmatch(translate(best).replace(".*", "(.*)"), key)
    return best, found.groups() if found else ()


def thing(name: str, words: Words) -> Text:
    """A feature or a part of a key as a person calls it: its string, else its own name with blanks."""
    if words.has(f"thing.{name}"):
        return words(f"thing.{name}")
    target, task = TARGET.fullmatch(name), task_of(name)
    if target:
        return _target(target, words)
    if task:
        hu, mm = f"{task.contrast_hu:g}{NO_BREAK}HU", f"{task.diameter_mm:g}{NO_BREAK}mm"
        return words("target.task", hu=hu, mm=mm)
    stem, _, side = name.rpartition("_")
    if stem and words.has(f"side.{side}"):
        return words("thing_side", thing=thing(stem, words), side=words(f"side.{side}"))
    rods = RODS.fullmatch(name)
    if rods:
        return words("target.sub_group", rod=f"{rods[1]}{NO_BREAK}mm")
    return as_text(DECIMAL.sub(r"\1.\2", name).replace("_", " "))


def _target(target: re.Match[str], words: Words) -> Text:
    percent = f"{int(target['permille']) / 10:.1f}{NO_BREAK}%"
    which = "sub" if target["sub"] else "full"
    rod = (target["sub"] or "").removeprefix("sub").rstrip("_")
    size = "group" if target["mm"] is None else "target"
    return words(f"target.{which}_{size}", percent=percent, mm=f"{target['mm']}{NO_BREAK}mm", rod=f"{rod}{NO_BREAK}mm")


def unit_text(unit: str) -> Text:
    """A printed unit; an inverse has a real superscript, since the Japanese font has no raised minus."""
    printed = print_unit(unit)
    found = MINUS_ONE.fullmatch(printed)
    return (Span(found[1]), Span("−1", "sup")) if found else as_text(printed) if printed else ()


def family_of(key: str) -> str:
    """The part of a page that a key stands in."""
    return key.partition(".")[0]
