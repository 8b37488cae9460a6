"""Pages of a workspace: written with what is stored, approved as they stand, and refused with a reason."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from iqa.analyze import analyze
from iqa.jobs.add import add
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.entering import enter_event, enter_value
from iqa.jobs.judging import judge_record, rules_of
from iqa.jobs.manifest import Manifest
from iqa.jobs.stories import story_of, story_of_analysis
from iqa.model import Outcome
from iqa.report.picture_files import picture_file
from iqa.store.audit import entries
from iqa.store.history import occasions
from iqa.store.workspace import Workspace, open_workspace
from tests.made_workspace import ANN, NOW, TOML, WIDE_NOISE, iqa, made_workspace, refused, scan_files

STRICT = WIDE_NOISE.replace("90", "0.001").replace("warn_low = -80\nwarn_high = 80\n", "")
DAYS = ("2026-11-02", "2026-11-09", "2026-11-16")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three Mondays of a water cylinder, a baseline of the first two, an event and a chamber's dose since."""
    folder = tmp_path_factory.mktemp("reports") / "ws"
    workspace = made_workspace(folder, TOML + WIDE_NOISE)
    scans = [scan_files(folder / "scans" / day, i, acquired=f"{day}T07:00:00") for i, day in enumerate(DAYS)]
    add(workspace, scans[:2], signed=ANN, manifest=Manifest())
    approve_baselines(workspace, Choice(scanner="ct1"), signed=ANN)
    enter_event(workspace, "other", scanner="ct1", dated="2026-11-12", signed=ANN)
    enter_value(workspace, "manual.ctdivol", 10.2, unit="mGy", scanner="ct1", dated="2026-11-15", signed=ANN)
    add(workspace, scans[2:], signed=ANN, manifest=Manifest())
    return workspace


@pytest.fixture
def room(kept: Workspace, tmp_path: Path) -> Path:
    """A copy of it."""
    folder = tmp_path / "ws"
    folder.mkdir()
    for name in ("iqa.toml", "iqa.sqlite"):
        (folder / name).write_bytes((kept.folder / name).read_bytes())
    return folder


def test_a_story_holds_every_stored_number_with_verdict_baseline_and_past(kept: Workspace) -> None:
    story = story_of(kept, 4, at=NOW)
    noise = story.measure("noise.sigma")
    assert noise is not None
    assert noise.baseline is not None
    assert (noise.outcome, noise.baseline.n, len(noise.history)) == (Outcome.PASS, 2, 3)
    assert noise.bounds is not None
    assert noise.bounds.fail_high == pytest.approx(1.9 * noise.baseline.value)
    assert noise.before is not None
    assert noise.before[0] == noise.history[-2].value
    assert [e.key for e in story.entered] == ["manual.ctdivol"]
    assert [e.kind for e in story.happened] == ["other"]
    assert (story.made.slices, story.made.phantom, story.copy) == (5, "Uniform cylinder", "water")


def test_an_earlier_scan_is_told_as_of_its_own_day(kept: Workspace) -> None:
    story = story_of(kept, 1, at=NOW)
    noise = story.measure("noise.sigma")
    assert noise is not None
    assert len(noise.history) == 1
    assert story.before is None
    assert story.entered == ()


def test_no_page_tells_an_entry_or_a_scan_that_is_not_there(kept: Workspace) -> None:
    for number in ("3", "99"):
        refused(iqa("report", "--workspace", kept.folder, "--scan", number), f"There is no scan {number}")
    refused(iqa("report", "--workspace", kept.folder, "--scanner", "ct9"), "ct9")
    refused(iqa("report", "--workspace", kept.folder, "--scanner", "ct2"), "No scan of 'ct2'")
    refused(iqa("report", "--workspace", kept.folder, "--full"), "--scanner NAME or --scan N")
    refused(iqa("report", "--workspace", kept.folder, "--scan", "1", "--key", "noise.sd"), "different pages")
    refused(iqa("report", "--workspace", kept.folder, "--period", "2026-11"), "--scanner NAME")
    refused(iqa("report", "--workspace", kept.folder, "--scanner", "ct1", "--period", "November"), "is no period")
    refused(iqa("report", "--workspace", kept.folder, "--key", "noise.nothing"), "No value of 'noise.nothing'")


