"""How fast and how small iqa is, as ratios taken in one run: a ratio survives another machine, a second does not.

Against pylinac on the same Catphan 504 scan (both in one environment and one numpy), and each stage of iqa against a
warm read of the same files. The scan is real where IQA_SCANS has it, else simulated. Writes docs/evidence/bench.json.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from iqa.analyze import Session, assemble
from iqa.dicom import read
from iqa.locate import locate
from iqa.metrics import measure
from iqa.model import Located, Scan
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.report.document import document

ROOT = Path(__file__).resolve().parents[1]
REAL = "catphan504-varian-obi-head"
EVIDENCE = ROOT / "docs" / "evidence" / "bench.json"
REPETITIONS = 5
REPETITIONS_OF = {"iqa": REPETITIONS, "main_job": REPETITIONS, "pylinac": 2}
"""Runs in one process; pylinac takes several seconds each, and its second is warm."""
ROUNDS = 5
"""Processes of each, in turns; the first may still compile modules."""
LARGE_SLICES = 600
"""Slices of the large stack: a spiral of 300 mm at 0.5 mm."""
DENSITIES = (1, 2, 4, 8)
"""How many times each slice is repeated, to see how localisation grows with their number."""

WARM, WHOLE = ("seconds", "cpu_seconds"), ("process_seconds", "process_cpu_seconds", "peak_mib")
"""What is told of repetitions in one process, and of a whole process."""
KIB = 1024.0
SILENT = ((os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
"""What a process prints is not looked at."""

Ratios = dict[str, float]


def main() -> None:
    with catphan504() as (folder, kind):
        result: dict[str, Any] = {"scan": kind}
        result |= against_pylinac(str(folder))
        result["stages_per_warm_read"] = stages(folder)
        result["locate_per_slice_ms"] = localisation(folder)
        result["large_stack"] = large_stack(folder)
        result["help_s"] = best(lambda: subprocess.run([_iqa_command(), "--help"], check=True, capture_output=True))
    show(result)
    EVIDENCE.parent.mkdir(parents=True, exist_ok=True)
    EVIDENCE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


@contextmanager
def catphan504() -> Iterator[tuple[Path, str]]:
    """Folder of the scan, and whether it is real or simulated."""
    real = Path(os.environ.get("IQA_SCANS", ROOT.parent / "shared" / "scans")) / REAL
    if real.is_dir():
        yield real, REAL
        return
    from iqa.simulate import Physics, simulate, write_dicom

    with tempfile.TemporaryDirectory() as folder:
        write_dicom(simulate(find("catphan504", library()), Physics()), Path(folder))
        yield Path(folder), "simulated"


def against_pylinac(folder: str) -> dict[str, Any]:
    """pylinac divided by iqa: time and processor time in process and of a whole process, and peak memory.

    Whole is what a person waits for: the command `iqa analyze` with its table, and processes that import pylinac or the
    main job and run it once. The programs take turns, so that a machine that slows down slows all; a ratio is the
    median over the rounds. Processor time is user and system together; it holds still when other programs use the
    machine.
    """
    warm, whole, rounds = [], [], range(ROUNDS)
    for _ in rounds:
        warm.append({name: one(name, folder, n) for name, n in REPETITIONS_OF.items()})
        whole.append({name: process(command) for name, command in commands(folder).items()})
    measured = {what: [{name: min(done[what]) for name, done in each.items()} for each in warm] for what in WARM}
    measured |= {what: [{name: done[what] for name, done in each.items()} for each in whole] for what in WHOLE}
    ratios = {
        ours: {what: median(each["pylinac"] / each[ours] for each in values) for what, values in measured.items()}
        for ours in ("iqa", "main_job")
    }
    lowest = {
        what: {name: min(each[name] for each in values) for name in values[0]} for what, values in measured.items()
    }
    return {**lowest, "pylinac_per_iqa": ratios["iqa"], "pylinac_per_main_job": ratios["main_job"]}


def process(command: Sequence[str]) -> Ratios:
    """What one process takes from its start to its end: s, s of its processors, MiB at its peak."""
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, as_installed(), file_actions=SILENT)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    return {
        "process_seconds": seconds,
        "process_cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / KIB,
    }


def large_stack(folder: Path) -> Ratios:
    """What `iqa analyze` needs for 600 slices of 1024 × 1024, drawn from the same scan."""
    with tempfile.TemporaryDirectory() as large:
        write_large(folder, Path(large))
        return process(commands(large)["iqa"])


def write_large(folder: Path, large: Path) -> None:
    """LARGE_SLICES files of twice the rows and columns, pixels repeated, over the length of the scan."""
    from pydicom import Dataset, dcmread

    found = [dcmread(f, force=True) for f in sorted(folder.iterdir()) if f.suffix == ".dcm"]
    slices = sorted(found, key=lambda image: float(image.ImagePositionPatient[2]))
    ends = [np.array(slices[i].ImagePositionPatient, dtype=float) for i in (0, -1)]
    for k in range(LARGE_SLICES):
        share = k / (LARGE_SLICES - 1)
        image: Dataset = slices[round(share * (len(slices) - 1))].copy()
        wide = np.repeat(np.repeat(image.pixel_array, 2, axis=0), 2, axis=1)
        image.Rows, image.Columns = wide.shape
        image.PixelSpacing = [float(p) / 2 for p in image.PixelSpacing]
        image.ImagePositionPatient = [f"{v:.4f}" for v in ends[0] + share * (ends[1] - ends[0])]
        image.SOPInstanceUID = f"{image.SeriesInstanceUID[:50]}.{k}"
        image.PixelData = wide.tobytes()
        image.save_as(large / f"{k:04d}.dcm")


def stages(folder: Path) -> Ratios:
    """Each stage as a multiple of reading the files' bytes from a warm cache."""
    files = [f for f in sorted(folder.iterdir()) if f.is_file()]
    bytes_read = best(lambda: [f.read_bytes() for f in files])
    specs = library()
    scan = read([folder]).scans[0]
    found = located(scan)
    analysis = assemble(scan, found)
    timed: dict[str, Callable[[], object]] = {
        "definitions": library,
        "read": lambda: read([folder]),
        "locate": lambda: locate(fresh(scan), specs),
        "measure": lambda: measure(fresh(scan), found),
        "document": lambda: json.dumps(document(Session((analysis,), ()))),
    }
    return {"warm_read_s": bytes_read} | {name: best(run) / bytes_read for name, run in timed.items()}


