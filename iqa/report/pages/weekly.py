"""The weekly page: the verdict first, what is new, the numbers, where they were measured, what stood behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from iqa.model import Outcome
from iqa.report.content import Approval, Closer, Drawing, Group, Head, Row, Weekly
from iqa.report.naming import name_of
from iqa.report.pages.facts import facts
from iqa.report.pages.gaps import Parts, names_of, taken_by
from iqa.report.pages.headline import headline, signals_of, who
from iqa.report.pages.rows import groups, limits_placed, row, twice
from iqa.report.pages.since import since_last
from iqa.report.stories import URGENT, Measure, Story
from iqa.report.svg import labelled_strip_svg
from iqa.report.text import Text, data, joined, plain
from iqa.report.words import Words

SHOWN = (
    "ct_number.*", "noise.sd", "noise.sigma", "nps.average_frequency", "uniformity.max_deviation", "geometry.scale_x",
    "geometry.scale_y", "slice_thickness", "mtf.bead.f50", "mtf.wire.f50", "mtf.wire.f10", "line_pairs.resolved",
    "low_contrast.statistical.5", "dose.ctdivol", "position.z",
)  # fmt: skip
"""Keys that a weekly page shows where they were measured, beside all that are judged or charted."""
HIGH_CONTRAST = ("teflon", "air", "bone", "delrin")
"""Inserts whose edges stand out of any noise."""
MANY = 3
"""Rows of one reason that are told as one."""
MOST_CLOSER = 2
"""Measures above the table."""
ROWS_WITH_PICTURES = 34
"""Rows beyond which pictures are left out, lest the page become two."""


def weekly(
    story: Story,
    words: Words,
    *,
    drawings: Sequence[Drawing] = (),
    closer: Sequence[Closer] = (),
    approvals: Sequence[Approval] = (),
    logo: str = "",
    notes: Sequence[Text] = (),
    link: Callable[[str], str] = lambda _key: "",
) -> Weekly:
    """The content of a weekly page.

    Parameters
    ----------
    drawings
        Pictures and curves, the most telling first; left out where the numbers fill the page.
    closer
        The measures of `to_look_at`, drawn.
    notes
        Boxed words beside the date.
    link
        Where the control chart of a key is found; empty where there is none.
    """
    shown = [m for m in story.all if on_page(m, story)]
    rest = [m for m in story.measures if m not in shown]
    taken = taken_by(story.all, words)
    heading, since = since_last(story, words)
    day = words.day(story.made.acquired) if story.made.acquired else words.plain("weekly.undated")
    foot = words("weekly.foot", who=who(story, words), day=day)
    when = (
        words("weekly.scan_of", when=words.moment(story.made.acquired))
        if story.made.acquired
        else words("weekly.undated")
    )
    return Weekly(
        language=words.language,
        title=plain(foot),
        head=Head(
            words("weekly.title"),
            joined([data(story.site), data(story.scanner or "")], " · ") or words("unassigned"),
            when,
            tuple(notes),
            logo,
        ),
        said=headline(story, words),
        closer=tuple(closer),
        since_title=heading,
        since=since,
        groups=tuple(
            Group(g.name, tuple(replace(r, link=link(r.key)) for r in _told_together(g.rows, taken, words)))
            for g in groups(shown, story, words)
        ),
        left_out=joined([_left_out(rest, words), _unpictured(drawings, words)], " "),
        drawings=tuple(drawings) if len(shown) <= ROWS_WITH_PICTURES else (),
        facts=facts(story, words),
        approvals=tuple(approvals),
        seals=(words("weekly.checked"), words("weekly.approved")),
        foot=(foot, words("plus_minus")),
    )


def _told_together(rows: Sequence[Row], taken: Parts, words: Words) -> Iterator[Row]:
    """The rows, those without a number for one and the same reason as one where there are many."""
    alike: dict[Text, list[Row]] = {}
    for one in rows:
        if one.amount is None:
            alike.setdefault(one.reason, []).append(one)
    for one in rows:
        same = alike.get(one.reason, []) if one.amount is None else []
        if len(same) < MANY:
            yield one
        elif one is same[0]:
            names = names_of([r.key for r in same], taken, words)
            yield replace(one, key=" ".join(r.key for r in same), name=joined(list(names), "; "))


def keys_on_page(story: Story) -> set[str]:
    """The measures that stand on the weekly page."""
    return {m.key for m in story.all if on_page(m, story)}


def on_page(measure: Measure, story: Story) -> bool:
    """Whether a measure stands on the weekly page: judged, charted, entered by hand, or one that every page shows."""
    if measure.verdicts or measure.out_of_control or measure in story.entered:
        return True
    wanted = measure.key in story.charted or any(fnmatchcase(measure.key, p) for p in SHOWN)
    return measure.measurement is not None and (wanted or measure.key == _edge(story))


def curve_on_page(story: Story) -> str | None:
    """The transfer function that a page shows: of a charted key, else of the edge that is measured best, else any."""
    charted = [k.removesuffix(".f50") for k in story.charted if k.endswith(".f50")]
    edge = (_edge(story) or "").removesuffix(".f50")
    others = [c.key for c in story.curves if c.key.startswith(("mtf.", "ttf."))]
    known = set(others)
    return next((k for k in (*charted, edge, *others) if k in known), None)


def _edge(story: Story) -> str | None:
    """The TTF of a phantom none of whose is charted: the same insert each week, of high contrast where there is one."""
    found = sorted(
        m.key for m in story.measures if m.measurement and m.key.startswith("ttf.") and m.key.endswith(".f50")
    )
    if any(k in story.charted for k in found):
        return None
    high = (k for name in HIGH_CONTRAST for k in found if k.split(".")[1].startswith(name))
    return next(high, next(iter(found), None))


def to_look_at(story: Story) -> list[Measure]:
    """The measures that a reader should see first: what is wrong, what is out of control, else what is charted."""
    urgent = [m for o in URGENT for m in story.all if m.outcome == o and m.measurement]
    signals = [m for m in signals_of(story) if m not in urgent]
    near = [m for m in story.all if m.outcome == Outcome.PASS_WITHIN_U and m not in signals]
    calm = [m for m in story.measures if m.baseline is not None and m.outcome == Outcome.PASS and m not in signals]
    return [*urgent, *signals, *near, *sorted(calm, key=lambda m: not m.key.startswith("noise."))][:MOST_CLOSER]


def _unpictured(drawings: Sequence[Drawing], words: Words) -> Text:
    """That the scan's pictures are not there."""
    return () if any(one.kind == "image" for one in drawings) else words("picture.none")


