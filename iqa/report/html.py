"""Contents as HTML: one file without a request to anywhere, by templates that a site may replace."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from iqa.errors import DefinitionError
from iqa.report.marks import marks
from iqa.report.svg import spark_svg, strip_svg
from iqa.report.text import Text, plain
from iqa.report.words import Words
from iqa.shipped import shipped

TAGS = {"bold": "b", "italic": "i", "sub": "sub", "sup": "sup", "data": "bdi"}
"""Elements of the styles of a text; what a header says is kept apart, lest it turn the direction of its line."""
DATE = re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日")
SUFFIXES = (".html", ".css", ".js")


def html(template: str, page: object, words: Words, *, own: Path | None = None) -> str:
    """A page as HTML.

    Parameters
    ----------
    template
        Its file in ``reports/html``, or in ``html`` of the site's own folder.
    page
        The content; templates call it ``page``.
    own
        The folder with a site's templates.

    Raises
    ------
    DefinitionError
        A template of the site's own is wrong: file and line.
    """
    try:
        return _environment(words, own).get_template(template).render(page=page)
    except jinja2.TemplateSyntaxError as error:
        place = str(error.filename or template), error.lineno
        raise _wrong(*place, error.message) from None
    except UnicodeDecodeError:
        raise _wrong(str(own / "html" if own else template), 1, "a file in there that is not UTF-8") from None
    except (jinja2.TemplateError, TypeError, AttributeError, LookupError, ValueError, ArithmeticError) as error:
        found = _place(error)
        if found is None:  # no line of a template is behind it
            raise
        raise _wrong(*found, str(error)) from None


def text_html(text: Text) -> Markup:
    """A text with its styles as elements, every letter escaped."""
    found = Markup()
    for span in text:
        tag = TAGS.get(span.style)
        said = _whole(span.text)
        found += Markup("<{0}>{1}</{0}>").format(Markup(tag), said) if tag else said
    return found


def _whole(said: str) -> Markup:
    """Letters escaped; a Japanese date stays on one line."""
    pieces = DATE.split(said)
    dates = DATE.findall(said)
    found = escape(pieces[0])
    for day, after in zip(dates, pieces[1:], strict=True):
        found += Markup('<span class="whole">{}</span>').format(day) + escape(after)
    return found


def _environment(words: Words, own: Path | None) -> jinja2.Environment:
    folders = [*([own / "html"] if own else []), shipped("reports") / "html"]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn: dict[str, Callable[..., Any]] = {"strip": _safe(strip_svg), "spark": _safe(spark_svg), "svg": Markup}
    environment.filters |= {"text": text_html, "plain": plain, **drawn}
    environment.globals |= {"words": words, "symbols": _symbols(own)}
    return environment


def _safe(draw: Callable[..., str]) -> Callable[..., Markup]:
    return lambda content: Markup(draw(content))


def _symbols(own: Path | None) -> Markup:
    """The verdicts' marks, to be used by name."""
    found = (re.sub(r"<svg[^>]*viewBox", f'<symbol id="m-{name}" viewBox', svg) for name, svg in marks(own).items())
    return Markup("".join(s.strip().replace("</svg>", "</symbol>") for s in found))


def _wrong(file: str, line: int, found: str | None) -> DefinitionError:
    return DefinitionError(file, f"line {line}", "a template that can be filled in", found or "one that cannot")


def _place(error: Exception) -> tuple[str, int] | None:
    """The last line of a template that led to an error."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(SUFFIXES)]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else None
