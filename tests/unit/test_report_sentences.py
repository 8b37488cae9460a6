"""Japanese for all that iqa says: every template of the source has it, and real sentences come out whole."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import fields, replace
from functools import cache
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from judged import HEAD, MINE, made, made_baseline, made_limit
from made_results import analysis_of, stored
from matplotlib.ft2font import FT2Font
from templates import ROOT, all_templates, templates
from test_docs_methods import FLAG, flags_in_code, flags_of

from iqa.analyze import sentence
from iqa.errors import DefinitionError
from iqa.jobs.entering import PHANTOM_EVENTS, SCANNER_EVENTS
from iqa.jobs.judging import unlike_before
from iqa.judge import judge
from iqa.judge.comparability import compare
from iqa.metrics import measure
from iqa.metrics.setups import PROTOCOL
from iqa.model import Acquisition, Conditions, Measurement, NotMeasured, Outcome, Rule, Verdict
from iqa.report.sentences import HOLE, SENTENCE_END, catalogue_of, flag_words, in_japanese, load_sentences
from iqa.shipped import shipped
from iqa.spc.rules import RULES
from iqa.store.settings import RULED
from iqa.store.workspace import Workspace
from tests.made_phantom import SIDE, made_located, made_scan, picture
from tests.made_workspace import made_workspace

FILE = shipped("reports") / "strings" / "sentences-ja.toml"
ENGLISH = re.compile(r"\b[a-z]+ [a-z]+ [a-z]+\b")
"""Three English words in a row: a sentence that was left standing."""

A_PERCENTAGE = "A percentage of {} is not defined, since its zero is a convention, or lies in the midst of its values."
LINE = "A line needs at least {} inserts of different CT number;"
NO_POINT = "no point stands out by {} times the noise and alone within {} mm, as a {} must"
UNIFORM = "nothing that fixes the pose of {} is seen; a uniform part alone can be measured as --phantom {}"
NO_STRUCTURE = "a round body of {} mm without structure: any phantom of that diameter may have such a part"
LITTLE = (
    "a round body of {} mm mostly without structure, and what there is fits none: any phantom of that diameter may "
    "have such a part"
)
TRANSFER = "The transfer function does not fall to {} % below {} /mm, the limit of the pixels."
FROM_BASELINE = "{} is within {} ({}), about the baseline of {}."
NEARER = "{} is nearer than U = {} to an end of {} ({})."
COMPOSED = {
    ", about the baseline of {}": FROM_BASELINE,
    ", which is no tolerance": "{} is within {} ({}), which is no tolerance.",
    ", {} repeats": "{} repeats",
    "{}, {}, {} repeats": "{} repeats",
    "{}, {} ring at {} mm": "{} slice {}, bright ring at {} mm",
    "{}, no ring": "{} slice {}, no ring",
    "{}, to {} mm": "{} slice {}, to {} mm",
    "{}, no crescent": "{} slice {}, no crescent",
    "{}, {} crescent at {} mm, {}°": "{} slice {}, bright crescent at {} mm, {}°",
    "; its other images were copies of its own": (
        "it is the only scan that was located; its other images were copies of its own; {}"
    ),
    LINE: f"{LINE} {{}} was measured.",
    "{} this phantom has only {}.": f"{LINE} this phantom has only {{}}.",
    "{} {} measured.": f"{LINE} {{}} were measured.",
    "A percentage of the baseline of {} is not defined: it lies within {} of zero, {} times its spread or u. {}": (
        "A percentage of the baseline of {} is not defined: it lies within {} of zero, {} times its spread or u."
    ),
    "A percentage of {} is not defined, since its zero is {}. {}": A_PERCENTAGE,
    "a convention, or lies in the midst of its values": A_PERCENTAGE,
    "Against the scan of {}: {}{}": "Against the scan of {}: not comparable, because {}.",
    "Cannot tell": "Cannot tell, because {}.",
    "Not comparable": "Not comparable, because {}.",
    "{}, because {}.": "Not comparable, because {}.",
    "Scan {} belongs to {}.{} To move it to {}, say --by NAME and --reason TEXT.": "Scan {} belongs to {}.",
    "The baseline has {} scan{}, and a control verdict needs at least {}: limits from fewer would either alarm without "
    "cause or find nothing.": (
        "The baseline has {} scans, and a control verdict needs at least {}: limits from fewer would either alarm "
        "without cause or find nothing."
    ),
    "The scale needs {} pins or inserts found by their edges; {} found.": (
        "The scale needs {} pins or inserts found by their edges; {} were found."
    ),
    "The transfer function does not fall to {} % below {} /mm,": TRANSFER,
    "the limit of the pixels.": TRANSFER,
    "The value and its u must be finite numbers, u not below zero; they are {}.": (
        "The value and its u must be finite numbers, u not below zero; they are {}, u = {}."
    ),
    "a round body of {} mm": NO_STRUCTURE,
    "without structure": NO_STRUCTURE,
    "mostly without structure, and what there is fits none": LITTLE,
    "{} {}: any phantom of that diameter may have such a part": NO_STRUCTURE,
    "{} whose structure no definition explains (tried: {})": (
        "a round body of {} mm whose structure no definition explains (tried: {})"
    ),
    "nothing that fixes the pose of {} is seen; a uniform part alone": UNIFORM,
    "{} can be measured as --phantom {}": UNIFORM,
    "no point stands out by {} and alone within {} mm, as a {} must": NO_POINT,
    "{} times the noise": NO_POINT,
    "bars of {} lp/cm": "The disc 'bars of {} lp/cm' lies partly outside the reconstructed field.",
    "pin {}": "The disc 'pin {}' lies partly outside the reconstructed field.",
    "has U = {}, more than half the width of {}": "{} has U = {}, more than half the width of {} ({}).",
    "is nearer than U = {} to an end of {}": NEARER,
    "is nearer than U = {} to an end of {}, but within them": (
        "{} is nearer than U = {} to an end of {}, but within them ({})."
    ),
    "is outside {}": "{} is outside {} ({}).",
    "is within {}": "{} is within {} ({}).",
    "{} {} ({}){}{}.": FROM_BASELINE,
    "{} ({}": "{} ({} scans)",
    "{} scans": "{} ({} scans)",
    "it is the only scan that was located{}; {}": "it is the only scan that was located; {}",
    "iteration level": "the reconstruction differs (iteration level {} now, {} in the baseline)",
    "{} differs ({}{} now, {} in the baseline)": "{} differs ({} now, {} in the baseline)",
    "{} of {} is not known ({} in {})": "{} of this scan is not known ({} in the baseline)",
    "this scan": "{} of this scan is not known ({} in the baseline)",
    "the baseline": "{} of the baseline is not known ({} in this scan)",
    "in the baseline": "{} differs ({} now, {} in the baseline)",
    "of the baseline": "{} of the baseline is not known ({} in this scan)",
    "of that scan": "{} of that scan is not known ({} in this scan)",
    "series UID": "series UID {} there, {} here",
    "{} {} there, {} here": "series UID {} there, {} here",
    "of phantom": "{} of phantom {} on {}",
}
"""Parts that are put together to a sentence, and a sentence of the file in which each is found."""
NO_SENTENCE = {
    "({} more refused)": "of the command line's one error line",
    "Candidates: {}; say which it is with --phantom NAME.": "of the command line's one error line",
    "Known: {}.": "a hint of a usage error",
    "No value of '{}' is stored.{}": "a usage error",
    "No value of '{}' of '{}' is stored; without --scanner, those of all others are shown.": "a usage error",
    "Scans of {}.": "a hint of a usage error",
    "in the first": "a hint of a usage error",
    "adopt limits": "an entry of the audit trail",
    "drop limits": "an entry of the audit trail",
    "limits in iqa.toml": "an entry of the audit trail",
    "baseline {}": "names a damaged entry of the store",
    "limit {}": "names a damaged entry of the store",
    "one of {}": "of an error in a definition",
    "the [{}.NAME] in this file": "of an error in a definition",
    "the database gave no number to a new row of {}": "a bug",
    "no EWMA limit from {} to {} makes {} signals a key in {} scans, n = {}, λ = {}: choose another budget": "a bug",
    "AIDR ?3D (?:e?(?:MILD|STD|STR|WEAK))": "an expression for header values",
    "Image Orientation (Patient)": "an attribute's name",
    "Image Position (Patient)": "an attribute's name",
    "Pixel Spacing": "an attribute's name",
    "Rescale Intercept": "an attribute's name",
    "Rescale Slope": "an attribute's name",
    "the {}": "put before a noun of the file",
    "{} kV": "a number with its unit",
    "{} keV": "a number with its unit",
    "{} {}": "a number with its unit",
    "{} {} {}": "a hash's content",
    "{}: {}{}{}": "of the command line's one error line",
}
"""What reads like words and stands on no page as a sentence, and why."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws")


