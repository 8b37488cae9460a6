"""Why something has no number: the sentences, each in one place."""

from __future__ import annotations

from collections.abc import Sequence

from iqa.model import Located, Module, NotMeasured, Scan


def were(count: int) -> str:
    """A count with its verb: 1 was, 3 were."""
    return f"{count} {'was' if count == 1 else 'were'}"


def module(key: str, scan: Scan, located: Located, wanted: Module) -> NotMeasured:
    """No slice lies wholly inside a module: beyond the scan's ends, or in a gap between its slices."""
    z = located.pose.place(0.0, 0.0, wanted.z_mm)[2]
    first, last = float(scan.z_mm[0]), float(scan.z_mm[-1])
    if first <= z <= last:
        why = f"no slice lies wholly inside it, near z = {z:.1f} mm."
        needs = "Contiguous slices through the module, thinner than the module is long."
    else:
        span = f"goes from {first:.1f} to {last:.1f} mm" if len(scan) > 1 else f"is one slice at {first:.1f} mm"
        why = f"it is expected near z = {z:.1f} mm, and the scan {span}."
        needs = "A scan range that holds the whole module."
    return NotMeasured(key, f"The scan does not show module {wanted.name}: {why}", needs)


def none_of(refused: Sequence[NotMeasured]) -> NotMeasured:
    """Why not one of several would serve (a result without a key): each reason and each need once."""
    reasons, needs = (dict.fromkeys(texts) for texts in zip(*((r.reason, r.needs) for r in refused), strict=True))
    return NotMeasured("", " ".join(reasons), " ".join(needs))


def noise(key: str) -> NotMeasured:
    """The scan's noise is unknown, and with it every uncertainty."""
    return NotMeasured(
        key,
        "No area of base material in the scan is large enough to learn the noise from, so no uncertainty is known.",
        "A slice of the uniform module, or pixels under 1 mm in a module with free space between its features.",
    )


def difference(key: str) -> NotMeasured:
    """Repeats that differ by no noise."""
    return NotMeasured(
        key,
        "The repeats do not differ by a scanner's noise on any slice of uniform material that all of them show.",
        "Repeated scans of one setup, each exposed anew.",
    )


def section(key: str, name: str, length_mm: float, section_mm: float) -> NotMeasured:
    """No section lies wholly inside a rod."""
    return NotMeasured(
        key,
        f"No section of {section_mm:.3g} mm lies wholly inside '{name}', which is {length_mm:g} mm long.",
        "A slice in the middle of the module, or thinner slices.",
    )


def diameter(key: str) -> NotMeasured:
    """The body's size, and with it a disc's, is unknown."""
    return NotMeasured(
        key,
        "The body's diameter is neither measured nor defined, and the disc's size follows from it.",
        "A field of view that holds the whole outline of the body.",
    )
