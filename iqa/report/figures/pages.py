"""The charts of a page about a scan, as SVG with captions: made from its story, in its language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from iqa.model import Curve, Measurement, PhantomSpec
from iqa.report.content import Drawing
from iqa.report.figures.charts import InsertPoint, draw_against_nominal, draw_differences, inserts_of
from iqa.report.figures.contrasts import HOURS, TargetPoint, draw_contrast_detail, draw_uniformity, target_points
from iqa.report.figures.curves import (
    LABEL_PT,
    WIDTH_KEYS,
    Levels,
    draw_band,
    draw_baseline,
    draw_by_slice,
    draw_section,
    draw_spectrum,
    draw_transfer,
    set_scale,
)
from iqa.report.figures.fonts import printable
from iqa.report.figures.inline import figure_svg
from iqa.report.figures.style import PX, new_figure, styled
from iqa.report.naming import name_of, thing
from iqa.report.numbers import MINUS, print_unit, show
from iqa.report.small_charts import transfer_alt
from iqa.report.stories import Story
from iqa.report.text import Text, data, joined, plain
from iqa.report.words import Words

HALF_PX, WIDE_PX = 468.0, 960.0
"""Widths of a chart in a half of the page and across it."""
HEIGHT_PX, ROW_PX, FOOT_PX = 270.0, 17.0, 60.0
PANEL_PX, COLUMNS, MOST_PANELS = 190.0, 3, 9
"""Height of a transfer function's panel, panels in a row, and those of one drawing, so that it fits on a page."""
MOST_INSERTS = 36
"""Inserts on one chart: more fill another."""
DRAWN = ("nps", "noise.sigma", "low_contrast.statistical", "ssp")
TRANSFERS = ("mtf.", "ttf.")


def chart_drawings(story: Story, words: Words, specs: Sequence[PhantomSpec] = ()) -> list[Drawing]:
    """Every chart that the story has data for, those across the page first: no curve of it is left out.

    Parameters
    ----------
    specs
        Among which the phantom's definition is looked for; one that has changed since the scan is not used.
    """
    spec = next((s for s in specs if s.definition_hash == story.made.definition_sha256), None)
    page = _Page(story, words)
    with styled():
        return [
            *page.transfers(),
            *(page.ct_numbers(spec) if spec else ()),
            *page.spectrum(),
            *page.by_slice(),
            *page.section(),
            *page.uniformity(),
            *page.contrast_detail(),
            *page.others(),
        ]


def _bare(m: Measurement) -> str:
    return show(m.value, m.u, m.unit).value


