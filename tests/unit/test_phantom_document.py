"""The walk-through in the documentation is a definition that loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iqa.model import Insert, PhantomSpec, Pin
from iqa.phantom import load
from iqa.phantom.schema import KINDS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "add-a-phantom.md"


@pytest.fixture
def specs(tmp_path: Path) -> tuple[PhantomSpec, ...]:
    found = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    file = tmp_path / "headring.toml"
    file.write_text(found.group(1), encoding="utf-8")
    return load(file)


def test_the_example_is_a_phantom_with_a_variant(specs: tuple[PhantomSpec, ...]) -> None:
    assert [s.label for s in specs] == ["headring", "headring/acrylic_lost"]
    rods = specs[0].module("rods")
    assert {f.name for f in rods.of(Insert)} == {"acrylic", "teflon", "air_top", "air_bottom"}
    assert len(list(rods.of(Pin))) == 4


def test_the_examples_variant_empties_one_hole(specs: tuple[PhantomSpec, ...]) -> None:
    hole = next(f for f in specs[1].module("rods").of(Insert) if f.name == "acrylic")
    assert isinstance(hole, Insert)
    assert (hole.material, hole.hu) == ("air", -1000)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_document_names_every_kind_of_feature(kind: str) -> None:
    assert f"| `{kind}` |" in DOCUMENT.read_text(encoding="utf-8")
