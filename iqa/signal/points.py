"""Point sources: where one lies on a slice, how wide and how high it shows, and its own transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import j1

Array = NDArray[np.float64]

ROUNDS = 12
"""Gauss-Newton rounds; a point seen at all settles in six."""
SETTLED_MM = 1e-5
LARGEST_STEP_MM = 0.3
WIDEST = 1.3
"""Largest change of the width in one round, as a factor."""
WIDTHS_MM = (0.05, 3.0)
"""Bounds of the width: sharper and softer than any CT image."""
REACH = 4.0
"""Pixels up to so many widths away are fitted: further out there is nothing but base."""
FEWEST_PIXELS = 12
"""Of the fit: twice its unknowns."""
SMALLEST_PHASE = 1e-2
"""πdf below which a transform is 1 to 1e-5; the closed form of a ball loses its digits there."""
SMEAR_ANGLES = 32
"""Angles over which a smear is averaged: exact to the last digit up to 10 periods along it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point source as a Gaussian on a plane base. Its centre is right for every round point spread."""

    x_mm: float
    y_mm: float
    width_mm: float
    """Standard deviation of the Gaussian."""
    height: float
    """Above its base, in the image's unit."""


Pixels = tuple[Array, Array, Array]
"""x and y in mm, and the image there."""


def fit_point(pixels: Pixels, start: tuple[float, float], width_mm: float) -> Point | None:
    """The Gaussian that fits a point source best, or None where none settles near the start.

    Parameters
    ----------
    pixels : ((n,), (n,), (n,)) float
        x and y in mm, and the image there.
    start : (float, float)
        Expected centre, mm, right to about the width.
    width_mm : float
        Standard deviation to start from.

    Notes
    -----
    Free are centre, width, height, base and its two slopes; unweighted least squares by Gauss-Newton.
    """
    near = _near(pixels, start, width_mm)
    if len(near[0]) < FEWEST_PIXELS:
        return None
    x0, y0, width = *start, width_mm
    for _ in range(ROUNDS):
        columns = _columns(near, (x0, y0), width)
        factors = _solve(columns[:, :4], near[2])
        jacobian = np.column_stack([columns[:, :4], factors[3] * columns[:, 4:]])
        dx, dy, ds = _solve(jacobian, near[2] - columns[:, :4] @ factors)[4:]
        dx, dy = np.clip((dx, dy), -LARGEST_STEP_MM, LARGEST_STEP_MM)
        ds = float(np.clip(ds, width / WIDEST - width, width * WIDEST - width))
        x0, y0, width = x0 + dx, y0 + dy, float(np.clip(width + ds, *WIDTHS_MM))
        if np.hypot(x0 - start[0], y0 - start[1]) > REACH * width_mm:
            return None
        if max(abs(dx), abs(dy), abs(ds)) < SETTLED_MM:
            break
    height = _solve(_columns(near, (x0, y0), width)[:, :4], near[2])[3]
    return Point(float(x0), float(y0), width, float(height))


def point_height(pixels: Pixels, centre: tuple[float, float], width_mm: float) -> float:
    """Height above a plane base of a Gaussian of known centre and width, in the image's unit."""
    near = _near(pixels, centre, width_mm)
    return float(_solve(_columns(near, centre, width_mm)[:, :4], near[2])[3])


def pixels_held(image: Array, sd: float) -> tuple[float, float]:
    """Pixels as many as hold a point's image, (Σh)²/Σh² of the heights above the border's median, and its u.

    Parameters
    ----------
    image : (rows, columns)
        The point near the middle, and little else.
    sd : float
        Of the noise of a pixel, taken for white.

    Notes
    -----
    4π times the square of a Gaussian's width in pixels; of other point spreads, overshoot or not, the area that noise
    is averaged over. It hardly changes with where between the pixels the point lies.
    """
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    heights = image[1:-1, 1:-1] - np.median(border)
    n, total = heights.size, float(heights.sum())
    squares = max(float((heights**2).sum()) - n * sd**2, np.finfo(np.float64).tiny)
    u_total = sd * np.sqrt(n + 0.5 * np.pi * n**2 / border.size)  # of a median, too
    return total**2 / squares, float(2.0 * abs(total) * u_total / squares)


