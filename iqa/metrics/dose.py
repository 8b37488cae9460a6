"""Family `dose`: what the header says, unchanged and without an uncertainty."""

from __future__ import annotations

from iqa.metrics.context import Context, Measured
from iqa.model import Measurement, NotMeasured

METHOD = "header@1"


def measure(context: Context) -> Measured:
    """`dose.ctdivol` (mGy) and `dose.dlp` (mGy·cm)."""
    acquisition = context.scan.acquisition
    return Measured(
        (
            _header("dose.ctdivol", acquisition.ctdivol_mgy, "mGy", "CTDIvol"),
            _header("dose.dlp", acquisition.dlp_mgycm, "mGy·cm", "DLP"),
        )
    )


def _header(key: str, value: float | None, unit: str, name: str) -> Measurement | NotMeasured:
    if value is None:
        return NotMeasured(
            key, f"The images' headers give no {name}.", f"A scanner that writes {name} into its images."
        )
    return Measurement(key, value, None, unit, 1, "header", METHOD)
