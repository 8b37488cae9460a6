"""One program, one scan, in a process of its own: prints seconds and processor seconds by repetition.

python benchmarks/one.py iqa|main_job|pylinac FOLDER REPETITIONS

`main_job` is iqa without resolution, noise spectrum and low contrast: read, locate, and the families that need no more.
Both run in a process that is set up and loaded as that of `iqa analyze` is.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

MAIN_JOB = ("position", "geometry", "slice_thickness", "ct_number", "linearity", "noise", "uniformity", "dose")


def _iqa() -> Callable[[str], object]:
    _as_the_command()
    from iqa.analyze import analyze

    return lambda folder: analyze([folder])


def _main_job() -> Callable[[str], object]:
    _as_the_command()
    from iqa.analyze import one_thread
    from iqa.dicom import read
    from iqa.locate import locate
    from iqa.metrics.context import Context
    from iqa.metrics.registry import FAMILIES
    from iqa.model import Located
    from iqa.phantom import library

    def run(folder: str) -> None:
        with one_thread():  # as `analyze` does
            scan = read([Path(folder)]).scans[0]
            located = locate(scan, library())
            assert isinstance(located, Located)
            context = Context(scan, located)
            for name, family in FAMILIES:
                if name in MAIN_JOB:
                    family(context)

    return run


def _as_the_command() -> None:
    from iqa.cli.process import prepare

    import_module("iqa.cli.main")
    import_module("iqa.cli.analyze")

    prepare()


def _pylinac() -> Callable[[str], object]:
    from pylinac import CatPhan504

    warnings.simplefilter("ignore", FutureWarning)

    def run(folder: str) -> None:
        CatPhan504(folder).analyze()

    return run


PROGRAMS = {"iqa": _iqa, "main_job": _main_job, "pylinac": _pylinac}


def main(program: str, folder: str, repetitions: int) -> dict[str, object]:
    run = PROGRAMS[program]()
    seconds, processor = [], []
    for _ in range(repetitions):
        start, busy = time.perf_counter(), time.process_time()
        run(folder)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    return {"seconds": seconds, "cpu_seconds": processor}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
    if sys.argv[1] != "pylinac":
        import_module("iqa.cli.process").end(0)  # as the command ends
