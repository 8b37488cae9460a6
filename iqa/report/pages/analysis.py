"""The full analysis of a scan: all its numbers, what has none and why, figures, methods, and what stood behind it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from iqa.model import Limit, Measurement
from iqa.report.analysis_content import FullAnalysis, FullGroup, FullRow, LimitRow, Note
from iqa.report.content import Approval, Drawing, Fact, Head, Row
from iqa.report.naming import pattern_of, unit_text
from iqa.report.numbers import show, show_interval
from iqa.report.pages.facts import adopted, facts, methods
from iqa.report.pages.gaps import gaps, names_of
from iqa.report.pages.headline import headline, who
from iqa.report.pages.rows import groups
from iqa.report.pages.setup import held, how_it_lies, how_it_was_made
from iqa.report.sentences import flag_words
from iqa.report.stories import Story
from iqa.report.text import Text, as_text, data, joined, plain
from iqa.report.words import Words

PICTURE = "image"
"""Kind of the drawings that show where something was measured."""
NUMBER = re.compile(r"(\d+(?:p\d+)?)")
"""In a key, p for the decimal point."""


def full_analysis(
    story: Story,
    words: Words,
    *,
    drawings: Sequence[Drawing] = (),
    approvals: Sequence[Approval] = (),
    logo: str = "",
    notes: Sequence[Text] = (),
) -> FullAnalysis:
    """The content of a full analysis.

    Parameters
    ----------
    drawings
        Pictures of the modules and charts, in the order in which they are shown.
    notes
        Boxed words beside the date: sample data.
    """
    foot = words("full.foot", who=who(story, words), day=_day(story, words))
    all_groups = _groups(story, words)
    return FullAnalysis(
        language=words.language,
        title=plain(foot),
        head=_head(story, words, tuple(notes), logo),
        said=headline(story, words),
        scan=how_it_was_made(story, words),
        phantom=how_it_lies(story, words),
        modules=held(story, words),
        placed=any(r.placed for g in all_groups for r in g.rows),
        groups=all_groups,
        gaps=gaps(story.all, words),
        pictures=tuple(d for d in drawings if d.kind == PICTURE),
        charts=tuple(d for d in drawings if d.kind != PICTURE),
        notes=tuple(_method(m, words) for m in methods(story)),
        flags=tuple(_flags(story, words)),
        limits=limits_in_full(story, words),
        facts=facts(story, words),
        hashes=_hashes(story, words),
        approvals=tuple(approvals),
        foot=(foot, words("plus_minus")),
    )


def _day(story: Story, words: Words) -> str:
    return words.day(story.made.acquired) if story.made.acquired else words.plain("weekly.undated")


def _head(story: Story, words: Words, notes: tuple[Text, ...], logo: str) -> Head:
    acquired = story.made.acquired
    return Head(
        title=words("full.title"),
        who=joined([data(story.site), data(story.scanner or "")], " · ") or words("unassigned"),
        when=words("weekly.scan_of", when=words.moment(acquired)) if acquired else words("weekly.undated"),
        notes=notes,
        logo=logo,
    )


def _groups(story: Story, words: Words) -> tuple[FullGroup, ...]:
    """Every number once, by family; within one by key, numbers in keys by their size."""
    measured = sorted((m for m in story.all if m.measurement is not None), key=lambda m: _natural(m.key))
    by_key = {m.key: m.measurement for m in measured if m.measurement is not None}
    return tuple(
        FullGroup(group.name, tuple(_row(row, by_key[row.key], words) for row in group.rows))
        for group in groups(measured, story, words)
    )


def _natural(key: str) -> list[tuple[float, str]]:
    """Parts of a key that sort as a person would: 5 before 10, 6p25 between 6 and 7, f50 before f10."""
    stem, _, level = key.rpartition(".f")
    parts = NUMBER.split(f"{stem}.f{100 - int(level)}" if level.isdecimal() else key)  # a curve falls to f50 first
    return [(float(p.replace("p", ".")), "") if i % 2 else (math.inf, p) for i, p in enumerate(parts)]


def _row(row: Row, m: Measurement, words: Words) -> FullRow:
    return FullRow(
        row=row,
        n=str(m.n),
        where=words.sentence(m.where),
        method=m.method,
        flags=(*_interval(m, words), *(as_text(flag_words(f, words.language)) for f in m.flags)),
        placed=bool(row.baseline or row.allowed or row.strip or row.spark or row.reason),
    )


def _interval(m: Measurement, words: Words) -> tuple[Text, ...]:
    """The 95 % interval of a number that has one."""
    if m.interval is None:
        return ()
    low, high = show_interval(m.interval, m.value, m.u)
    return (words("full.interval", low=low, high=high),)


def _method(method: str, words: Words) -> Note:
    found = pattern_of(method, words, "method")
    if found is None:
        return Note(as_text(method), words("full.method_unknown"))
    pattern, parts = found
    return Note(as_text(method), words(f"method.{pattern}", **{f"p{i}": p for i, p in enumerate(parts, start=1)}))


def _flags(story: Story, words: Words) -> Iterator[Note]:
    """What the flags of the scan and of its numbers mean, each once."""
    stood = [f for m in story.all if m.measurement is not None for f in m.measurement.flags]
    for flag in dict.fromkeys((*story.made.flags, *stood)):
        meaning = words(f"flag.{flag}") if words.has(f"flag.{flag}") else ()
        yield Note(as_text(flag_words(flag, words.language)), meaning)


def limits_in_full(story: Story, words: Words) -> tuple[LimitRow, ...]:
    """Every limit that judged something, once, with its numbers and where they come from."""
    judged: dict[Limit, list[str]] = {}
    for one in story.all:
        for verdict in one.verdicts:
            if verdict.limit is not None:
                judged.setdefault(verdict.limit, []).append(one.key)
    return tuple(_limit(limit, keys, words) for limit, keys in judged.items())


def _limit(limit: Limit, keys: Sequence[str], words: Words) -> LimitRow:
    b = limit.bounds
    numbers = (b.fail_low, b.warn_low, b.warn_high, b.fail_high)
    shown = tuple("–" if x is None else show(x, None, limit.unit).value for x in numbers)
    parts = [
        data(limit.source or limit.name),
        words("fact.edition", edition=data(limit.edition)) if limit.edition else (),
        adopted(limit.adopted_by, limit.adopted_on, words),
        data(limit.reason),
    ]
    return LimitRow(
        what=joined(list(names_of(tuple(dict.fromkeys(keys)), {}, words)), words.written("full.next")),
        kind=words(f"full.kind_{limit.kind}"),
        numbers=(shown[0], shown[1], shown[2], shown[3]),
        unit=unit_text(limit.unit),
        origin=joined([*parts, words(f"fact.basis_{limit.basis}")], ", "),
    )


def _hashes(story: Story, words: Words) -> tuple[Fact, ...]:
    made = story.made
    told = (("pixels", made.pixel_sha256), ("definition", made.definition_sha256))
    return tuple(Fact(words(f"full.hash_{name}"), as_text(sha)) for name, sha in told if sha)
