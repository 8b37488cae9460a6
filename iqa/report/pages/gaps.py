"""What was not measured: measures that share a reason are told together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from iqa.report.analysis_content import Gap
from iqa.report.naming import family_of, name_of, pattern_of, thing
from iqa.report.stories import Measure
from iqa.report.text import Text, joined, plain
from iqa.report.words import Words

LONG = 160
"""Letters of names that are too many for a narrow column: about four lines of it."""
LEAST_IN_RANGE = 3
"""Numbers that are told as a range."""
NUMBER = re.compile(r"\d+(p\d+)?")
"""As it stands in a key, p for the decimal point."""
BARE = "{p1}"
"""A name that says nothing without its group's."""

Parts = Mapping[str, Sequence[str]]
"""By a pattern of keys, what stands at its only place."""


def gaps(measures: Sequence[Measure], words: Words) -> tuple[Gap, ...]:
    """Measures without a number, in their order, those of one reason and need together."""
    lost: dict[tuple[str, str], list[Measure]] = {}
    for one in measures:
        if one.measurement is None:
            told = one.missing
            lost.setdefault((told.reason, told.needs) if told else (one.reason, ""), []).append(one)
    taken = taken_by(measures, words)
    return tuple(_gap(reason, needs, alike, taken, words) for (reason, needs), alike in lost.items())


def taken_by(measures: Sequence[Measure], words: Words) -> Parts:
    """Of the patterns of names, the parts for which there is a number."""
    return _parts([m.key for m in measures if m.measurement is not None], words)


def _parts(keys: Iterable[str], words: Words) -> Parts:
    """What stands at the only place of a pattern, by the pattern, over the keys that have one."""
    found: dict[str, list[str]] = {}
    for key in keys:
        named = pattern_of(key, words)
        if named is not None and len(named[1]) == 1:
            found.setdefault(named[0], []).append(named[1][0])
    return found


def _gap(reason: str, needs: str, alike: Sequence[Measure], taken: Parts, words: Words) -> Gap:
    keys = tuple(m.key for m in alike)
    what = names_of(keys, taken, words)
    return Gap(
        what=what,
        keys=keys,
        reason=words.sentence(reason),
        needs=words.sentence(needs),
        judged=any(m.verdicts for m in alike),
        long=sum(len(plain(w)) for w in what) > LONG,
    )


def names_of(keys: Sequence[str], taken: Parts, words: Words) -> tuple[Text, ...]:
    """What several keys are called: one text for each kind, numbers in a row as a range.

    Parameters
    ----------
    taken
        Of each pattern the parts for which there is a number: none of them may lie within a range.
    """
    kinds: dict[str, list[str]] = {}
    for key in keys:
        found = pattern_of(key, words)
        kinds.setdefault(found[0] if found and len(found[1]) == 1 else key, []).append(key)
    return tuple(_names(kind, alike, taken, words) for kind, alike in kinds.items())


def _names(pattern: str, keys: Sequence[str], taken: Parts, words: Words) -> Text:
    parts = _parts(keys, words).get(pattern)
    if parts is None:
        return name_of(keys[0], words)
    said = _range(parts, taken.get(pattern, ()), words) or joined(
        [thing(p, words) for p in parts], words.written("full.next")
    )
    name = words(f"key.{pattern}", p1=said)
    if words.written(f"key.{pattern}") != BARE:
        return name
    return words("colon", name=words(f"family.{family_of(keys[0])}"), what=name)


def _range(parts: Sequence[str], others: Sequence[str], words: Words) -> Text:
    """Numbers as a range; nothing where one is no number, or another one lies between them."""
    if len(parts) < LEAST_IN_RANGE or not all(NUMBER.fullmatch(p) for p in parts):
        return ()
    ordered = sorted(parts, key=_value)
    first, last = ordered[0], ordered[-1]
    if any(NUMBER.fullmatch(o) and _value(first) < _value(o) < _value(last) for o in others):
        return ()
    return words("allowed.between", low=thing(first, words), high=thing(last, words))


def _value(part: str) -> float:
    return float(part.replace("p", "."))
