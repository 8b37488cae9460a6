"""Which phantom is in a scan, and where: one method for every definition.

The steps, each in its module: `body` finds the outline and axis, `pictures` turns slices into angular signatures,
`search` scores every definition at every pose, `evidence` weighs the best ones, `decide` says found, candidates or
refused, `refine`, `along` and `pose` bring the found one to hundredths of a millimetre.
"""

from __future__ import annotations

from iqa.locate.choose import locate

__all__ = ["locate"]