@cache
def raw() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def pairs() -> list[tuple[str, str]]:
    return [(p["en"], p["ja"]) for kind in ("sentence", "clause") for p in raw()[kind]]


@cache
def known() -> frozenset[str]:
    return frozenset({HOLE.sub("{}", en) for en, _ in pairs()} | set(raw()["nouns"]))


@cache
def said_in_source() -> frozenset[str]:
    return frozenset(all_templates())


def whole(said: str) -> str:
    """The Japanese of something that must have it, without English left in it."""
    found = in_japanese(said)
    assert found is not None, said
    assert not ENGLISH.search(found), found
    return found


# ------------------------------------------------------------------------------------- all that the source can say


def has_japanese(template: str) -> bool:
    return template in known() or all(part in known() for part in SENTENCE_END.split(template))


def test_every_template_of_the_source_has_japanese() -> None:
    unknown = {t for t in said_in_source() if not has_japanese(t)} - COMPOSED.keys() - NO_SENTENCE.keys()
    attributes = {t for t in unknown if "\n" in t}  # the reader's list of what it keeps
    assert unknown - attributes == set()


@pytest.mark.parametrize("listed", [COMPOSED, NO_SENTENCE], ids=["composed", "no sentence"])
def test_every_exception_is_still_in_the_source(listed: dict[str, str]) -> None:
    assert set(listed) - said_in_source() == set()