def localisation(folder: Path) -> dict[str, float]:
    """Milliseconds per slice to locate, by number of slices: flat where the cost is linear or less."""
    scan, specs = read([folder]).scans[0], library()
    dense = {len(scan) * k: denser(scan, k) for k in DENSITIES}
    return {str(n): 1e3 * best(lambda s=s: locate(fresh(s), specs), 2) / n for n, s in dense.items()}


def denser(scan: Scan, k: int) -> Scan:
    """The same phantom on k times as many slices: each repeated at evenly spaced places."""
    step = np.repeat(np.diff(scan.origins_mm, axis=0, append=scan.origins_mm[-1:] + scan.normal), k, axis=0)
    share = np.tile(np.arange(k) / k, len(scan))[:, None]
    return dataclasses.replace(
        scan,
        stored=np.repeat(scan.stored, k, axis=0),
        slope=np.repeat(scan.slope, k),
        intercept=np.repeat(scan.intercept, k),
        origins_mm=np.repeat(scan.origins_mm, k, axis=0) + share * step,
    )


def fresh(scan: Scan) -> Scan:
    """The scan without what an earlier run may have kept on it."""
    return dataclasses.replace(scan)


def located(scan: Scan) -> Located:
    found = locate(scan, library(), phantom="catphan504")
    if not isinstance(found, Located):
        raise SystemExit(f"the benchmark scan was not located: {found.reason}")
    return found


def commands(folder: str) -> dict[str, list[str]]:
    """The processes that are compared."""
    single = {name: _one(name, folder, 1) for name in ("main_job", "pylinac")}
    return {"iqa": [_iqa_command(), "analyze", folder]} | single


def one(program: str, folder: str, repetitions: int) -> dict[str, Any]:
    """What benchmarks/one.py prints."""
    command = _one(program, folder, repetitions)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=as_installed())
    return dict(json.loads(done.stdout.splitlines()[-1]))


def as_installed() -> dict[str, str]:
    """The environment of an installed program, which keeps its compiled modules, without a screen to draw on."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    return {name: value for name, value in os.environ.items() if name not in left_out} | {"MPLBACKEND": "Agg"}


def best(run: Callable[[], object], repetitions: int = REPETITIONS) -> float:
    """Shortest of some runs, s: what the code needs when nothing else disturbs it."""
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def show(result: dict[str, Any]) -> None:
    """The ratios, as lines."""
    print(f"scan: {result['scan']}")
    for ours in ("iqa", "main_job"):
        for name, ratio in result[f"pylinac_per_{ours}"].items():
            print(f"pylinac / {ours.replace('_', ' ')}, {name.replace('_', ' ')}: {ratio:.1f}")
    for name, value in result["stages_per_warm_read"].items():
        print(
            f"warm read of the files: {1e3 * value:.1f} ms"
            if name == "warm_read_s"
            else f"{name} / warm read: {value:.1f}"
        )
    for n, milliseconds in result["locate_per_slice_ms"].items():
        print(f"locate, {n} slices: {milliseconds:.2f} ms a slice")
    large = result["large_stack"]
    print(f"{LARGE_SLICES} slices of 1024 × 1024: {large['process_seconds']:.1f} s, peak {large['peak_mib']:.0f} MiB")
    print(f"iqa --help: {result['help_s']:.2f} s")


def _one(program: str, folder: str, repetitions: int) -> list[str]:
    return [sys.executable, str(ROOT / "benchmarks" / "one.py"), program, folder, str(repetitions)]


def _iqa_command() -> str:
    return str(Path(sys.executable).parent / "iqa")


if __name__ == "__main__":
    main()
