"""Image-quality phantom scans of CT scanners, measured with uncertainty."""
