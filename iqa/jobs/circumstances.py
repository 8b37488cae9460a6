"""Of what and under what a stored scan was made."""

from __future__ import annotations

from iqa.judge import conditions
from iqa.model import Acquisition, Conditions
from iqa.store.history import Occasion, Spacing

NEW_BASELINE = frozenset({"tube", "detector", "software", "calibration", "refilled", "repaired", "replaced"})
"""Events after which values may lie elsewhere for good: baselines of before hold no longer, and none spans one."""


def model_of(occasion: Occasion) -> str | None:
    """The phantom's model, whichever its variant."""
    return None if occasion.model is None else occasion.model.split("/", maxsplit=1)[0]


def conditions_of(occasion: Occasion) -> Conditions:
    """Under which a scan was made, as far as it bears on its values."""
    return conditions_under(occasion.acquisition, occasion.spacing_mm, occasion.scope.phantom or occasion.model)


def conditions_under(acquisition: Acquisition, spacing_mm: Spacing | None, phantom: str | None) -> Conditions:
    """The same from its parts; of an entry only the phantom is known."""
    return Conditions(phantom=phantom) if spacing_mm is None else conditions(acquisition, spacing_mm, phantom)