def test_the_latest_scan_of_a_scanner_as_html_and_pdf_in_both_languages(room: Path) -> None:
    for kind in ("html", "pdf"):
        for language in ("en", "ja"):
            said = iqa("report", "--workspace", room, "--scanner", "ct1", "--format", kind, "--lang", language)
            file = Path(said.out.strip())
            assert said.status == 0
            assert file == room / "reports" / "ct1" / f"2026-11-16-4-weekly-{language}.{kind}"
            assert file.stat().st_size > 10_000
    assert not list(room.rglob("*.unfinished"))


def test_charts_are_written_first_and_the_pages_lead_to_them(room: Path) -> None:
    fleet = Path(iqa("report", "--workspace", room, "--charts").out.strip())
    weekly = Path(iqa("report", "--workspace", room, "--scanner", "ct1").out.strip())
    again = Path(iqa("report", "--workspace", room).out.strip())
    assert again == fleet == room / "reports" / "fleet-en.html"
    for page in (weekly, fleet):
        links = set(re.findall(r'href="([^"#]+)"', page.read_text(encoding="utf-8")))
        assert any("trend-noise.sigma-en.html" in link for link in links)
        assert all((page.parent / link).is_file() for link in links)
    assert f"ct1/{weekly.name}" in fleet.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("about", "name"),
    [
        (("--scanner", "ct1", "--key", "noise.sigma"), "ct1/trend-noise.sigma-ja"),
        (("--scanner", "ct1", "--period", "2026-11"), "ct1/2026-11-record-ja"),
        (("--scanner", "ct1", "--period", "FY2026"), "ct1/FY2026-record-ja"),
        (("--scan", "1", "--full"), "ct1/2026-11-02-1-analysis-ja"),
    ],
)
def test_every_other_page_too(about: tuple[str, ...], name: str, room: Path) -> None:
    for kind in ("html", "pdf"):
        said = iqa("report", "--workspace", room, "--lang", "ja", "--format", kind, *about)
        assert said.status == 0, said
        assert Path(said.out.strip()) == room / "reports" / f"{name}.{kind}"


def test_the_overview_is_a_page_for_a_browser_alone(room: Path) -> None:
    refused(iqa("report", "--workspace", room, "--format", "pdf"), "a page for a browser")


def test_a_record_is_approved_as_a_page_of_a_scan_is(room: Path) -> None:
    by = ("--by", "Ann", "--role", "physicist", "--reason", "seen")
    about = ("--scanner", "ct1", "--period", "2026-11", "--format", "pdf")
    file = Path(iqa("report", "--workspace", room, *about).out.strip())
    said = iqa("report", "--workspace", room, "--approve", file, *by)
    assert said.status == 0, said
    text = "".join(p.extract_text() for p in PdfReader(said.out.strip()).pages).replace("\n", "")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in text


def test_a_page_goes_where_it_is_told_and_a_place_that_cannot_be_written_is_named(room: Path, tmp_path: Path) -> None:
    said = iqa("report", "--workspace", room, "--scan", "4", "--out", tmp_path / "new" / "page.html")
    assert said.status == 0
    assert (tmp_path / "new" / "page.html").is_file()
    (tmp_path / "file").write_text("")
    refused(
        iqa("report", "--workspace", room, "--scan", "4", "--out", tmp_path / "file" / "x.html"), "cannot be written"
    )


def test_adding_scans_writes_the_page_of_the_latest_alone(tmp_path: Path) -> None:
    workspace = made_workspace(tmp_path / "ws")
    scans = [scan_files(tmp_path / day, i, acquired=f"{day}T07:00:00") for i, day in enumerate(DAYS[:2])]
    said = iqa("add", "--workspace", workspace.folder, *scans)
    assert said.status == 0
    pages = list((workspace.folder / "reports").rglob("*.html"))
    assert [p.name for p in pages] == ["2026-11-09-2-weekly-en.html"]
    assert str(pages[0]) in said.err
    again = iqa("add", "--workspace", workspace.folder, *scans)
    assert "page:" not in again.err


