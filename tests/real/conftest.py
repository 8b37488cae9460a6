"""Each real scan is analysed once for all tests that look at it."""

from __future__ import annotations

import pytest
from outcome import Analysed, Outcome, run

from tests.conftest import scans_folder


@pytest.fixture(scope="session")
def analysed() -> Analysed:
    """What became of a real scan, by name and by the phantom that it is said to be."""
    known: dict[tuple[str, str | None], Outcome] = {}

    def find(name: str, phantom: str | None = None) -> Outcome:
        folder = scans_folder() / name
        if not folder.is_dir():
            pytest.skip(f"real scan {name} is not in {scans_folder()} (set IQA_SCANS)")
        if (name, phantom) not in known:
            known[name, phantom] = run(folder, *(["--phantom", phantom] if phantom else []))
        return known[name, phantom]

    return find
