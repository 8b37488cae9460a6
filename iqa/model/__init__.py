"""The nouns that all rooms share: frozen values, no I/O.

Frames
------
**Stack frame** (mm): x to the image's right and y down, measured from the centre of the first pixel of the
first slice; z along the slice normal, rising with the sorted stack. Right-handed.
**Phantom frame** (mm): the origin of the definition, x to the right and y down as the phantom's drawing is seen,
z along its axis. A feature at radius r and angle a (counter-clockwise positive) lies at (r cos a, −r sin a).
`Pose` is the one map from the second to the first; `Scan` the one map from the first to pixels and patient.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from iqa.model.located import BodyFit, Candidate, Candidates, FeatureFit, Located, ModuleFit, Pose, Refused, tilt_matrix
from iqa.model.observer import DEFAULT_OBSERVER, EYE_FILTERS, EyeFilter, Observer, Task, task_of
from iqa.model.phantom import (
    Bead,
    Block,
    Feature,
    Grade,
    Insert,
    LinePairs,
    Module,
    PhantomSpec,
    Pin,
    Provenance,
    Ramp,
    Region,
    StepRamp,
    Target,
    Wire,
    block_of,
)
from iqa.model.results import Analysis, Curve, Drawn, Measurement, NotMeasured, Result
from iqa.model.scan import Acquisition, Scan, ScanIdentity, Stored

if TYPE_CHECKING:
    from iqa.model.crosschecks import AGREEMENTS, Agreement, Answer, Compared, Crosschecked
    from iqa.model.judging import (
        COVERAGE_FACTOR,
        Baseline,
        Basis,
        Bounds,
        Conditions,
        Kind,
        Limit,
        Outcome,
        Rule,
        Scope,
        Verdict,
    )

__all__ = [
    "AGREEMENTS",
    "COVERAGE_FACTOR",
    "DEFAULT_OBSERVER",
    "EYE_FILTERS",
    "Acquisition",
    "Agreement",
    "Analysis",
    "Answer",
    "Baseline",
    "Basis",
    "Bead",
    "Block",
    "BodyFit",
    "Bounds",
    "Candidate",
    "Candidates",
    "Compared",
    "Conditions",
    "Crosschecked",
    "Curve",
    "Drawn",
    "EyeFilter",
    "Feature",
    "FeatureFit",
    "Grade",
    "Insert",
    "Kind",
    "Limit",
    "LinePairs",
    "Located",
    "Measurement",
    "Module",
    "ModuleFit",
    "NotMeasured",
    "Observer",
    "Outcome",
    "PhantomSpec",
    "Pin",
    "Pose",
    "Provenance",
    "Ramp",
    "Refused",
    "Region",
    "Result",
    "Rule",
    "Scan",
    "ScanIdentity",
    "Scope",
    "StepRamp",
    "Stored",
    "Target",
    "Task",
    "Verdict",
    "Wire",
    "block_of",
    "task_of",
    "tilt_matrix",
]

_LATER = {
    "iqa.model.crosschecks": ("AGREEMENTS", "Agreement", "Answer", "Compared", "Crosschecked"),
    "iqa.model.judging": (
        *("COVERAGE_FACTOR", "Baseline", "Basis", "Bounds", "Conditions", "Kind", "Limit", "Outcome", "Rule", "Scope"),
        "Verdict",
    ),
}
"""Nouns that measuring does without, by the module that is loaded when one of them is first wanted."""


def __getattr__(name: str) -> object:
    for home, names in _LATER.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'iqa.model' has no attribute {name!r}")
