"""Trends as the JSON document ``iqa.trend/1`` (schema in docs/schema)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from iqa.judge.control import Control
from iqa.report.trends import Projection, Segment, Trend

SCHEMA = "iqa.trend/1"
Json = dict[str, Any]


def trend_document(trends: Sequence[Trend]) -> Json:
    """Every trend as plain JSON values; what is infinite or unknown is None."""
    return {"schema": SCHEMA, "trends": [_trend(t) for t in trends]}


def _trend(trend: Trend) -> Json:
    return {
        "key": trend.key,
        "unit": trend.unit,
        **asdict(trend.scope),
        "points": [_point(trend, i) for i in range(len(trend.points))],
        "bounds": [asdict(b) for b in trend.bounds],
        "segments": [_segment(s) for s in trend.segments],
        "drift": _drift(trend),
        "projections": [_projection(p) for p in trend.projections],
        "steps": [{**asdict(j.step), "height": j.step.height, "causes": list(j.causes)} for j in trend.jumps],
        "events": [asdict(e) for e in trend.events],
        "charted": trend.charted,
        "apart": trend.apart or None,
        "certified": trend.certified,
        "entered": [
            {"dated": p.dated, "key": p.measurement.key, "value": p.measurement.value, "u": p.measurement.u}
            for p in trend.beside
        ],
    }


def _drift(trend: Trend) -> Json | None:
    line, test = trend.course, trend.drift
    if line is None or test is None:
        return None
    return {"slope": line.slope, "u": line.u, "p": test.p, "since": _date(line.start)}


def _point(trend: Trend, i: int) -> Json:
    point = trend.points[i]
    m = point.measurement
    return {
        "scan": point.occasion_id,
        "dated": point.dated,
        "value": m.value,
        "u": m.u,
        "method": m.method,
        "flags": list(m.flags),
        "outcome": trend.outcomes[i],
    }


def _segment(segment: Segment) -> Json:
    baseline = segment.baseline
    return {
        "first": segment.first,
        "last": segment.last,
        "baseline": None if baseline is None else {k: v for k, v in asdict(baseline).items() if k != "scope"},
        "ended": segment.ended,
        "control": None if segment.control is None else _control(segment.control),
    }


def _control(control: Control) -> Json:
    return {
        "in_control": control.in_control,
        "reason": control.reason,
        "first": control.first,
        "average": list(control.average),
        "limits": None if control.limits is None else list(control.limits),
        "signals": [asdict(s) for s in control.signals],
        "baseline": None if control.baseline is None else asdict(control.baseline),
    }


def _projection(p: Projection) -> Json:
    days = (p.crossing.day, p.crossing.earliest, p.crossing.latest)
    return {"bound": p.bound, "fails": p.fails} | dict(
        zip(("date", "earliest", "latest"), (_date(d) for d in days), strict=True)
    )


def _date(day: float) -> str | None:
    if not (math.isfinite(day) and 1 <= day < datetime.max.toordinal()):
        return None
    return (datetime.fromordinal(int(day)) + timedelta(days=day % 1)).isoformat(timespec="seconds")
