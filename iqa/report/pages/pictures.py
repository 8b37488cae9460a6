"""The pictures of a scan with what was measured on them: names, values and verdicts over the kept grey images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iqa.report.content import Drawing
from iqa.report.naming import family_of, thing
from iqa.report.numbers import fixed
from iqa.report.pages.rows import amount, signed_at
from iqa.report.picture_svg import Look, picture_svg
from iqa.report.pictures import Mark, Picture, Pictures
from iqa.report.stories import Measure, Story
from iqa.report.svg import FONTS
from iqa.report.text import Text, plain
from iqa.report.words import Words

CAPTIONED = {"inserts": "ct_number", "uniform": "uniformity", "gauge": "line_pairs", "low_contrast": "low_contrast"}
"""Of each block, the family of measures that its caption speaks of."""
TELLING = ("inserts", "uniform", "gauge", "low_contrast")
"""Blocks of modules, the most telling first."""


def picture_drawings(
    pictures: Pictures | None, story: Story, words: Words, marks: Mapping[str, str], *, most: int | None = None
) -> list[Drawing]:
    """Every picture, or the most telling ones, labelled in a language.

    Parameters
    ----------
    marks
        Those of the verdicts, as SVG.
    """
    if pictures is None:
        return []
    ranked = sorted(pictures.pictures, key=lambda p: TELLING.index(p.block))[:most]
    return [_drawing(p, story, words, marks, scale_bar=i == 0) for i, p in enumerate(ranked)]


def _drawing(picture: Picture, story: Story, words: Words, marks: Mapping[str, str], *, scale_bar: bool) -> Drawing:
    said = caption(picture, words)
    looks = {mark.name: _look(mark, picture, story, words) for mark in picture.marks}
    svg = picture_svg(picture, looks, title=plain(said), marks=marks, scale_bar=scale_bar, font_family=FONTS)
    return Drawing(svg, plain(said), said, "image")


def caption(picture: Picture, words: Words) -> Text:
    """What a picture shows, which slices, and which CT numbers are black and white."""
    first, last = picture.slices
    slices = words("picture.slice", first=first) if first == last else words("picture.slices", first=first, last=last)
    low, high = (fixed(x, 0) for x in picture.window_hu)
    families = {family_of(mark.key) for mark in picture.marks}
    known = CAPTIONED[picture.block] in families
    return words(
        f"picture.caption_{picture.block if known else 'plain'}",
        module=picture.module,
        slices=slices,
        low=low,
        high=high,
    )


def _look(mark: Mark, picture: Picture, story: Story, words: Words) -> Look:
    """The label and the verdict of a region."""
    measure = story.measure(mark.key)
    return Look(tuple(_lines(mark, measure, picture, words)), measure.outcome if measure and measure.verdicts else None)


def _lines(mark: Mark, measure: Measure | None, picture: Picture, words: Words) -> Sequence[str]:
    """An insert's name and CT number, a difference from the centre, the name of a group, a bead or a target."""
    said = plain(thing(mark.name.rpartition(".")[2], words))
    shown = amount(measure) if measure else None
    if shown is None or measure is None or measure.measurement is None:
        return []
    match family_of(mark.key):
        case "ct_number":
            return [said, shown.value]
        case "uniformity":
            return [signed_at(measure.measurement.value, measure)]
        case "line_pairs" | "mtf":
            return [said]
        case "low_contrast" if picture.block == "low_contrast":
            return [said.rpartition(", ")[2].rpartition("、")[2]]
    return []
