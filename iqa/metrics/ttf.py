"""Family `ttf`: the task transfer function of every round insert, from its edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iqa.metrics.context import Context, Measured
from iqa.metrics.flags import uncalibrated
from iqa.metrics.insert_edges import InsertEdge
from iqa.metrics.regions import where
from iqa.metrics.transfers import LEVELS, crossings, curve
from iqa.model import Drawn, NotMeasured, Result
from iqa.model import Measurement as Value

METHOD = "ttf-disc@2"
LOW_CNR = 10.0
"""Below it the value is flagged: its bias may reach half of its u."""


def measure(context: Context) -> Measured:
    """`ttf.<insert>.f50`, `.f10` and the curve `ttf.<insert>` of each insert of the definition.

    Notes
    -----
    See `iqa.metrics.insert_edges` and `iqa.signal.transfer`. Every slice is centred by itself on a straight line
    through the centres found. The curve ends at the pixels' Nyquist frequency: nothing is said beyond.

    References
    ----------
    Richard et al., Med Phys 2012;39:4115; Samei et al. (AAPM TG-233), Med Phys 2019;46:e735.
    """
    results: list[Result] = []
    regions: list[Drawn] = []
    for outcome, found in zip(context.inserts, context.edges, strict=True):
        name = outcome.key.removeprefix("ct_number.") if isinstance(outcome, NotMeasured) else outcome.insert.name
        if isinstance(found, NotMeasured):
            results += [replace(found, key=f"ttf.{name}.{level}") for level in LEVELS]
            continue
        results += [*_values(context, found), curve(f"ttf.{name}", found.transfer, context.scan, METHOD)]
        regions.append(found.drawn)
    return Measured(tuple(results), tuple(regions))


def _values(context: Context, edge: InsertEdge) -> Iterator[Result]:
    mean = edge.insert
    flags = (
        *(("low_cnr",) if edge.cnr < LOW_CNR else ()),
        *(("edge_misfit",) if edge.misfit else ()),
        *uncalibrated(context),
    )
    n, place = mean.independent, where(mean.module, mean.slices)
    for key, found in crossings(f"ttf.{mean.insert.name}", edge.transfer, context.scan, needs="More dose or slices."):
        yield found if isinstance(found, NotMeasured) else Value(key, *found, "1/mm", n, place, METHOD, flags)
