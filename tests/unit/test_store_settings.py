"""`iqa.toml`: what is read from it, and what is said of every mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa.errors import DefinitionError
from iqa.jobs.judging import rules_of
from iqa.model import DEFAULT_OBSERVER, Observer, Task
from iqa.store.checks import default_checks
from iqa.store.settings import CHARTED, Range, Settings, is_placeholder, load_settings
from iqa.store.workspace import TEMPLATE

WATER = '[phantom.water]\nmodel = "uniform_cylinder"\n'
CT1 = '[scanner.ct1]\nstation = "CT1"\n'
CHECK = '[[check]]\nname = "room"\nkey = "manual.t"\n'
LIMIT = '[[limit]]\nkey = "noise.sigma"\nunit = "HU"\n'


def settings_of(text: str, folder: Path) -> Settings:
    file = folder / "iqa.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


def test_what_a_new_file_says_is_the_default(tmp_path: Path) -> None:
    settings = settings_of(TEMPLATE.read_text(encoding="utf-8"), tmp_path)
    assert (settings.scanners, settings.protocols, settings.limits) == ({}, {}, ())
    assert (settings.site.decision_rule, settings.site.charted, settings.site.charts) == ("simple", CHARTED, ("ewma",))


def test_the_examples_in_a_new_file_are_right(tmp_path: Path) -> None:
    """Every line of the template that shows something, its # taken away."""
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    shown = [x.removeprefix("# ") if "=" in x or x.startswith(("# [", "# [[")) else x for x in lines]
    settings = settings_of("\n".join(shown), tmp_path)
    assert settings.scanners["ct1"].rule == {"model": "Revolution EVO", "station": "CT1"}
    assert settings.protocols["head-weekly"].conditions["thickness_mm"] == Range(2.0, 3.0)
    assert settings.protocols["morning"].keys == ("ct_number.uniform", "noise.sd")
    assert [x.key for x in rules_of(settings).written] == ["ct_number.uniform"]
    assert settings.observer == DEFAULT_OBSERVER


def test_everything_that_may_stand_there_is_read(tmp_path: Path) -> None:
    text = (
        '[site]\ncharts = ["ewma", "WE1"]\nfalse_alarms = 2\n'
        + CT1
        + 'period_days = 3.5\nphantoms = ["water"]\n'
        + WATER
        + "diameter_mm = 240\n"
        '[protocol.p-1]\nphantom = "water"\nscanners = ["ct1"]\nkv = [80, 120]\nkernel = "H30*"\n'
        "thickness_mm = { low = 2 }\n"
    )
    settings = settings_of(text, tmp_path)
    protocol = settings.protocols["p-1"]
    assert protocol.conditions == {"kv": (80.0, 120.0), "kernel": "H30*", "thickness_mm": Range(2.0, None)}
    assert (protocol.phantom, protocol.scanners) == ("water", ("ct1",))
    assert (settings.scanners["ct1"].period_days, settings.phantoms["water"].diameter_mm) == (3.5, 240.0)
    assert (settings.site.charts, settings.site.false_alarms) == (("ewma", "WE1"), 2.0)


def test_what_a_form_says_of_a_site(tmp_path: Path) -> None:
    text = (
        '[site]\nseals = ["管理責任者"]\ndays_off = ["sunday", 2026-11-03, "2026-11-23"]\n'
        + CT1
        + '[scanner.ct1.device]\nname = "CT 1"\nput_into_use = 2022-04-01\n'
        + CHECK
        + 'when = "start"\nscanners = ["ct1"]\n'
        + CHECK
        + 'when = "end"\nshow = "mark"\nname_en = "b"\n[display.left]\ngrade = "1B"\nscanners = ["ct1"]\n'
    )
    settings = settings_of(text, tmp_path)
    assert settings.site.days_off == ("sunday", "2026-11-03", "2026-11-23")
    assert (settings.devices["ct1"].name, settings.devices["ct1"].put_into_use) == ("CT 1", "2022-04-01")
    assert [c.when for c in settings.checks_of("ct1")] == ["start", "end"]
    assert [c.when for c in settings.checks_of("ct2")] == ["end"]
    assert ([d.name for d in settings.displays_of("ct1")], settings.displays_of("ct2")) == (["left"], ())