def height_weights(x_mm: Array, y_mm: Array, width_mm: float) -> Array:
    """Weights of the same sum over pixels at (x, y) from the centre: alike on every slice, so is what it takes in.

    Parameters
    ----------
    x_mm, y_mm : any shape, mm

    Returns
    -------
    Same shape. Pixels too far away have none; a plane has a sum of 0.
    """
    near = np.hypot(x_mm, y_mm) < REACH * width_mm
    pixels = x_mm[near], y_mm[near], np.zeros(int(near.sum()))
    weights = np.zeros(x_mm.shape)
    weights[near] = np.linalg.pinv(_columns(pixels, (0.0, 0.0), width_mm)[:, :4])[3]
    return weights


def _near(pixels: Pixels, centre: tuple[float, float], width_mm: float) -> Pixels:
    x, y, image = pixels
    kept = np.hypot(x - centre[0], y - centre[1]) < REACH * width_mm
    return x[kept], y[kept], image[kept]


def _columns(pixels: Pixels, centre: tuple[float, float], width: float) -> Array:
    """(n, 7): constant, two slopes, Gaussian, and its derivatives by x0, y0 and width."""
    dx, dy = pixels[0] - centre[0], pixels[1] - centre[1]
    square = (dx**2 + dy**2) / width**2
    bell = np.exp(-0.5 * square)
    return np.column_stack(
        [np.ones_like(dx), dx, dy, bell, bell * dx / width**2, bell * dy / width**2, bell * square / width]
    )


def _solve(columns: Array, values: Array) -> Array:
    """Least squares; a point on too few pixels has columns that hang together, which is no error here."""
    return np.asarray(np.linalg.lstsq(columns, values, rcond=None)[0])


def ball_transform(frequency: Array, diameter_mm: float) -> Array:
    """Transform, 1 at frequency 0, of a ball thinner than the section: 3 (sin u − u cos u)/u³, u = πdf."""
    u = np.pi * diameter_mm * frequency
    safe = np.maximum(u, SMALLEST_PHASE)
    return np.asarray(np.where(u > SMALLEST_PHASE, 3.0 * (np.sin(safe) - safe * np.cos(safe)) / safe**3, 1.0))


def wire_transform(frequency: Array, diameter_mm: float) -> Array:
    """Transform, 1 at frequency 0, of a wire's round section: 2 J₁(u)/u, u = πdf."""
    u = np.pi * diameter_mm * frequency
    safe = np.maximum(u, SMALLEST_PHASE)
    return np.asarray(np.where(u > SMALLEST_PHASE, 2.0 * j1(safe) / safe, 1.0))


def smear_transform(frequency: Array, length_mm: float, *, triangle: bool = False) -> Array:
    """Transform, averaged over angles, of what a section makes of a tilted rod: a line of that length on the image.

    Notes
    -----
    Rings see the mean over angles of sinc(f · length · cos φ), which is exact; of its square where the section is a
    triangle of that full width at half maximum instead of a rectangle.
    """
    angles = (np.arange(SMEAR_ANGLES) + 0.5) * (0.5 * np.pi / SMEAR_ANGLES)
    line = np.sinc(frequency[:, None] * length_mm * np.cos(angles))
    return np.asarray(np.mean(line**2 if triangle else line, axis=1))


def smear_form(frequency: Array, length_mm: float) -> Array:
    """By what share T would be larger if the section that smears were a triangle instead of a rectangle."""
    return np.asarray(
        smear_transform(frequency, length_mm) / smear_transform(frequency, length_mm, triangle=True) - 1.0
    )
