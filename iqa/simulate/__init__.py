"""Simulated scans: a definition and the physics of a scanner in, a scan with known truth and its files out."""

from __future__ import annotations

from iqa.simulate.files import write_dicom
from iqa.simulate.physics import Header, Physics, load_physics
from iqa.simulate.scan import Simulated, simulate
from iqa.simulate.scenes import random_scene
from iqa.simulate.truth import Truth

__all__ = ["Header", "Physics", "Simulated", "Truth", "load_physics", "random_scene", "simulate", "write_dicom"]
