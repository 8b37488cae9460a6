"""What may stand in a definition file, and how a mistake in it is worded.

The tables of features are derived from the nouns of `iqa.model`, so that a field has one name and one meaning.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from iqa.errors import DefinitionError
from iqa.model import Bead, Feature, Grade, Insert, LinePairs, Pin, Ramp, Region, StepRamp, Target, Wire
from iqa.phantom.layers import ABOUT, CARTESIAN, POLAR
from iqa.phantom.text import Raw

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

# The order in which a module's features stand, so the same file always gives the same phantom.
KINDS: Mapping[str, type[Feature]] = {
    "insert": Insert,
    "pin": Pin,
    "target": Target,
    "bead": Bead,
    "wire": Wire,
    "ramp": Ramp,
    "step_ramp": StepRamp,
    "line_pairs": LinePairs,
    "region": Region,
}
# Lengths that mean nothing at zero or below, in whichever kind they occur.
POSITIVE = frozenset({"diameter_mm", "length_mm", "lp_per_cm", "step_mm"})
COUNTS = frozenset({"bars", "count"})
MOST = 1000
"""Bars in a group, steps of a ramp or features of a module; real ones stay below 100."""
# Names become parts of result keys, which are joined by dots.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
# The unit that a person leaves out most often comes first.
UNITS = ("mm", "deg", "hu")
URGENCY: Mapping[str, int] = {"extra_forbidden": 0, "missing": 2}
"""Which of several mistakes is named: an unknown key, then a wrong value, then a missing key."""
LONGEST_QUOTE = 60
"""Characters of a wrong value that an error repeats."""

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0, le=MOST)]
Table = TypeVar("Table", bound=BaseModel)
Features = dict[str, dict[str, Any]]


class Graded(BaseModel):
    """The provenance that any table may carry."""

    model_config = STRICT
    source: str | None = None
    grade: Grade | None = None
    graded: dict[str, tuple[str, Grade]] = {}


class MaterialTable(Graded):
    """CT number of one material wherever it occurs."""

    hu: float
    hu_range: tuple[float, float] | None = None


class ModuleTable(Graded):
    """One block along the axis."""

    z_mm: float
    z_from_mm: float
    z_to_mm: float
    diameter_mm: Positive | None = None
    body_hu: float
    insert_diameter_mm: Positive | None = None
    housing_hu: float | None = None
    turn_free_deg: Annotated[float, Field(ge=0, le=180)] = 3.0
    every: Features = {}
    insert: Features = {}
    pin: Features = {}
    target: Features = {}
    bead: Features = {}
    wire: Features = {}
    ramp: Features = {}
    step_ramp: Features = {}
    line_pairs: Features = {}
    region: Features = {}
    target_ring: Features = {}
    target_row: Features = {}
    line_pair_ring: Features = {}


class VariantTable(BaseModel):
    """How one make of a phantom differs from the default one."""

    model_config = STRICT
    name: str
    note: str
    drop: tuple[str, ...] = ()
    set: dict[str, Any] = {}
    rotate_deg: dict[str, float] = {}
    turn: tuple[str, ...] = ()
    move_mm: dict[str, float] = {}
    mirror_symmetric: bool | None = None
    """Absent: as the default make."""


class PhantomTable(BaseModel):
    """A whole definition file."""

    model_config = STRICT
    schema_: Annotated[Literal["iqa.phantom/1"], Field(alias="schema")]
    name: str
    title: str
    maker: str
    diameter_mm: Positive | None = None
    origin: str
    mirror_symmetric: bool = False
    source: str
    grade: Grade
    every: Features = {}
    material: Features = {}
    module: Features
    variant: tuple[dict[str, Any], ...] = ()


@cache
def feature_table(kind: str) -> type[BaseModel]:
    """The table of one kind of feature: the fields of its noun, its place in either form."""
    hints = get_type_hints(KINDS[kind])
    fields: dict[str, Any] = {
        f.name: (_bounded(f.name, hints[f.name]), ... if f.default is dataclasses.MISSING else f.default)
        for f in dataclasses.fields(KINDS[kind])
        if f.name not in ("name", "provenance")
    }
    if kind == "ramp":  # its own angle_deg, since that key is one of a place
        fields["slope_deg"] = (Annotated[float, Field(gt=0, lt=90)], ...)
    places: dict[str, Any] = dict.fromkeys((*CARTESIAN, *POLAR), (float | None, None))
    return create_model(kind, __config__=STRICT, **{**fields, **places})


def _bounded(name: str, hint: type) -> object:
    if name in COUNTS:
        return Count
    return Positive if name in POSITIVE else hint


def validate(table: type[Table], raw: Raw, file: str, key: str) -> Table:
    """The table, checked.

    Raises
    ------
    DefinitionError
        For the first thing that is wrong in it: unknown keys, then wrong values, then missing keys.
    """
    try:
        return table.model_validate(raw)
    except ValidationError as error:
        # A key without its unit is both unknown and missing; only the first says what to write.
        first = min(error.errors(), key=lambda e: URGENCY.get(e["type"], 1))
        raise _worded(first, table, file, key) from None


def _worded(problem: ErrorDetails, table: type[BaseModel], file: str, key: str) -> DefinitionError:
    where = ".".join([*([key] if key else []), *(str(part) for part in problem["loc"])])
    if problem["type"] == "extra_forbidden":
        return DefinitionError(file, where, known_key(str(problem["loc"][-1]), fields_of(table)), "an unknown key")
    if problem["type"] == "missing":
        return DefinitionError(file, where, "a value", "nothing")
    # The checker's own words begin alike; what follows them is what is expected.
    expected = problem["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return DefinitionError(file, where, expected, _short(problem["input"]))


def _short(found: object) -> str:
    # As TOML writes it, for a reader who never saw Python.
    text = "true" if found is True else "false" if found is False else repr(found)
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + " …"


def fields_of(table: type[BaseModel]) -> list[str]:
    """The keys that a table knows, as they are written."""
    return [info.alias or name for name, info in table.model_fields.items()]


def known_key(found: str, known: Collection[str]) -> str:
    """What to write instead of an unknown key: the same with its unit, the nearest one, or the list of all."""
    with_unit = [f"{found}_{unit}" for unit in UNITS if f"{found}_{unit}" in known]
    if with_unit:
        return f"the unit in the key, {with_unit[0]}"
    near = difflib.get_close_matches(found, known, n=1)
    return f"a known key (did you mean {near[0]}?)" if near else f"one of {', '.join(sorted(known))}"


def check_keys(raw: Raw, known: Collection[str], file: str, key: str) -> None:
    """Raise if a table holds a key that is not among those known."""
    for found in raw:
        if found not in known:
            raise DefinitionError(file, f"{key}.{found}", known_key(found, known), "an unknown key")


def check_cited(raw: Raw, file: str, key: str) -> None:
    """Raise unless the provenance in a table is well formed and a source has its grade beside it."""
    validate(Graded, {k: v for k, v in raw.items() if k in ABOUT}, file, key)
    if "source" in raw and "grade" not in raw:
        raise DefinitionError(file, f"{key}.grade", "a grade beside the source: A, B, C, M or U", "nothing")


def check_name(name: str, file: str, key: str) -> None:
    """Raise unless a name can stand between the dots of a result's key."""
    if not NAME.fullmatch(name):
        raise DefinitionError(file, key, "a name of letters, digits and _, without a dot", repr(name))
