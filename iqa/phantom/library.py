"""The definitions on disk: the shipped ones, and the user's own beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from iqa.errors import DefinitionError
from iqa.model import PhantomSpec
from iqa.phantom.build import build
from iqa.phantom.check import check
from iqa.phantom.schema import VariantTable, check_name, validate
from iqa.phantom.text import Raw, parse, read_bytes
from iqa.phantom.variants import changed, placed
from iqa.shipped import shipped

KEPT = 64
"""Files whose phantoms are kept in memory: the shipped ones and as many of a user's own."""


def library(folders: Sequence[Path] = ()) -> tuple[PhantomSpec, ...]:
    """All shipped definitions and those in the user's folders, each variant a `PhantomSpec`, sorted by file name.

    Raises
    ------
    DefinitionError
        If a file is wrong, a folder does not exist, or two files give one name.
    """
    specs: list[PhantomSpec] = []
    owners: dict[str, Path] = {}
    for file in (f for folder in (shipped("phantoms"), *folders) for f in _files(folder)):
        new = load(file)
        if new[0].name in owners:
            raise DefinitionError(str(file), "name", "a name that no other definition has", repr(new[0].name))
        owners[new[0].name] = file
        specs += new
    return tuple(specs)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DefinitionError(str(folder), "folder", "a folder of definitions", "no such folder")
    return sorted(folder.glob("*.toml"))


def load(file: Path) -> tuple[PhantomSpec, ...]:
    """The phantom of one file: the default variant (variant None) first, then each other one.

    Raises
    ------
    DefinitionError
        For the first thing in the file that is wrong: key, what is expected, what stands there.
    """
    return _phantoms(str(file), read_bytes(file))


@lru_cache(maxsize=KEPT)
def _phantoms(file: str, content: bytes) -> tuple[PhantomSpec, ...]:
    """The same of a file's content: values that never change, so that a folder of scans reads each definition once."""
    return tuple(_variants(file, parse(file, content), hashlib.sha256(content).hexdigest()))


def _variants(file: str, raw: Raw, definition_hash: str) -> Iterator[PhantomSpec]:
    # The default first: whatever is wrong in a variant after that comes from the variant.
    default = build(file, raw, definition_hash)
    check(default, file)
    yield default
    seen: set[str] = set()
    for i, table in enumerate(raw.get("variant", ())):
        variant = validate(VariantTable, table, file, f"variant[{i}]")
        check_name(variant.name, file, f"variant[{i}].name")
        if variant.name in seen:
            raise DefinitionError(file, f"variant[{i}].name", "a name of its own", repr(variant.name))
        seen.add(variant.name)
        yield _variant(variant, file, raw, default)


def _variant(variant: VariantTable, file: str, raw: Raw, default: PhantomSpec) -> PhantomSpec:
    try:
        own = build(file, changed(raw, variant, file), default.definition_hash, (raw, default))
        spec = placed(own, variant, file)
        check(spec, file)
        return spec
    except DefinitionError as error:
        raise DefinitionError(file, f"variant.{variant.name}: {error.key}", error.expected, error.found) from None


def names(specs: Sequence[PhantomSpec]) -> tuple[str, ...]:
    """The phantoms' names, each once, in the order given."""
    return tuple(dict.fromkeys(spec.name for spec in specs))
