"""The demonstration does what it says: a scan, its truth, pictures, and values that agree within their u."""

from __future__ import annotations

from pathlib import Path

from iqa.jobs.demo import run_demo
from iqa.report.compare import within

LEAST_WITHIN_3U = 0.9
"""Of some forty values 99.7 % are expected; a wrong calibration or place would leave most of them outside."""
LEAST_VALUES = 25


def test_the_demonstration_agrees_with_its_truth(tmp_path: Path) -> None:
    demo = run_demo(tmp_path)
    assert demo.analysis.located.spec.name == "catphan504"
    inside, known = within(demo.analysis, demo.truth, 3.0)
    assert known >= LEAST_VALUES
    assert inside / known >= LEAST_WITHIN_3U
    assert (demo.scan / "truth.json").is_file()
    assert len(list(demo.scan.glob("*.dcm"))) == demo.analysis.shape[0]
    assert (demo.figures / "1-catphan504-overview.png").is_file()