def test_a_site_that_writes_no_checks_has_the_shipped_ones(tmp_path: Path) -> None:
    settings = settings_of(CT1, tmp_path)
    assert settings.checks_of("ct1") == default_checks()
    assert (settings.devices, settings.site.days_off, settings.site.seals) == ({}, ("saturday", "sunday"), ())


WRONG = {
    "an unknown table": ("[scaner.ct1]\nstation = 'a'", r"iqa\.toml: scaner: expected .*scanner.*, found an unknow"),
    "an unknown key of the site": ('[site]\nlangage = "ja"', r"site\.langage: expected .*language"),
    "an unknown key of a scanner": (CT1 + 'seral = "1"', r"scanner\.ct1\.seral: expected .*serial"),
    "an unknown key of a phantom": (WATER + "diameter = 3", r"phantom\.water\.diameter: expected .*diameter_mm"),
    "an unknown condition": ("[protocol.p]\nkvp = 120", r"protocol\.p\.kvp: expected .*kv"),
    "another name": (CT1 + 'name = "room 4"', r"scanner\.ct1\.name: expected no name beside that in \[scanner"),
    "a scanner without a rule": ("[scanner.ct1]\nperiod_days = 7", r"scanner\.ct1: expected at least one of manu"),
    "no scanner at all": ("scanner = 3", r"scanner: expected .*, found 3"),
    "a period of no time": (CT1 + "period_days = 0", r"scanner\.ct1\.period_days: expected .*greater than 0"),
    "a rule of decision": ('[site]\ndecision_rule = "strict"', r"site\.decision_rule: expected 'simple', 'guard_a"),
    "a chart": ('[site]\ncharts = ["WE9"]', r"site\.charts\.0: expected .*'WE1'"),
    "a phantom without a model": ('[phantom.a]\nserial = "1"', r"phantom\.a\.model: expected a value, found nothing"),
    "a text for a number": ('[protocol.p]\nkv = "120"', r"protocol\.p\.kv: expected a number, .* found '12"),
    "a number for a text": ("[protocol.p]\nkernel = 30", r"protocol\.p\.kernel: expected a text .* found 30"),
    "a truth for a number": ("[protocol.p]\nkv = true", r"protocol\.p\.kv: expected a number"),
    "no number": ("[protocol.p]\nkv = nan", r"protocol\.p\.kv: expected a number"),
    "an end that is no number": ("[protocol.p]\nkv = { low = nan }", r"protocol\.p\.kv\.low: expected a finite number"),
    "an empty text": ('[protocol.p]\nkernel = ""', r"protocol\.p\.kernel: expected a text"),
    "an empty list": ("[protocol.p]\nkv = []", r"protocol\.p\.kv: expected a number"),
    "a range turned round": ("[protocol.p]\nkv = { low = 3, high = 2 }", r"expected low at most high, found 3 and 2"),
    "a range with another end": ("[protocol.p]\nkv = { lo = 3 }", r"protocol\.p\.kv\.lo: expected .*low"),
    "a range of texts": ('[protocol.p]\nkernel = { low = "a" }', r"protocol\.p\.kernel: expected a text"),
    "no condition": ('[protocol.p]\nkeys = ["noise.sd"]', r"protocol\.p: expected at least one condition, "),
    "a name with a blank": ('[scanner."ct 1"]\nstation = "a"', r"scanner\.ct 1: expected a name of letters, digits, -"),
    "an unknown phantom of a protocol": ('[protocol.p]\nkv = 1\nphantom = "w"', r"protocol\.p\.phantom: .*found 'w'"),
    "an unknown phantom of a scanner": (CT1 + 'phantoms = ["w"]\n' + WATER, r"ct1\.phantoms: expected one of water"),
    "an unknown scanner of a protocol": (
        CT1 + '[protocol.p]\nkv = 1\nscanners = ["ct2"]', r"protocol\.p\.scanners: expected one of ct1, found 'ct2'"
    ),
    "no TOML": ("[site\n", r"syntax: expected TOML"),
    "an unknown key of a device": (CT1 + '[scanner.ct1.device]\nholdr = "M"', r"scanner\.ct1\.device\.holdr: .*holder"),
    "a device that is no table": (CT1 + 'device = "X"', r"scanner\.ct1\.device: expected a table, .*'X'"),
    "a first use that is no date": (
        CT1 + '[scanner.ct1.device]\nput_into_use = "2022"', r"ct1\.device\.put_into_use: expected a date such as"
    ),
    "a day off that is none": ('[site]\ndays_off = ["sunday", "Sun"]', r"site\.days_off\.1: expected a weekday .*'Su"),
    "a check without a key": ('[[check]]\nname = "a"\nwhen = "start"', r"check\.1\.key: expected a value, found noth"),
    "a check at another time": (CHECK + 'when = "daily"', r"check\.1\.when: expected 'start', 'end'"),
    "a check with an empty name": (CHECK.replace("room", " ") + 'when = "end"', r"check\.1\.name: expected the words"),
    "a check of no key": (CHECK.replace("manual.t", "Manual t") + 'when = "end"', r"check\.1\.key: expected a measur"),
    "another look of a check": (CHECK + 'when = "end"\nshow = "tick"', r"check\.1\.show: expected 'value', 'mark'"),
    "a number of the image quality": (
        CHECK.replace("manual.t", "image_quality") + 'when = "weekly"', r"check\.1\.show: expected 'mark', since image"
    ),
    "yes or no of a measured value": (
        CHECK.replace("manual.t", "noise.sd") + 'when = "end"\nshow = "yes_no"', r"check\.1\.show: expected 'value' or"
    ),
    "an unknown scanner of a check": (CHECK + 'when = "end"\nscanners = ["ct9"]', r"check\.1\.scanners: .*found 'ct9'"),
    "an unknown protocol of a check": (CHECK + 'when = "end"\nprotocols = ["p"]', r"check\.1\.protocols: .*found 'p'"),
    "a display without a grade": ("[display.a]", r"display\.a\.grade: expected a value, found nothing"),
    "a display of no grade": ('[display.a]\ngrade = "3"', r"display\.a\.grade: expected '1A', '1B'"),
    "a display that is no part of a key": ('[display.a-1]\ngrade = "2"', r"display\.a-1: expected a name of small le"),
    "another name of a display": ('[display.a]\ngrade = "2"\nname = "b"', r"display\.a\.name: expected no name beside"),
    "an unknown scanner of a display": ('[display.a]\ngrade = "2"\nscanners = ["x"]', r"display\.a\.scanners: .*'x'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=words) as caught:
        settings_of(text, tmp_path)
    assert caught.value.file == str(tmp_path / "iqa.toml")


@pytest.mark.parametrize("value", ["", "ANONYMIZED", " anonymized ", "NN", "n/a", "unknown", "0"])
def test_a_placeholder_tells_no_scanner(value: str, tmp_path: Path) -> None:
    assert is_placeholder(value)
    with pytest.raises(DefinitionError, match=r"scanner\.a\.serial: expected a value that tells this scanner from oth"):
        settings_of(f'[scanner.a]\nserial = "{value}"', tmp_path)


@pytest.mark.parametrize("other", ["CT1", "ct1", " CT1 "])
def test_two_scanners_with_one_rule(other: str, tmp_path: Path) -> None:
    """Blanks and case tell no header from another, so they tell no rule from another."""
    text = f'{CT1}[scanner.ct2]\nstation = "{other}"'
    with pytest.raises(
        DefinitionError, match=r"scanner\.ct2: expected a rule that no other scanner has, found .*'ct1'"
    ):
        settings_of(text, tmp_path)


LIMITS = {
    "an unknown key": ("fail_hi = 3", r"limit\.1\.fail_hi: expected .*fail_high"),
    "no number": ("", r"limit\.1: expected at least one of fail_low, warn_low"),
    "warning beyond failure": ("warn_high = 9\nfail_high = 5", r"limit\.1\.fail_high: expected at least warn_high = 9"),
    "low above high": ("fail_low = 9\nfail_high = 5", r"limit\.1\.fail_high: expected at least fail_low = 9"),
    "a limit that is no number": ("fail_high = nan", r"limit\.1\.fail_high: expected a finite number"),
    "an infinite limit": ("fail_high = inf", r"limit\.1\.fail_high: expected a finite number"),
    "the baseline outside": ('kind = "difference"\nfail_low = 1', r"limit\.1\.fail_low: expected a number ≤ 0"),
    "percent without %": ('kind = "percent"\nfail_high = 5', r"limit\.1\.unit: expected % for a limit in percent"),
    "an unknown scanner": ('fail_high = 5\nscanner = "ct9"', r"limit\.1\.scanner: expected one of ct1, found 'ct9'"),
    "an unknown protocol": ('fail_high = 5\nprotocol = "p"', r"limit\.1\.protocol: expected one of .*, found 'p'"),
    "an unknown phantom": ('fail_high = 5\nphantom = "p"', r"limit\.1\.phantom: expected one of water, found 'p'"),
    "no date": ('fail_high = 5\nadopted_on = "yesterday"', r"limit\.1\.adopted_on: expected a date such as"),
}


@pytest.mark.parametrize(("rest", "words"), LIMITS.values(), ids=LIMITS)
def test_a_limit_that_contradicts_itself(rest: str, words: str, tmp_path: Path) -> None:
    settings = settings_of(CT1 + WATER + LIMIT + rest, tmp_path)
    with pytest.raises(DefinitionError, match=words):
        rules_of(settings)


def test_two_limits_of_one_name(tmp_path: Path) -> None:
    settings = settings_of(2 * (LIMIT + 'fail_high = 5\nname = "ours"\n'), tmp_path)
    with pytest.raises(DefinitionError, match=r"limit\.ours: expected a name that no other limit has, found it twice"):
        rules_of(settings)


def test_the_observer_is_the_usual_one_but_for_what_is_written(tmp_path: Path) -> None:
    assert settings_of("", tmp_path).observer == DEFAULT_OBSERVER
    text = '[detectability]\ntasks = ["5hu_2p5mm"]\neye_filter = "samei"\ndistance_mm = 500\nmagnification = 1.5\n'
    assert settings_of(text, tmp_path).observer == Observer((Task(5.0, 2.5),), "samei", 500.0, 1.5)
    assert settings_of("[detectability]\ntasks = []\n", tmp_path).observer.tasks == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('tasks = "10hu_5mm"', r"detectability\.tasks: expected a list of names, found '10hu_5mm'"),
        (
            'tasks = ["5mm"]',
            r"detectability\.tasks: expected names such as 10hu_5mm or 5hu_2p5mm; .* to 999 mm, found '5mm'",
        ),
        ('eye_filter = "x"', r"detectability\.eye_filter: expected one of burgess, .*imquest, found 'x'"),
        ("distance_mm = 40", r"detectability\.distance_mm: expected greater than or equal to 100, found 40"),
        ("magnification = 30", r"detectability\.magnification: expected less than or equal to 20, found 30"),
        ("distance = 400", r"detectability\.distance: .*distance_mm"),
    ],
)
def test_what_no_observer_can_be_is_named(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=said):
        settings_of(f"[detectability]\n{line}\n", tmp_path)
