"""Where the real scans are, and one line at the end that says how many tests went without them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def scans_folder() -> Path:
    """Folder of the real scans: IQA_SCANS, else ../shared/scans beside the repository."""
    return Path(os.environ.get("IQA_SCANS", ROOT.parent / "shared" / "scans"))


@pytest.fixture
def real_scan() -> Callable[[str], Path]:
    """Folder of one real scan by name; the test is skipped, with the reason, where it is absent."""

    def find(name: str) -> Path:
        folder = scans_folder() / name
        if not folder.is_dir():
            pytest.skip(f"real scan {name} is not in {scans_folder()} (set IQA_SCANS)")
        return folder

    return find


@pytest.fixture
def evidence() -> Callable[[str, object], None]:
    """Writes what a long test found to docs/evidence/<name>.json, so that it can be read without running it."""

    def write(name: str, found: object) -> None:
        file = ROOT / "docs" / "evidence" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "tests/real/" in r.nodeid]
    reasons = Counter(str(r.longrepr[2]) if isinstance(r.longrepr, tuple) else str(r.longrepr) for r in skipped)
    terminalreporter.write_line(f"real scans: {len(skipped)} tests skipped")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"  {count} × {reason}")
