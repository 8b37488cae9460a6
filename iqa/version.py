"""The version of the package: it stands on every result."""

__version__ = "0.1.0"
