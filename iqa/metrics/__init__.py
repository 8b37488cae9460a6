"""A located scan in, numbers with their uncertainties out; one file a family, one registry."""

from iqa.metrics.context import Measured
from iqa.metrics.registry import FAMILIES, measure

__all__ = ["FAMILIES", "Measured", "measure"]
