"""The values of a trend: joined, and each by what is said of it."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from iqa.model import Outcome
from iqa.report.colours import CONTROL, FAIL, INK, INK_2, RULE_2, WARN, WARN_FILL
from iqa.report.figures.style import PX
from iqa.report.trend_parts import runs, signals
from iqa.report.trends import Trend

POINT_PX, SIGNAL_PX = 5.0, 6.2
DENSE = 250
"""Points from which on they are drawn smaller."""
DENSE_SHARE = 0.7


def draw_points(axes: Axes, trend: Trend) -> Axes:
    """Values joined as far as nothing lies between; each by what is said of it."""
    values = [p.measurement.value for p in trend.points]
    for run in runs(trend):
        axes.plot([trend.days[i] for i in run], [values[i] for i in run], color=RULE_2, lw=1.0 * PX, zorder=2)
    share = DENSE_SHARE if len(values) > DENSE else 1.0
    for kind, places in kinds(trend).items():
        if places:
            at = [trend.days[i] for i in places], [values[i] for i in places]
            axes.plot(*at, ls="none", gid=kind, zorder=3, **look(kind, share))
    return axes


def kinds(trend: Trend) -> dict[str, list[int]]:
    """Places of the scans by how they are drawn: what failed or warns first, then signals, then baseline scans."""
    signalling = {i for s in trend.segments for i in signals(s)}
    reference = {i for s in trend.segments for i in s.reference}
    found: dict[str, list[int]] = {k: [] for k in ("value", "baseline", "signal", "ring", "warning", "fail")}
    for i, outcome in enumerate(trend.outcomes):
        if outcome in (Outcome.FAIL, Outcome.WARNING):
            found["fail" if outcome is Outcome.FAIL else "warning"].append(i)
            found["ring"] += [i] if i in signalling else []
        else:
            found["signal" if i in signalling else "baseline" if i in reference else "value"].append(i)
    return found


def look(kind: str, share: float) -> dict[str, Any]:
    """Marker, size and colours of a kind of point; of a chart with very many, a share of the size."""
    size = share * POINT_PX * PX
    match kind:
        case "baseline":
            return {"marker": "o", "ms": size, "mfc": "white", "mec": INK_2, "mew": 1.0 * PX}
        case "signal":
            return {"marker": "o", "ms": share * SIGNAL_PX * PX, "color": CONTROL, "mew": 0}
        case "ring":
            return {"marker": "o", "ms": 2.2 * SIGNAL_PX * PX, "mfc": "none", "mec": CONTROL, "mew": 1.2 * PX}
        case "warning":
            return {"marker": "^", "ms": 1.7 * POINT_PX * PX, "mfc": WARN_FILL, "mec": WARN, "mew": 1.0 * PX}
        case "fail":
            return {"marker": "s", "ms": 1.3 * POINT_PX * PX, "color": FAIL, "mew": 0}
    return {"marker": "o", "ms": size, "color": INK, "mew": 0}
