"""What a model observer is like: what a detectability index would mean something else without."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observer:
    """The choices behind every detectability index."""

    channels: str = "lg"
    """Channel set of the channelized Hotelling observer; `iqa.signal.channels` has their names."""


DEFAULT_OBSERVER = Observer()
