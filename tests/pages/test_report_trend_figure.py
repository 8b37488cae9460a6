"""The chart of a trend: what is drawn where, read from the axes, not from pixels."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from made_trends import (
    dates,
    failing_history,
    full_history,
    happened,
    made_trend,
    noise,
    percent,
    plain_history,
    segment,
)
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from iqa.errors import DefinitionError
from iqa.judge.bounds import unwarned
from iqa.model import Bounds
from iqa.report.figures.control import range_limits, ranges
from iqa.report.figures.events import MARK_PX, SEPARATION_PX, rows
from iqa.report.figures.fonts import check_glyphs, letters, printable, width
from iqa.report.figures.legend import entries
from iqa.report.figures.limits import LINE_PX
from iqa.report.figures.others import Shown, draw_other, scale
from iqa.report.figures.style import PX, dots, sized, styled
from iqa.report.figures.trend import draw_trend, ewma_svg, place, trend_figure, trend_svg
from iqa.report.small_charts import small_trend_svg
from iqa.report.text import LANGUAGES, Language
from iqa.report.ticks import ticks
from iqa.report.trend_lines import spread
from iqa.report.trend_parts import (
    crossings,
    gaps,
    runs,
    since_baseline,
    stretches,
    tightest,
)
from iqa.report.trends import HORIZON_DAYS, Trend
from iqa.report.words import load_words
from iqa.store.history import day_of

EN, JA = load_words("en"), load_words("ja")
FULL, FAILING = full_history(), failing_history()


def drawn(trend: Trend, language: Language = "en") -> Axes:
    with styled():
        return draw_trend(place(sized(960, 500), 42, 40, 786, 378), trend, load_words(language))


@pytest.fixture(scope="module")
def axes() -> Axes:
    return drawn(FULL)


def lines(axes: Axes, kind: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_gid() == kind]


def heights(axes: Axes, kind: str) -> list[float]:
    return [float(np.asarray(line.get_ydata())[0]) for line in lines(axes, kind)]


def texts(axes: Axes) -> list[str]:
    return [t.get_text().replace("\u00a0", " ") for t in axes.texts]


def test_each_baseline_has_its_limits_for_its_own_time(axes: Axes) -> None:
    assert heights(axes, "line fail") == pytest.approx([5.106, 3.774, 4.9565, 3.6635])
    assert heights(axes, "line warning") == pytest.approx([4.884, 3.996, 4.741, 3.879])
    tube = day_of("2026-05-20")
    ends = [np.asarray(line.get_xdata()).tolist() for line in lines(axes, "line fail")]
    assert [e[1] for e in ends[:2]] == [tube, tube], "the old limits stay until the event"
    assert [e[0] for e in ends[2:]] == [tube, tube]
    assert ends[3][1] == axes.get_xlim()[1], "the new ones reach to the end of what lies ahead"


def test_control_limits_begin_after_the_scans_of_the_baseline(axes: Axes) -> None:
    begin = [float(np.asarray(line.get_xdata())[0]) for line in lines(axes, "line control_high")]
    assert begin == [FULL.days[10], FULL.days[61]]


def test_nothing_is_tinted_or_hatched_beyond_the_failing_limits(axes: Axes) -> None:
    edges = [c.get_datalim(axes.transData) for c in axes.collections if c.get_gid() != "fan"]
    assert min(e.y0 for e in edges) == pytest.approx(3.6635)
    assert max(e.y1 for e in edges) == pytest.approx(5.106)


def test_points_are_told_apart(axes: Axes) -> None:
    counted = {kind: sum(len(np.asarray(x.get_xdata())) for x in lines(axes, kind)) for kind in ("value", "baseline")}
    assert counted["baseline"] == 20
    (signals,) = lines(axes, "signal")
    control = FULL.control
    assert control is not None
    assert np.asarray(signals.get_xdata()).tolist() == [FULL.days[s.at] for s in control.signals]
    assert counted["value"] + 20 + len(control.signals) == len(FULL.points)


def test_what_warns_and_fails_has_its_own_shape_and_a_ring_where_it_signals() -> None:
    found = drawn(FAILING)
    shapes = {kind: [line.get_marker() for line in lines(found, kind)] for kind in ("warning", "fail", "ring")}
    assert shapes == {"warning": ["^"], "fail": ["s"], "ring": ["o"]}
    assert np.asarray(lines(found, "fail")[0].get_xdata()).tolist() == list(FAILING.days[-2:])


def test_the_line_breaks_at_the_pause_and_at_the_event() -> None:
    assert runs(FULL) == (range(33), range(33, 51), range(51, 81))
    assert runs(replace(FULL, period_days=None)) == (range(51), range(51, 81))


def test_a_pause_has_its_frame_and_its_days(axes: Axes) -> None:
    (frame,) = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_gid() == "gap"]
    assert FULL.days[32] < frame.get_x() < frame.get_x() + frame.get_width() < FULL.days[33]
    assert "no scan: 25 days" in texts(axes)
    (gap,) = gaps(FULL)
    assert (gap.after, gap.days) == (32, 25)


def test_without_a_period_no_pause_is_called_one() -> None:
    assert gaps(replace(FULL, period_days=None)) == ()


def test_an_event_has_its_words_and_the_scanners_own_line_is_full(axes: Axes) -> None:
    assert "tube change 20 May" in texts(axes)
    (line,) = lines(axes, "event tube")
    assert line.get_linestyle() == "-"
    events = [happened("2026-05-20", "software"), happened("2026-05-20", "refilled", phantom=True)]
    dashed = drawn(replace(FULL, events=tuple(events)))
    assert {line.get_linestyle() for k in ("software", "refilled") for line in lines(dashed, f"event {k}")} == {"--"}


def test_another_method_is_marked_as_no_event_of_the_scanner() -> None:
    values = [4.4 + x for x in noise(30)]
    methods = ["made@1"] * 15 + ["made@2"] * 15
    parts = [segment(values, 0, 15, percent(4.4)), segment(values, 15, 30, percent(4.4))]
    found = drawn(made_trend(values, dates("2026-01-05", 30), parts, methods=methods))
    (line,) = lines(found, "event method")
    assert line.get_linestyle() == "--"


def test_the_first_signal_of_the_last_run_has_a_flag_with_its_date(axes: Axes) -> None:
    (flag,) = lines(axes, "flag")
    assert np.asarray(flag.get_xdata()).tolist() == [day_of("2026-09-11T07:42:00")]
    assert "signal from 11 Sep" in texts(axes)


def test_diamonds_lie_where_the_crossings_are_and_the_fan_agrees_with_their_intervals(axes: Axes) -> None:
    course = FULL.course
    assert course is not None
    found = crossings(FULL)
    assert [p.fails for p in found] == [False, True]
    for p, bar in zip(found, lines(axes, "interval"), strict=True):
        assert np.asarray(bar.get_xdata()).tolist() == [p.crossing.earliest, p.crossing.latest]
        assert course.quantile(0.975, p.crossing.earliest) == pytest.approx(p.bound, abs=1e-6)
        assert course.quantile(0.5, p.crossing.day) == pytest.approx(p.bound, abs=1e-6)
        assert course.quantile(0.025, p.crossing.latest) == pytest.approx(p.bound, abs=1e-6)


def test_nothing_is_projected_without_a_signal() -> None:
    calm = replace(plain_history(30, bounds=percent(4.4)), course=FULL.course, projections=FULL.projections)
    found = drawn(calm)
    assert lines(found, "course") == lines(found, "interval") == []
    assert found.get_xlim()[1] < calm.days[-1] + 10.0


def test_nothing_is_projected_beyond_a_year() -> None:
    far = tuple(
        replace(p, crossing=replace(p.crossing, day=FULL.days[-1] + HORIZON_DAYS + 1.0)) for p in FULL.projections
    )
    assert crossings(replace(FULL, projections=far)) == ()
    assert drawn(replace(FULL, projections=far)).get_xlim()[1] < FULL.days[-1] + 10.0


def test_an_interval_without_an_end_stops_at_the_end_of_the_chart() -> None:
    first, *rest = FULL.projections
    open_end = replace(FULL, projections=(replace(first, crossing=replace(first.crossing, latest=np.inf)), *rest))
    found = drawn(open_end)
    bar = np.asarray(lines(found, "interval")[0].get_xdata())
    assert bar[1] == found.get_xlim()[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_at_the_right_end_never_overlap(language: Language) -> None:
    tight = plain_history(30, bounds=Bounds(4.38, 4.39, 4.40, 4.41))
    found = drawn(tight, language)
    boxes = sorted(
        (
            t.get_window_extent()
            for t in found.texts
            if t.get_position()[0] == 7 * PX and t.get_verticalalignment() == "center"
        ),
        key=lambda box: box.y0,
    )
    assert len(boxes) == 7
    height = 0.8 * boxes[0].height  # of the letters themselves; a line has room above and below them
    assert all(upper.y0 - lower.y0 >= height for lower, upper in pairwise(boxes))
    assert max(box.x1 for box in boxes) <= found.figure.bbox.width


def test_places_are_spread_as_little_as_can_be() -> None:
    assert spread([1.0, 30.0], 10.0) == [1.0, 30.0]
    assert spread([10.0, 10.0], 10.0) == [5.0, 15.0]
    moved = spread([0.0, 1.0, 2.0, 50.0, 51.0], LINE_PX)
    assert np.diff(moved).min() == pytest.approx(LINE_PX)
    assert np.mean(moved[:3]) == pytest.approx(1.0)


def test_words_above_lie_above_every_line_that_they_pass() -> None:
    wanted = [(10.0 * i, f"event number {i}") for i in range(9)] + [(700.0, "alone")]
    found = rows(wanted)
    assert found[-1] == 0
    for (x, text), row in zip(wanted, found, strict=True):
        end = x + MARK_PX + width(text, 12.0) + SEPARATION_PX
        passed = [r for (other, _), r in zip(wanted, found, strict=True) if x < other < end and r is not None]
        assert row is None or all(r < row for r in passed)


def test_more_events_than_rows_keep_their_lines() -> None:
    events = tuple(happened(f"2026-0{m}-1{d}", "other") for m in (6, 7) for d in range(8))
    found = drawn(replace(FULL, events=events))
    assert len(lines(found, "event other")) == 16
    assert 0 < sum("other event" in t for t in texts(found)) < 16


MADE = {
    "every mark": FULL,
    "failing": FAILING,
    "one side": plain_history(30, bounds=Bounds(fail_high=5.0, warn_high=4.8)),
    "no limits": plain_history(12, bounds=None, reference=0),
    "three scans": plain_history(3, bounds=percent(4.4), reference=0),
    "one scan": plain_history(1, bounds=percent(4.4), reference=0),
}


@pytest.mark.parametrize(("name", "language"), list(zip(MADE, ["ja", "en"] * 3, strict=True)))
def test_every_history_is_drawn_with_glyphs_that_the_fonts_have(name: str, language: Language) -> None:
    with styled():
        figure = trend_figure([MADE[name]], load_words(language))
        assert check_glyphs(figure) is figure


def test_a_header_value_that_never_changes_and_several_scans_of_one_day_are_drawn() -> None:
    same = ["2026-01-05T07:00:00"] * 3
    header = made_trend([10.0] * 3, same, [segment([10.0] * 3, 0, 3, None, reference=0)])
    bare = tuple(replace(p, measurement=replace(p.measurement, u=None)) for p in header.points)
    found = drawn(replace(header, points=bare))
    low, high = found.get_ylim()
    assert low < 10.0 < high
    assert len(np.asarray(lines(found, "value")[0].get_xdata())) == 3


def test_all_strings_of_trends_are_in_the_fonts() -> None:
    said = "".join(s for words in (EN, JA) for s in words.under("trend").values())
    assert {c for c in said if ord(c) not in letters()} == set()


def test_a_missing_glyph_is_an_error_that_names_it() -> None:
    with styled():
        figure = sized(100, 100)
        figure.text(0.5, 0.5, "tube \U0001f600")
        with pytest.raises(DefinitionError, match=r"tube .*characters that Roboto or IPAexGothic has, found U\+1F600"):
            check_glyphs(figure)


def test_what_a_person_wrote_is_shown_by_code_point_and_escaped() -> None:
    events = (happened("2026-02-20", "<script>$x$\U0001f600"),)
    svg = trend_svg(replace(plain_history(12, bounds=None, reference=0), events=events), EN)
    assert "&lt;script&gt;$x$U+1F600 20" in svg.replace("\u00a0", " ")
    assert "<script" not in svg


@pytest.fixture(scope="module")
def svg() -> str:
    return trend_svg(FULL, JA)


def test_text_stays_text_and_nothing_leaves_the_drawing(svg: str) -> None:
    assert ">不合格限界 4.96</text>" in svg
    assert svg.startswith('<svg role="img" aria-label="ノイズ')
    assert not re.search(r"<style|<metadata|<\?xml|2026-11-", svg)
    assert set(re.findall(r"https?://[^\"<]+", svg)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_same_trend_gives_the_same_bytes() -> None:
    assert small_trend_svg(FULL, JA) == small_trend_svg(FULL, JA)


def test_figures_of_one_page_share_no_id(svg: str) -> None:
    drawings = [svg, small_trend_svg(FULL, EN), ewma_svg(FULL, EN), ewma_svg(FAILING, EN)]
    ids = [i for one in drawings for i in re.findall(r' id="([^"]+)"', one)]
    assert len(ids) == len(set(ids)) > 10
    for one in drawings:
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', one)) <= set(re.findall(r' id="([^"]+)"', one))


def test_the_style_leaves_nothing_behind() -> None:
    before = dict(mpl.rcParams)
    trend_svg(plain_history(3, bounds=None, reference=0), JA)
    assert dict(mpl.rcParams) == before


def test_the_small_chart_shows_the_side_that_the_drift_goes_to() -> None:
    svg = small_trend_svg(FULL, EN)
    said = re.findall(r">([^<>]+)</text>", svg.replace("\u00a0", " "))
    assert {"fail 4.96", "warning 4.74", "baseline 4.28", "16 Nov"} <= set(said)
    assert not [s for s in said if "control" in s or s in ("fail 3.66", "warning 3.88", "30 Dec")]


def test_the_last_segment_alone_keeps_its_signals() -> None:
    cut = since_baseline(FULL, 12)
    control, whole = cut.control, FULL.control
    assert control is not None
    assert whole is not None
    assert len(cut.points) == 12
    assert [cut.points[s.at].dated for s in control.signals] == [FULL.points[s.at].dated for s in whole.signals]
    assert control.average == whole.average[-12:]
    assert control.in_control is False


def test_the_innermost_limits_count() -> None:
    assert tightest([Bounds(-9, -5, 5, 9), Bounds(-7, None, 6, 8)]) == Bounds(-7, -5, 5, 8)
    assert tightest([Bounds(warn_high=5.0), Bounds(fail_high=4.0)]) == Bounds(fail_high=4.0)
    assert unwarned(Bounds(fail_low=1.0, warn_high=3.0)) == (1.0, 3.0)


def test_a_segment_without_an_event_begins_halfway() -> None:
    _, second = stretches(replace(FULL, events=()), FULL.days[0], FULL.days[-1])
    assert second.start == 0.5 * (FULL.days[50] + FULL.days[51])


def test_moving_ranges_are_those_of_the_scans_since_the_baseline() -> None:
    control = FULL.control
    assert control is not None
    assert control.baseline is not None
    values = [p.measurement.value for p in FULL.points[control.first :]]
    assert ranges(FULL) == pytest.approx(np.abs(np.diff(values)))
    mean, high = range_limits(FULL)
    assert mean / control.baseline.sigma == pytest.approx(1.128, abs=5e-4)
    assert high / mean == pytest.approx(3.267, abs=1e-3), "D4 of two scans"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-05-10", "2027-02-20", ["Jun 2026", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan 2027", "Feb"]),
        (
            "2026-01-05",
            "2026-01-20",
            ["6 Jan 2026", "8 Jan", "10 Jan", "12 Jan", "14 Jan", "16 Jan", "18 Jan", "20 Jan"],
        ),
        ("2006-03-01", "2026-03-01", [str(y) for y in range(2007, 2027)]),
    ],
)
def test_the_axis_names_months_days_or_years(first: str, last: str, said: list[str]) -> None:
    found = ticks(day_of(first), day_of(last), 790.0, EN)
    assert [f"{t.text} {t.year}".strip().replace("\u00a0", " ") for t in found] == said


def test_a_long_axis_names_every_third_month_and_the_year_under_january() -> None:
    found = ticks(day_of("2026-01-05"), day_of("2030-02-10"), 790.0, JA)
    assert [t.text for t in found[:4]] == ["4月", "7月", "10月", "1月"]
    assert [t.year for t in found if t.text == "1月"] == ["2027年", "2028年", "2029年", "2030年"]


def test_a_character_that_no_font_has_becomes_its_code_point() -> None:
    assert printable("管球 \u2066x") == "管球 U+2066x"


def test_widths_are_those_that_matplotlib_sets() -> None:
    with styled():
        figure = sized(400, 100)
        text = figure.text(0, 0, "上方管理限界 4.51", fontsize=10 * PX)
        drawn_px = text.get_window_extent().width / dots(figure.add_subplot())
    assert width("上方管理限界 4.51", 10.0) == pytest.approx(drawn_px, rel=0.03)


def other(trend: Trend) -> Axes:
    with styled():
        shown = Shown(trend.days[0], trend.days[-1], trend.days[3])
        return draw_other(place(sized(205, 66), 0.5, 23, 204, 41), trend, EN, shown)


def test_failing_limits_of_other_keys_stand_at_the_same_heights() -> None:
    for trend in (
        plain_history(12, bounds=percent(4.4)),
        plain_history(12, bounds=Bounds(-80, -60, 60, 80), level=2.0),
    ):
        axes = other(trend)
        inner = tightest(trend.bounds)
        to_axes = (axes.transData + axes.transAxes.inverted()).transform
        ends = [float(to_axes((trend.days[0], x))[1]) for x in (inner.fail_low, inner.fail_high) if x is not None]
        assert ends == pytest.approx([0.06 / 1.12, 1.06 / 1.12])
        assert len(lines(axes, "since")) == 1


def test_other_keys_without_limits_are_scaled_by_their_scatter_and_a_constant_by_its_value() -> None:
    scattered = plain_history(12, bounds=None, reference=0)
    values = [p.measurement.value for p in scattered.points]
    low, high = scale(scattered, values)
    assert (high - low) / 2 == pytest.approx(6.0 * np.std(values))
    assert scale(scattered, [40.0, 40.0]) == (38.0, 42.0)
    assert scale(plain_history(12, bounds=Bounds(fail_high=5.0)), values)[1] == 5.0


def test_a_value_beyond_the_frame_of_a_small_chart_is_a_square_on_it() -> None:
    axes = other(FAILING)
    beyond = [line for line in axes.lines if line.get_marker() == "s"]
    assert [np.asarray(line.get_ydata()).tolist() for line in beyond] == [[axes.get_ylim()[1]] * 2]


def test_the_key_names_the_marks_that_occur() -> None:
    assert list(entries(plain_history(12, bounds=None, reference=0))) == ["value"]
    assert list(entries(FAILING)) == ["value", "baseline", "ring", "warning", "fail", "allowed", "warned", "control"]
    assert list(entries(FULL)) == ["value", "baseline", "signal", "allowed", "warned", "control", "crossing"]