@dataclass(frozen=True, slots=True)
class _Page:
    """A story and the words for it."""

    story: Story
    words: Words

    def transfers(self) -> Iterator[Drawing]:
        """MTF and TTF, panels on one scale, so many to a drawing that it fits on a page."""
        curves = [c for start in TRANSFERS for c in self.story.curves if c.key.startswith(start) and len(c.x) > 1]
        for first in range(0, len(curves), MOST_PANELS):
            yield self._panels(curves[first : first + MOST_PANELS])

    def _panels(self, curves: Sequence[Curve]) -> Drawing:
        based = [self.story.baseline_curves.get(c.key) for c in curves]
        rows = ceil(len(curves) / COLUMNS)
        figure = new_figure(WIDE_PX * PX / 72.0, (PANEL_PX * rows + 0.5 * FOOT_PX) * PX / 72.0)
        panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, curve, baseline in zip(panels, curves, based, strict=False):
            draw_transfer(axes, curve, baseline, self._levels(curve))
            axes.set_title(printable(plain(name_of(curve.key, self.words))), fontsize=LABEL_PT)
        set_scale(panels[0], [*curves, *(b for b in based if b)])
        for axes in panels[len(curves) :]:
            axes.remove()
        for axes in panels[max(0, len(curves) - COLUMNS) : len(curves)]:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(self.words.plain("figure.frequency"))
        alt = " ".join(transfer_alt(c, self._levels(c), self.words) for c in curves)
        read = [m for c in curves for m in self._levels(c).values() if m is not None]
        what = self._said("transfer", "transfer_points" if read else "")
        return Drawing(figure_svg(figure, alt), alt, self._caption(what, read, dashed=any(based)), "wide chart")

    def _levels(self, curve: Curve) -> Levels:
        return {level: self._value(f"{curve.key}.{level}") for level in ("f50", "f10")}

    def spectrum(self) -> Iterator[Drawing]:
        """The noise power spectrum."""
        curve, baseline = self._curve("nps")
        if curve is None:
            return
        average = self._value("nps.average_frequency")
        peak = show(curve.x[int(np.nanargmax(curve.values))], 0.01, curve.x_unit).value
        key = "figure.nps_alt" if average else "figure.nps_alt_bare"
        yield self._chart(
            lambda axes: draw_spectrum(axes, curve, baseline, average, self.words),
            self.words.plain(key, peak=peak, average=_bare(average) if average else ""),
            self._said("nps", "nps_average" if average else ""),
            [average] if average else [],
            dashed=baseline is not None,
        )

    def ct_numbers(self, spec: PhantomSpec) -> Iterator[Drawing]:
        """Measured against nominal, and the differences insert by insert."""
        points = inserts_of(spec, self._value)
        for first in range(0, len(points), MOST_INSERTS):
            yield self._ct_numbers(points[first : first + MOST_INSERTS])

    def _ct_numbers(self, points: Sequence[InsertPoint]) -> Drawing:
        words = self.words
        names = [printable(plain(thing(p.name, words))) for p in points]
        figure = new_figure(WIDE_PX * PX / 72.0, max(HEIGHT_PX, FOOT_PX + ROW_PX * len(points)) * PX / 72.0)
        left, right = figure.subplots(1, 2, width_ratios=(2.0, 3.0))
        draw_against_nominal(left, points).set(
            xlabel=words.plain("figure.nominal_axis"), ylabel=words.plain("figure.measured_axis")
        )
        draw_differences(right, points, names).set_xlabel(words.plain("figure.difference_axis"))
        worst = max(range(len(points)), key=lambda i: abs(points[i].measured - points[i].nominal))
        measured = [p.measured for p in points]
        alt = words.plain(
            "figure.ct_number_alt", n=len(points), low=_round(min(measured)), high=_round(max(measured)),
            worst=_round(points[worst].measured - points[worst].nominal), name=names[worst],
        )  # fmt: skip
        read = [m for p in points if (m := self._value(f"ct_number.{p.name}")) is not None]
        what = self._said("ct_number", "ct_number_ranges" if any(p.accepted for p in points) else "")
        caption = self._caption(what, read)
        return Drawing(figure_svg(figure, alt), alt, caption, "wide chart")

    def by_slice(self) -> Iterator[Drawing]:
        """Noise slice by slice."""
        curve, baseline = self._curve("noise.sigma")
        if curve is None:
            return
        name = plain(name_of(curve.key, self.words))
        low, high = (show(float(f(curve.values)), 0.01, "1").value for f in (np.nanmin, np.nanmax))
        yield self._chart(
            lambda axes: draw_by_slice(axes, curve, baseline, self.words).set_ylabel(f"{name}, {curve.unit}"),
            self.words.plain("figure.by_slice_alt", name=name, n=len(curve.x), low=low, high=high, unit=curve.unit),
            self.words("figure.by_slice", name=name_of(curve.key, self.words)),
            self._measured(curve.key),
            dashed=baseline is not None,
        )

    def section(self) -> Iterator[Drawing]:
        """The section sensitivity profile."""
        curve, baseline = self._curve("ssp")
        if curve is None:
            return
        widths = {name: self._value(key) for name, key in WIDTH_KEYS.items()}
        read = {name: m for name, m in widths.items() if m is not None}
        name, marks = name_of("ssp", self.words), self.words("figure.ssp_widths") if read else ()
        said = self.words.listed([self.words("figure.ssp_width", name=n, value=_bare(m)) for n, m in read.items()])
        yield self._chart(
            lambda axes: draw_section(axes, curve, baseline, widths).set_xlabel(
                self.words.plain("figure.section_axis")
            ),
            self.words.plain("figure.ssp_alt" if read else "figure.ssp_alt_bare", name=plain(name), widths=said),
            joined([self.words("figure.ssp", name=name), marks], self.words.written("figure.space")),
            list(read.values()),
            dashed=baseline is not None,
        )

    def uniformity(self) -> Iterator[Drawing]:
        """The discs of the uniform module, each with its difference from the centre."""
        edges = {h: m for h in HOURS if (m := self._value(f"uniformity.{h}")) is not None}
        if not edges:
            return
        words = self.words
        said = [words("figure.uniformity_at", value=_bare(m), place=thing(hour, words)) for hour, m in edges.items()]
        worst = max(edges.values(), key=lambda m: abs(m.value))
        yield self._chart(
            lambda axes: draw_uniformity(axes, edges, words),
            words.plain("figure.uniformity_alt", values=words.listed(said), worst=_bare(worst)),
            words("figure.uniformity"),
            list(edges.values()),
        )

    def contrast_detail(self) -> Iterator[Drawing]:
        """Low-contrast targets by diameter, with the contrast that the noise asks for."""
        measured = [m.measurement for m in self.story.measures if m.measurement is not None]
        points = target_points(measured)
        limit, _ = self._curve("low_contrast.statistical")
        if not points and limit is None:
            return
        kind = "contrast" if points and limit else "contrast_alone" if points else "limit_alone"
        yield self._chart(
            lambda axes: draw_contrast_detail(axes, points, limit, self.words),
            self._contrast_alt(points, limit),
            self.words(f"figure.{kind}"),
            [p.contrast for p in points],
        )

    def _contrast_alt(self, points: Sequence[TargetPoint], limit: Curve | None) -> str:
        told: dict[str, str | int] = {}
        if points:
            sizes = [p.diameter_mm for p in points]
            told = {"n": len(points), "small": f"{min(sizes):g}", "large": f"{max(sizes):g}"}
        if limit is not None:
            told |= {"first": f"{limit.x[0]:g}", "last": f"{limit.x[-1]:g}"}
            told |= {"most": f"{limit.values[0]:.3g}", "least": f"{limit.values[-1]:.3g}"}
        key = "contrast_alt" if points and limit else "contrast_alt_alone" if points else "limit_alt"
        return self.words.plain(f"figure.{key}", **told)

    def others(self) -> Iterator[Drawing]:
        """Any further curve."""
        for curve in self.story.curves:
            if curve.x and curve.key not in DRAWN and not curve.key.startswith(TRANSFERS):
                yield self._other(curve)

    def _other(self, curve: Curve) -> Drawing:
        name, baseline = plain(name_of(curve.key, self.words)), self.story.baseline_curves.get(curve.key)
        x_unit, unit = print_unit(curve.x_unit), print_unit(curve.unit)
        return self._chart(
            lambda axes: draw_baseline(draw_band(axes, curve), baseline).set(
                xlabel=x_unit, ylabel=f"{name}, {unit}" if unit else name
            ),
            self.words.plain(
                "figure.curve_alt", name=name, first=f"{curve.x[0]:.4g}", last=f"{curve.x[-1]:.4g}", unit=x_unit
            ),
            self.words("figure.curve", name=name_of(curve.key, self.words)),
            self._measured(curve.key),
            dashed=baseline is not None,
        )

    def _chart(
        self,
        draw: Callable[[Axes], object],
        alt: str,
        what: Text,
        read: Sequence[Measurement],
        *,
        dashed: bool = False,
    ) -> Drawing:
        figure: Figure = new_figure(HALF_PX * PX / 72.0, HEIGHT_PX * PX / 72.0)
        draw(figure.subplots())
        return Drawing(figure_svg(figure, alt), alt, self._caption(what, read, dashed=dashed), "chart")

    def _said(self, *names: str) -> Text:
        """Sentences of a caption, by the names of their strings; empty ones are left out."""
        return joined([self.words(f"figure.{name}") for name in names if name], self.words.written("figure.space"))

    def _caption(self, what: Text, read: Sequence[Measurement], *, dashed: bool = False) -> Text:
        """What a chart shows, that a baseline is dashed on it, n of the numbers on it, scanner and date."""
        counts = sorted({m.n for m in read})
        n: Text = ()
        if len(counts) == 1:
            n = self.words("figure.n_one", n=counts[0])
        elif counts:
            n = self.words("figure.n_range", low=counts[0], high=counts[-1])
        made = self.story.made
        scanner = data(self.story.scanner or made.acquisition.model or "") or self.words("headline.no_scanner")
        day = self.words.day(made.acquired) if made.acquired else self.words.plain("weekly.undated")
        base = self.words("figure.dashed") if dashed else ()
        of = self.words("figure.of", who=scanner, day=day)
        return joined([what, base, n, of], self.words.written("figure.space"))

    def _curve(self, key: str) -> tuple[Curve | None, Curve | None]:
        """A curve with more than no points, and the baseline's."""
        curve = next((c for c in self.story.curves if c.key == key and c.x), None)
        return curve, self.story.baseline_curves.get(key)

    def _value(self, key: str) -> Measurement | None:
        found = self.story.measure(key)
        return found.measurement if found else None

    def _measured(self, key: str) -> list[Measurement]:
        found = self._value(key)
        return [found] if found else []


def _round(value: float) -> str:
    """A CT number in words, to one HU."""
    return f"{value:.0f}".replace("-", MINUS)
