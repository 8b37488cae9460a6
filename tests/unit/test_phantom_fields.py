"""The quick look at a table against the full checker: it may doubt too often, never pass what the checker refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqa.phantom.fields import DoubtError, Field, Fields, fields_in, judge, look, reader
from iqa.phantom.rings import SHORT_TABLES
from iqa.phantom.schema import KINDS, Graded, MaterialTable, VariantTable, feature_fields

TABLES: dict[str, Fields] = {
    **{kind: feature_fields(kind) for kind in KINDS},
    **{name: fields_in(table) for name, table in SHORT_TABLES.items()},
    **{table.__name__: fields_in(table) for table in (Graded, MaterialTable, VariantTable)},
}
NUMBERS = st.floats() | st.integers(-3, 2000) | st.just(10**400) | st.booleans()
TEXTS = st.sampled_from(["wire", "slit", "bead", "A", "U", "z", ""])
ARRAYS = st.lists(NUMBERS | TEXTS, max_size=3).map(tuple)
VALUES = NUMBERS | TEXTS | ARRAYS | st.none() | st.dictionaries(TEXTS, NUMBERS | TEXTS | ARRAYS, max_size=2)
LIKELY = st.floats(0.5, 80.0) | st.integers(1, 9) | st.booleans() | TEXTS


def tables(fields: Fields) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with most of the keys wanted, values of any kind, and at times an unknown key."""
    needed = {name: LIKELY | VALUES for name, field in fields.items() if field.default is ...}
    spare = dict.fromkeys((*(name for name in fields if name not in needed), "unknown"), LIKELY | VALUES)
    return st.fixed_dictionaries(needed, optional=spare)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(TABLES)))
def test_what_the_quick_look_passes_the_checker_passes_alike(data: st.DataObject, name: str) -> None:
    raw = data.draw(tables(TABLES[name]))
    try:
        seen = look(TABLES[name], raw)
    except DoubtError:
        return
    assert repr(judge(TABLES[name], raw)) == repr(seen)


VALUE_CASES = [(5, float), (5, int), (True, bool), ("x", str), (None, float | None), ((1, 2.5), tuple[float, ...])]


@pytest.mark.parametrize(("value", "hint"), VALUE_CASES, ids=str)
def test_the_quick_look_passes_plain_values(value: object, hint: Any) -> None:
    raw = {"key": value}
    seen = look({"key": Field(hint)}, raw)
    assert repr(seen) == repr(judge({"key": Field(hint)}, raw))


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (True, float),
        (math.nan, float),
        (10**400, float),
        (1.0, int),
        (True, int),
        (1, str),
        ((1.0,), tuple[float, float]),
    ],
    ids=str,
)
def test_the_quick_look_doubts_what_the_checker_refuses(value: object, hint: Any) -> None:
    with pytest.raises(DoubtError):
        look({"key": Field(hint)}, {"key": value})
    assert isinstance(judge({"key": Field(hint)}, {"key": value}), list)


def test_a_key_named_like_a_method_of_the_checker_is_a_key() -> None:
    assert judge({"schema": Field(str)}, {"schema": "iqa.phantom/1"}) == {"schema": "iqa.phantom/1"}


def test_a_type_that_no_table_can_hold_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="a table cannot hold a <class 'bytes'>"):
        reader(bytes)
