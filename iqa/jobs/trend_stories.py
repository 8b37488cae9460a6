"""The history of a key and of those that may explain it, put together for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iqa.jobs.stories import made_of
from iqa.jobs.trend import trend
from iqa.model import Measurement
from iqa.report.stories import TrendStory
from iqa.report.trends import Trend
from iqa.store.history import LAST_DATE, measurements, occasions
from iqa.store.workspace import Workspace

DOSE, TEXTURE, NUMBER = "dose.ctdivol", "nps.average_frequency", "ct_number.uniform"


def trend_stories(
    workspace: Workspace, key: str, *, at: str, scanner: str | None = None, until: str = LAST_DATE
) -> tuple[TrendStory, ...]:
    """A story for each protocol and phantom under which a key was measured on a scanner, or on every one.

    Parameters
    ----------
    at
        When the page is made, ISO 8601 in UTC.
    until
        Date of the last scan that is looked at.

    Raises
    ------
    UsageError
        Nothing is stored under the key, or the scanner has none of it.
    """
    found = trend(workspace, key, scanner=scanner, until=until)
    return tuple(_story(workspace, one, at, until) for one in found)


def _story(workspace: Workspace, own: Trend, at: str, until: str) -> TrendStory:
    last = own.points[-1]
    with workspace.database.reading() as connection:
        scan = occasions(connection, ids=[last.occasion_id])[0]
        made = made_of(connection, workspace, scan) if scan.entered_by is None else None
        keys = explaining(own.key, measurements(connection, last.record_id))
    site = workspace.settings.site
    others = tuple(_others(workspace, keys, own, until))
    return TrendStory(trend=own, others=others, made=made, made_at=at, site=site.name, rule=site.decision_rule)


def explaining(key: str, measured: Sequence[Measurement]) -> tuple[str, ...]:
    """The keys that tell why a value changes: dose, texture of the noise, resolution, CT number, as far as measured."""
    edges = [(m.u, m.key) for m in measured if m.u and m.key.startswith("ttf.") and m.key.endswith(".f50")]
    numbers = sorted((m.key for m in measured if m.key.startswith("ct_number.")), key=lambda k: k != NUMBER)
    wanted = (DOSE, TEXTURE, min(edges)[1] if edges else "", numbers[0] if numbers else "")
    known = {m.key for m in measured}
    return tuple(k for k in wanted if k in known and k != key)


def _others(workspace: Workspace, keys: Sequence[str], own: Trend, until: str) -> Iterator[Trend]:
    """The histories that end with the same scan."""
    for key in keys:
        found = trend(workspace, key, scanner=own.scope.scanner, until=until)
        yield from [t for t in found if t.points[-1].occasion_id == own.points[-1].occasion_id][:1]
