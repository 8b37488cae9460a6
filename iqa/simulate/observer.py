"""What a channelized Hotelling observer truly sees in simulated noise: its index without any sampling of images."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft2

from iqa.simulate.noise import Noise

Floats = NDArray[np.float64]


def true_index(noise: Noise, weights: Floats, signal: Floats, rounding_hu: float = 0.0) -> float:
    """δ = √(Δᵀ K⁻¹ Δ) of a signal in simulated noise, through channels.

    Parameters
    ----------
    noise
        Its power is the truth of every image drawn from it.
    weights : (p, rows, columns) float
        Of the channels, pixel by pixel; a field is smaller than the noise's grid.
    signal : (rows, columns) float, HU
        The target without noise.
    rounding_hu
        Step to which the image is rounded.

    Notes
    -----
    K = Σ W* W · NPS over the grid's frequencies, and a twelfth of the step squared for rounding. The channels' outputs
    of the signal are Δ.
    """
    seen = rfft2(weights, (noise.size, noise.size)).reshape(len(weights), -1)
    seen *= np.sqrt(noise.weighted.ravel()) / (noise.size * noise.pixel_mm)
    flat = weights.reshape(len(weights), -1)
    covariance = (seen @ seen.conj().T).real + rounding_hu**2 / 12.0 * flat @ flat.T
    scale = 1.0 / np.sqrt(np.diag(covariance))
    difference = scale * (flat @ signal.ravel())
    return math.sqrt(difference @ np.linalg.solve(covariance * np.outer(scale, scale), difference))
