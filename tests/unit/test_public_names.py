from __future__ import annotations

import subprocess
import sys

import pytest

import iqa
import iqa.model


@pytest.mark.parametrize("name", dir(iqa))
def test_each_public_name_is_what_its_room_calls_so(name: str) -> None:
    assert getattr(iqa, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'iqa' has no attribute 'Scanner'"):
        _ = iqa.Scanner


def test_importing_the_package_loads_no_room() -> None:
    code = "import sys, iqa; print([m for m in sys.modules if m.startswith('iqa.')])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("name", iqa.model.__all__)
def test_each_noun_is_found(name: str) -> None:
    assert getattr(iqa.model, name) is not None


def test_an_unknown_noun_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'iqa\.model' has no attribute 'Scanner'"):
        _ = iqa.model.Scanner


def test_measuring_loads_no_noun_of_judging() -> None:
    code = "import sys, iqa.analyze; print(sorted({'iqa.model.judging', 'iqa.model.crosschecks'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
