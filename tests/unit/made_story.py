"""Stories of made-up scans: one of every verdict, and the hostile ones."""

from __future__ import annotations

from collections.abc import Sequence

from iqa.model import Acquisition, Baseline, Bounds, Limit, Measurement, NotMeasured, Outcome, Verdict
from iqa.report.stories import Made, Measure, Past, Story

AT = "2026-10-27T09:00:00Z"
HOSTILE = (
    "<script>alert(1)</script> {{ 7*7 }} {% raw %} #panic() $x$ *b* _{i} \U0001f600 \u0645\u0631\u062d\u0628\u0627"
)
"""What a header may hold: markup of three languages, an emoji, letters that run from right to left."""


def measured(key: str, value: float, u: float | None = 0.1, unit: str = "HU") -> Measurement:
    """A number."""
    return Measurement(key, value, u, unit, 3, "CTP404 slices 12-14", "roi-mean@1")


def limit(key: str, bounds: Bounds, *, kind: str = "absolute", unit: str = "HU") -> Limit:
    """A limit of the site's own."""
    return Limit(
        name=f"{key} limit", key=key, kind=kind, bounds=bounds, unit=unit, basis="site",  # type: ignore[arg-type]
        source="Weekly limits", edition="3", adopted_by="Ann", adopted_on="2026-06-08",
    )  # fmt: skip


def baseline(key: str, value: float, unit: str = "HU") -> Baseline:
    """A baseline of ten scans."""
    return Baseline(
        key=key, method="roi-mean@1", unit=unit, value=value, spread=0.2, u=0.05, n=10, approved_by="Ann",
        approved_at="2026-06-08T10:00:00Z", reason="after the tube change", id=1,
    )  # fmt: skip


def judged(
    key: str,
    value: float,
    outcome: Outcome,
    bounds: Bounds,
    *,
    u: float | None = 0.1,
    unit: str = "HU",
    about: float | None = None,
    past: Sequence[float] = (),
    reason: str = "",
    out_of_control: bool = False,
) -> Measure:
    """A measure with a verdict; `about` is the value of its baseline, in whose percent the limit then is."""
    base = None if about is None else baseline(key, about, unit)
    rule = limit(key, bounds, kind="percent" if base else "absolute", unit="%" if base else unit)
    verdict = Verdict(key, outcome, reason, "simple", rule, base)
    own = bounds if base is None else Bounds(*(None if x is None else base.value * (1 + x / 100) for x in ends(bounds)))
    history = [Past(f"2026-10-{d:02d}", float(d), v) for d, v in enumerate([*past, value], start=1)]
    return Measure(
        key=key, measurement=measured(key, value, u, unit), verdicts=(verdict,), outcome=outcome, bounds=own,
        baseline=base, history=tuple(history), out_of_control=out_of_control,
    )  # fmt: skip


def ends(bounds: Bounds) -> tuple[float | None, ...]:
    """The four numbers."""
    return bounds.fail_low, bounds.warn_low, bounds.warn_high, bounds.fail_high


def missing(key: str, reason: str = "The slices are too thick.", needs: str = "Thinner slices.") -> Measure:
    """What a limit asks for and the scan does not hold."""
    said = Verdict(key, Outcome.NOT_MEASURED, reason, "simple", limit(key, Bounds(1.0)))
    return Measure(key=key, missing=NotMeasured(key, reason, needs), verdicts=(said,), outcome=Outcome.NOT_MEASURED)


NOISE = Bounds(-15.0, -10.0, 10.0, 15.0)
WATER = Bounds(-4.0, -3.0, 3.0, 4.0)


def everything() -> tuple[Measure, ...]:
    """One measure of every verdict."""
    return (
        judged("ct_number.uniform", 0.4, Outcome.PASS, WATER),
        judged("slice_thickness", 2.71, Outcome.PASS_WITHIN_U, Bounds(2.0, 2.2, 2.8, 3.0), u=0.05, unit="mm"),
        judged("uniformity.max_deviation", 4.3, Outcome.WARNING, Bounds(None, None, 4.0, 8.0), u=0.3),
        judged("noise.sigma", 5.12, Outcome.FAIL, NOISE, about=4.31, u=0.05, past=(4.3, 4.32, 4.5, 4.8)),
        judged("position.z", 0.6, Outcome.CANNOT_TELL, Bounds(-2.0, None, None, 2.0), u=1.2, unit="mm",
               reason="0.6 mm has U = 2.4 mm, more than half the width of its limits (-2 to 2 mm)."),
        judged("ttf.teflon.f50", 0.41, Outcome.NOT_COMPARABLE, NOISE, about=0.4, u=0.005, unit="1/mm",
               reason='Not comparable, because the reconstruction differs (kernel "B" now, "A" in the baseline).'),
        missing("mtf.bead.f50"),
        Measure(key="dose.ctdivol", measurement=measured("dose.ctdivol", 40.1, None, "mGy")),
    )  # fmt: skip


def story(measures: Sequence[Measure] = (), *, scanner: str | None = "CT-2", station: str = "CT2") -> Story:
    """A scan of a Catphan 504 on a Monday morning."""
    made = Made(
        dated="2026-10-26T07:42:10",
        acquired="2026-10-26T07:42:10",
        acquisition=Acquisition(manufacturer="maker", model="X-64", station=station, kv=120.0, kernel="STD"),
        spacing_mm=(2.5, 0.5, 0.5),
        slices=64,
        flags=(),
        pixel_sha256="3f9c" + "0" * 56 + "07ab",
        phantom="Catphan 504",
        model="catphan504",
        definition_sha256="8d41" + "0" * 56 + "11c2",
        version="0.1.0",
    )
    return Story(made=made, made_at=AT, site="Hospital A", scanner=scanner, protocol="head", measures=tuple(measures))
