"""Slice thickness: full width at half maximum of the section profile, from ramps and from rows of beads or wires."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from iqa.metrics.context import Context, Measured
from iqa.metrics.regions import where
from iqa.metrics.sections import Combined, Group
from iqa.model import Drawn, Measurement, NotMeasured, Result

TILT_METHOD = "ramp-tilt@1"
LARGEST_TILT_U_DEG = 1.0
"""Standard uncertainty above which a tilt says nothing: phantoms are set up to half a degree."""
UNSEEN_U_DEG = 2.0
"""And above which no ramp of the definition runs that way: with nothing seen it is 3°, and noise that leaves 2° would
hide the ramps themselves."""


def measure(context: Context) -> Measured:
    """Thickness on each ramp, of all ramps together, and the tilt of their block, which that is freed of.

    Notes
    -----
    u: noise with its correlation along the profile and between slices, the spread between section shapes that the
    profiles allow, the blur beside the section, the sampling of rows where flanks are vertical, the tilt as far as it
    does not cancel, the ramp's angle where it is not the maker's. Left out: a line spread that is not a
    Gaussian and its second derivative.
    """
    found = context.sections
    results: list[Result] = [r for g in found.groups for r in _each(context, g)]
    if found.best is not None:
        results += [_together(found.best), *_tilts(context, found.best)]
    elif found.refused:
        first = found.refused[0]
        results.append(NotMeasured("slice_thickness", f"No ramp could be used: {first.reason}", first.needs))
    return Measured((*results, *found.refused), tuple(d for g in found.groups for d in _drawn(context, g)))


def _each(context: Context, group: Group) -> list[Result]:
    return [
        Measurement(
            f"slice_thickness.{seen.name}",
            float(group.fit.width_mm[k]),
            group.u(np.eye(len(group.seen))[k], context.located.u_tilt_deg or 0.0),
            "mm",
            len(seen.slices),
            where(group.module, seen.slices),
            group.method,
        )
        for k, seen in enumerate(group.seen)
    ]


def _together(best: Combined) -> Measurement:
    group = best.group
    flags = ("tilt_not_cancelled",) if best.lean is None else ()
    slices, at = group.slices, where(group.module, group.slices)
    return Measurement("slice_thickness", best.width_mm, best.u_mm, "mm", len(slices), at, group.method, flags)


def _tilts(context: Context, best: Combined) -> Iterator[Result]:
    """Pitch and yaw of the ramps' block: what the pose holds, and what the widths of opposite ramps add to it."""
    fit = context.located.module(best.group.module)
    if best.lean is None or fit is None:
        return
    # A plane that rises towards x has its axis lean away from it.
    posed = {"yaw": fit.pose.yaw_deg, "pitch": fit.pose.pitch_deg}
    for (name, own), rise, u in zip(posed.items(), np.degrees(best.lean.rise), np.degrees(best.lean.u), strict=True):
        key, at = f"geometry.ramp_{name}", where(best.group.module, best.group.slices)
        if u > UNSEEN_U_DEG:
            continue
        if u > LARGEST_TILT_U_DEG:
            yield _unknown_tilt(key, float(u))
        else:
            yield Measurement(key, own - float(rise), float(u), "°", len(best.group.seen), at, TILT_METHOD)


def _unknown_tilt(key: str, u_deg: float) -> NotMeasured:
    return NotMeasured(
        key,
        f"The widths of the ramps leave this tilt uncertain by {u_deg:.1f}°; "
        f"for a number {LARGEST_TILT_U_DEG:g}° is the most.",
        "Ramps that run against one another along this tilt, with less noise.",
    )


def _drawn(context: Context, group: Group) -> list[Drawn]:
    radius = 2.0 * context.blur_mm
    return [Drawn(group.module, p.name, p.line.at_mm[0], p.line.at_mm[1], radius, p.slices) for p in group.seen]
