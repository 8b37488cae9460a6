"""How a measure is out of control, in a word."""

from __future__ import annotations

from typing import Literal

from iqa.report.stories import Measure, Story
from iqa.report.text import Text
from iqa.report.trends import Trend
from iqa.report.words import Words

Way = Literal["rising", "falling", "above", "below", "signal"]


def way_of(trend: Trend | None) -> Way:
    """A drift by its direction, else on which side of the baseline the average has left its limits."""
    if trend is None or trend.control is None:
        return "signal"
    if trend.course is not None:
        return "rising" if trend.course.slope > 0 else "falling"
    control = trend.control
    if control.limits is None or not control.average:
        return "signal"
    last = control.average[-1]
    return "above" if last > control.limits[1] else "below" if last < control.limits[0] else "signal"


def tag_of(measure: Measure, story: Story, words: Words) -> Text:
    """One word beside a measure that is out of control; nothing beside any other."""
    return words(f"tag.{way_of(story.trends.get(measure.key))}") if measure.out_of_control else ()
