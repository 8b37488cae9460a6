"""Files to scans: what lies in folders, files and archives, as sorted stacks with their acquisition."""

from iqa.dicom.reader import Reading, Survey, read, survey
from iqa.dicom.scan import load

__all__ = ["Reading", "Survey", "load", "read", "survey"]