def test_no_exception_is_idle() -> None:
    assert {t for t in (*COMPOSED, *NO_SENTENCE) if t in known()} == set()


def test_what_parts_are_put_together_to_has_japanese() -> None:
    assert set(COMPOSED.values()) - known() == set()


def test_the_search_sees_each_way_of_writing_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "said.py"
    file.write_text(
        '"""A docstring says nothing."""\n'
        'A = "There is no scan."\n'
        "def f(n, m):\n"
        '    """Nor does this one."""\n'
        '    raise ValueError("a bug is not shown")\n'
        "    return f\"{n:.1f} of {m} are {'too few' if n else 'too many'}: \" \"scan again\"\n"
    )
    assert set(templates(file)) == {"There is no scan.", "{} of {} are {}: scan again", "too few", "too many"}


# ----------------------------------------------------------------------------------------------- each pair by itself

SAMPLES = {
    "name": "ct_number.insert_{}",
    "number": "-1{}.5 HU",
    "count": "1{}",
    "value": '"Br4{}f"',
    "date": "2026-10-2{}",
    "word": "Abc{}",
    "": "Abc{} d",
}
"""Something in a placeholder of each kind, with its number in it."""


def filled(en: str) -> tuple[str, list[str]]:
    """A pair's English with something in each placeholder, and what must stand unchanged in the Japanese."""
    put: list[str] = []

    def sample(hole: re.Match[str]) -> str:
        kind = hole[2] or ""
        if kind == "text":
            return "no fit settles there."
        if kind in ("noun", "part"):
            return "the slice thickness"
        put.append(SAMPLES[kind].format(hole[1]))
        return put[-1]

    return HOLE.sub(sample, en), put


@pytest.mark.parametrize(("en", "ja"), pairs(), ids=[en[:60] for en, _ in pairs()])
def test_a_pair_translates_its_sentence_and_keeps_what_was_put_in(en: str, ja: str) -> None:
    said, put = filled(en)
    found = whole(said)
    assert all(one in found for one in put)
    assert all(part in found for part in HOLE.split(ja)[::3])


@pytest.mark.parametrize(("en", "ja"), pairs(), ids=[en[:60] for en, _ in pairs()])
def test_a_pair_has_the_same_numbers_on_both_sides(en: str, ja: str) -> None:
    numbers = [re.findall(r"\d+", HOLE.sub("", side)) for side in (en, ja)]
    assert sorted(numbers[0]) == sorted(numbers[1])


def japanese() -> list[str]:
    return [*(ja for _, ja in pairs()), *raw()["nouns"].values(), *(f["ja"] for f in raw()["flags"].values())]


def test_the_font_of_the_pdf_has_every_character() -> None:
    package = find_spec("matplotlib_fontja")  # to import it would change the font of every figure
    assert package is not None
    assert package.origin is not None
    font = FT2Font(str(Path(package.origin).parent / "fonts" / "ipaexg.ttf"))
    assert {ord(c) for text in japanese() for c in text} - font.get_charmap().keys() == set()


