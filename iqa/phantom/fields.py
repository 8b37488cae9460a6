"""Whether a table's values are of the kinds that its fields want: a quick look, and a full judge for all that fails it.

Nearly every definition is right, and the judge alone takes longer to load than all definitions take to read. So the
quick look passes only what it is sure of, and whatever makes it doubt goes to the judge, who passes or words it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from iqa.phantom.text import Raw

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Reader = Callable[[Any], Any]
"""Gives back a value, a whole number as a float where one is wanted; raises `DoubtError` where it is not sure."""

LARGEST_WHOLE = 2**53
"""Above it a float no longer holds every whole number."""


@dataclass(frozen=True)
class Field:
    """One key of a table."""

    hint: Any
    """Type of its value."""
    default: Any = ...
    """Value where the key is absent; `...` where it must be there."""

    @cached_property
    def read(self) -> Reader:
        """The quick look at a value."""
        return reader(self.hint)


Fields = Mapping[str, Field]


class DoubtError(Exception):
    """The quick look is not sure of a value."""


def fields_in(table: type) -> Fields:
    """The fields of a dataclass as keys of a table."""
    return _fields_in(table)


@cache
def _fields_in(table: Any) -> Fields:  # noqa: ANN401 - to mypy a type variable's type is not hashable
    hints = get_type_hints(table, include_extras=True)
    return {f.name: Field(hints[f.name], _default(f)) for f in dataclasses.fields(table)}


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return ... if field.default is dataclasses.MISSING else field.default


def look(fields: Fields, raw: Raw) -> dict[str, Any]:
    """The table's values with the defaults put in.

    Raises
    ------
    DoubtError
        If a key is unknown or missing, or a value may be wrong.
    """
    if not fields.keys() >= raw.keys():
        raise DoubtError
    values = {name: field.read(raw[name]) if name in raw else field.default for name, field in fields.items()}
    if any(value is ... for value in values.values()):
        raise DoubtError
    return values


def judge(fields: Fields, raw: Raw) -> dict[str, Any] | list[ErrorDetails]:
    """The same by the full checker: the values, or all that is wrong with them."""
    from pydantic import ConfigDict, ValidationError, create_model  # noqa: PLC0415 - few definitions need it
    from pydantic import Field as Key  # noqa: PLC0415

    # Names of their own beside the keys: a key such as `schema` is a method of every model.
    keys: dict[str, Any] = {f"{name}_": (f.hint, Key(f.default, alias=name)) for name, f in fields.items()}
    strict = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
    try:
        table = create_model("table", __config__=strict, **keys).model_validate(raw)
    except ValidationError as error:
        return error.errors()
    return {name: getattr(table, f"{name}_") for name in fields}


@cache
def reader(hint: Any) -> Reader:  # noqa: ANN401 - a type as it is annotated
    """The quick look at a value of one type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(reader(args[0]), args[1:])
    if origin in (Union, UnionType):
        return _either([reader(arg) for arg in args])
    if origin is Literal:
        return _one_of(args)
    if origin is tuple:
        return _tuple(args)
    if origin is dict:
        return _dict(reader(args[1]))
    return _as_it_is if hint is Any else _float if hint is float else _exactly(hint)


def _as_it_is(value: object) -> object:
    return value


def _float(value: object) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int and abs(value) <= LARGEST_WHOLE:
        return float(value)
    raise DoubtError


def _exactly(kind: type) -> Reader:
    def read(value: object) -> object:
        if type(value) is not kind:
            raise DoubtError
        return value

    if kind not in (str, int, bool, NoneType):
        raise TypeError(f"a table cannot hold a {kind}")
    return read


def _one_of(values: tuple[str, ...]) -> Reader:
    def read(value: object) -> object:
        if type(value) is not str or value not in values:
            raise DoubtError
        return value

    return read


def _either(readers: list[Reader]) -> Reader:
    def read(value: object) -> object:
        for one in readers:
            try:
                return one(value)
            except DoubtError:
                continue
        raise DoubtError

    return read


def _tuple(args: tuple[Any, ...]) -> Reader:
    endless = args[-1] is Ellipsis
    readers = [reader(arg) for arg in args if arg is not Ellipsis]

    def read(value: object) -> object:
        if type(value) is not tuple or not (endless or len(value) == len(readers)):
            raise DoubtError
        each = readers * len(value) if endless else readers
        return tuple(one(item) for one, item in zip(each, value, strict=True))

    return read


def _dict(inner: Reader) -> Reader:
    def read(value: object) -> object:
        if type(value) is not dict:
            raise DoubtError
        return {key: inner(item) for key, item in value.items()}

    return read


def _bounded(inner: Reader, bounds: tuple[Any, ...]) -> Reader:
    def read(value: object) -> object:
        found = inner(value)
        if not all(_within(found, bound) for bound in bounds):
            raise DoubtError
        return found

    return read


def _within(value: Any, bound: object) -> bool:  # noqa: ANN401 - a number of either kind
    match bound:
        case Gt():
            return bool(value > bound.gt)
        case Ge():
            return bool(value >= bound.ge)
        case Lt():
            return bool(value < bound.lt)
        case Le():
            return bool(value <= bound.le)
    return False
