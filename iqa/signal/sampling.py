"""Bilinear samples of an image at fractional pixel positions, one way for all rooms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]


def bilinear(image: Image, columns: NDArray[Any], rows: NDArray[Any]) -> NDArray[np.float32]:
    """Values between the pixels of `image`; positions outside are moved to its border.

    Parameters
    ----------
    image : (rows, columns) real array
        Any numeric type; stored values may be sampled as they are, to seven digits of the largest.
    columns, rows : arrays of one shape
        Positions in pixels, the centre of the first pixel being (0, 0).

    Returns
    -------
    array of that shape, float32
        In the image's unit.
    """
    height, width = image.shape
    x = np.clip(columns, 0.0, width - 1.001).astype(np.float32)
    y = np.clip(rows, 0.0, height - 1.001).astype(np.float32)
    left, top = x.astype(np.int32), y.astype(np.int32)
    fx, fy = x - left.astype(np.float32), y - top.astype(np.float32)
    at = (top * width + left).astype(np.intp)
    flat = image.reshape(-1)
    upper = flat.take(at) * (1.0 - fx) + flat[1:].take(at) * fx
    lower = flat[width:].take(at) * (1.0 - fx) + flat[width + 1 :].take(at) * fx
    return np.asarray(upper * (1.0 - fy) + lower * fy, dtype=np.float32)


def inside(shape: tuple[int, int], columns: NDArray[Any], rows: NDArray[Any], margin: float = 0.0) -> NDArray[np.bool_]:
    """True where a position lies within the image, at least `margin` pixels from its border pixels' centres."""
    height, width = shape
    return np.asarray(
        (columns >= margin) & (columns <= width - 1 - margin) & (rows >= margin) & (rows <= height - 1 - margin)
    )
