"""One program, one scan, in a process of its own: prints seconds and processor seconds by repetition, and its peak.

python benchmarks/one.py iqa|pylinac FOLDER REPETITIONS
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable

KIB = 1024.0


def _iqa() -> Callable[[str], object]:
    from iqa.analyze import analyze

    return lambda folder: analyze([folder])


def _pylinac() -> Callable[[str], object]:
    from pylinac import CatPhan504

    warnings.simplefilter("ignore", FutureWarning)

    def run(folder: str) -> None:
        CatPhan504(folder).analyze()

    return run


PROGRAMS = {"iqa": _iqa, "pylinac": _pylinac}


def main(program: str, folder: str, repetitions: int) -> dict[str, object]:
    run = PROGRAMS[program]()
    seconds, processor = [], []
    for _ in range(repetitions):
        start, busy = time.perf_counter(), time.process_time()
        run(folder)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
    return {"seconds": seconds, "cpu_seconds": processor, "peak_mib": peak, "process_cpu_seconds": time.process_time()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
