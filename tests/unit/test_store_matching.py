"""Whose scan it is: headers against the rules of `iqa.toml`."""

from __future__ import annotations

import pytest

from iqa.errors import UsageError
from iqa.model import Acquisition
from iqa.store.matching import Owner, follows, phantom_of, protocol_of, scanner_of
from iqa.store.settings import Condition, PhantomCopy, Protocol, Range, Scanner, Settings

CT1 = Scanner(name="ct1", model="Revolution EVO", station="CT1")
CT2 = Scanner(name="ct2", serial="42")
SETTINGS = Settings(scanners={"ct1": CT1, "ct2": CT2}, file="iqa.toml")
HEADER = Acquisition(model="Revolution EVO", station="CT1", kv=120.0, kernel="H30s")


@pytest.mark.parametrize(
    ("header", "scanner"),
    [
        (HEADER, "ct1"),
        (Acquisition(model=" revolution  evo", station="ct1"), "ct1"),
        (Acquisition(model="Revolution EVO"), None),
        (Acquisition(model="Revolution EVO", station="CT2"), None),
        (Acquisition(serial="42"), "ct2"),
        (Acquisition(), None),
    ],
    ids=["all fit", "blanks and case", "one is absent", "one differs", "another", "nothing said"],
)
def test_the_scanner_whose_rule_the_header_fulfils(header: Acquisition, scanner: str | None) -> None:
    found = scanner_of(header, SETTINGS)
    assert found.scanner == scanner
    assert (found.notes == ()) == (scanner is not None)


@pytest.mark.parametrize("value", ["", " ", "ANONYMIZED", "nn", "None"])
def test_a_placeholder_never_matches(value: str) -> None:
    """Even where a rule holds the same word (which `iqa.toml` may not)."""
    odd = Settings(scanners={"a": Scanner(name="a", serial=value)})
    assert scanner_of(Acquisition(serial=value), odd).scanner is None


def test_several_that_fit_are_named() -> None:
    found = scanner_of(Acquisition(model="Revolution EVO", station="CT1", serial="42"), SETTINGS)
    assert found.scanner is None
    assert "fits several scanners: ct1, ct2" in found.notes[0]


def test_told_and_the_header_agrees() -> None:
    assert scanner_of(HEADER, SETTINGS, told="ct1") == Owner("ct1")


def test_told_and_the_header_says_nothing_or_a_placeholder() -> None:
    assert scanner_of(Acquisition(serial="ANON"), SETTINGS, told="ct2") == Owner("ct2")


def test_told_against_the_header_is_named() -> None:
    found = scanner_of(Acquisition(model="Revolution EVO", station="CT1", serial="7"), SETTINGS, told="ct2")
    assert found.scanner == "ct2"
    assert "serial is '7' in the header and '42' in iqa.toml" in found.notes[0]
    assert "the header fits ct1" in found.notes[0]


def test_told_of_an_unknown_scanner() -> None:
    with pytest.raises(UsageError, match=r"There is no scanner 'ct9' in iqa\.toml \(known: ct1, ct2\)"):
        scanner_of(HEADER, SETTINGS, told="ct9")


CONDITIONS: list[tuple[str, Condition, bool]] = [
    ("kv", 120.0, True),
    ("kv", 120.1, True),
    ("kv", 121.0, False),
    ("kv", (80.0, 120.0), True),
    ("kv", (80.0, 100.0), False),
    ("kv", Range(120.0, 120.0), True),
    ("kv", Range(None, 119.0), False),
    ("kv", Range(121.0, None), False),
    ("kernel", "h30*", True),
    ("kernel", "H30", False),
    ("kernel", ("B*", "H30S"), True),
    ("thickness_mm", Range(None, None), False),
    ("iteration", "*", False),
]


@pytest.mark.parametrize(("name", "wanted", "holds"), CONDITIONS)
def test_a_condition_of_a_protocol(name: str, wanted: Condition, holds: bool) -> None:
    assert follows(HEADER, {name: wanted}) is holds


def test_the_protocol_with_most_conditions_wins_and_equals_are_named() -> None:
    broad = Protocol(name="broad", conditions={"kv": 120.0})
    fine = Protocol(name="fine", conditions={"kv": 120.0, "kernel": "H*"}, phantom="a")
    elsewhere = Protocol(name="elsewhere", conditions={"kv": 120.0, "kernel": "H*", "model": "*"}, scanners=("ct2",))
    settings = Settings(protocols={p.name: p for p in (broad, fine, elsewhere)})
    assert protocol_of(HEADER, settings, "ct1") == Owner("ct1", "fine", "a")
    twin = Protocol(name="twin", conditions={"kv": 120.0, "kernel": "*"})
    both = Settings(protocols={p.name: p for p in (broad, fine, twin)})
    found = protocol_of(HEADER, both, "ct1")
    assert found.protocol is None
    assert "fits several protocols: fine, twin" in found.notes[0]
    assert protocol_of(Acquisition(), settings, "ct1") == Owner("ct1")


def test_the_copy_of_a_phantom() -> None:
    a, b = PhantomCopy(name="a", model="catphan504"), PhantomCopy(name="b", model="catphan504")
    one = Settings(phantoms={"a": a}, scanners={"ct1": CT1})
    assert phantom_of("catphan504", one, Owner("ct1")).phantom == "a"
    assert phantom_of("catphan600", one, Owner("ct1")) == Owner("ct1")
    two = Settings(phantoms={"a": a, "b": b}, scanners={"ct1": CT1})
    doubt = phantom_of("catphan504", two, Owner("ct1"))
    assert doubt.phantom is None
    assert "Several copies of catphan504 are known (a, b)" in doubt.notes[0]
    here = Settings(phantoms={"a": a, "b": b}, scanners={"ct1": Scanner(name="ct1", station="x", phantoms=("b",))})
    assert phantom_of("catphan504", here, Owner("ct1")).phantom == "b"
