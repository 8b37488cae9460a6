"""Phantom definitions: TOML files in, validated `PhantomSpec` values out."""

from __future__ import annotations

from iqa.phantom.library import library, load, names

__all__ = ["library", "load", "names"]
