"""What the families share of one scan: its noise, its edge blur and its inserts, each found once when first asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from iqa.metrics.inserts import InsertMean, Outcome, measure_blur, measure_inserts
from iqa.metrics.patches import measure_noise
from iqa.metrics.regions import Noise
from iqa.model import Drawn, Located, Module, ModuleFit, Result, Scan


@dataclass(frozen=True, slots=True)
class Measured:
    """Results with and without numbers, and the regions behind them."""

    results: tuple[Result, ...] = ()
    regions: tuple[Drawn, ...] = ()


@dataclass(frozen=True, eq=False)
class Context:
    """One located scan and the products that several families need."""

    scan: Scan
    located: Located

    @cached_property
    def noise(self) -> Noise | None:
        """Texture and slice correlation of the scan's noise; None where no free area shows it."""
        return measure_noise(self.scan, self.located)

    @cached_property
    def blur_mm(self) -> float:
        """In-plane edge blur as a standard deviation, mm."""
        return measure_blur(self.scan, self.located)

    @cached_property
    def inserts(self) -> tuple[Outcome, ...]:
        """Each insert of the definition, measured or why not."""
        return measure_inserts(self.scan, self.located, self.noise, self.blur_mm)

    @property
    def insert_means(self) -> tuple[InsertMean, ...]:
        """The inserts that were measured."""
        return tuple(i for i in self.inserts if isinstance(i, InsertMean))

    @cached_property
    def uniform(self) -> tuple[Module, ModuleFit | None] | None:
        """The uniform module of which the scan shows most; None where the phantom has none."""
        return self.best(lambda module: module.block == "uniform")

    def best(self, wanted: Callable[[Module], bool]) -> tuple[Module, ModuleFit | None] | None:
        """The wanted module with most slices, its fit None where the scan holds none of it."""
        pairs = [(m, self.located.module(m.name)) for m in self.located.spec.modules if wanted(m)]
        if not pairs:
            return None
        module, fit = max(pairs, key=lambda pair: len(pair[1].slices) if pair[1] else 0)
        return module, fit if fit and fit.slices else None


Family = Callable[[Context], Measured]
