"""Limits, baselines and comparability in, verdicts out."""

from iqa.judge.baseline import Astray, NoProposal, Proposal, Sample, propose
from iqa.judge.comparability import Comparison, compare, conditions
from iqa.judge.decide import decide
from iqa.judge.rows import limits_from
from iqa.judge.sets import LimitSet, Row, adopt, find_set, in_force, limit_sets, load_set
from iqa.judge.text import digest, from_text, to_text
from iqa.judge.verdicts import judge, worst, worst_of

__all__ = [
    "Astray",
    "Comparison",
    "LimitSet",
    "NoProposal",
    "Proposal",
    "Row",
    "Sample",
    "adopt",
    "compare",
    "conditions",
    "decide",
    "digest",
    "find_set",
    "from_text",
    "in_force",
    "judge",
    "limit_sets",
    "limits_from",
    "load_set",
    "propose",
    "to_text",
    "worst",
    "worst_of",
]
