"""Family `ct_number`: the mean CT number of each insert and of the uniform module."""

from __future__ import annotations

from dataclasses import replace

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import one_slice, other_kv, uncalibrated
from iqa.metrics.inserts import InsertMean
from iqa.metrics.regions import where
from iqa.model import Measurement, NotMeasured

METHOD = "roi-mean@1"


def measure(context: Context) -> Measured:
    """Mean within R − 4 edge blurs of each insert (0.5 to 0.65 R) over the slices inside it, and `ct_number.uniform`.

    Notes
    -----
    u holds the noise over disc and slices (correlated in the plane and along z), at the noise level of the insert
    itself steadied by that of its module's inserts, the edge's bleed, and what the end of the grey scale cuts off of
    the noise. Left out: the HU scale, material and unit.
    """
    flags = (*uncalibrated(context), *other_kv(context))
    found = context.inserts
    results = tuple(r if isinstance(r, NotMeasured) else _result(r, flags) for r in found)
    uniform = _uniform(context, flags)
    return Measured((*results, *uniform.results), (*(m.drawn for m in context.insert_means), *uniform.regions))


def _result(mean: InsertMean, flags: tuple[str, ...]) -> Measurement:
    return Measurement(
        f"ct_number.{mean.insert.name}",
        mean.value,
        mean.u,
        "HU",
        mean.independent,
        where(mean.module, mean.slices),
        METHOD,
        (*_own_flags(mean), *one_slice(mean.slices), *flags),
    )


def _own_flags(mean: InsertMean) -> tuple[str, ...]:
    return (*(("partial",) if mean.partial else ()), *(("clipped",) if mean.cut_off else ()))


def _uniform(context: Context, flags: tuple[str, ...]) -> Measured:
    """The mean of the noise disc, the value a site trends as water."""
    disc = context.central
    if disc is None or isinstance(disc, NotMeasured):
        return Measured(() if disc is None else (replace(disc, key="ct_number.uniform"),))
    if context.noise is None:
        return Measured((absent.noise("ct_number.uniform"),))
    z = context.scan.z_mm[list(disc.sample.slices)]
    u = context.noise.u_mean(disc.sample, z, context.noise.level(disc.sample))
    result = Measurement(
        "ct_number.uniform",
        disc.sample.mean,
        u,
        "HU",
        context.noise.slices.independent(z),
        where(disc.module, disc.sample.slices),
        METHOD,
        (*one_slice(disc.sample.slices), *flags),
    )
    return Measured((result,))
