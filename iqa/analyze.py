"""The main job, top to bottom: read → locate → measure → Analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from iqa.dicom import Stack, Tick, counter, load, survey
from iqa.errors import InputError, UsageError
from iqa.locate import locate
from iqa.metrics import Repeat, Setup, group_setups, measure, refuse_copies, repeat_of
from iqa.model import DEFAULT_OBSERVER, Analysis, Candidate, Candidates, Located, Observer, PhantomSpec, Refused, Scan
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.signal.channels import CHANNEL_SETS
from iqa.version import __version__

Progress = Callable[[int, int], None]
"""Called with (files done, files in all) while files are read."""
Each = Callable[[Scan, Analysis], None]
"""Called with every scan that was analysed, while its pixels are still at hand."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input without an analysis: why, and the definitions that fit where several do (best first)."""

    path: str
    """To print, never to store."""
    reason: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """What became of the inputs of one call."""

    analyses: tuple[Analysis, ...]
    refused: tuple[Refusal, ...]
    set_aside: tuple[Refusal, ...] = ()
    """Scouts, dose reports, plans and the like that lay beside the scans."""

    @property
    def why_nothing(self) -> str:
        """One line on why no scan was analysed: the only refusal, or the first of several."""
        first = self.refused[0]
        fits = ", ".join(c.name for c in first.candidates)
        cure = f" Candidates: {fits}; say which it is with --phantom NAME." if fits else ""
        others = len(self.refused) - 1
        more = f" ({others} more refused)" if others else ""
        return f"{first.path}: {first.reason}{cure}{more}"


def one_thread() -> threadpool_limits:
    """While it is entered, linear algebra uses one thread: on small matrices several wait longer than they work."""
    return threadpool_limits(limits=1, user_api="blas")


def analyze(
    paths: Sequence[str | Path],
    *,
    phantom: str | None = None,
    phantom_dirs: Sequence[str | Path] = (),
    repeats: bool = False,
    observer: Observer = DEFAULT_OBSERVER,
    progress: Progress | None = None,
    each: Each | None = None,
) -> Session:
    """Every scan in files, folders and archives, measured.

    Parameters
    ----------
    paths
        Files, folders or zip archives with DICOM images.
    phantom
        Name (or name/variant) of the phantom where it is known; without it the scan decides.
    phantom_dirs
        Folders with definitions of the user's own, beside the shipped ones.
    repeats
        The scans are repeats of one setup, or of several: noise power spectra are those of their differences, and a
        channelized Hotelling observer is asked.
    observer
        For whom detectability is reckoned.
    progress, each
        Called while files are read, and with every analysed scan; see `Progress` and `Each`.

    Raises
    ------
    InputError
        A path does not exist or holds no DICOM file at all; with `repeats`, a scan is no repeat
        of any other, or its noise is another's.
    UsageError
        There is no phantom of that name, the observer's channels are no known set, or a path is empty.
    DefinitionError
        A definition in `phantom_dirs` breaks the schema.
    """
    if "" in paths:
        raise UsageError("A path is empty: name a file, folder or zip archive; the folder you are in is '.'.")
    _check(observer)
    specs = library([Path(d) for d in phantom_dirs])
    if phantom is not None:
        find(phantom, specs)  # a wrong name is said before minutes of reading
    found = survey(paths, progress=progress)
    tick = counter(found, progress)
    with one_thread():
        asked = _Asked(phantom, repeats, observer, each)
        outcomes = [_outcome(stack, specs, asked, tick) for stack in found.stacks]
        if repeats:
            outcomes = _again(outcomes, asked)
    analyses = [o.analysis for o in outcomes if o.analysis]
    refused = plain([*found.refused, *(lost for o in outcomes for lost in o.lost)])
    refused += [o.refusal for o in outcomes if o.refusal]
    set_aside = plain(found.set_aside)
    if not (analyses or any(o.refusal for o in outcomes)):  # nothing but scouts or other modalities: that is why
        refused, set_aside = refused + set_aside, []
    return Session(tuple(analyses), tuple(refused), tuple(set_aside))


