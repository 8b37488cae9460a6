"""A session as the JSON document ``iqa.analysis/1`` (schema in docs/schema)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from iqa.analyze import Refusal, Session
from iqa.model import Analysis, Candidate, Curve, Located, Measurement, ModuleFit
from iqa.report.table import rival

SCHEMA = "iqa.analysis/1"

Json = dict[str, Any]


def document(session: Session) -> Json:
    """The whole session as plain JSON values: no NaN, a missing value is None, no path but those of refusals."""
    return {
        "schema": SCHEMA,
        "analyses": [analysis_document(a) for a in session.analyses],
        "refused": [refusal_document(r) for r in session.refused],
    }


def analysis_document(analysis: Analysis) -> Json:
    """One analysis as plain JSON values."""
    located = analysis.located
    return {
        "scan": _scan(analysis),
        "acquisition": asdict(analysis.acquisition),
        "phantom": _phantom(located),
        "pose": _pose(analysis),
        "modules": _modules(located.modules, analysis.centres_px),
        "measurements": [_measurement(m) for m in analysis.measurements],
        "not_measured": [asdict(n) for n in analysis.not_measured],
        "curves": [_curve(c) for c in analysis.curves],
        "provenance": {
            "iqa": analysis.iqa_version,
            "definition_sha256": located.spec.definition_hash,
            "repeats_sha256": list(analysis.repeats_sha256),
        },
    }


def _scan(analysis: Analysis) -> Json:
    slices, rows, columns = analysis.shape
    identity = analysis.identity
    return {
        "series_uid": identity.series_uid,
        "pixel_sha256": identity.pixel_sha256,
        "slices": slices,
        "matrix": [rows, columns],
        "spacing_mm": list(analysis.spacing_mm),
        "acquired": identity.acquired,
        "flags": list(analysis.scan_flags),
    }


def _phantom(located: Located) -> Json:
    runner_up = rival(located)
    return {
        "name": located.spec.name,
        "variant": located.spec.variant,
        "score": located.score,
        "margin": None if runner_up is None else located.score - runner_up.score,
        "runner_up": None if runner_up is None else _candidate(runner_up),
    }


def _pose(analysis: Analysis) -> Json:
    """What the scan does not fix has no uncertainty, and is null."""
    located, pose = analysis.located, analysis.located.pose
    x, y, z = analysis.origin_patient_mm
    return {
        "x_mm": _known(x, located.u_xy_mm),
        "y_mm": _known(y, located.u_xy_mm),
        "z_mm": _known(z, located.u_z_mm),
        "roll_deg": _known(pose.roll_deg, located.u_roll_deg),
        "pitch_deg": _known(pose.pitch_deg, located.u_tilt_deg),
        "yaw_deg": _known(pose.yaw_deg, located.u_tilt_deg),
        "mirrored": pose.mirrored if located.mirror_known else None,
        "reversed": pose.reversed,
    }


def _modules(modules: Sequence[ModuleFit], centres: Sequence[tuple[float, float] | None]) -> list[Json]:
    """Modules that the scan holds, each with its first and last slice."""
    return [
        {
            "name": module.name,
            "slices": [module.slices[0], module.slices[-1]],
            "z_mm": _known(module.pose.z_mm, module.u_z_mm),
            "centre_px": None if centre is None else list(centre),
            "roll_deg": _known(module.pose.roll_deg, module.u_roll_deg),
        }
        for module, centre in zip_longest(modules, centres)
        if module.slices
    ]


def _measurement(measurement: Measurement) -> Json:
    told = {**asdict(measurement), "u": _number(measurement.u), "flags": list(measurement.flags)}
    limits = told.pop("interval")
    return told if limits is None else {**told, "interval": list(limits)}


def _curve(curve: Curve) -> Json:
    return {
        "key": curve.key,
        "x": list(curve.x),
        "values": [_number(v) for v in curve.values],
        "u": [_number(u) for u in curve.u],
        "x_unit": curve.x_unit,
        "unit": curve.unit,
        "method": curve.method,
    }


def _candidate(candidate: Candidate) -> Json:
    return {"name": candidate.name, "variant": candidate.variant, "score": candidate.score}


def refusal_document(refusal: Refusal) -> Json:
    """An input that gave nothing."""
    return {
        "path": refusal.path,
        "reason": refusal.reason,
        "candidates": [_candidate(c) for c in refusal.candidates],
    }


def _known(value: float, u: float | None) -> float | None:
    """A coordinate of the pose, None where nothing in the scan fixes it."""
    return None if u is None else value


def _number(value: float | None) -> float | None:
    """An unknown uncertainty or an undefined point of a curve is null in JSON, which knows no NaN."""
    return value if value is not None and math.isfinite(value) else None
