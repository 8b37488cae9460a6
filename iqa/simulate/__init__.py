"""Simulated scans: a definition and the physics of a scanner in, a scan with known truth and its files out."""

from __future__ import annotations

from iqa.simulate.physics import Header, Physics, load_physics
from iqa.simulate.scan import Simulated, simulate
from iqa.simulate.truth import Truth

__all__ = ["Header", "Physics", "Simulated", "Truth", "load_physics", "simulate"]
