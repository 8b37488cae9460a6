"""The noise of repeated scans of one setup, as their differences show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from iqa.errors import InputError
from iqa.metrics.observed import Outcome, observe_targets
from iqa.metrics.patches import cut, measure_noise, noise_of
from iqa.metrics.regions import Array, Noise, Squares
from iqa.metrics.setups import Setup, setup_of
from iqa.metrics.whole import whole_slices
from iqa.model import DEFAULT_OBSERVER, Located, Observer, Scan, Stored
from iqa.signal.channels import CHANNEL_SETS
from iqa.signal.trend import detrended, square_polynomials

LEAST_APART = 1.0 / 3.0
"""Share of the noise of two scans that their difference must hold. Of exposures it holds all, ± 0.02 in simulated scans
of four 32 mm patches on two slices, ± 0.08 in the smallest patches of all; of an altered copy hardly any. Rings that
change from slice to slice pass for noise that both share, and may have up to twice the noise's variance."""


@dataclass(frozen=True, eq=False)
class Repeat:
    """A located scan, its stack let go: what it must have in common with its repeats, and the slices of its noise."""

    setup: Setup
    squares: Squares | None
    """Where its noise is seen; None where no free area shows it."""
    stored: Stored
    """(slices, rows, columns) stored values of the squares' slices."""
    slope: Array
    """(slices,) HU per stored unit."""
    targets: Mapping[str, Outcome]
    """What the observer's channels see of each low-contrast target, by its name."""


def repeat_of(scan: Scan, located: Located, observer: Observer = DEFAULT_OBSERVER) -> Repeat:
    """A scan as its repeats need it."""
    whole = whole_slices(scan, located)
    noise = measure_noise(scan, whole)
    used = list(noise.squares.slices) if noise else []
    return Repeat(
        setup=setup_of(scan, located),
        squares=noise.squares if noise else None,
        stored=scan.stored[used],
        slope=scan.slope[used],
        targets=observe_targets(scan, whole, noise, CHANNEL_SETS[observer.channels]),
    )


def refuse_copies(repeats: Sequence[Repeat]) -> None:
    """Nothing, where every scan has noise of its own.

    Parameters
    ----------
    repeats
        All scans of one setup.

    Raises
    ------
    InputError
        The noise of two scans is the same, for all that their pixels differ.
    """
    squares = _shared([r.squares for r in repeats])
    if squares is None:
        return
    seen = [(r.setup.source, _grain(_patches(r, squares))) for r in repeats]
    for (source, one), (copy, other) in combinations(seen, 2):
        both, apart = float((one**2).sum() + (other**2).sum()), float(((one - other) ** 2).sum())
        if apart < LEAST_APART * both:
            reason = (
                f"its noise is that of {source} (their difference holds {100.0 * apart / both:.0f} % of it, at least "
                f"{100.0 * LEAST_APART:.0f} % is needed): one exposure given twice is no repeat; give another scan"
            )
            raise InputError(copy, reason)


def _grain(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """The noise of (slices, m, n, n) patches: freed from their trend, and from what stays alike on several slices."""
    slices, _, side, _ = patches.shape
    columns = square_polynomials(side)
    flat = detrended(patches.reshape(-1, side, side), columns).reshape(patches.shape)
    return flat - flat.mean(axis=0) if slices > 1 else flat


def difference_noise(scan: Scan, repeats: Sequence[Repeat]) -> Noise | None:
    """The noise of one scan as the differences between repeats show it; None where they show none.

    Parameters
    ----------
    scan
        One of the repeats.
    repeats
        All of them, at least two, `scan` among them.

    Notes
    -----
    Of n repeats n − 1 differences are independent, (a − b)/√2, (a + b − 2c)/√6, …; each has the noise of one scan, and
    what is fixed falls out. Their mean periodogram is that of the scans' deviations from their mean times √(n/(n − 1)).

    References
    ----------
    ICRU Report 87 (2012).
    """
    from scipy.linalg import helmert  # noqa: PLC0415 - costs a twentieth of a second, few scans have repeats

    squares = _shared([r.squares for r in repeats])
    if squares is None:
        return None
    seen = np.stack([_patches(r, squares) for r in repeats])
    return noise_of(scan, squares, np.tensordot(helmert(len(repeats)), seen, axes=1).astype(np.float32))


def _shared(seen: Sequence[Squares | None]) -> Squares | None:
    """The squares of the first scan on those slices that show noise in all."""
    first = seen[0]
    if first is None:
        return None
    own = [set(s.slices) if s is not None and s.module == first.module else set() for s in seen]
    slices = tuple(sorted(set.intersection(*own)))
    return replace(first, slices=slices) if slices else None


def _patches(repeat: Repeat, squares: Squares) -> NDArray[np.float32]:
    """(slices, m, n, n) HU of one scan in squares found on another."""
    held = repeat.squares.slices if repeat.squares else ()
    chosen = [held.index(i) for i in squares.slices]
    return cut(repeat.stored[chosen], repeat.slope[chosen], squares)
