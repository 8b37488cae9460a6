"""What the families share of one scan: its noise, its edge blur and its inserts, each found once when first asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from iqa.metrics import absent
from iqa.metrics.discs import Central, measure_central
from iqa.metrics.insert_edges import InsertEdge, Shared, measure_edges
from iqa.metrics.inserts import InsertMean, Outcome, measure_edge, measure_inserts
from iqa.metrics.patches import measure_noise
from iqa.metrics.points import Sources, find_sources
from iqa.metrics.regions import Noise, where
from iqa.metrics.repeats import Repeat, difference_noise
from iqa.metrics.sections import Sections, find_sections
from iqa.metrics.whole import is_followed, whole_slices
from iqa.model import DEFAULT_OBSERVER, Drawn, Located, Module, ModuleFit, NotMeasured, Observer, Region, Result, Scan
from iqa.signal.disc import Edge


@dataclass(frozen=True, slots=True)
class Measured:
    """Results with and without numbers, and the regions behind them."""

    results: tuple[Result, ...] = ()
    regions: tuple[Drawn, ...] = ()
    located: Located | None = None
    """The phantom with those slices of each module that were used; None for a single family."""


@dataclass(frozen=True, eq=False)
class Context:
    """One located scan and the products that several families need."""

    scan: Scan
    located: Located
    repeats: tuple[Repeat, ...] = ()
    """Repeated scans of this setup, this one among them; none where it stands alone."""
    observer: Observer = DEFAULT_OBSERVER
    """For whom detectability is reckoned."""

    @cached_property
    def whole(self) -> Located:
        """The located phantom with only those slices that truly show their modules."""
        return whole_slices(self.scan, self.located)

    @cached_property
    def noise(self) -> Noise | None:
        """Texture and slice correlation of the scan's noise; None where no free area shows it."""
        return measure_noise(self.scan, self.whole)

    @cached_property
    def difference(self) -> Noise | None:
        """The same noise as the differences between repeats show it; None where they show none."""
        return difference_noise(self.scan, self.repeats)

    @property
    def spectral_noise(self) -> Noise | NotMeasured:
        """The noise whose spectrum is meant: that of the differences where there are repeats; or why it is unknown."""
        noise = self.difference if self.repeats else self.noise
        if noise is not None:
            return noise
        return absent.noise("") if self.noise is None else absent.difference("")

    def seen_on(self, noise: Noise) -> tuple[int, str]:
        """Images as many as are independent that show a noise, and its place in words."""
        squares, repeats = noise.squares, len(self.repeats)
        independent = noise.slices.independent(self.scan.z_mm[list(squares.slices)]) * max(1, repeats - 1)
        return independent, where(squares.module, squares.slices) + (f", {repeats} repeats" if repeats else "")

    @cached_property
    def edge(self) -> Edge:
        """The in-plane edge blur, from the strongest inserts."""
        return measure_edge(self.scan, self.whole)

    @property
    def blur_mm(self) -> float:
        """In-plane edge blur as a standard deviation, mm."""
        return self.edge.blur_mm

    @cached_property
    def sections(self) -> Sections:
        """The section profile on every ramp and row of the definition, or why not."""
        return find_sections(self.scan, self.located, self.edge)

    @cached_property
    def sources(self) -> Sources | NotMeasured:
        """Every bead, wire and disc of foil that is small enough, as the scan shows it, or why none can be had."""
        return find_sources(self)

    @cached_property
    def inserts(self) -> tuple[Outcome, ...]:
        """Each insert of the definition, measured or why not."""
        return measure_inserts(self.scan, self.whole, self.noise, self.edge)

    @property
    def insert_means(self) -> tuple[InsertMean, ...]:
        """The inserts that were measured."""
        return tuple(i for i in self.inserts if isinstance(i, InsertMean))

    @cached_property
    def edges(self) -> tuple[InsertEdge | NotMeasured, ...]:
        """The edge of each of them, in the same order."""
        shared = Shared(self.scan, self.whole, self.noise, self.blur_mm)
        return measure_edges(shared, self.inserts)

    @property
    def tier_means(self) -> tuple[InsertMean, ...]:
        """Those of the tier whose outline was followed, where it has any: a wider one hardens the beam otherwise."""
        own = tuple(m for m in self.insert_means if is_followed(self.located, self.located.spec.module(m.module)))
        return own or self.insert_means

    @cached_property
    def uniform(self) -> tuple[Module, ModuleFit | None] | None:
        """The uniform module that is measured; None where the phantom has none.

        The one with the definition's own regions, as long as the scan shows of it at least half of what it shows of any
        other: a slice more or less must not change, from week to week, what is compared.
        """
        most = self.best(lambda module: module.block == "uniform")
        named = self.best(lambda module: module.block == "uniform" and any(module.of(Region)))
        return named if named and 2 * _count(named) >= _count(most) else most

    @cached_property
    def central(self) -> Central | NotMeasured | None:
        """The central disc of that module, or why it cannot be had; None where the phantom has no such module."""
        return None if self.uniform is None else measure_central(self.scan, self.whole, *self.uniform)

    def best(self, wanted: Callable[[Module], bool]) -> tuple[Module, ModuleFit | None] | None:
        """The wanted module with most slices, its fit None where the scan holds none of it."""
        pairs = [(m, self.whole.module(m.name)) for m in self.whole.spec.modules if wanted(m)]
        if not pairs:
            return None
        module, fit = max(pairs, key=lambda pair: len(pair[1].slices) if pair[1] else 0)
        return module, fit if fit and fit.slices else None


def _count(found: tuple[Module, ModuleFit | None] | None) -> int:
    """Slices of a module."""
    return len(found[1].slices) if found and found[1] else 0


Family = Callable[[Context], Measured]
