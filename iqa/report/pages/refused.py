"""The page of an input of which nothing was measured: why, and what to do."""

from __future__ import annotations

from pathlib import PurePath

from iqa.analyze import Refusal
from iqa.report.analysis_content import RefusedPage
from iqa.report.content import Fact, Head
from iqa.report.text import as_text, data, plain
from iqa.report.words import Words, stored_moment
from iqa.version import __version__

MARK = "not-measured"


def refused_page(refusal: Refusal, words: Words, *, at: str, logo: str = "") -> RefusedPage:
    """The content of a refusal's page; of the path it shows the last part alone, since folders can hold names.

    Parameters
    ----------
    at : str
        When the page is made, ISO 8601 in UTC.
    """
    name = PurePath(refusal.path).name
    when = stored_moment(at)
    foot = words("refused.foot", what=data(name))
    return RefusedPage(
        language=words.language,
        title=plain(foot),
        head=Head(words("full.title"), data(name), words("fact.made", when=when), (), logo),
        mark=MARK,
        heading=words("refused.heading"),
        reason=words.sentence(refusal.reason),
        candidates=tuple(as_text(c.name if c.variant is None else f"{c.name}/{c.variant}") for c in refusal.candidates),
        cure=words("refused.candidates") if refusal.candidates else words("refused.nothing"),
        facts=(Fact(words("fact.rule"), as_text(f"iqa {__version__}")),),
        foot=(foot, words("refused.no_numbers")),
    )
