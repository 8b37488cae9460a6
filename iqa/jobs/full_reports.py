"""The full analysis of scans that were measured just now, or why they were refused, written to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa.analyze import Refusal
from iqa.jobs.clock import now
from iqa.jobs.reporting import REPORT
from iqa.jobs.stories import story_of_analysis
from iqa.model import Analysis, PhantomSpec
from iqa.report.analysis_content import FullAnalysis, RefusedPage
from iqa.report.figures.pages import chart_drawings
from iqa.report.files import put
from iqa.report.html import html
from iqa.report.marks import marks
from iqa.report.pages.analysis import full_analysis
from iqa.report.pages.pictures import picture_drawings
from iqa.report.pages.refused import refused_page
from iqa.report.pdf import pdf
from iqa.report.pictures import Pictures
from iqa.report.text import Language
from iqa.report.words import Words, load_words


def write_reports(
    told: Sequence[tuple[Analysis | Refusal, Path]],
    language: Language,
    specs: Sequence[PhantomSpec],
    pictures: Mapping[str, Pictures],
) -> None:
    """A page for each analysis and each refusal, in the file beside it, HTML or PDF by its suffix.

    Parameters
    ----------
    specs
        Definitions, of which the charts have the nominal values.
    pictures
        Of the scans' modules, by the hash of their pixels.

    Raises
    ------
    InputError
        A file cannot be written.
    """
    setting = _Setting(load_words(language), now(), specs, pictures)
    for one, file in told:
        put(file, _rendered(one, setting, file.suffix.lower()), REPORT)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What reports are made with."""

    words: Words
    at: str
    specs: Sequence[PhantomSpec]
    pictures: Mapping[str, Pictures]


def _rendered(one: Analysis | Refusal, setting: _Setting, suffix: str) -> bytes:
    if isinstance(one, Refusal):
        name: str = "refused"
        page: RefusedPage | FullAnalysis = refused_page(one, setting.words, at=setting.at)
    else:
        name, page = "analysis", _full(one, setting)
    if suffix == ".pdf":
        return pdf(f"{name}.typ", page, setting.words, at=setting.at)
    return html(f"{name}.html", page, setting.words).encode()


def _full(analysis: Analysis, setting: _Setting) -> FullAnalysis:
    story, words = story_of_analysis(analysis, at=setting.at), setting.words
    pictures = picture_drawings(setting.pictures.get(story.made.pixel_sha256), story, words, marks())
    return full_analysis(story, words, drawings=[*pictures, *chart_drawings(story, words, setting.specs)])
