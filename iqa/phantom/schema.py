"""What may stand in a definition file, and how a mistake in it is worded.

The tables of features are derived from the nouns of `iqa.model`, so that a field has one name and one meaning.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from iqa.errors import DefinitionError
from iqa.model import Bead, Feature, Grade, Insert, LinePairs, Pin, Ramp, Region, StepRamp, Target, Wire
from iqa.phantom.fields import DoubtError, Field, Fields, fields_in, judge, look
from iqa.phantom.layers import ABOUT, CARTESIAN, POLAR
from iqa.phantom.text import Raw

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

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

Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Gt(0), Le(MOST)]
Table = TypeVar("Table")
Features = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Graded:
    """The provenance that any table may carry."""

    source: str | None = None
    grade: Grade | None = None
    graded: dict[str, tuple[str, Grade]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MaterialTable(Graded):
    """CT number of one material wherever it occurs."""

    hu: float
    hu_range: tuple[float, float] | None = None
    nominal_hu: float | None = None


@dataclass(frozen=True, kw_only=True)
class ModuleTable(Graded):
    """One block along the axis."""

    z_mm: float
    z_from_mm: float
    z_to_mm: float
    diameter_mm: Positive | None = None
    body_hu: float
    insert_diameter_mm: Positive | None = None
    housing_hu: float | None = None
    turn_free_deg: Annotated[float, Ge(0), Le(180)] = 3.0
    every: Features = field(default_factory=dict)
    insert: Features = field(default_factory=dict)
    pin: Features = field(default_factory=dict)
    target: Features = field(default_factory=dict)
    bead: Features = field(default_factory=dict)
    wire: Features = field(default_factory=dict)
    ramp: Features = field(default_factory=dict)
    step_ramp: Features = field(default_factory=dict)
    line_pairs: Features = field(default_factory=dict)
    region: Features = field(default_factory=dict)
    target_ring: Features = field(default_factory=dict)
    target_row: Features = field(default_factory=dict)
    line_pair_ring: Features = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VariantTable:
    """How one make of a phantom differs from the default one."""

    name: str
    note: str
    drop: tuple[str, ...] = ()
    set: dict[str, Any] = field(default_factory=dict)
    rotate_deg: dict[str, float] = field(default_factory=dict)
    turn: tuple[str, ...] = ()
    move_mm: dict[str, float] = field(default_factory=dict)
    mirror_symmetric: bool | None = None
    """Absent: as the default make."""


@dataclass(frozen=True, kw_only=True)
class PhantomTable:
    """A whole definition file."""

    schema: Literal["iqa.phantom/1"]
    name: str
    title: str
    maker: str
    diameter_mm: Positive | None = None
    origin: str
    mirror_symmetric: bool = False
    reference_kv: Positive = 120.0
    reference_kev: Positive | None = None
    source: str
    grade: Grade
    every: Features = field(default_factory=dict)
    material: Features = field(default_factory=dict)
    module: Features
    variant: tuple[dict[str, Any], ...] = ()


@cache
def feature_fields(kind: str) -> Fields:
    """The table of one kind of feature: the fields of its noun, its place in either form."""
    hints = get_type_hints(KINDS[kind])
    fields = {
        f.name: Field(_bounded(f.name, hints[f.name]), ... if f.default is dataclasses.MISSING else f.default)
        for f in dataclasses.fields(KINDS[kind])
        if f.name not in ("name", "provenance")
    }
    if kind == "ramp":  # its own angle_deg, since that key is one of a place
        fields["slope_deg"] = Field(Annotated[float, Gt(0), Lt(90)])
    return fields | dict.fromkeys((*CARTESIAN, *POLAR), Field(float | None, None))


def _bounded(name: str, hint: type) -> object:
    if name in COUNTS:
        return Count
    if name == "height_mm":
        return Positive | None
    return Positive if name in POSITIVE else hint


def validate(table: type[Table], raw: Raw, file: str, key: str) -> Table:
    """The table, checked.

    Raises
    ------
    DefinitionError
        For the first thing that is wrong in it: unknown keys, then wrong values, then missing keys.
    """
    return table(**values_of(fields_in(table), raw, file, key))


def values_of(fields: Fields, raw: Raw, file: str, key: str) -> dict[str, Any]:
    """The values of a table with these fields, checked; raises as `validate` does."""
    try:
        return look(fields, raw)
    except DoubtError:
        judged = judge(fields, raw)
    if isinstance(judged, dict):
        return judged
    # A key without its unit is both unknown and missing; only the first says what to write.
    raise _worded(min(judged, key=lambda e: URGENCY.get(e["type"], 1)), fields, file, key)


def _worded(problem: ErrorDetails, fields: Fields, file: str, key: str) -> DefinitionError:
    where = ".".join([*([key] if key else []), *(str(part) for part in problem["loc"])])
    if problem["type"] == "extra_forbidden":
        return DefinitionError(file, where, known_key(str(problem["loc"][-1]), list(fields)), "an unknown key")
    if problem["type"] == "missing":
        return DefinitionError(file, where, "a value", "nothing")
    # The checker's own words begin alike; what follows them is what is expected.
    expected = problem["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return DefinitionError(file, where, expected, _short(problem["input"]))


def _short(found: object) -> str:
    # As TOML writes it, for a reader who never saw Python.
    text = "true" if found is True else "false" if found is False else repr(found)
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + " …"


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
    cited = {k: v for k, v in raw.items() if k in ABOUT}
    if cited:
        validate(Graded, cited, file, key)
    if "source" in raw and "grade" not in raw:
        raise DefinitionError(file, f"{key}.grade", "a grade beside the source: A, B, C, M or U", "nothing")


def check_name(name: str, file: str, key: str) -> None:
    """Raise unless a name can stand between the dots of a result's key."""
    if not NAME.fullmatch(name):
        raise DefinitionError(file, key, "a name of letters, digits and _, without a dot", repr(name))
