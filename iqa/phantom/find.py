"""A definition by its name, as a person types it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from iqa.errors import UsageError
from iqa.model import PhantomSpec


def find(name: str, specs: Sequence[PhantomSpec]) -> PhantomSpec:
    """The definition called `name`, or its variant where the name is written ``name/variant``.

    Raises
    ------
    UsageError
        There is none; the message names the nearest, or all.
    """
    for spec in specs:
        if spec.label == name:
            return spec
    labels = [s.label for s in specs]
    near = difflib.get_close_matches(name.lower(), labels, n=1)
    known = ", ".join(label for label in labels if "/" not in label)
    hint = f"did you mean {near[0]}?" if near else f"known are {known}."
    raise UsageError(f"No phantom is named {name!r}: {hint} `iqa phantoms list` shows all.")