def test_a_broken_template_loses_no_scan(tmp_path: Path) -> None:
    workspace = made_workspace(tmp_path / "ws")
    own = workspace.folder / "templates" / "html" / "weekly.html"
    own.parent.mkdir(parents=True)
    own.write_text("\n{% block %}")
    said = iqa("add", "--workspace", workspace.folder, scan_files(tmp_path / "scan"))
    assert said.status == 0
    assert f"{own}: line 2" in said.err
    assert "stored" in said.out
    refused(iqa("report", "--workspace", workspace.folder, "--scanner", "ct1"), f"{own}: line 2")


def test_a_broken_string_is_named(room: Path) -> None:
    own = room / "templates" / "strings" / "ja.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[weekly]\nscan_of = "{what}"\n')
    refused(iqa("report", "--workspace", room, "--scanner", "ct1", "--lang", "ja"), f"{own}: weekly.scan_of", "{what}")


def test_an_approval_keeps_name_role_time_reason_and_the_hash_of_the_file_as_it_was(room: Path) -> None:
    file = Path(iqa("report", "--workspace", room, "--scanner", "ct1", "--format", "pdf").out.strip())
    before = file.read_bytes()
    said = iqa(
        "report", "--workspace", room, "--approve", file, "--by", "Ann", "--role", "physicist", "--reason", "seen"
    )
    approved = Path(said.out.strip())
    assert said.status == 0, said
    assert approved == file.with_name(f"{file.stem}-approved.pdf")
    assert file.read_bytes() == before
    with open_workspace(room).database.reading() as connection:
        (entry,) = entries(connection, actions=("approve report",))
    sha = hashlib.sha256(before).hexdigest()
    assert (entry.person, entry.subject["role"], entry.subject["reason"]) == ("Ann", "physicist", "seen")
    assert entry.subject["sha256"] == sha
    text = "".join(p.extract_text() for p in PdfReader(approved).pages).replace("\n", "")
    assert sha in text
    assert "Approved by Ann, physicist" in text
    twice = iqa(
        "report", "--workspace", room, "--approve", approved, "--by", "Bo", "--role", "head", "--reason", "seen"
    )
    assert Path(twice.out.strip()).name == f"{file.stem}-approved-2.pdf"


def test_an_approval_holds_for_its_page_in_its_language_alone(room: Path) -> None:
    by = ("--by", "Ann", "--role", "physicist", "--reason", "seen")
    file = Path(iqa("report", "--workspace", room, "--scanner", "ct1", "--format", "pdf").out.strip())
    assert iqa("report", "--workspace", room, "--approve", file, *by).status == 0
    page = Path(iqa("report", "--workspace", room, "--scanner", "ct1").out.strip())
    assert "Approved by <bdi>Ann</bdi>" in page.read_text(encoding="utf-8")
    assert "not approved" not in page.read_text(encoding="utf-8")
    other = Path(iqa("report", "--workspace", room, "--scanner", "ct1", "--lang", "ja").out.strip())
    assert "Ann</bdi>（" not in other.read_text(encoding="utf-8")
    settings = room / "iqa.toml"
    settings.write_text(
        settings.read_text().replace("fail_high = 90", "fail_high = 0.001").replace("warn_high = 80", "")
    )
    iqa("judge", "--workspace", room)
    page = Path(iqa("report", "--workspace", room, "--scanner", "ct1").out.strip())
    said = page.read_text(encoding="utf-8")
    assert "an earlier page, which said something else; this one is not approved" in said


