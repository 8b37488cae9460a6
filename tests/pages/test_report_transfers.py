from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_analysis import SOURCE, made_analysis, made_scan
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from iqa.model import Analysis, Curve, LinePairs, Measurement, Result
from iqa.report.figures import transfers
from iqa.report.figures.sheet import draw_all

F = tuple(np.linspace(0.0, 0.48, 25).tolist())


def curve(key: str, width: float, u: float = 0.01) -> Curve:
    return Curve(key, F, tuple(float(np.exp(-((f / width) ** 2))) for f in F), (u,) * len(F), "1/mm", "1", "made@1")


def group(lp_per_cm: float) -> LinePairs:
    return LinePairs(name=f"lp{lp_per_cm:g}", lp_per_cm=lp_per_cm, x_mm=0.0, y_mm=0.0, bars=4, length_mm=5.0,
                     bar_angle_deg=0.0, radial=False, z_from_mm=-1.0, z_to_mm=1.0, hu=1000.0,
                     provenance=SOURCE)  # fmt: skip


def modulation(label: str, value: float, u: float = 0.02) -> Measurement:
    return Measurement(f"line_pairs.modulation.{label}", value, u, "1", 1, "M1 slice 1", "bar-fit@2")


def analysed(*results: Result, groups: tuple[float, ...] = ()) -> Analysis:
    made = made_analysis()
    module = made.located.spec.modules[0]
    module = replace(module, features=(*module.features, *(group(g) for g in groups)))
    located = replace(made.located, spec=replace(made.located.spec, modules=(module,)))
    return replace(made, results=results, located=located)


CURVES = (curve("ttf.teflon", 0.3), curve("mtf.bead", 0.35), curve("ttf.air", 0.25, u=0.4))


def drawn(analysis: Analysis) -> list[Axes]:
    figure = transfers.transfer_figure(analysis)
    assert isinstance(figure, Figure)
    return list(figure.axes)


def test_each_curve_has_its_panel_points_before_inserts_with_the_others_behind() -> None:
    half = Measurement("mtf.bead.f50", 0.2914, 0.004, "1/mm", 1, "M1", "mtf-point@1")
    panels = drawn(analysed(*CURVES, half))
    assert [p.get_title() for p in panels] == [
        "mtf.bead, f50 0.291\u00a0±\u00a00.004\u00a0mm⁻¹",
        "ttf.teflon",
        "ttf.air",
    ]
    of_teflon = [np.asarray(line.get_ydata()) for line in panels[1].lines]
    assert sum(np.array_equal(y, np.array(CURVES[0].values)) for y in of_teflon) == 2  # among all, and on its own
    assert len({p.get_ylim() for p in panels}) == 1


def test_line_pairs_lie_at_the_frequency_of_their_definition() -> None:
    results = (CURVES[1], modulation("6p25", 0.2), modulation("3", 0.7), modulation("8", 0.1))
    bars = transfers.line_pairs(analysed(*results, groups=(6.25, 3.0)))
    assert [(b.per_mm, b.modulation.value) for b in bars] == [(0.3, 0.7), (0.625, 0.2)]
    (panel,) = drawn(analysed(*results, groups=(6.25, 3.0)))
    (points,) = [line for line in panel.lines if line.get_marker() == "o"]
    assert np.asarray(points.get_xdata()) == pytest.approx([0.3, 0.625])
    assert np.asarray(points.get_ydata()) == pytest.approx([0.7, 0.2])
    ends = [segment[:, 1] for c in panel.collections if isinstance(c, LineCollection) for segment in c.get_segments()]
    assert np.array(ends) == pytest.approx(np.array([[0.66, 0.74], [0.16, 0.24]]))


def test_levels_and_the_limit_of_the_pixels_are_lines() -> None:
    (panel,) = drawn(analysed(CURVES[0]))
    ends = [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in panel.lines]
    straight = [(x, y) for x, y in ends if len(x) == 2]
    assert {y[0] for x, y in straight if y[0] == y[1]} == {0.5, 0.1}
    assert {x[0] for x, y in straight if x[0] == x[1]} == {0.5}  # 1 mm pixels


def test_titles_with_flags_stay_over_their_panels() -> None:
    keys = ("ttf.polystyrene_260", "ttf.iodine_260", "ttf.bone_260")
    halves = (
        Measurement(f"{key}.f50", 0.3021, 0.0251, "1/mm", 1, "M1", "made@1", ("low_cnr", "edge_misfit")) for key in keys
    )
    figure = transfers.transfer_figure(analysed(*(curve(key, 0.3) for key in keys), *halves))
    assert figure is not None
    figure.canvas.draw()
    boxes = [panel.title.get_window_extent() for panel in figure.axes]
    assert all("edge_misfit" in panel.get_title() for panel in figure.axes)
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0


def test_line_pairs_alone_are_a_figure_and_nothing_is_none() -> None:
    (panel,) = drawn(analysed(modulation("3", 0.7), groups=(3.0,)))
    assert panel.get_title() == "modulation of line pairs"
    assert transfers.transfer_figure(analysed()) is None


def test_a_band_wider_than_the_scale_is_cut() -> None:
    wide = transfers.transfer_figure(analysed(curve("ttf.air", 0.25, u=4.0)))
    narrow = transfers.transfer_figure(analysed(curve("ttf.air", 0.25)))
    assert wide is not None
    assert narrow is not None
    assert wide.axes[0].get_ylim() == (transfers.LOWEST, transfers.HIGHEST[1])
    assert "a band beyond the scale is cut" in wide.get_suptitle()
    assert "cut" not in narrow.get_suptitle()


@pytest.mark.parametrize(("count", "labelled"), [(3, [0, 1, 2]), (4, [2, 3]), (5, [2, 3, 4]), (6, [3, 4, 5])])
def test_the_lowest_panel_of_each_column_has_its_frequencies(count: int, labelled: list[int]) -> None:
    panels = drawn(analysed(*(curve(f"ttf.i{k}", 0.2 + 0.01 * k) for k in range(count))))
    shown = [k for k, panel in enumerate(panels) if panel.xaxis.get_tick_params()["labelbottom"]]
    assert shown == labelled


def test_transfer_functions_are_one_file(tmp_path: Path) -> None:
    files = {f.name for f in draw_all(made_scan(), analysed(*CURVES), tmp_path, prefix="1")}
    assert "1-transfer.png" in files
    assert not any("ttf" in f or "mtf" in f for f in files)
