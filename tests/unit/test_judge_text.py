"""Texts that are kept for ever: the same back, old ones still read, one hash for one meaning."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import HEAD, MINE, made, made_baseline, made_limit

from iqa.errors import InputError
from iqa.judge import digest, from_text, judge, limit_sets, to_text
from iqa.model import Baseline, Bounds, Conditions, Limit, Outcome, Scope, Verdict

LIMIT = made_limit("noise.sd", 0.0, None, None, 6.5, kv=120.0, phantom_models=("catphan504", "acr464"), reason="理由")
BASELINE = made_baseline("noise.sd", 5.0, spread=0.25, id=12)
VERDICT = Verdict("noise.sd", Outcome.PASS_WITHIN_U, "Because.", "simple", LIMIT, BASELINE, ("u_unknown",))


@pytest.mark.parametrize(
    "noun", [LIMIT, BASELINE, HEAD, Conditions(), VERDICT, Verdict("k", Outcome.FAIL, "", "simple")]
)
def test_what_is_written_is_read_back(noun: Any) -> None:
    assert from_text(type(noun), to_text(noun), "store") == noun


def test_every_shipped_limit_is_read_back() -> None:
    for row in (row for one in limit_sets() for row in one.rows):
        assert from_text(Limit, to_text(row.limit), "store") == row.limit


NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.none() | st.text(min_size=1), st.text())
def test_any_numbers_and_words_are_read_back(
    a: float | None, b: float | None, c: float | None, d: float | None, scanner: str | None, reason: str
) -> None:
    limit = made_limit("noise.sd", a, b, c, d, scope=Scope(scanner=scanner), reason=reason)
    back = from_text(Limit, to_text(limit), "store")
    assert back == limit
    assert digest(back) == digest(limit)


def test_the_text_is_canonical() -> None:
    limit = Limit(
        name="n",
        key="k",
        kind="absolute",
        bounds=Bounds(fail_low=0.0, fail_high=6.5),
        unit="HU",
        basis="site",
        source="s",
    )
    text = (
        '{"basis":"site","bounds":{"fail_high":6.5,"fail_low":0},"key":"k","kind":"absolute","name":"n",'
        '"source":"s","unit":"HU"}'
    )
    assert to_text(limit) == text
    assert digest(limit) == hashlib.sha256(text.encode()).hexdigest()


def test_one_meaning_has_one_hash() -> None:
    assert digest(made_limit("k", -4.0)) == digest(made_limit("k", -4))
    assert digest(made_limit("k", -0.0)) == digest(made_limit("k", 0.0))
    assert digest(replace(LIMIT, reason="")) != digest(LIMIT)
    assert digest(made_limit("k", 0.0)) != digest(made_limit("k", None))


def test_an_old_text_with_fewer_fields_still_reads() -> None:
    old = '{"basis":"site","bounds":{"fail_high":6.5},"key":"k","kind":"absolute","name":"n","source":"s","unit":"HU"}'
    limit = from_text(Limit, old, "store")
    assert (limit.bounds, limit.phantom_models, limit.scope, limit.method) == (Bounds(fail_high=6.5), (), Scope(), None)
    assert to_text(limit) == old  # and keeps its hash
    bare = from_text(Verdict, '{"key":"k","outcome":"not judged","reason":"r","rule":"simple"}', "store")
    assert bare == Verdict("k", Outcome.NOT_JUDGED, "r", "simple")
    assert from_text(Conditions, '{"kv":120}', "store") == Conditions(kv=120.0)


@pytest.mark.parametrize("kind", [Limit, Baseline, Conditions, Verdict, Bounds, Scope])
def test_what_is_left_out_of_a_text_is_what_its_absence_means(kind: type) -> None:
    # an empty field is not written, so its default must be the empty value
    empty = (None, "", (), Scope(), Conditions(), MISSING)
    assert {f.name for f in fields(kind) if f.default not in empty} == set()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "store: this is no stored limit .*; it was damaged"),
        (to_text(LIMIT).replace("6.5", "NaN"), r"this is no stored limit \(NaN is no number\); it was damaged"),
        ('{"key":"k"}', r"this is no stored limit \(Field required\); it was damaged"),
        (
            to_text(LIMIT).replace('"key"', '"colour":"red","key"'),
            "this limit says colour, which this version of iqa does not know; use a newer one",
        ),
        (to_text(LIMIT).replace('"fail_high"', '"fail_most"'), "this limit says fail_most, which this version"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_text(Limit, text, "store")


def test_a_verdict_keeps_the_limit_that_it_was_judged_by() -> None:
    (verdict,) = judge([made("noise.sd", 7.0)], [], HEAD, MINE, [LIMIT], [], phantom_model="acr464")
    kept = from_text(Verdict, to_text(verdict), "store")
    assert kept.outcome is Outcome.FAIL
    assert kept.limit is not None
    assert digest(kept.limit) == digest(LIMIT)
    assert json.loads(to_text(verdict))["limit"]["bounds"] == {"fail_high": 6.5, "fail_low": 0}