@pytest.mark.parametrize(
    "word", ["基準値", "ベースライン", "カーネル", "フェイル", "許容差", "被曝", "≤", "≥", ",", "!"]
)
def test_the_words_are_those_of_the_glossary(word: str) -> None:
    assert [text for text in japanese() if word in text] == []


def test_sentences_end_as_sentences() -> None:
    ends = ("。", "{0}", "{1}", "{2}", "）")  # or what they end with does
    assert [p["ja"] for p in raw()["sentence"] if not p["ja"].endswith(ends)] == []


# --------------------------------------------------------------------------------------------- what is said in earnest


BOUNDS = [(-5.0, -3.0, 3.0, 5.0), (None, None, 3.0, 5.0), (-5.0, -3.0, None, None), (None, -3.0, 3.0, None),
          (-5.0, None, None, 5.0)]  # fmt: skip
RULES_OF_DECISION: tuple[Rule, ...] = ("simple", "guard_accept", "guard_reject")


def verdicts() -> list[tuple[Outcome, str]]:
    """What is said of many values by many limits."""
    baselines = [made_baseline("ct_number.teflon", 0.0, spread=0.1)]
    found: list[Verdict] = []
    for bounds, basis, kind, rule in product(BOUNDS, ("site", "maker"), ("absolute", "difference"), RULES_OF_DECISION):
        limit = made_limit("ct_number.*", *bounds, basis=basis, kind=kind)
        for value, u in product((0.0, 2.9, -4.0, 4.9, 9.0), (0.01, 0.3, 4.0)):
            found += judge([made("ct_number.teflon", value, u)], [], HEAD, MINE, [limit], baselines, rule)
    return [(v.outcome, v.reason) for v in found]


def test_every_verdict_on_a_number_is_said_in_japanese() -> None:
    found = verdicts()
    assert {outcome for outcome, _ in found} >= {
        Outcome.PASS, Outcome.PASS_WITHIN_U, Outcome.WARNING, Outcome.FAIL, Outcome.CANNOT_TELL,
    }  # fmt: skip
    for said in {said for _, said in found}:
        assert sorted(re.findall(r"[\d.]+\d", whole(said))) == sorted(re.findall(r"[\d.]+\d", said))


def test_a_verdict_in_full() -> None:
    limit = made_limit("noise.sigma", -5.0, -3.0, 3.0, 5.0, kind="difference")
    (verdict,) = judge(
        [made("noise.sigma", 9.25)], [], HEAD, MINE, [limit], [made_baseline("noise.sigma", 4.0, spread=0.5)]
    )
    assert (
        whole(verdict.reason)
        == "9.25 HU は許容範囲（-1～9 HU）の外です。基礎値は 4 HU（スキャン 10 回、u = 0.16286 HU）です。"
    )


def changed(conditions: Conditions, name: str, value: Any) -> Conditions:
    return replace(conditions, **{name: value})


@pytest.mark.parametrize("name", [f.name for f in fields(Conditions)])
def test_every_condition_that_differs_or_is_silent_is_said_in_japanese(name: str) -> None:
    # mAs count where CTDIvol is not known, keV where there is one
    full = replace(HEAD, ctdivol_mgy=None, exposure_mas=250.0) if name == "exposure_mas" else HEAD
    full = replace(full, kev=70.0) if name == "kev" else full
    value, without = getattr(full, name), changed(full, name, None)
    other = changed(full, name, f"other {value}" if isinstance(value, str) else 2.0 * value)
    for now, then in ((full, other), (without, full), (full, without)):
        assert compare(now, then).sentence
        whole(compare(now, then).sentence)


def test_all_that_differs_at_once_is_translated_clause_by_clause() -> None:
    now = replace(HEAD, kv=100.0, kernel="Br44f", pixel_mm=0.7, scan_mode=None)
    assert whole(compare(now, HEAD).sentence) == (
        "次の理由で比較不可です：X線エネルギーの相違（今回 100 kV、基礎値 120 kV）、"
        '再構成関数の相違（今回 "Br44f"、基礎値 "Br40f"）、画素サイズの相違（今回 0.7 mm、基礎値 0.5 mm）、'
        '今回のスキャンのスキャンモードが不明（基礎値では "SPIRAL"）。'
    )


