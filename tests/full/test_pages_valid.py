"""Every page of the demonstration's fleet before the Nu Html Checker, the validator of the W3C.

It is a Java program that is not in Debian: `npm install vnu-jar` brings it; `VNU_JAR` says where it lies. Without it
the test is skipped. Writes docs/evidence/pages-valid.json.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from iqa.jobs.fleet import run_fleet
from iqa.jobs.reporting import Asked, write_report
from iqa.report.text import LANGUAGES
from iqa.store.workspace import open_workspace

Evidence = Callable[[str, object], None]
CHECKER = Path(os.environ.get("VNU_JAR", "vnu.jar"))
AT = "2026-11-16T12:00:00Z"


@pytest.mark.skipif(not (CHECKER.is_file() and shutil.which("java")), reason="no Nu Html Checker: VNU_JAR names none")
def test_every_page_is_valid_html(tmp_path: Path, evidence: Evidence) -> None:
    fleet = run_fleet(tmp_path / "ws")
    workspace = open_workspace(fleet.folder)
    files = list(fleet.pages.values())
    for language in LANGUAGES:
        asked = partial(Asked, language=language, at=AT)
        for one in (
            asked(kind="analysis", scan=51),
            asked(kind="record", scanner="ct1", about="2026-10"),
            asked(kind="record", scanner="ct1", about="2026-Q3"),
            asked(kind="record", scanner="ct2", about="FY2026"),
        ):
            files += write_report(workspace, one, "html")
    command: list[str | Path] = ["java", "-jar", CHECKER, "--format", "json", "--stdout", *files]
    said = json.loads(subprocess.run(command, capture_output=True, check=False, text=True).stdout)["messages"]
    errors = [m["message"] for m in said if m["type"] == "error"]
    version = subprocess.run(["java", "-jar", CHECKER, "--version"], capture_output=True, check=True, text=True)
    evidence("pages-valid", {"checker": version.stdout.strip(), "pages": len(files), "errors": errors})
    assert errors == []
