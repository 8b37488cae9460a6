"""What a result is, or why not: for tests that know which of the two they want."""

from __future__ import annotations

from iqa.model import Measurement, NotMeasured, Result


def number(result: Result) -> Measurement:
    assert isinstance(result, Measurement), result
    return result


def reason(result: Result) -> str:
    """The reason, what it needs being a sentence too."""
    assert isinstance(result, NotMeasured), result
    assert result.needs.endswith(".")
    return result.reason
