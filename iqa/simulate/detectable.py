"""What a perfect measurement of detectability would find on a simulated scan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from iqa.model import DEFAULT_OBSERVER, EYE_FILTERS, Observer
from iqa.signal.observers import cycles_per_degree, d_prime, disc_spectrum, eye_response, nodes
from iqa.simulate.blur import Blur
from iqa.simulate.noise import Noise


def true_detectability(
    blur: Blur, noise: Noise, rounding_hu: float, observer: Observer = DEFAULT_OBSERVER
) -> Iterator[tuple[str, float]]:
    """(key, d′) of each task of an observer, of one slice; none where there is no noise.

    rounding_hu : standard deviation of what rounding adds, white.
    """
    if noise.sigma_hu == 0.0:
        return
    frequency = nodes(0.5 / noise.pixel_mm)
    nps = np.interp(frequency, np.fft.rfftfreq(noise.size, noise.pixel_mm), noise.power[0])
    nps = nps + (rounding_hu * noise.pixel_mm) ** 2
    form = EYE_FILTERS[observer.eye_filter]
    per_mm = cycles_per_degree(observer.distance_mm, observer.magnification)
    eye = eye_response(frequency, per_mm, (form.rise, form.fall, form.bend, form.times))
    for task in observer.tasks:
        disc = disc_spectrum(frequency, task.contrast_hu, task.diameter_mm)
        for kind, response in (("npw", np.ones_like(eye)), ("npwe", eye)):
            found = d_prime(frequency, disc, blur.transfer(frequency), nps, response)
            yield f"detectability.{kind}.{task.name}", found.value
