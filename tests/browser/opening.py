"""Pages in a browser that say what they asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page


@dataclass
class Opened:
    """A page in the browser."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Addresses that it requested."""
    complaints: list[str] = field(default_factory=list)
    """Errors of the script and of the console."""


Opener = Callable[..., Opened]
"""Opens a document as a file, at a width of the window, with a part after the # if any."""