def _left_out(rest: Sequence[Measure], words: Words) -> Text:
    measured = sum(1 for m in rest if m.measurement is not None)
    if not rest:
        return ()
    return words("weekly.left_out", measured=measured, missing=len(rest) - measured)


def looked_at(measure: Measure, story: Story, words: Words, history: Drawing | None = None) -> Closer:
    """A measure above the table, with its history where that is drawn, else with its place between its limits."""
    one = row(measure, story, words)
    if one.amount is None:
        raise ValueError(f"{measure.key} has no number to look at")
    return Closer(
        name=name_of(measure.key, words),
        outcome=one.outcome,
        flag=measure.out_of_control,
        amount=one.amount,
        aside=joined([words("weekly.allowed"), one.allowed], " ") if one.allowed else (),
        drawing=history or _placed(measure, one, words),
        text=one.reason,
    )


def _placed(measure: Measure, one: Row, words: Words) -> Drawing | None:
    """The strip of a measure, large, with its numbers."""
    if one.strip is None or one.amount is None:
        return None
    doubt = words.plain("weekly.expanded", value=one.amount.value, u=twice(measure)) if one.amount.u else ""
    title = f"{plain(one.name)} {one.amount.value}, {words.plain('weekly.allowed')} {plain(one.allowed)}"
    return Drawing(
        labelled_strip_svg(one.strip, doubt or one.amount.value, limits_placed(measure), title), title, (), "chart"
    )