def test_a_kernel_that_reads_like_a_clause_is_not_taken_for_one() -> None:
    now = replace(HEAD, kernel="x; y (1 now, 2 then); z", kv=100.0)
    assert f'（今回 "{now.kernel}"、基礎値 "Br40f"）' in whole(compare(now, HEAD).sentence)
    assert in_japanese(compare(replace(now, thickness_mm=1.0), HEAD).sentence) is None


def test_a_long_text_that_is_not_known_takes_no_longer_than_a_known_one() -> None:
    clause = "the slice thickness differs (5 mm now, 2.5 mm in the baseline)"
    whole(f"Not comparable, because {'; '.join([clause] * 60)}.")
    assert in_japanese(f"Not comparable, because {'; '.join([clause] * 60)}; and so on, and on.") is None


def test_the_scan_before_is_not_called_the_baseline(workspace: Workspace) -> None:
    made_by = Acquisition(kv=120.0, kernel="Br40f")
    stored(workspace, analysis_of("a", {"noise.sigma": 5.0}, dated="2026-11-01T07:00:00", acquisition=made_by))
    now = stored(workspace, analysis_of("b", {"noise.sigma": 5.0}, acquisition=Acquisition(kv=100.0)))
    later = stored(workspace, analysis_of("c", {"noise.sigma": 5.0}, dated="2026-11-03T07:00:00", acquisition=made_by))
    with workspace.database.reading() as connection:
        (first,), (second,) = (unlike_before(connection, one.occasion_id) for one in (now, later))
    assert "baseline" not in first + second
    assert whole(first) == (
        "2026-11-01 07:00:00 のスキャンとは、次の理由で比較不可です：X線エネルギーの相違（今回 100 kV、当時 120 kV）、"
        '今回のスキャンの再構成関数が不明（当時は "Br40f"）。'
    )
    assert 'そのスキャンの再構成関数が不明（今回は "Br40f"）' in whole(second)


