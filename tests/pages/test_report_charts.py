"""The charts of a page as data: what their Axes hold, what their captions and alternative texts say."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from made_analysis import made_analysis, made_spec
from made_story import measured, story
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle

from iqa.errors import DefinitionError
from iqa.jobs.stories import story_of_analysis
from iqa.model import Curve, Measurement
from iqa.report.content import Drawing
from iqa.report.figures.charts import InsertPoint, draw_against_nominal, draw_differences, inserts_of
from iqa.report.figures.contrasts import draw_contrast_detail, draw_uniformity, target_points
from iqa.report.figures.curves import draw_by_slice, draw_section, draw_spectrum, draw_transfer
from iqa.report.figures.pages import MOST_INSERTS, MOST_PANELS, chart_drawings
from iqa.report.naming import name_of
from iqa.report.small_charts import small_transfer_svg, transfer_alt
from iqa.report.stories import Measure, Story
from iqa.report.text import plain
from iqa.report.words import Words, load_words

EN, JA = load_words("en"), load_words("ja")
AT = "2026-10-27T09:00:00Z"


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


def points_of(line: Line2D) -> list[tuple[float, float]]:
    """What a line goes through."""
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata(), dtype=np.float64)]


def values_of(line: Line2D) -> tuple[float, ...]:
    return tuple(y for _, y in points_of(line))


def bars_of(axes: Axes) -> ErrorbarContainer:
    (found,) = axes.containers
    assert isinstance(found, ErrorbarContainer)
    return found


def curve(key: str = "ttf.teflon", *, fall: float = 1.0, unit: str = "1", x_unit: str = "1/mm") -> Curve:
    """From 1 down to 0 at 1/mm, straight."""
    x = tuple(i / 10 for i in range(11))
    return Curve(key, x, tuple(1.0 - fall * v for v in x), (0.02,) * 11, x_unit, unit, "ttf-disc@1")


def frequency(key: str, value: float) -> Measurement:
    return Measurement(key, value, 0.005, "1/mm", 6, "CTP404 slices 1-6", "ttf-disc@1")


def numbers(*told: Measurement) -> tuple[Measure, ...]:
    return tuple(Measure(key=m.key, measurement=m) for m in told)


def test_a_transfer_function_has_its_band_its_baseline_and_its_frequencies(axes: Axes) -> None:
    base = curve(fall=0.9)
    draw_transfer(axes, curve(), base, {"f50": frequency("ttf.teflon.f50", 0.5), "f10": None})
    lines = {values_of(line): line for line in axes.lines}
    assert lines[curve().values].get_linestyle() == "-"
    assert lines[base.values].get_linestyle() == "--"
    assert {points_of(line)[0] for line in axes.lines if len(points_of(line)) == 1} == {(0.5, 0.5)}
    band = np.asarray(axes.collections[0].get_paths()[0].vertices).round(6).tolist()
    assert all(corner in band for corner in ([0.0, 1.04], [0.0, 0.96], [1.0, 0.04], [1.0, -0.04]))
    assert [t.get_text() for t in axes.texts] == ["f50 0.500"]
    assert {t.get_text() for t in axes.get_yticklabels()} == {"0", "0.1", "0.5", "1"}


def test_the_small_curve_says_what_it_shows_and_names_its_lines() -> None:
    levels = {"f50": frequency("f50", 0.5), "f10": frequency("f10", 0.9)}
    svg = small_transfer_svg(curve(), curve(fall=0.9), levels, EN)
    said = "TTF, Teflon falls from 1 at zero frequency to 0.5 at 0.500 mm⁻¹ and to 0.1 at 0.900 mm⁻¹."
    assert transfer_alt(curve(), levels, EN) == said
    assert f'role="img" aria-label="{said}"' in svg
    assert all(f">{one}</text>" in svg for one in ("this scan", "baseline", "f50 0.500", "f10 0.900"))
    alone = small_transfer_svg(curve(), None, {}, JA)
    assert "基礎値" not in alone
    assert "空間周波数" in alone


def test_the_small_curve_stands_where_its_numbers_say() -> None:
    flat = Curve("ttf.teflon", (0.0, 0.5, 1.0), (1.0, 0.5, 0.0), (0.0, 0.0, 0.0), "1/mm", "1", "ttf-disc@1")
    svg = small_transfer_svg(flat, None, {"f50": frequency("f50", 0.5)}, EN)
    line = re.search(r'<path d="M([^"]+)" fill="none" stroke="#1F5A94" stroke-width="1.4"/>', svg)
    dot = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert line is not None
    assert dot is not None
    middle = line[1].split("L")[1]
    assert middle == f"{dot[1]} {dot[2]}", "the point of f50 lies on the curve, half way down"


def test_a_caption_names_no_mark_that_is_not_drawn() -> None:
    bare = replace(full_story(), measures=())
    said = [plain(d.caption) for d in chart_drawings(bare, EN)]
    assert not any("average frequency" in one or "Points" in one or "n = " in one for one in said)
    assert sum("average frequency" in plain(d.caption) for d in chart_drawings(full_story(), EN)) == 1


def test_a_noise_spectrum_has_its_average_frequency_as_a_line(axes: Axes) -> None:
    spectrum = curve("nps", unit="HU² mm²")
    draw_spectrum(axes, spectrum, None, frequency("nps.average_frequency", 0.3), EN)
    assert [points_of(line)[0][0] for line in axes.lines if points_of(line)[0][0] == points_of(line)[-1][0]] == [0.3]
    assert [t.get_text() for t in axes.texts] == ["average 0.300\u00a0±\u00a00.005\u00a0mm⁻¹"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("spatial frequency, mm⁻¹", "NPS, HU² mm²")


def test_noise_by_slice_has_bars_of_two_u(axes: Axes) -> None:
    noise = Curve("noise.sigma", (0.0, 2.5), (5.0, 5.2), (0.1, 0.2), "mm", "HU", "sd-detrended@2")
    draw_by_slice(axes, noise, None, EN)
    (drawn,) = bars_of(axes).lines[2]
    spans = drawn.get_segments()
    assert [[round(float(y), 9) for _, y in span] for span in spans] == [[4.8, 5.2], [4.8, 5.6]]


def triangle() -> Curve:
    """A profile of FWHM 2 mm, its middle at 0.1 mm."""
    x = tuple(round(-3.0 + 0.1 * i, 9) for i in range(63))
    return Curve("ssp", x, tuple(max(1.0 - abs(v - 0.1) / 2.0, 0.0) for v in x), (0.01,) * 63, "mm", "1", "ssp-bead@1")


def test_a_section_profile_has_its_widths_as_lines_across_it(axes: Axes) -> None:
    widths = {"FWHM": measured("ssp.fwhm", 2.0, 0.01, unit="mm"), "FWTM": None}
    draw_section(axes, triangle(), None, widths)
    (line,) = [k for k in axes.lines if len(points_of(k)) == 2]
    assert points_of(line) == [pytest.approx((-0.9, 0.5)), pytest.approx((1.1, 0.5))]
    assert [t.get_text() for t in axes.texts] == ["FWHM 2.000\u00a0±\u00a00.010\u00a0mm"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["0", "0.1", "0.5", "1"]


def test_a_page_tells_the_widths_of_its_section_profile() -> None:
    told = (measured("ssp.fwhm", 2.0, 0.01, unit="mm"), measured("ssp.fwtm", 3.6, 0.02, unit="mm"))
    (found,) = chart_drawings(replace(story(numbers(*told)), curves=(triangle(),)), EN)
    assert found.alt.startswith("Section sensitivity profile over its distance from the middle: FWHM 2.000")
    assert "FWTM 3.600" in found.alt
    assert "Lines across it: full widths at half and a tenth." in plain(found.caption)


def test_inserts_stand_against_their_nominal_value_and_beside_their_range(axes: Axes) -> None:
    analysis = made_analysis()
    points = inserts_of(made_spec(), analysis.value)
    assert [(p.name, p.nominal, p.accepted) for p in points] == [
        ("air_top", -1000.0, (-1020.0, -980.0)), ("teflon", 940.0, (920.0, 960.0)),
    ]  # fmt: skip
    draw_against_nominal(axes, points)
    assert [points_of(line)[-1] for line in axes.lines] == [(940.0, 940.0), (940.0, 943.2184)]
    other = Figure().subplots()
    draw_differences(other, points, ["Air", "Teflon"])
    assert [t.get_text() for t in other.get_yticklabels()] == ["Air  −1000", "Teflon  940"]
    boxes = [(round(p.get_x(), 6), round(p.get_width(), 6)) for p in other.patches if isinstance(p, Rectangle)]
    assert boxes == [(-20.0, 40.0), (-20.0, 40.0)]


def test_targets_are_read_from_their_keys_group_by_group() -> None:
    told = [
        measured("low_contrast.10permille_15mm.contrast", 9.0),
        measured("low_contrast.10permille_5mm.contrast", 8.0),
        measured("low_contrast.sub7_10permille_9mm.contrast", 3.0),
        measured("low_contrast.10permille_15mm.cnr", 2.0, unit="1"),
        measured("low_contrast.statistical.5", 3.0),
    ]
    found = [(p.group, p.diameter_mm, p.contrast.value) for p in target_points(told)]
    assert found == [("10permille", 5.0, 8.0), ("10permille", 15.0, 9.0), ("sub7_10permille", 9.0, 3.0)]


def test_contrast_stands_against_diameter_with_the_contrast_that_is_needed(axes: Axes) -> None:
    points = target_points([measured(f"low_contrast.10permille_{d}mm.contrast", float(d)) for d in (3, 9)])
    limit = Curve("low_contrast.statistical", (3.0, 15.0), (8.0, 2.0), (0.1, 0.1), "mm", "HU", "disc-scatter@2")
    draw_contrast_detail(axes, points, limit, EN)
    legend = axes.get_legend()
    assert legend is not None
    assert {t.get_text() for t in legend.get_texts()} == {"1.0\u00a0% targets", "needed"}
    assert values_of(bars_of(axes).lines[0]) == (3.0, 9.0)
    assert limit.values in [values_of(line) for line in axes.lines]


def test_uniformity_stands_where_the_clock_of_the_image_has_it(axes: Axes) -> None:
    edges = {h: measured(f"uniformity.{h}", v, 0.3) for h, v in (("12h", 1.0), ("3h", -4.0), ("6h", 2.0), ("9h", 3.0))}
    draw_uniformity(axes, edges, EN)
    where = {t.get_text().splitlines()[0]: tuple(round(v, 2) for v in t.get_position()) for t in axes.texts}
    assert where == {
        "centre": (0.0, 0.0), "1.0": (0.0, 0.68), "−4.0": (0.68, 0.0), "2.0": (0.0, -0.68), "3.0": (-0.68, 0.0),
    }  # fmt: skip
    strong = max((p for p in axes.patches if isinstance(p, Circle)), key=lambda p: p.get_linewidth())
    assert tuple(np.asarray(strong.get_center()).round(2).tolist()) == (0.68, 0.0)


def full_story() -> Story:
    """A scan of every curve there is."""
    told = [
        frequency("ttf.teflon.f50", 0.5), frequency("nps.average_frequency", 0.3), measured("noise.sigma", 5.0),
        *(measured(f"uniformity.{h}", 1.0) for h in ("12h", "3h", "6h", "9h")),
        measured("low_contrast.10permille_15mm.contrast", 9.0),
    ]  # fmt: skip
    curves = (
        curve(), curve("mtf.bead"), curve("nps", unit="HU² mm²"), curve("ssp", x_unit="mm"),
        curve("noise.sigma", unit="HU", x_unit="mm"), curve("low_contrast.statistical", unit="HU", x_unit="mm"),
    )  # fmt: skip
    return replace(story(numbers(*told)), curves=curves)


@pytest.mark.parametrize("language", [EN, JA], ids=["en", "ja"])
def test_every_curve_is_drawn_once_with_n_scanner_date_and_an_alternative_text(language: Words) -> None:
    found = chart_drawings(full_story(), language)
    assert [d.kind for d in found] == ["wide chart", "chart", "chart", "chart", "chart", "chart"]
    for one in found:
        said = plain(one.caption)
        assert "CT-2" in said
        assert language.day("2026-10-26") in said
        assert one.alt
        assert one.svg.startswith("<svg ")
        assert "<script" not in one.svg
    assert sum("n = " in plain(d.caption) for d in found) == 5  # of the section's profile there is no number
    assert sum(plain(d.caption).startswith(plain(name_of("ssp", language))) for d in found) == 1


def test_a_baseline_is_named_where_it_is_drawn() -> None:
    told = replace(full_story(), baseline_curves={"nps": curve("nps")})
    found = chart_drawings(told, EN)
    assert ["Dashed: baseline." in plain(d.caption) for d in found] == [False, True, False, False, False, False]


def test_many_inserts_fill_several_drawings_so_that_each_fits_on_a_page() -> None:
    told = replace(story(), curves=tuple(curve(f"ttf.insert_{n}") for n in range(MOST_PANELS + 2)))
    assert len(chart_drawings(told, EN)) == 2
    heights = [float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', d.svg)[0]) for d in chart_drawings(told, EN)]
    assert max(heights) < 800.0  # points: an A4 page has 842
    assert MOST_INSERTS * 17 < 800 / 0.75


def test_a_definition_that_has_changed_since_gives_no_nominal_values() -> None:
    now = story_of_analysis(made_analysis(), at=AT)
    assert sum("nominal" in plain(d.caption) for d in chart_drawings(now, EN, [made_spec()])) == 1
    changed = replace(made_spec(), definition_hash="b" * 64)
    assert sum("nominal" in plain(d.caption) for d in chart_drawings(now, EN, [changed])) == 0


def ids_of(drawings: list[Drawing]) -> list[str]:
    return [i for d in drawings for i in re.findall(r' id="([^"]+)"', d.svg)]


def test_drawings_of_one_page_share_no_id_and_are_the_same_each_time() -> None:
    first, again = (chart_drawings(full_story(), JA) for _ in range(2))
    assert first == again
    ids = ids_of(first)
    assert ids
    assert len(ids) == len(set(ids))


def test_drawing_changes_no_setting_of_the_plot_library_and_warns_of_nothing() -> None:
    before = dict(mpl.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chart_drawings(full_story(), JA)
    assert dict(mpl.rcParams) == before


def test_a_letter_that_no_font_has_is_an_error_and_a_hostile_name_is_none() -> None:
    odd = replace(story(), curves=(curve("ttf.\U0001f600"),))
    assert "U+1F600" in chart_drawings(odd, EN)[0].svg
    broken = replace(EN, strings={**EN.strings, "figure.frequency": "\U0001f600"})
    with pytest.raises(DefinitionError, match=r"characters that Roboto or IPAexGothic has"):
        chart_drawings(full_story(), broken)


def test_points_of_an_insert_without_a_range_have_none() -> None:
    point = InsertPoint("air", -1000.0, -998.0, 0.5, None)
    axes = Figure().subplots()
    assert draw_differences(axes, [point], ["Air"]).patches[:] == []
