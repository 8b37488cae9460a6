"""How a scan was made, which phantom it shows and how that lies."""

from __future__ import annotations

from collections.abc import Iterator

from iqa.model import Acquisition
from iqa.report.analysis_content import Held
from iqa.report.content import Fact
from iqa.report.naming import unit_text
from iqa.report.numbers import MINUS, NO_BREAK, fixed
from iqa.report.sentences import flag_words
from iqa.report.stories import Lie, Story
from iqa.report.text import Span, Text, as_text, data, joined
from iqa.report.words import Words

SAID = ("manufacturer", "model", "serial", "station", "institution", "software")
NUMBERS = (
    ("kv", "kV"), ("kev", "keV"), ("ma", "mA"), ("exposure_mas", "mAs"), ("exposure_time_ms", "ms"),
    ("rotation_time_s", "s"), ("pitch", ""), ("total_collimation_mm", "mm"), ("single_collimation_mm", "mm"),
    ("ctdivol_mgy", "mGy"), ("dlp_mgycm", "mGycm"), ("thickness_mm", "mm"), ("fov_mm", "mm"), ("scan_fov_mm", "mm"),
    ("gantry_tilt_deg", "deg"),
)  # fmt: skip
"""Fields of an acquisition that are numbers, with their units."""
TERMS = ("kernel", "iteration", "filter_type", "scan_mode", "scan_options", "exposure_modulation", "patient_position",
         "trial", "site", "time_point")  # fmt: skip
DIGITS = 5
"""Significant digits of a number of a header."""


def how_it_was_made(story: Story, words: Words) -> tuple[Fact, ...]:
    """What the header says of the scan, one heading for each field that it fills in."""
    return tuple(Fact(words(f"setup.{name}"), said) for name, said in _made(story, words) if said)


def _made(story: Story, words: Words) -> Iterator[tuple[str, Text]]:
    made, of = story.made, story.made.acquisition
    yield "protocol", data(story.protocol or "")
    yield from ((name, data(getattr(of, name) or "")) for name in SAID)
    yield from ((name, _number(getattr(of, name), unit)) for name, unit in NUMBERS)
    yield "current_range", _current_range(of)
    yield from ((name, data(getattr(of, name) or "")) for name in TERMS)
    yield "slices", () if made.slices is None else as_text(made.slices)
    yield "spacing", _spacing(story)
    yield "flags", joined([as_text(flag_words(f, words.language)) for f in made.flags], words.written("full.next"))


def _number(value: float | None, unit: str) -> Text:
    if value is None:
        return ()
    printed = unit_text(unit)
    return (Span(f"{value:.{DIGITS}g}".replace("-", MINUS)), *((Span(NO_BREAK), *printed) if printed else ()))


def _current_range(of: Acquisition) -> Text:
    """Of a modulated tube current."""
    if of.ma_min is None or of.ma_max is None or of.ma_min == of.ma_max:
        return ()
    return as_text(f"{of.ma_min:.{DIGITS}g}–{of.ma_max:.{DIGITS}g}{NO_BREAK}mA")


def _spacing(story: Story) -> Text:
    """Distance of slices, rows and columns."""
    spacing = story.made.spacing_mm
    if spacing is None:
        return ()
    return as_text(" × ".join("–" if d is None else f"{d:.4g}" for d in spacing) + f"{NO_BREAK}mm")


def how_it_lies(story: Story, words: Words) -> tuple[Fact, ...]:
    """Which phantom it is, which copy of it, and how it was turned; its position is among the numbers."""
    return tuple(Fact(words(f"setup.{name}"), said) for name, said in _lies(story, words) if said)


def _lies(story: Story, words: Words) -> Iterator[tuple[str, Text]]:
    lie = story.lie
    yield "phantom", data(story.made.phantom)
    yield "copy", data(story.copy or "")
    yield "definition", data(story.made.model)
    if lie is not None:
        yield "variant", data(lie.variant or "")
        yield "turned", _turned(lie, words)


def _turned(lie: Lie, words: Words) -> Text:
    mirrored = "unknown" if lie.mirrored is None else "yes" if lie.mirrored else "no"
    order = words("setup.reversed" if lie.reversed else "setup.in_order")
    return joined([words(f"setup.mirrored_{mirrored}"), order], words.written("full.next"))


def held(story: Story, words: Words) -> tuple[Held, ...]:
    """The modules that the scan holds, along the stack."""
    if story.lie is None:
        return ()
    return tuple(
        Held(
            as_text(m.name),
            words("picture.slice", first=m.slices[0]) if m.slices[0] == m.slices[1]
            else words("picture.slices", first=m.slices[0], last=m.slices[1]),
            () if m.z_mm is None else as_text(f"{fixed(m.z_mm, 1)}{NO_BREAK}mm"),
        )
        for m in story.lie.modules
    )  # fmt: skip
