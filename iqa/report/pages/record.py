"""The inspection record (点検記録簿): one sheet of a device and a period, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iqa.model import Limit, Outcome
from iqa.report.content import Approval, Fact
from iqa.report.drl import Quantity, reference_levels
from iqa.report.numbers import show
from iqa.report.pages.facts import MOST_SOURCES, short_hash
from iqa.report.pages.record_actions import actions
from iqa.report.pages.record_dates import fiscal, form_day, form_day_and_year, moment, span
from iqa.report.pages.record_grid import grid, people
from iqa.report.pages.record_values import NOTHING, values_tables
from iqa.report.pages.record_verdict import mark_of, overall
from iqa.report.record_content import RecordPage, Table, TableCell
from iqa.report.records import Dosed, Noted, RecordStory, Shown
from iqa.report.text import Text, as_text, data, joined
from iqa.report.words import Words, as_date

EMPTY = "－"
"""In place of what iqa.toml does not say of a device."""
DEVICE_ROWS = (("name", "control_number"), ("general_name", "put_into_use"), ("model", "holder"))


def record_page(story: RecordStory, words: Words, approvals: Sequence[Approval] = ()) -> RecordPage:
    """What an inspection record says."""
    said = overall(story, words)
    return RecordPage(
        language=words.language,
        title=words.plain("record.file", scanner=story.scanner, period=story.period.text),
        over=_over(story, words),
        heading=words("record.title"),
        under=joined([words(f"record.kinds_{story.period.kind}"), span(story.period, words)], _space(words)),
        seals=tuple(data(title) for title in story.seals) or (words("record.manager"), words("record.deputy")),
        seal=words("record.seal"),
        device=tuple((_fact(a, story, words), _fact(b, story, words)) for a, b in DEVICE_ROWS),
        mark=said.mark,
        verdict=said.word,
        said=said.said,
        grid=grid(story, words),
        tables=values_tables(story, words),
        beside=tuple(_beside(story, words)),
        actions_title=words("record.actions"),
        actions=actions(story, words),
        approvals=tuple(approvals),
        foot=(tuple(_left(story, words)), tuple(_right(story, words))),
    )


def _space(words: Words) -> str:
    return words.written("record.space")


def _over(story: RecordStory, words: Words) -> Text:
    parts = [fiscal(story.period, words), data(story.site), data(story.device.department)]
    return joined(parts, _space(words))


def _fact(name: str, story: RecordStory, words: Words) -> Fact:
    return Fact(words(f"record.{name}"), _device(name, story, words) or as_text(EMPTY))


def _device(name: str, story: RecordStory, words: Words) -> Text:
    device = story.device
    if name == "put_into_use" and device.put_into_use:
        return as_text(form_day_and_year(as_date(device.put_into_use), words))
    if name == "model" and device.serial:
        model, serial = data(device.model), data(device.serial)
        return words("record.model_serial" if model else "record.serial_only", model=model, serial=serial)
    return data(getattr(device, name))


def _beside(story: RecordStory, words: Words) -> Iterator[Table]:
    if story.displays:
        yield _displays(story, words)
    if story.doses:
        yield _doses(story, words)


def _displays(story: RecordStory, words: Words) -> Table:
    heads = ("display_number", "display_place", "display_grade", "display_luminance", "display_ratio", "verdict")
    return Table(
        title=words("record.displays"),
        note=_displays_note(story, words),
        heads=tuple(TableCell(words(f"record.{h}")) for h in heads),
        rows=tuple(_display(d, words) for d in story.displays),
        widths=(0.0, 0.0, 13.0, 21.0, 10.0, 14.0),
    )


def _displays_note(story: RecordStory, words: Words) -> Text:
    noted = sorted((n for d in story.displays for n in d.noted), key=lambda n: n.dated)
    if not noted:
        return words("record.displays_none")
    comma = words.written("record.comma")
    days = comma.join(dict.fromkeys(words.short_date(n.day) for n in noted))
    letters = people(story)
    who = comma.join(dict.fromkeys(letters[n.person] for n in noted if n.person))
    return words("record.displays_note", when=words("record.displays_by", days=days, people=who))


def _display(shown: Shown, words: Words) -> tuple[TableCell, ...]:
    display, said = shown.display, [n.measure.outcome for n in shown.noted]
    silent = bool(said) and all(o is Outcome.NOT_JUDGED for o in said)
    verdict = words("record.unjudged") if silent else mark_of(said) or as_text(EMPTY)
    return (
        TableCell(data(display.control_number or display.name)),
        TableCell(data(display.place)),
        TableCell(as_text(display.grade), "middle"),
        _number(shown.luminance),
        _number(shown.ratio),
        TableCell(verdict, "middle"),
    )


def _number(noted: Noted | None) -> TableCell:
    measured = noted.measure.measurement if noted else None
    return TableCell(as_text(show(measured.value, None, "1").value if measured else NOTHING), "right")


def _doses(story: RecordStory, words: Words) -> Table:
    heads = ("dose_region", "dose_count", "dose_ctdivol", "dose_drl", "dose_dlp", "dose_drl")
    return Table(
        title=words("record.doses"),
        note=_levels_note(story, words),
        heads=tuple(TableCell(words(f"record.{h}")) for h in heads),
        rows=tuple(_dose(d, story, words) for d in story.doses),
        widths=(0.0, 8.5, 19.0, 9.0, 20.5, 10.0),
    )


def _levels_note(story: RecordStory, words: Words) -> Text:
    levels = story.levels
    if levels is None:
        return ()
    kind = "doses_without" if not levels.levels else "doses_note" if levels.checked else "doses_unchecked"
    return words(f"record.{kind}", year=levels.year)


def _dose(dosed: Dosed, story: RecordStory, words: Words) -> tuple[TableCell, ...]:
    named = reference_levels().names.get(dosed.region)
    name = as_text(named[words.language]) if named else data(dosed.region.replace("_", " "))
    return (
        TableCell(name),
        _number(dosed.count),
        _number(dosed.ctdivol),
        _level(dosed.region, "ctdivol", story),
        _number(dosed.dlp),
        _level(dosed.region, "dlp", story),
    )


def _level(region: str, quantity: Quantity, story: RecordStory) -> TableCell:
    level = story.levels.levels.get(region) if story.levels else None
    value = getattr(level, quantity) if level else None
    return TableCell(as_text(NOTHING if value is None else show(value, None, "1").value), "right")


def _left(story: RecordStory, words: Words) -> Iterator[Text]:
    """Limits with who adopted them, baselines, the rule, u."""
    sources = list(dict.fromkeys(_source(limit, words) for limit in story.limits))
    more = [words("record.foot_more", n=len(sources) - MOST_SOURCES)] if len(sources) > MOST_SOURCES else []
    said = joined([*sources[:MOST_SOURCES], *more], words.written("record.comma"))
    yield words("record.foot_limits", limits=said) if sources else words("record.foot_no_limits")
    approved = dict.fromkeys((b.approved_at[:10], b.approved_by) for b in story.baselines)
    named = [words("record.foot_baseline", day=form_day(as_date(d), words), who=data(w)) for d, w in approved]
    what = joined(named[:MOST_SOURCES], words.written("record.comma"))
    yield words("record.foot_baselines", what=what) if named else words("record.foot_no_baselines")
    yield joined([words(f"record.rule_{story.rule}"), words("record.foot_u")], " " if words.language == "en" else "")


def _source(limit: Limit, words: Words) -> Text:
    """Where a limit is from, who adopted it, and whose number it is."""
    source = joined([data(limit.source) or words("record.foot_unsourced"), data(limit.edition)], " ")
    when = words("record.foot_adopted", day=form_day(as_date(limit.adopted_on), words)) if limit.adopted_on else ()
    who = data(limit.adopted_by) or (words("record.foot_nobody") if limit.basis == "site" else ())
    about = joined([when, who, words(f"record.foot_{limit.basis}")], words.written("record.comma"))
    return words("record.foot_limit", source=source, about=about)


def _right(story: RecordStory, words: Words) -> Iterator[Text]:
    """Versions, definitions, when it was printed."""
    comma = words.written("record.comma")
    others = [v for v in story.versions if v != story.version]
    made = words(
        "record.foot_measured" if others else "record.foot_made", version=story.version, versions=comma.join(others)
    )
    hashes = comma.join(short_hash(h) for h in story.definitions)
    yield joined([made, words("record.foot_definition", hash=hashes) if hashes else ()], _space(words))
    yield words("record.foot_printed", moment=moment(story.made_at, words))
