"""Every reason, need and place of real scans is said in Japanese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outcome import Json, run

from iqa.report.sentences import flag_words, in_japanese

SCANS = (
    "geqa-ge-discovery750",
    "catphan503-ge-revolutionevo-ctp404",
    "acrmri-ge-750w-refuse",
    "igrtcube-varian-obi-refuse",
)
"""One slice, a fragment, another modality and no phantom of ours: what lacks most."""
ENGLISH = re.compile(r"\b[a-z]+ [a-z]+ [a-z]+\b")


def said_of(document: Json) -> Iterator[str]:
    yield from (refused["reason"] for refused in document["refused"])
    for analysis in document["analyses"]:
        yield from (absent[part] for absent in analysis["not_measured"] for part in ("reason", "needs"))
        # a place may be the names of modules alone, which are the same in every language
        yield from (m["where"] for m in analysis["measurements"] if "slice" in m["where"])


@pytest.mark.parametrize("name", SCANS)
def test_all_that_is_said_of_a_scan_has_japanese(real_scan: Callable[[str], Path], name: str) -> None:
    document = run(real_scan(name)).document
    said = set(said_of(document))
    assert said
    assert {s for s in said if in_japanese(s) is None} == set()
    assert [found for found in map(in_japanese, said) if found and ENGLISH.search(found)] == []
    flags = {flag for analysis in document["analyses"] for m in analysis["measurements"] for flag in m["flags"]}
    assert {flag for flag in flags if flag_words(flag, "ja") == flag} == set()
