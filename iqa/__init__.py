"""Image-quality phantom scans of CT scanners, measured with uncertainty."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iqa.analyze import Session as Session
    from iqa.dicom import read as read
    from iqa.errors import DefinitionError as DefinitionError
    from iqa.errors import InputError as InputError
    from iqa.errors import IqaError as IqaError
    from iqa.errors import UsageError as UsageError
    from iqa.metrics import measure as measure
    from iqa.model import Analysis as Analysis
    from iqa.model import Curve as Curve
    from iqa.model import Located as Located
    from iqa.model import Measurement as Measurement
    from iqa.model import NotMeasured as NotMeasured
    from iqa.model import Observer as Observer
    from iqa.model import PhantomSpec as PhantomSpec
    from iqa.model import Scan as Scan
    from iqa.model import Task as Task
    from iqa.phantom import library as library
    from iqa.simulate import Physics as Physics

_HOME = {
    "Analysis": "iqa.model",
    "Curve": "iqa.model",
    "DefinitionError": "iqa.errors",
    "InputError": "iqa.errors",
    "IqaError": "iqa.errors",
    "Located": "iqa.model",
    "Measurement": "iqa.model",
    "NotMeasured": "iqa.model",
    "Observer": "iqa.model",
    "PhantomSpec": "iqa.model",
    "Physics": "iqa.simulate",
    "Scan": "iqa.model",
    "Session": "iqa.analyze",
    "Task": "iqa.model",
    "UsageError": "iqa.errors",
    "library": "iqa.phantom",
    "measure": "iqa.metrics",
    "read": "iqa.dicom",
}
"""Where each public name lives. The verbs that share their room's name are found in it: ``iqa.analyze.analyze``."""


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'iqa' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
