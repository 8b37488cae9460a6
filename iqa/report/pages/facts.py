"""What stood behind the numbers: scan, baseline, limits, rule and software."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iqa.model import Acquisition, Baseline, Limit
from iqa.report.content import Fact
from iqa.report.numbers import NO_BREAK
from iqa.report.stories import Story
from iqa.report.text import Text, as_text, data, joined
from iqa.report.words import Words, stored_moment
from iqa.version import __version__

ENDS = 4
"""Characters of a hash that are shown of either end."""
MOST_SOURCES = 3


def facts(story: Story, words: Words) -> tuple[Fact, ...]:
    """Provenance in four parts."""
    return (
        Fact(words("fact.scan"), _scan(story, words)),
        Fact(words("fact.baseline"), _baselines(story, words)),
        Fact(words("fact.limits"), _limits(story, words)),
        Fact(words("fact.rule"), _rule(story, words)),
    )


def short_hash(sha256: str) -> str:
    """The ends of a hash."""
    return f"{sha256[:ENDS]}…{sha256[-ENDS:]}" if sha256 else "–"


def technique(of: Acquisition) -> list[str]:
    """How a scan was made, as far as the header says."""
    numbers = (
        (of.kv, "kV"), (of.kev, "keV"), (of.exposure_mas, "mAs"), (of.thickness_mm, "mm"),
    )  # fmt: skip
    said = [f"{value:.4g}{NO_BREAK}{unit}" for value, unit in numbers if value is not None]
    return [*said, *(text for text in (of.kernel, of.iteration) if text)]


def _scan(story: Story, words: Words) -> Text:
    made, of = story.made, story.made.acquisition
    machine = " ".join(part for part in (of.manufacturer, of.model, of.serial) if part)
    parts = [
        data(story.scanner or ""),
        data(machine),
        data(story.protocol or ""),
        data(", ".join(technique(of))),
        (*as_text(made.phantom), *(as_text(" · ") if story.copy else ()), *data(story.copy or "")),
        words("fact.pixels", slices=made.slices or 0, pixels=short_hash(made.pixel_sha256)),
    ]
    return joined(parts, "; ")


def _baselines(story: Story, words: Words) -> Text:
    used: dict[tuple[int, str, str, str], Baseline] = {}
    for one in story.measures:
        if one.baseline is not None:
            b = one.baseline
            used.setdefault((b.n, b.approved_at[:10], b.approved_by, b.reason), b)
    said = [
        words("fact.baseline_of", n=b.n, day=words.day(b.approved_at), who=data(b.approved_by), reason=data(b.reason))
        for b in list(used.values())[:MOST_SOURCES]
    ]
    return joined(said, "; ") if said else words("fact.no_baseline")


def _limits(story: Story, words: Words) -> Text:
    return limits_said([v.limit for m in story.all for v in m.verdicts if v.limit is not None], words)


def limits_said(used: Sequence[Limit], words: Words) -> Text:
    """Where limits come from, on what each rests, who adopted it and when."""
    sources = list(dict.fromkeys(_source(x) for x in used))
    if not sources:
        return words("fact.no_limits")
    said = [_limit(s, words) for s in sources[:MOST_SOURCES]]
    more = len(sources) - MOST_SOURCES
    return joined([*said, *([words("fact.more_limits", n=more)] if more > 0 else [])], "; ")


def _source(limit: Limit) -> tuple[str, str, str, str, str]:
    return limit.source or limit.name, limit.edition, limit.basis, limit.adopted_by, limit.adopted_on


def _limit(source: tuple[str, str, str, str, str], words: Words) -> Text:
    name, edition, basis, person, day = source
    stands = words("fact.edition", edition=data(edition)) if edition else ()
    return joined(
        [data(name), stands, adopted(person, day, words), words(f"fact.basis_{basis}")], words.written("list.comma")
    )


def adopted(person: str, day: str, words: Words) -> Text:
    """Who adopted a limit, and when, as far as that is known."""
    if not person:
        return ()
    if not day:
        return words("fact.adopted_by", who=data(person))
    return words("fact.adopted", day=words.day(day), who=data(person))


def _rule(story: Story, words: Words) -> Text:
    said = [*([words(f"fact.rule_{story.rule}")] if story.remembered else []), *_software(story, words)]
    return joined(said, " ")


def _software(story: Story, words: Words) -> Iterator[Text]:
    made = story.made
    yield words("fact.software", version=made.version, definition=short_hash(made.definition_sha256))
    when = stored_moment(story.made_at)
    page = "" if __version__ == made.version else f" (iqa {__version__})"
    yield as_text("· " + words.plain("fact.made", when=when) + page)


def methods(story: Story) -> Sequence[str]:
    """The method of every number, once."""
    return sorted({m.measurement.method for m in story.all if m.measurement is not None})