def lacking() -> list[NotMeasured | Measurement]:
    """What phantoms give that lack things: slices, pixels, pins, dose."""
    hu = picture("soft", slices=2)
    scans = [made_scan(hu), made_scan(hu[:1]), made_scan(hu[:, : SIDE // 2 + 20])]
    found = [result for scan in scans for result in measure(scan, made_located(scan)).results]
    scan = scans[0]
    bare = replace(made_located(scan), body=None, u_xy_mm=None, u_z_mm=None, u_roll_deg=None)
    away = replace(made_located(scan), modules=())
    found += [result for located in (bare, away) for result in measure(scan, located).results]
    return [r for r in found if isinstance(r, NotMeasured | Measurement)]


def test_what_a_scan_lacks_is_said_in_japanese() -> None:
    missing = {r for r in lacking() if isinstance(r, NotMeasured)}
    assert len({r.reason for r in missing}) >= 15
    for result in missing:
        whole(result.reason)
        whole(result.needs)


def test_places_and_flags_of_numbers_are_said_in_japanese() -> None:
    numbers = [r for r in lacking() if isinstance(r, Measurement)]
    places = {m.where for m in numbers if "slice" in m.where or m.where.islower()}
    assert len(places) > 2
    assert {in_japanese(place) for place in places}.isdisjoint({None})
    for flag in {flag for m in numbers for flag in m.flags}:
        assert flag_words(flag, "ja") != flag


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_run_rule_is_said_in_japanese(rule: Any) -> None:
    whole(rule.says)


@pytest.mark.parametrize("noun", [*SCANNER_EVENTS, *PHANTOM_EVENTS, *RULED, *(name for _, name, _ in PROTOCOL)])
def test_every_noun_that_is_put_into_a_sentence_is_known(noun: str) -> None:
    assert noun in raw()["nouns"]


# ------------------------------------------------------------------------------------------------ how texts are read


@pytest.mark.parametrize(
    ("said", "ja"),
    [
        ("CTP404 slices 31-33, CTP486 slice 40", "CTP404 スライス 31～33、CTP486 スライス 40"),
        ("body slice 3", "本体 スライス 3"),
        ("tube of ct1 on 2026-10-26", "ct1 の「管球交換」（2026-10-26）"),
        ("replaced of phantom p1 on 2026-10-26, on 3 scanners: the phantom's",
         "ファントム p1 の「交換」（2026-10-26）：3 台の装置に共通するためファントムによる変化"),
        ("The images' headers give no DLP. A complete series.",
         "画像のヘッダに DLP がありません。欠損のないシリーズが必要です。"),
        (sentence("modality PR: a presentation state, no CT image (2 files of one series)"),
         "モダリティ PR：プレゼンテーションステートで、CT画像ではありません。（同じシリーズの 2 ファイル）"),
        ("No ramp could be used: Ramp 'a' cannot be used: No slice crosses it.",
         "使用できるランプがありません。ランプ「a」は使用できません。これを通るスライスがありません。"),
    ],
)  # fmt: skip
def test_texts_are_read_as_they_are_composed(said: str, ja: str) -> None:
    assert in_japanese(said) == ja


@pytest.mark.parametrize(
    "said",
    ["", " ", "The scan is fine.", "A complete series. And something else.", "Not comparable, because it is old.",
     "Ramp 'a' cannot be used: It is bent.", "tube of ct1 on Monday", "<script>", "{0}", "air (2 scans"],
)  # fmt: skip
def test_what_is_not_known_is_not_half_translated(said: str) -> None:
    assert in_japanese(said) is None


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", "\\1", "{0}", "\U0001f600", "\u202eabc", "a' and 'b", "*x*"]
)
def test_what_a_header_says_stands_unchanged(value: str) -> None:
    found = in_japanese(f"The disc '{value}' lies partly outside the reconstructed field.")
    assert found == f"円形領域「{value}」の一部が再構成された視野の外にあります。"


def test_a_header_does_not_swallow_the_sentence_behind_it() -> None:
    said = "The header fits several scanners: a, b. Make their rules tell them apart."
    assert whole(said) == "ヘッダが複数の装置に当てはまります（a, b）。区別できるように規則を設定してください。"


# ---------------------------------------------------------------------------------------------------------- flags


def flags_of_judging() -> set[str]:
    files = ("judge/verdicts.py", "store/records.py")
    trees = (ast.parse((ROOT / "iqa" / file).read_text(encoding="utf-8")) for file in files)
    found = (flag for tree in trees for node in ast.walk(tree) for flag in flags_of(node))
    return {flag for flag in found if isinstance(flag, str) and FLAG.fullmatch(flag)}


def flags_of_comparing() -> set[str]:
    """All that neither side says; of a monoenergetic image only then the tube voltage where one side has it."""
    return {*compare(Conditions(), Conditions()).flags}


def test_every_flag_has_words_in_both_languages() -> None:
    assert {"undated", "u_unknown", "baseline_of_few_scans"} <= flags_of_judging()
    assert (flags_in_code() | flags_of_judging() | flags_of_comparing()) - raw()["flags"].keys() == set()


def test_a_flag_in_words() -> None:
    assert flag_words("one_slice", "en") == "from one slice"
    assert flag_words("one_slice", "ja") == "単一スライスによる値"
    assert flag_words("unknown_weather", "ja") == "条件の一部が不明（今回・基礎値とも）"
    assert flag_words("a flag of a later version", "ja") == "a flag of a later version"


# -------------------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            '[[sentence]]\nen = "a {1}"\nja = "{1}"',
            r"sentence\.1\.en: expected placeholders \{0\}, \{1\} \.\.\. in their order",
        ),
        ('[[sentence]]\nen = "a {0:digit}"\nja = "{0}"', r"placeholders of a kind among name, .*, found \{0:digit\}"),
        ('[[clause]]\nen = "a {0}"\nja = "x"', r"clause\.1\.ja: expected the placeholders of 'a \{0\}', found x"),
        ('[[clause]]\nen = "a"', r"clause\.1\.ja: expected a value, found nothing"),
        ("[flags]\nodd = { en = 'x', jp = 'y' }", r"flags\.odd\.jp: expected .*, found an unknown key"),
    ],
)
def test_a_damaged_file_is_refused(table: str, message: str) -> None:
    rest = {
        "sentence = []": "[[sentence]]",
        "clause = []": "[[clause]]",
        "nouns = {}": "[nouns]",
        "flags = {}": "[flags]",
    }
    written = "\n".join([*(line for line, head in rest.items() if not table.startswith(head)), table])
    with pytest.raises(DefinitionError, match=message):
        catalogue_of(Path("mine.toml"), written.encode())


def test_the_pairs_are_read_once() -> None:
    assert load_sentences() is load_sentences()
