"""A located scan in, numbers with their uncertainties out; one file a family, one registry."""

from iqa.metrics.context import Measured
from iqa.metrics.registry import FAMILIES, measure
from iqa.metrics.repeats import Repeat, refuse_copies, repeat_of
from iqa.metrics.setups import Setup, group_setups

__all__ = ["FAMILIES", "Measured", "Repeat", "Setup", "group_setups", "measure", "refuse_copies", "repeat_of"]
