"""What pylinac says of one Catphan 504 scan, in an environment that has it: prints one line of JSON.

    python benchmarks/pylinac_numbers.py FOLDER [OPTION=VALUE ...]

`analyze()` with its defaults, as its users call it, but for the options given; a whole number is passed as one.
"""

from __future__ import annotations

import json
import sys
import warnings


def numbers(folder: str, options: dict[str, str | int]) -> dict[str, object]:
    import pylinac

    warnings.simplefilter("ignore", FutureWarning)
    scan = pylinac.CatPhan504(folder)
    scan.analyze(**options)
    bars, rods = scan.ctp528.mtf, scan.ctp515.rois
    return {
        "version": pylinac.__version__,
        "rmtf_50": bars.relative_resolution(50),
        "rmtf_5": bars.norm_mtfs[0.5],
        "avg_noise_power": scan.ctp486.avg_noise_power,
        "max_noise_power_frequency": scan.ctp486.max_noise_power_frequency,
        "meas_slice_thickness": scan.ctp404.meas_slice_thickness,
        "contrast": rods["15"].contrast,
        "cnr": rods["15"].contrast_to_noise,
        "smallest_visible_mm": min((int(d) for d, rod in rods.items() if rod.passed_visibility), default=None),
    }


def option(text: str) -> tuple[str, str | int]:
    name, value = text.split("=")
    return name, int(value) if value.isdigit() else value


if __name__ == "__main__":
    print(json.dumps(numbers(sys.argv[1], dict(option(o) for o in sys.argv[2:])), default=float))