def test_a_damaged_picture_file_costs_the_pictures_and_not_the_page(kept: Workspace, room: Path) -> None:
    (file,) = (f for f in kept.pictures.glob("*.json") if f.name == picture_file(kept.pictures, sha_of(kept, 4)).name)
    copy = room / "reports" / "pictures" / file.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(file.read_bytes())
    page = Path(iqa("report", "--workspace", room, "--scan", "4").out.strip())
    assert "data:image/jpeg" in page.read_text(encoding="utf-8")
    copy.write_text("{", encoding="utf-8")
    said = iqa("report", "--workspace", room, "--scan", "4")
    assert said.status == 0
    assert "data:image/jpeg" not in page.read_text(encoding="utf-8")
    assert "No pictures of this scan are kept." in page.read_text(encoding="utf-8")


def sha_of(workspace: Workspace, scan: int) -> str:
    """Of a scan's pixels."""
    with workspace.database.reading() as connection:
        (found,) = occasions(connection, ids=[scan])
    return found.pixel_sha256 or ""


def test_a_record_says_what_failed_though_no_check_asks_for_it(room: Path) -> None:
    settings = room / "iqa.toml"
    limit = '[[limit]]\nname = "laser"\nkey = "manual.laser_x"\nunit = "mm"\nfail_low = -2\nfail_high = 2\n'
    settings.write_text(settings.read_text() + limit)
    entered = ("manual.laser_x", "2.5", "--unit", "mm", "--date", "2026-11-06", "--scanner", "ct1")
    iqa("enter", "--workspace", room, *entered)
    page = Path(iqa("report", "--workspace", room, "--scanner", "ct1", "--period", "2026-11").out.strip())
    said = page.read_text(encoding="utf-8")
    assert "fail" in said
    assert "Alignment light" in said
    assert "Everything that was judged is within its limits" not in said


def test_a_verdict_that_another_one_replaced_is_told_the_worst_first(room: Path) -> None:
    settings = room / "iqa.toml"
    story = story_of(open_workspace(room), 4, at=NOW)
    assert story.before is not None
    assert story.before.changed == ()
    settings.write_text(
        settings.read_text().replace("fail_high = 90", "fail_high = 0.001").replace("warn_high = 80", "")
    )
    workspace = open_workspace(room)
    with workspace.database.writing() as connection:
        judge_record(connection, rules_of(workspace.settings), 4, at=NOW)
    told = story_of(workspace, 4, at=NOW).before
    assert told is not None
    assert told.changed == (("noise.sigma", Outcome.PASS, Outcome.FAIL),), "no two scans agree to 0.001 %"


def test_only_a_page_that_the_store_still_says_is_approved(room: Path, tmp_path: Path) -> None:
    by = ("--by", "Ann", "--role", "physicist", "--reason", "seen")
    file = Path(iqa("report", "--workspace", room, "--scanner", "ct1", "--format", "pdf").out.strip())
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(file.read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6"))
    refused(iqa("report", "--workspace", room, "--approve", changed, *by), "is not what iqa would write now")
    changed.write_bytes(b"%PDF-1.7 nothing")
    refused(iqa("report", "--workspace", room, "--approve", changed, *by), "it is no PDF of `iqa report`")
    refused(iqa("report", "--workspace", room, "--approve", tmp_path / "gone.pdf", *by), "cannot be read")
    refused(iqa("report", "--workspace", room, "--approve", file, "--by", "Ann"), "--role")
    settings = room / "iqa.toml"
    settings.write_text(settings.read_text().replace("fail_high = 90", "fail_high = 85"))
    assert iqa("judge", "--workspace", room).status == 0
    refused(iqa("report", "--workspace", room, "--approve", file, *by), "is not what iqa would write now")
    with open_workspace(room).database.reading() as connection:
        assert entries(connection, actions=("approve report",)) == ()


def test_a_scan_of_no_workspace_has_a_story_too(tmp_path: Path) -> None:
    (analysis,) = analyze([scan_files(tmp_path / "scan")], phantom="uniform_cylinder").analyses
    story = story_of_analysis(analysis, at=NOW)
    keys = {*(m.key for m in analysis.measurements), *(n.key for n in analysis.not_measured)}
    assert {m.key for m in story.measures} == keys
    assert not story.remembered
