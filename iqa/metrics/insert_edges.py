"""The transfer function of every round insert, from its edge: what several families need, fitted once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.inserts import InsertMean, Outcome
from iqa.metrics.regions import (
    CLIPPED_SHARE,
    Circle,
    Noise,
    Places,
    at_scan_end,
    beside_the_field,
    centred,
    places,
    small_features,
)
from iqa.model import Drawn, Insert, Located, Module, ModuleFit, NotMeasured, Scan
from iqa.signal.centres import disc_centres, fits_field, reach_of
from iqa.signal.points import smear_form, smear_transform
from iqa.signal.transfer import Crop, Transfer, disc_transfer

SURROUNDINGS_MM = 5.0
"""Base material round an insert that is given to the fit: the tails of the point spread."""
NEIGHBOUR_MM = 3.0
"""Distance kept from what else stands in the module."""
LEAST_CNR = 5.0
"""Contrast over noise, times √slices, below which the penalty and not the image would decide."""
CLEAR_MISFIT = 4.0
"""Residual variance against noise from which the value is flagged: u has been doubled, and the edge is not quite that
of a disc seen through one transfer function (streaks, beam hardening, clipping)."""
NOISE_SDS = 2.5
"""Standard deviations by which noise alone may part the fitted contrast from the plateau's. The rest is shading about
the insert, taken for T near frequency 0; since T(0) = 1, all of T is then off by as much, and u says so. Tails of cone
beams make 0.03, and twice that in weak inserts, whose f50 then disagree by a tenth."""
SHADED = 0.05
"""Share of the contrast that shading makes from which the value is flagged."""
STRANGE_MISFIT, MOST_UNEXPLAINED = 9.0, 0.05
"""Residuals against their noise, squared, and as a share of the contrast, both from which an edge is refused. On shared
scans of two makers' diagnostic scanners edges of air and bone leave 6 to 14 %, and read f50 from half to one and a half
of what the weaker inserts agree on; cone beams leave 2 % at most."""
ODD_RADIUS_MM = 0.3
"""A fitted radius further than this from the definition's belongs to another object."""


@dataclass(frozen=True, eq=False)
class InsertEdge:
    """One insert's transfer function with what it rests on."""

    insert: InsertMean
    transfer: Transfer
    contrast: float
    """Plateau less base, HU."""
    shading: float
    """Share of the contrast by which the fitted one differs from the plateau's, beside noise."""
    cnr: float
    """|contrast| over noise of a slice, times √(independent slices)."""
    drawn: Drawn

    @property
    def misfit(self) -> bool:
        """True where the edge is not quite that of a disc seen through one transfer function."""
        return self.shading > SHADED or self.transfer.misfit >= CLEAR_MISFIT


@dataclass(frozen=True, eq=False)
class Shared:
    """What all inserts of one scan share."""

    scan: Scan
    located: Located
    noise: Noise | None
    blur_mm: float
    """Smallest and largest stored value."""


def measure_edges(shared: Shared, inserts: tuple[Outcome, ...]) -> tuple[InsertEdge | NotMeasured, ...]:
    """The edge of each insert in the order given, or why it gives no transfer function; that reason has no key."""
    return tuple(replace(m, key="") if isinstance(m, NotMeasured) else _edge(shared, m) for m in inserts)


