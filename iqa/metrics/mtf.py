"""Family `mtf`: the modulation transfer function from beads and wires, the point sources of a phantom."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iqa.metrics import absent
from iqa.metrics.absent import none_of
from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.points import Source, is_point, large
from iqa.metrics.regions import Noise, where
from iqa.metrics.transfers import LEVELS, crossings, curve
from iqa.model import Bead, Measurement, Module, NotMeasured, Result, Scan, Wire
from iqa.signal.points import smear_form
from iqa.signal.transfer import Spot, Transfer, point_transfer

METHOD = "mtf-point@1"
KINDS: tuple[tuple[str, type[Bead] | type[Wire]], ...] = (("bead", Bead), ("wire", Wire))
LEAST_SNR = 20.0
"""Height over noise, all slices together, from which u is honest; below it f50 scatters by a tenth and more, askew."""


@dataclass(frozen=True, eq=False)
class _Pool:
    """All sources of one kind as one."""

    sources: tuple[Source, ...]
    transfer: Transfer


def measure(context: Context) -> Measured:
    """`mtf.bead.f50`, `.f10`, `mtf.wire.f50`, `.f10` and the curves `mtf.bead`, `mtf.wire`, as the definition has them.

    Notes
    -----
    See `iqa.signal.transfer`. All beads of the definition that are point sources are one sample, so are its wires: each
    slice counts with the height that it shows, in its own noise. The object's transform is removed where its diameter
    has a source, and a tilted wire's smear through the section. The curve ends at the pixels' Nyquist frequency.

    T(0) is the integral over the plane and rests on these images alone: no bead's mass is known well enough to tie it.

    References
    ----------
    Nickoloff and Riley, Med Phys 1985;12:437; Boone, Med Phys 2001;28:356.
    """
    parts = [_kind(context, name, kind) for name, kind in KINDS]
    return Measured(tuple(r for p in parts for r in p.results), tuple(d for p in parts for d in p.regions))


def _kind(context: Context, name: str, kind: type[Bead] | type[Wire]) -> Measured:
    key = f"mtf.{name}"
    features = [(m, f) for m in context.located.spec.modules for f in m.features if isinstance(f, kind)]
    if not features:
        return Measured()
    found = _pool(context, features)
    if isinstance(found, NotMeasured):
        return Measured(tuple(replace(found, key=f"{key}.{level}") for level in LEVELS))
    results = (*_values(context, key, found), curve(key, found.transfer, context.scan, METHOD))
    return Measured(results, tuple(s.drawn for s in found.sources))


def _pool(context: Context, features: Sequence[tuple[Module, Bead | Wire]]) -> _Pool | NotMeasured:
    small = [pair for pair in features if is_point(pair[1])] or features
    shown = [pair for pair in small if _slices(context, pair[0])]
    if not shown:
        return absent.module("", context.scan, context.whole, small[0][0])
    found = context.sources
    if isinstance(found, NotMeasured):
        return found
    seen = [found[module.name, f] if is_point(f) else large(f) for module, f in shown]
    sources = tuple(s for s in seen if isinstance(s, Source))
    if not sources:
        return none_of([s for s in seen if isinstance(s, NotMeasured)])
    noise = sources[0].noise
    spots, variance, top = _spots(context.scan, noise, sources)
    snr = top / math.sqrt(variance)
    if snr < LEAST_SNR:
        return _faint(sources, snr)
    width = float(np.median([s.width_mm for s in sources]))
    transfer = point_transfer(spots, width, noise.covariance.scaled(variance))
    return _Pool(sources, _allowing(transfer, sources))


def _slices(context: Context, module: Module) -> tuple[int, ...]:
    fit = context.whole.module(module.name)
    return fit.slices if fit else ()


def _spots(scan: Scan, noise: Noise, sources: Sequence[Source]) -> tuple[list[Spot], float, float]:
    """All sources on all slices, the noise variance of their weighted sum, HU², and the largest height, HU."""
    top = max(float(s.heights.max()) for s in sources)
    total = sum(float(s.heights @ s.heights) / s.level for s in sources) / top
    spots, variance = [], 0.0
    for source in sources:
        weights = source.heights / (source.level * total)
        variance += source.level * noise.slices.sum_factor(weights, scan.z_mm[list(source.slices)])
        heights = source.heights / top
        spots += [Spot(*one, source.shape) for one in zip(source.crops, heights, weights, strict=True)]
    return spots, variance, top


def _allowing(transfer: Transfer, sources: Sequence[Source]) -> Transfer:
    """With components of u for what is not known of the sources: an unvouched diameter, the section's form."""
    f, share = transfer.frequency, 1.0 / len(sources)
    for source in sources:
        if not source.known:
            transfer = transfer.allowing(share * transfer.value * (source.object(f) - 1.0))
        if source.smear_mm:
            transfer = transfer.allowing(share * transfer.value * smear_form(f, source.smear_mm))
    return transfer


def _values(context: Context, key: str, pool: _Pool) -> Iterator[Result]:
    slices = {i for s in pool.sources for i in s.slices}
    bare = any(not s.known for s in pool.sources)
    flags = (*(("object_not_removed",) if bare else ()), *one_slice(sorted(slices)), *uncalibrated(context))
    places = ", ".join(dict.fromkeys(where(s.module, s.slices) for s in pool.sources))
    count = len(pool.sources) if key == "mtf.bead" else _independent(context, pool)
    needs = "More dose, or more slices through the source."
    for name, found in crossings(key, pool.transfer, context.scan, needs=needs):
        yield (
            found if isinstance(found, NotMeasured) else Measurement(name, *found, "1/mm", count, places, METHOD, flags)
        )


def _independent(context: Context, pool: _Pool) -> int:
    noise, z = context.noise, context.scan.z_mm
    return sum(noise.slices.independent(z[list(s.slices)]) if noise else 1 for s in pool.sources)


def _faint(sources: Sequence[Source], snr: float) -> NotMeasured:
    names = " and ".join(f"'{s.feature.name}'" for s in sources)
    return NotMeasured(
        "",
        f"{names} on all slices together: {snr:.0f} times the noise; a transfer function needs {LEAST_SNR:g} times.",
        f"{(LEAST_SNR / max(snr, 0.1)) ** 2:.1f} times the dose.",
    )
