"""Control charts and run rules: numbers in, signals out.

Of one key of one scanner, under one protocol:

- `estimate_baseline` or `control_baseline`: centre and σ that its charts rest on, or why there are none;
  `neighbours`: whether its scans are as independent as the limits take them to be;
- `ewma` with `ewma_limit`: the chart that is judged by, its limits as wide as the false-alarm budget asks for
  (`budget` says what counts as one signal); `expected_signals`, `signal_chance` and `run_length` say what limits cost;
- `individuals`, `shewhart`, `cusum`, `patterns`: the other charts and the run rules, for those who choose them;
- `drift`: whether there is a slope; `course` and `crossing`: since when, and when it reaches a limit;
  `most_likely_step` and `steps`: changes of level;
- `split`: where charts begin anew.

Numbers and days only: no name of a key, no date, no file. What the numbers do not allow is a `CannotTell`; a call that
makes no sense (values missing, times out of order) is a `ValueError`.
"""

from __future__ import annotations

from iqa.spc.answers import COVERAGE, LEAST_SCANS, CannotTell
from iqa.spc.baseline import (
    ControlBaseline,
    Neighbours,
    control_baseline,
    estimate_baseline,
    neighbours,
    prediction_factor,
)
from iqa.spc.budget import KEYS, SCANS, SIGNALS, ewma_limit, expected_signals, run_length, signal_chance
from iqa.spc.changes import STEP_LEVEL, Step, most_likely_step, steps
from iqa.spc.constants import c4, d2, d3, d4
from iqa.spc.course import Course, Crossing, course, crossing
from iqa.spc.cusum import CusumChart, cusum
from iqa.spc.drift import DRIFT_LEVEL, Drift, drift
from iqa.spc.ewma import WEIGHT, EwmaChart, Form, ewma
from iqa.spc.individuals import IndividualsChart, ShewhartChart, individuals, shewhart
from iqa.spc.rules import (
    DEFAULT_RULES,
    NELSON,
    RULES,
    WESTERN_ELECTRIC,
    Pattern,
    RuleName,
    RunRule,
    holding,
    patterns,
)
from iqa.spc.segments import split

__all__ = [
    "COVERAGE",
    "DEFAULT_RULES",
    "DRIFT_LEVEL",
    "KEYS",
    "LEAST_SCANS",
    "NELSON",
    "RULES",
    "SCANS",
    "SIGNALS",
    "STEP_LEVEL",
    "WEIGHT",
    "WESTERN_ELECTRIC",
    "CannotTell",
    "ControlBaseline",
    "Course",
    "Crossing",
    "CusumChart",
    "Drift",
    "EwmaChart",
    "Form",
    "IndividualsChart",
    "Neighbours",
    "Pattern",
    "RuleName",
    "RunRule",
    "ShewhartChart",
    "Step",
    "c4",
    "control_baseline",
    "course",
    "crossing",
    "cusum",
    "d2",
    "d3",
    "d4",
    "drift",
    "estimate_baseline",
    "ewma",
    "ewma_limit",
    "expected_signals",
    "holding",
    "individuals",
    "most_likely_step",
    "neighbours",
    "patterns",
    "prediction_factor",
    "run_length",
    "shewhart",
    "signal_chance",
    "split",
    "steps",
]
