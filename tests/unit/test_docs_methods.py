"""docs/methods.md says what the code does: every family, key, method and flag, and none that is no more."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from iqa.metrics import FAMILIES, geometry, linearity, noise, uniformity

ROOT = Path(__file__).parents[2]
METHOD = re.compile(r"[a-z]+(?:-[a-z0-9]+)*@\d+")
FLAG = re.compile(r"[a-z_]+")
KEYS = (
    *noise.KEYS,
    *(key for key, _ in linearity.KEYS),
    *geometry.SCALES,
    *geometry.BODY_KEYS,
    "uniformity.max_deviation",
    "uniformity.integral",
)


@cache
def document() -> str:
    return (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text between a heading and the next one."""
    return document().split(f"\n## {title}\n")[1].split("\n## ")[0]


def trees(*rooms: str) -> Iterator[ast.AST]:
    for room in rooms:
        for path in (ROOT / "iqa" / room).glob("*.py"):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def methods_in_code() -> set[str]:
    constants = (n.value for n in trees("metrics") if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {text for text in constants if METHOD.fullmatch(text)}


def flags_of(node: ast.AST) -> Iterator[object]:
    """Flags are written as ("flag",), ("flag", flag) with its condition, or yielded one by one."""
    match node:
        case ast.Tuple(elts=[ast.Constant(value)]):
            yield value
        case ast.Tuple(elts=[ast.Constant(value), ast.Name(name)]) if value == name:
            yield value
        case ast.Yield(value=ast.Constant(value)):
            yield value
        case ast.Yield(value=ast.IfExp(body=ast.Constant(one), orelse=ast.Constant(other))):
            yield from (one, other)
        case _:
            pass


def flags_in_code() -> set[str]:
    found = (flag for node in trees("dicom", "metrics") for flag in flags_of(node))
    return {flag for flag in found if isinstance(flag, str) and FLAG.fullmatch(flag)}


@pytest.mark.parametrize("family", [name for name, _ in FAMILIES])
def test_every_family_has_its_section(family: str) -> None:
    assert section(family).strip()
    assert f"[{family}](#{family})" in document()


@pytest.mark.parametrize("key", KEYS)
def test_every_fixed_key_is_explained(key: str) -> None:
    assert f"`{key}`" in document()


@pytest.mark.parametrize("hour", uniformity.CLOCK)
def test_every_hour_is_named(hour: str) -> None:
    assert re.search(rf"`(?:uniformity)?\.{hour}`", document())


def test_the_methods_are_those_of_the_code() -> None:
    assert set(METHOD.findall(document())) == methods_in_code()


def test_the_flags_are_those_of_the_code() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \|", section("Flags"), flags=re.MULTILINE)) == flags_in_code()


def test_the_search_in_the_code_sees_each_way_of_writing_a_flag() -> None:
    assert {"one_slice", "saturated", "shifted_slices", "unequal_spacing"} <= flags_in_code()


def test_every_file_named_exists() -> None:
    named = set(re.findall(r"(?:iqa|tests)/[\w/]+\.py", document()))
    assert len(named) > len(FAMILIES)
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_function_named_with_a_file_is_in_it() -> None:
    pairs = re.findall(r"`(\w+)` in\s+`(iqa/[\w/]+\.py)`", document())
    assert pairs
    for name, path in pairs:
        assert re.search(rf"^(?:def|class) {name}\b", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE)
