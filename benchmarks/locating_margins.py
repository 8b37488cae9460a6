"""How far the locator's own numbers can move before an outcome on the real scans changes.

    python benchmarks/locating_margins.py        # reads IQA_SCANS, default ../shared/scans

Prints, for each changed constant, the scans whose outcome differs; writes docs/evidence/locating-margins.json.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from iqa.dicom import read
from iqa.locate import locate
from iqa.model import Candidates, Located, PhantomSpec, Scan
from iqa.phantom import library

ROOT = Path(__file__).resolve().parents[1]
CHANGES: tuple[tuple[str, str, object], ...] = (
    ("pictures", "KNEE_HU", (10.0, 30.0)),
    ("pictures", "KNEE_HU", (40.0, 120.0)),
    ("pictures", "KNEE_HU", (1e5, 1e5)),
    ("evidence", "MOST_SLICES", 2.0),
    ("evidence", "MOST_SLICES", 8.0),
    ("evidence", "RING_FLOOR", 0.02),
    ("evidence", "RING_FLOOR", 0.1),
    ("evidence", "HAND_PENALTY", 0.0),
    ("evidence", "HAND_PENALTY", 0.3),
    ("decide", "LEAD", 0.2),
    ("decide", "LEAD", 0.7),
    ("decide", "STRONG_DICE", 0.6),
    ("decide", "STRONG_DICE", 0.88),
    ("decide", "LEAST_TO_NAME", 0.3),
    ("decide", "LEAST_TO_NAME", 1.0),
    ("templates", "BLUR_MM", 0.5),
    ("templates", "BLUR_MM", 1.2),
)
"""(module of iqa.locate, constant, value tried)."""


@contextmanager
def changed(module: str, name: str, value: object) -> Iterator[None]:
    """The constant set to another value."""
    home = importlib.import_module(f"iqa.locate.{module}")
    before = getattr(home, name)
    setattr(home, name, value)
    _forget_drawings()
    try:
        yield
    finally:
        setattr(home, name, before)
        _forget_drawings()


def _forget_drawings() -> None:
    """Pictures of the templates depend on `templates.BLUR_MM`, and are kept."""
    importlib.import_module("iqa.locate.templates")._polar_of.cache_clear()


def outcome(scan: Scan, specs: tuple[PhantomSpec, ...]) -> str:
    """Found, candidates or refused, with the names."""
    match locate(scan, specs):
        case Located() as found:
            return f"found {found.spec.name}"
        case Candidates() as several:
            return "candidates " + " ".join(sorted({c.name for c in several.candidates}))
        case _:
            return "refused"


def main() -> None:
    folder = Path(os.environ.get("IQA_SCANS", ROOT.parent / "shared" / "scans"))
    names = sorted(p.name for p in folder.iterdir() if p.is_dir())
    scans = [(f"{n} {i}", s) for n in names for i, s in enumerate(read([folder / n]).scans)]
    specs = library()
    with threadpool_limits(1):
        plain = {name: outcome(scan, specs) for name, scan in scans}
        rows = []
        for module, constant, value in CHANGES:
            with changed(module, constant, value):
                now = {name: outcome(scan, specs) for name, scan in scans}
            differ = {n: f"{plain[n]} -> {now[n]}" for n in plain if now[n] != plain[n]}
            rows.append({"constant": f"{module}.{constant}", "tried": value, "changed": differ})
            print(f"{module}.{constant} = {value}: {len(differ)} of {len(plain)} differ", *differ.items(), sep="\n    ")
    found = {"outcomes": plain, "changes": rows}
    (ROOT / "docs" / "evidence" / "locating-margins.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
