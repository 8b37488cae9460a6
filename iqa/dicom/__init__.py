"""Files to scans: what lies in folders, files and archives, as sorted stacks with their acquisition."""

from iqa.dicom.group import Stack
from iqa.dicom.reader import Reading, Survey, counter, read, survey
from iqa.dicom.scan import Tick, load

__all__ = ["Reading", "Stack", "Survey", "Tick", "counter", "load", "read", "survey"]