def _edge(shared: Shared, mean: InsertMean) -> InsertEdge | NotMeasured:
    scan, noise, fit = shared.scan, shared.noise, shared.located.module(mean.module)
    if noise is None or fit is None:
        return absent.noise("")
    radius = mean.insert.diameter_mm / 2 * fit.pose.scale
    placed = _centred(shared, fit, mean, radius)
    crops = _crops(shared, fit, mean.insert, placed) if placed else [None]
    seen = [c for c in crops if c is not None]
    if len(seen) < len(crops):
        return beside_the_field("", mean.insert.name)
    if any(_clipped(shared, index, c, radius) for (index, _), c in zip(placed, seen, strict=True)):
        reason = f"Pixels of '{mean.insert.name}' lie at the end of the stored scale, so its edge is cut off."
        return NotMeasured("", reason, "An extended CT number scale.")
    independent = 1.0 / noise.slices.mean_factor(scan.z_mm[list(mean.slices)])
    covariance = noise.covariance.scaled(mean.level)
    plateau = mean.value - _base(seen, radius)
    cnr = abs(plateau) / covariance.sd * independent**0.5
    if cnr < LEAST_CNR:
        return _faint(mean, cnr)
    transfer = disc_transfer(seen, radius, shared.blur_mm, covariance, independent)
    strange = _strange(mean.insert.name, transfer, radius, cnr)
    if strange is not None:
        return strange
    middle = placed[len(placed) // 2][1]
    drawn = Drawn(mean.module, f"ttf.{mean.insert.name}", middle.x_mm, middle.y_mm, middle.radius_mm, mean.slices)
    shading = _shading(transfer, plateau)
    upright = _upright(_allowing(transfer, shading), scan.section_mm * fit.pose.lean)
    return InsertEdge(mean, upright, plateau, shading, cnr, drawn)


def _centred(shared: Shared, fit: ModuleFit, mean: InsertMean, radius: float) -> Places:
    """Each slice with the insert's own centre there, on the straight line through the centres found; () where cut."""
    scan, slices = shared.scan, list(mean.slices)
    z, drift = scan.z_mm[slices], scan.drift_mm[slices].T
    middle = slices.index(mean.drawn.slices[len(mean.drawn.slices) // 2])
    along = fit.pose.on_planes(mean.insert.x_mm, mean.insert.y_mm, z)
    centres = along + np.array([[mean.drawn.x_mm], [mean.drawn.y_mm]]) - along[:, middle : middle + 1]
    begin = centres[0] - drift[0], centres[1] - drift[1]
    if not fits_field(scan.stored.shape[1:], scan.pixel_mm, *begin, radius):
        return ()
    looked_at = Circle(mean.insert.x_mm, mean.insert.y_mm, reach_of(radius))
    spared = [c for c in _spared(shared.located.spec.module(fit.name), mean.insert) if _meet(c, looked_at)]
    beside = [(*(fit.pose.on_planes(c.x_mm, c.y_mm, z) - drift), c.radius_mm) for c in spared]
    found = disc_centres([scan.stored[i] for i in slices], scan.pixel_mm, begin, radius, shared.blur_mm, beside)
    centres = np.array([found.x_mm, found.y_mm]) + drift
    lines = [np.polynomial.Polynomial.fit(z, c, min(1, len(z) - 1))(z) for c in centres]
    reach = radius + SURROUNDINGS_MM
    return tuple((i, Circle(float(x), float(y), reach)) for i, x, y in zip(slices, *lines, strict=True))


def _spared(module: Module, insert: Insert) -> list[Circle]:
    """What stands beside an insert, with room about it, on the module's plane."""
    beside = (f for f in small_features(module) if f.name != insert.name)
    return [Circle(f.x_mm, f.y_mm, f.diameter_mm / 2 + NEIGHBOUR_MM) for f in beside]


def _crops(shared: Shared, fit: ModuleFit, insert: Insert, placed: Places) -> list[Crop | None]:
    """The insert and its plain surroundings slice by slice, neighbours left out; None where the field cuts them."""
    module, slices = shared.located.spec.module(fit.name), [index for index, _ in placed]
    holes = [[hole for _, hole in places(shared.scan, fit, c, slices)] for c in _spared(module, insert)]
    return [
        centred(shared.scan, index, circle, [h[k] for h in holes if _meet(h[k], circle)])
        for k, (index, circle) in enumerate(placed)
    ]


def _meet(one: Circle, other: Circle) -> bool:
    return bool(np.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm) < one.radius_mm + other.radius_mm)


def _strange(name: str, transfer: Transfer, radius: float, cnr: float) -> NotMeasured | None:
    """Why an edge is not that of the insert behind one transfer function, if it is not."""
    if abs(transfer.radius_mm - radius) > ODD_RADIUS_MM:
        reason = f"The edge of '{name}' fits a radius of {transfer.radius_mm:.2f} mm, not {radius:.2f} mm."
        return NotMeasured("", reason, "A round insert that stands free of others.")
    left = math.sqrt(transfer.misfit)
    if transfer.misfit > STRANGE_MISFIT and left > MOST_UNEXPLAINED * cnr:
        reason = (
            f"The edge of '{name}' is not that of a disc behind one transfer function: what it leaves unexplained is "
            f"{100.0 * left / cnr:.0f} % of the contrast, {left:.0f} times the noise."
        )
        return NotMeasured("", reason, "An insert of less contrast, or a reconstruction without corrections at edges.")
    return None


def _base(crops: list[Crop], radius: float) -> float:
    """Mean of the surroundings, HU."""
    return float(np.mean([c.hu[c.mask][c.r_mm > radius + NEIGHBOUR_MM].mean() for c in crops]))


def _clipped(shared: Shared, index: int, seen: Crop, radius: float) -> bool:
    """True where many of the insert's pixels hold the smallest or largest value that the whole scan has."""
    return at_scan_end(shared.scan, index, seen.hu[seen.mask][seen.r_mm < radius]) > CLIPPED_SHARE


def _shading(transfer: Transfer, plateau: float) -> float:
    odd, noise = transfer.contrast / plateau - 1.0, NOISE_SDS * transfer.contrast_u / abs(plateau)
    return math.sqrt(max(odd**2 - noise**2, 0.0))


def _allowing(transfer: Transfer, shading: float) -> Transfer:
    """With a component of u for shading taken for T."""
    # T(0) is 1 all the same; the insert tells T from about the inverse of its diameter on
    told = -np.expm1(-((2.0 * transfer.radius_mm * transfer.frequency) ** 2))
    return transfer.allowing(shading * transfer.value * told)


def _upright(transfer: Transfer, smear_mm: float) -> Transfer:
    """Freed of what a section smears an insert that leans, with a component of u for the section's form."""
    if smear_mm == 0.0:
        return transfer
    freed = transfer.without(smear_transform(transfer.frequency, smear_mm))
    return freed.allowing(smear_form(freed.frequency, smear_mm) * freed.value)


def _faint(mean: InsertMean, cnr: float) -> NotMeasured:
    return NotMeasured(
        "",
        f"'{mean.insert.name}' has {cnr:.1f} times the noise of its slices; an edge needs {LEAST_CNR:g} times.",
        f"{math.ceil((LEAST_CNR / max(cnr, 0.1)) ** 2)} times as many slices, or as much dose.",
    )