def _check(observer: Observer) -> None:
    """Whether there is such an observer, before minutes of reading."""
    if observer.channels not in CHANNEL_SETS:
        raise UsageError(f"There are no channels '{observer.channels}'. Known: {', '.join(CHANNEL_SETS)}.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of all scans of one call; see `analyze`."""

    phantom: str | None
    repeats: bool
    observer: Observer
    each: Each | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one stack: an analysis or a refusal, or neither where none of its files could be read."""

    stack: Stack
    lost: tuple[Refused, ...]
    analysis: Analysis | None = None
    refusal: Refusal | None = None
    repeat: Repeat | None = None
    """Instead of an analysis, where that waits for all repeats."""


def _outcome(stack: Stack, specs: Sequence[PhantomSpec], asked: _Asked, tick: Tick) -> _Outcome:
    """One stack read, located and measured; its pixels are let go before the next one's are read."""
    scan, lost = load(stack, tick=tick)
    if scan is None:
        return _Outcome(stack, lost)
    found = locate(scan, specs, phantom=asked.phantom)
    if not isinstance(found, Located):
        return _Outcome(stack, lost, refusal=refusal(scan, found))
    if asked.repeats:
        return _Outcome(stack, lost, repeat=repeat_of(scan, found, asked.observer))
    return _Outcome(stack, lost, _measured(scan, found, (), asked))


def _again(outcomes: Sequence[_Outcome], asked: _Asked) -> list[_Outcome]:
    """Every located scan measured with its repeats; read a second time, so that no two stacks are held at once."""
    seen = [o.repeat for o in outcomes if o.repeat]
    grouped = group_setups([r.setup for r in seen])
    for group in dict.fromkeys(grouped):
        refuse_copies([seen[k] for k in group])
    groups = iter(grouped)

    def finished(outcome: _Outcome) -> _Outcome:
        if outcome.repeat is None:
            return outcome
        setup, repeats = outcome.repeat.setup, tuple(seen[k] for k in next(groups))
        return replace(outcome, analysis=_measured(_same(outcome.stack, setup), setup.located, repeats, asked))

    return [finished(o) for o in outcomes]


def _same(stack: Stack, setup: Setup) -> Scan:
    """The scan that a setup was made of, read again."""
    scan, _ = load(stack)
    if scan is None or scan.identity.pixel_sha256 != setup.identity.pixel_sha256:
        raise InputError(
            setup.source, "its files changed while they were read; wait until they are copied, then repeat"
        )
    return scan


def _measured(scan: Scan, located: Located, repeats: tuple[Repeat, ...], asked: _Asked) -> Analysis:
    analysis = assemble(scan, located, repeats, asked.observer)
    if asked.each is not None:
        asked.each(scan, analysis)
    return analysis


def assemble(
    scan: Scan, located: Located, repeats: Sequence[Repeat] = (), observer: Observer = DEFAULT_OBSERVER
) -> Analysis:
    """A located scan, measured, with all that is needed to derive its numbers again."""
    measured = measure(scan, located, repeats, observer)
    pose = located.pose
    used = measured.located or located
    return Analysis(
        identity=scan.identity,
        acquisition=scan.acquisition,
        shape=scan.stored.shape,
        spacing_mm=scan.spacing_mm,
        scan_flags=scan.flags,
        located=used,
        origin_patient_mm=scan.to_patient(pose.x_mm, pose.y_mm, pose.z_mm),
        centres_px=tuple(_centres(scan, used)),
        results=measured.results,
        regions=measured.regions,
        repeats_sha256=tuple(
            sha for r in repeats if (sha := r.setup.identity.pixel_sha256) != scan.identity.pixel_sha256
        ),
        iqa_version=__version__,
        source=scan.source,
    )


def _centres(scan: Scan, located: Located) -> Iterator[tuple[float, float] | None]:
    """(column, row) of each module's centre on the middle one of its slices."""
    for module in located.modules:
        if not module.slices:
            yield None
            continue
        middle = module.slices[len(module.slices) // 2]
        x, y = module.pose.on_plane(0.0, 0.0, float(scan.z_mm[middle]))
        yield scan.to_pixel(x, y, middle)


def plain(outcomes: Sequence[Refused]) -> list[Refusal]:
    """What could not be used, as it is printed."""
    return [Refusal(r.path, sentence(r.reason)) for r in outcomes]


def refusal(scan: Scan, found: Candidates | Refused) -> Refusal:
    """A scan in which no phantom was found."""
    candidates = found.candidates if isinstance(found, Candidates) else ()
    return Refusal(scan.source, sentence(found.reason), candidates)


def sentence(reason: str) -> str:
    """The reason with a capital letter and a full stop, as it is printed."""
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else ".")
