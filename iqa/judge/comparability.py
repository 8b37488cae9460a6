"""Whether a value may be compared with a baseline: were both measured under the same conditions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from iqa.model import Acquisition, Conditions, Outcome

EQUAL = 1e-3
"""Relative difference of two header values that are the same setting: makers write 1.98972 or 1.99, 5 or 5.0."""
PIXEL_BAND = 0.05
"""Noise, and resolution where pixels limit it, change with the pixel; within 5 % by less than scans of one setting."""
DOSE_BAND = 0.10
"""Noise goes with the inverse square root of the dose: 10 % of dose are 5 % of noise."""
EDGE = 1e-9
"""Relative rounding, so that a value on the edge of a band is inside it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether two scans are comparable."""

    outcome: Outcome | None
    """None where they are; else "not comparable", or "cannot tell" where one side alone says something."""
    reasons: tuple[str, ...] = ()
    """A clause for each thing that differs, the worst first, then for each that one side alone says."""
    flags: tuple[str, ...] = ()
    """``unknown_<what>`` for each that neither side says."""

    @property
    def sentence(self) -> str:
        """All reasons in one sentence; empty where the scans are comparable."""
        if self.outcome is None:
            return ""
        word = "Not comparable" if self.outcome is Outcome.NOT_COMPARABLE else "Cannot tell"
        return f"{word}, because {'; '.join(self.reasons)}."


@dataclass(frozen=True, slots=True)
class _Setting:
    """One thing that must be the same on both sides, each as it is shown; None where it is not known."""

    name: str
    """For the flag."""
    subject: str
    """What is said to differ."""
    now: str | None
    then: str | None
    same: bool
    """Where both are known."""
    detail: str = ""
    """What of the subject; empty for itself."""

    def differing(self) -> str:
        """Both values in one clause."""
        detail = self.detail and f"{self.detail} "
        return f"{self.subject} differs ({detail}{self.now} now, {self.then} in the baseline)"

    def one_sided(self) -> str:
        """Which side is silent, and what the other says."""
        silent, other = ("this scan", "the baseline") if self.now is None else ("the baseline", "this scan")
        what = f"the {self.detail}" if self.detail else self.subject
        return f"{what} of {silent} is not known ({self.now or self.then} in {other})"


def conditions(
    acquisition: Acquisition, spacing_mm: tuple[float | None, float, float], phantom: str | None
) -> Conditions:
    """The conditions of a scan.

    Parameters
    ----------
    acquisition : Acquisition
        What the headers say.
    spacing_mm : (z, y, x)
        Of the stack; the pixel is the geometric mean of y and x.
    phantom : str or None
        The instance of the phantom, else its model.
    """
    return Conditions(
        kv=acquisition.kv,
        kev=acquisition.kev,
        kernel=acquisition.kernel,
        iteration=acquisition.iteration,
        thickness_mm=acquisition.thickness_mm,
        scan_mode=acquisition.scan_mode,
        phantom=phantom,
        pixel_mm=math.sqrt(spacing_mm[1] * spacing_mm[2]),
        ctdivol_mgy=acquisition.ctdivol_mgy,
        exposure_mas=acquisition.exposure_mas,
    )


def compare(now: Conditions, baseline: Conditions) -> Comparison:
    """Whether a value measured under `now` may be judged by a baseline measured under other conditions.

    Notes
    -----
    Energy, kernel, iteration level, thickness, scan mode and phantom must be equal, the pixel within 5 % and the dose
    within 10 % of the baseline's. The energy is the keV of a virtual monoenergetic image, else the kV; of two
    monoenergetic images of one keV the kV must be equal too, where known, since their noise goes with it. The dose is
    CTDIvol where both sides have it, else mAs. What neither side says is taken as equal and flagged.
    """
    settings = _settings(now, baseline)
    unknown = [f"unknown_{s.name}" for s in settings if s.now is None and s.then is None]
    missing = [s.one_sided() for s in settings if (s.now is None) != (s.then is None)]
    differ = [s.differing() for s in settings if s.now is not None and s.then is not None and not s.same]
    outcome = Outcome.NOT_COMPARABLE if differ else Outcome.CANNOT_TELL if missing else None
    return Comparison(outcome, (*differ, *missing), tuple(unknown))


def equal(a: float, b: float) -> bool:
    """Whether two header values are one setting."""
    return math.isclose(a, b, rel_tol=EQUAL)


def _settings(now: Conditions, then: Conditions) -> tuple[_Setting, ...]:
    """All that is compared, what bears most on values first."""
    return (
        _energy(now, then),
        *_voltage_behind(now, then),
        _text("kernel", "the reconstruction", now.kernel, then.kernel, "kernel"),
        _text("iteration", "the reconstruction", now.iteration, then.iteration, "iteration level"),
        _number("thickness", "the slice thickness", "mm", now.thickness_mm, then.thickness_mm),
        _text("scan_mode", "the scan mode", now.scan_mode, then.scan_mode),
        _text("phantom", "the phantom", now.phantom, then.phantom),
        _number("pixel", "the pixel size", "mm", now.pixel_mm, then.pixel_mm, PIXEL_BAND),
        _dose(now, then),
    )


def _text(name: str, subject: str, now: str | None, then: str | None, detail: str = "") -> _Setting:
    mine, theirs = (None if x is None else f'"{x}"' for x in (now, then))
    return _Setting(name, subject, mine, theirs, now == then, detail)


def _number(name: str, subject: str, unit: str, now: float | None, then: float | None, band: float = EQUAL) -> _Setting:
    """Numbers that may differ by `band` of the baseline's."""
    same = now is not None and then is not None and abs(now - then) <= band * abs(then) * (1 + EDGE)
    mine, theirs = (None if x is None else f"{x:.4g} {unit}" for x in (now, then))
    return _Setting(name, subject, mine, theirs, same)


def _energy(now: Conditions, then: Conditions) -> _Setting:
    mine, theirs = (f"{c.kev:g} keV" if c.kev is not None else _voltage(c) for c in (now, then))
    return _Setting("energy", "the energy", mine, theirs, mine == theirs)


def _voltage(of: Conditions) -> str | None:
    return None if of.kv is None else f"{of.kv:g} kV"


def _voltage_behind(now: Conditions, then: Conditions) -> tuple[_Setting, ...]:
    """The tube voltage of two monoenergetic images, unless neither says it."""
    if now.kev is None or then.kev is None or (now.kv is None and then.kv is None):
        return ()
    return (_number("kv", "the tube voltage", "kV", now.kv, then.kv),)


def _dose(now: Conditions, then: Conditions) -> _Setting:
    """By CTDIvol where both have it, else by mAs where both have that, else by what one side alone has."""
    ctdivol, exposure = (now.ctdivol_mgy, then.ctdivol_mgy), (now.exposure_mas, then.exposure_mas)
    known = [sum(x is not None for x in pair) for pair in (ctdivol, exposure)]
    if known[0] == 2 or (known[0] == 1 and known[1] < 2):
        return _number("dose", "CTDIvol", "mGy", *ctdivol, DOSE_BAND)
    return _number("dose", "the exposure", "mAs", *exposure, DOSE_BAND)
