from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable
from typing import Any, cast

import pytest
import threadpoolctl
from made_analysis import RESULTS, made_located, made_scan

from iqa.analyze import Session, analyze, assemble, sentence
from iqa.dicom import Reading, Survey
from iqa.errors import InputError, UsageError
from iqa.metrics import Measured
from iqa.model import Analysis, Candidate, Candidates, Located, Refused, Scan

Outcome = Located | Candidates | Refused
Run = Callable[..., Session]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Analyses what reading gives, each scan located as told by its source."""

    def start(reading: Reading, outcomes: dict[str, Outcome], **options: object) -> Session:
        survey = Survey(cast(Any, reading.scans), reading.refused, reading.set_aside)
        monkeypatch.setattr("iqa.analyze.survey", lambda *_, **__: survey)
        monkeypatch.setattr("iqa.analyze.counter", lambda *_: None)
        monkeypatch.setattr("iqa.analyze.load", lambda stack, **_: (stack, ()))
        monkeypatch.setattr("iqa.analyze.locate", lambda scan, *_, **__: outcomes[scan.source])
        monkeypatch.setattr("iqa.analyze.measure", lambda *_: Measured(RESULTS, ()))
        return analyze(["x"], **options)  # type: ignore[arg-type]

    return start


def scan(source: str) -> Scan:
    return dataclasses.replace(made_scan(), source=source)


def test_each_scan_is_analysed_refused_or_left_to_candidates(run: Run) -> None:
    candidates = (Candidate("a", None, 2.0), Candidate("b", None, 1.9))
    outcomes: dict[str, Outcome] = {
        "good": made_located(),
        "two": Candidates("two definitions fit", candidates),
        "none": Refused("none", "no round body is seen"),
    }
    reading = Reading((scan("good"), scan("two"), scan("none")), (), ())
    session = run(reading, outcomes)
    assert [a.source for a in session.analyses] == ["good"]
    assert [(r.path, r.reason, r.candidates) for r in session.refused] == [
        ("two", "Two definitions fit.", candidates),
        ("none", "No round body is seen.", ()),
    ]


def test_an_unreadable_file_among_good_ones_is_listed(run: Run) -> None:
    reading = Reading((scan("good"),), (Refused("bad.dcm", "cut short"),), (Refused("scout.dcm", "a localiser"),))
    session = run(reading, {"good": made_located()})
    assert len(session.analyses) == 1
    assert [r.path for r in session.refused] == ["bad.dcm"]
    assert [r.path for r in session.set_aside] == ["scout.dcm"]


def test_what_was_set_aside_is_the_reason_where_there_is_nothing_else(run: Run) -> None:
    session = run(Reading((), (), (Refused("mr.dcm", "modality MR"),)), {})
    assert session.set_aside == ()
    assert session.why_nothing == "mr.dcm: Modality MR."


def test_every_analysed_scan_is_handed_on_with_its_pixels(run: Run) -> None:
    seen: list[tuple[Scan, Analysis]] = []
    session = run(Reading((scan("good"),), (), ()), {"good": made_located()}, each=lambda s, a: seen.append((s, a)))
    assert [(s.source, a) for s, a in seen] == [("good", session.analyses[0])]


def test_a_stack_without_a_readable_file_is_told_by_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa.analyze.load", lambda *_, **__: (None, (Refused("a.dcm", "cut short"),)))
    survey = Survey(cast(Any, (made_scan(),)), (Refused("b.dcm", "no DICOM"),), (Refused("s.dcm", "a localiser"),))
    monkeypatch.setattr("iqa.analyze.survey", lambda *_, **__: survey)
    monkeypatch.setattr("iqa.analyze.counter", lambda *_: None)
    session = analyze(["x"])
    assert [(r.path, r.reason) for r in session.refused] == [
        ("b.dcm", "No DICOM."),
        ("a.dcm", "Cut short."),
        ("s.dcm", "A localiser."),
    ]


def test_one_scan_is_let_go_before_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[weakref.ref[Scan]] = []

    def load(stack: str, **_: object) -> tuple[Scan, tuple[Refused, ...]]:
        assert all(one() is None for one in alive)
        new = scan(stack)
        alive.append(weakref.ref(new))
        return new, ()

    monkeypatch.setattr("iqa.analyze.locate", lambda *_, **__: made_located())
    monkeypatch.setattr("iqa.analyze.measure", lambda *_: Measured(RESULTS, ()))
    monkeypatch.setattr("iqa.analyze.survey", lambda *_, **__: Survey(cast(Any, ("one", "two")), (), ()))
    monkeypatch.setattr("iqa.analyze.counter", lambda *_: None)
    monkeypatch.setattr("iqa.analyze.load", load)
    assert len(analyze(["x"]).analyses) == len(alive) == 2


def test_linear_algebra_has_one_thread_while_scans_are_measured(run: Run) -> None:
    threads: set[int] = set()

    def each(*_: object) -> None:
        threads.update(lib["num_threads"] for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas")

    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):
        run(Reading((scan("good"),), (), ()), {"good": made_located()}, each=each)
    assert threads == {1}


def test_an_unknown_phantom_is_refused_before_reading(run: Run) -> None:
    with pytest.raises(UsageError, match="No phantom is named 'catphan505': did you mean catphan50"):
        run(Reading((), (), ()), {}, phantom="catphan505")


def test_an_analysis_says_where_each_module_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa.analyze.measure", lambda *_: Measured(RESULTS, ()))
    analysis = assemble(made_scan(), made_located())
    assert analysis.centres_px == ((32.0, 32.0), None)
    assert analysis.origin_patient_mm == pytest.approx((0.0, 0.0, 0.0))
    assert analysis.spacing_mm == (2.0, 1.0, 1.0)


@pytest.mark.parametrize("reason", ["no body is seen", "No body is seen."])
def test_a_reason_is_printed_as_a_sentence(reason: str) -> None:
    assert sentence(reason) == "No body is seen."


def test_repeats_are_read_twice_and_never_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    alive: list[weakref.ref[Scan]] = []

    def load(stack: str, **_: object) -> tuple[Scan, tuple[Refused, ...]]:
        assert all(one() is None for one in alive)
        new = repeated(stack)
        read.append(stack)
        alive.append(weakref.ref(new))
        return new, ()

    handed: list[str] = []
    _two_repeats(monkeypatch, load)
    session = analyze(["x"], repeats=True, each=lambda scan, _: handed.append(scan.source))
    assert read == ["one", "two", "one", "two"]
    assert handed == [a.source for a in session.analyses] == ["one", "two"]
    assert [a.repeats_sha256 for a in session.analyses] == [("two" * 22,), ("one" * 22,)]


def test_files_that_change_between_the_two_readings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = iter(["one", "two", "three"])
    _two_repeats(monkeypatch, lambda *_, **__: (repeated(next(shown)), ()))
    with pytest.raises(InputError, match="one: its files changed while they were read"):
        analyze(["x"], repeats=True)


def repeated(source: str) -> Scan:
    """A scan whose pixels are its own."""
    made = scan(source)
    own = dataclasses.replace(made.identity, pixel_sha256=source * 22)
    return dataclasses.replace(made, identified=lambda: own)


def _two_repeats(monkeypatch: pytest.MonkeyPatch, load: Callable[..., object]) -> None:
    located = dataclasses.replace(made_located(), modules=made_located().modules[:1])
    monkeypatch.setattr("iqa.analyze.locate", lambda *_, **__: located)
    monkeypatch.setattr("iqa.analyze.measure", lambda *_: Measured(RESULTS, ()))
    monkeypatch.setattr("iqa.analyze.survey", lambda *_, **__: Survey(cast(Any, ("one", "two")), (), ()))
    monkeypatch.setattr("iqa.analyze.counter", lambda *_: None)
    monkeypatch.setattr("iqa.analyze.load", load)
