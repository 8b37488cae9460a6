"""Scans into the workspace: read, recognised, measured, stored and judged, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iqa.analyze import Progress, Refusal, assemble, one_thread, plain, refusal
from iqa.dicom import counter, load, survey
from iqa.errors import DefinitionError
from iqa.jobs.clock import check_clock, lies_ahead, local
from iqa.jobs.judging import Rules, judge_record, note_limits, rules_of, unlike_before
from iqa.jobs.manifest import Manifest, Told
from iqa.locate import locate
from iqa.model import Located, PhantomSpec, Scan
from iqa.phantom import library
from iqa.report.picture_files import write_pictures
from iqa.report.pictures import pictures_of
from iqa.report.shown import Added, Addition
from iqa.store.decisions import Signed, assign, baselines_on
from iqa.store.history import latest_scans, occasions
from iqa.store.matching import Owner, phantom_of, protocol_of, scanner_of
from iqa.store.records import Clash, Known, keep_scan, standing
from iqa.store.settings import PhantomCopy, Settings, same_text
from iqa.store.workspace import Workspace

UNDATED = "The header has no date: the scan is stored under today's, and counts for no chart and no due date."
CYLINDER_MM = 3.0
"""By which the diameter of a plain cylinder may differ from that of the copy that the protocol names."""


def add(
    workspace: Workspace,
    paths: Sequence[str | Path],
    *,
    signed: Signed,
    manifest: Manifest,
    progress: Progress | None = None,
) -> Addition:
    """Every phantom scan in files, folders and archives, stored; what is known already is left as it is.

    Parameters
    ----------
    workspace
        Where to.
    paths
        Files, folders or zip archives with DICOM images.
    signed
        Who adds them, and when: the moment that is stored.
    manifest
        Scanner, site and phantom where a person names them, for all paths or path by path.
    progress
        Called while files are read.

    Raises
    ------
    InputError
        A path holds no DICOM, the clock is wrong, or the database cannot be written to.
    UsageError
        A scanner or phantom that is named is not known.
    DefinitionError
        A definition of the workspace is wrong, or a phantom in iqa.toml is of a model that there is none of.
    """
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        check_clock(connection, signed.at)
        note_limits(connection, rules, signed)
    specs = library(workspace.phantom_dirs)
    manifest.check(workspace.settings, specs)
    _check_models(workspace.settings, specs)
    found = survey(paths, progress=progress)
    tick = counter(found, progress)
    adding = _Adding(workspace, rules, specs, manifest, signed)
    scans: list[Added] = []
    refused = plain(found.refused)
    with one_thread():
        for stack in found.stacks:
            scan, lost = load(stack, tick=tick)
            refused += plain(lost)
            outcome = adding.one(scan) if scan is not None else None
            if isinstance(outcome, Added):
                scans.append(outcome)
            elif outcome is not None:
                refused.append(outcome)
    return Addition(tuple(scans), tuple(refused), tuple(plain(found.set_aside)))


@dataclass(frozen=True, slots=True)
class _Adding:
    """What all scans of one call share."""

    workspace: Workspace
    rules: Rules
    specs: tuple[PhantomSpec, ...]
    manifest: Manifest
    signed: Signed

    def one(self, scan: Scan) -> Added | Refusal:
        """One scan, stored or refused; nothing is half stored."""
        late = self._late(scan)
        if late:
            return Refusal(scan.source, late)
        told = self.manifest.of(scan.source)
        site = told.site or scan.acquisition.site or scan.acquisition.institution
        with self.workspace.database.reading() as connection:
            seen = standing(connection, scan.identity, site)
        if isinstance(seen, Clash):
            return Refusal(scan.source, seen.reason)
        owner = self._owner(scan, told)
        if isinstance(seen, Known):
            return self._known(scan, seen, owner, told)
        located = self._located(scan, owner, told)
        return located if isinstance(located, Refusal) else self._stored(scan, located, owner, site)

    def _late(self, scan: Scan) -> str | None:
        """A sentence where the header's date lies after today: such a scan would stay the latest for years."""
        acquired, today = scan.identity.acquired, local(self.signed.at)
        if acquired is None or not lies_ahead(acquired, today):
            return None
        return (
            f"By its header it was made on {acquired[:10]}, after today ({today[:10]}). "
            "Set the clock of this computer, or that of the scanner and scan again."
        )

    def _owner(self, scan: Scan, told: Told) -> Owner:
        settings, acquisition = self.workspace.settings, scan.acquisition
        found = scanner_of(acquisition, settings, told=told.scanner)
        if found.scanner is not None and told.scanner is None:
            found = self._unless_another(scan, found)
        chosen = protocol_of(acquisition, settings, found.scanner)
        return replace(chosen, notes=(*found.notes, *chosen.notes))

    def _unless_another(self, scan: Scan, owner: Owner) -> Owner:
        """Unassigned where the scanner's last scan came from another model: one serial number on two machines."""
        with self.workspace.database.reading() as connection:
            last = next(iter(latest_scans(connection, owner.scanner or "")), None)
        if last is None or last.acquisition.model is None or scan.acquisition.model is None:
            return owner
        before, now = last.acquisition.model, scan.acquisition.model
        if same_text(before, now):
            return owner
        note = f"The header fits {owner.scanner}, whose scans so far come from a '{before}', not a '{now}'."
        return Owner(notes=(note,))

    def _known(self, scan: Scan, seen: Known, owner: Owner, told: Told) -> Added | Refusal:
        """A known scan: assigned where it was not, or moved where a person names another scanner and says why."""
        with self.workspace.database.reading() as connection:
            (stored,) = occasions(connection, ids=[seen.occasion_id])
            resting = baselines_on(connection, seen.occasion_id)
        before = Owner(stored.scope.scanner, stored.scope.protocol, stored.scope.phantom)
        wanted = phantom_of((stored.model or "").split("/")[0], self.workspace.settings, owner)
        if wanted.scanner is None or (before.scanner is not None and (told.scanner in (None, before.scanner))):
            return Added(scan.source, seen.occasion_id, scan.acquisition, replace(before, notes=owner.notes), None)
        if before.scanner is not None and not self.signed.reason:
            many = f" {len(resting)} of its baselines rest on it." if resting else ""
            return Refusal(
                scan.source,
                f"Scan {seen.occasion_id} belongs to {before.scanner}.{many} To move it to {told.scanner}, say "
                "--by NAME and --reason TEXT.",
            )
        with self.workspace.database.writing() as connection:
            assign(connection, [seen.occasion_id], wanted, self.signed)
            said = judge_record(connection, self.rules, seen.occasion_id, at=self.signed.at)
        return Added(
            scan.source, seen.occasion_id, scan.acquisition, wanted, None, said.verdicts, said.signals, assigned=True
        )

    def _located(self, scan: Scan, owner: Owner, told: Told) -> Located | Refusal:
        settings = self.workspace.settings
        protocol = settings.protocols.get(owner.protocol or "")
        copy = settings.phantoms.get(protocol.phantom or "") if protocol else None
        name = told.phantom or (copy.model if copy else None)
        found = locate(scan, self.specs, phantom=name)
        if not isinstance(found, Located):
            lost = refusal(scan, found)
            # which protocol it is may be what tells the phantom
            return replace(lost, reason=" ".join([lost.reason, *owner.notes])) if owner.scanner else lost
        odd = _other_cylinder(found, copy)
        return Refusal(scan.source, odd) if odd else found

    def _stored(self, scan: Scan, located: Located, owner: Owner, site: str | None) -> Added | Refusal:
        analysis = assemble(scan, located, observer=self.workspace.settings.observer)
        write_pictures(self.workspace.pictures, pictures_of(scan, analysis))
        whose = phantom_of(located.spec.name, self.workspace.settings, owner)
        with self.workspace.database.writing() as connection:
            seen = standing(connection, scan.identity, site)  # another process may have been quicker
            if isinstance(seen, Clash):
                return Refusal(scan.source, seen.reason)
            if isinstance(seen, Known):
                return Added(scan.source, seen.occasion_id, scan.acquisition, whose, None)
            undated = local(self.signed.at)
            kept = keep_scan(connection, analysis, whose, at=self.signed.at, undated=undated, site=site)
            notes = () if analysis.identity.acquired else (UNDATED,)
            whose = replace(whose, notes=(*whose.notes, *notes, *unlike_before(connection, kept.occasion_id)))
            said = judge_record(connection, self.rules, kept.occasion_id, at=self.signed.at)
        return Added(scan.source, kept.occasion_id, scan.acquisition, whose, analysis, said.verdicts, said.signals)


def _check_models(settings: Settings, specs: Sequence[PhantomSpec]) -> None:
    """Raise if a copy of a phantom is of no known model: no scan would ever be its."""
    known = sorted({spec.name for spec in specs})
    for copy in settings.phantoms.values():
        if copy.model not in known:
            raise DefinitionError(
                settings.file, f"phantom.{copy.name}.model", f"one of {', '.join(known)}", repr(copy.model)
            )


def _other_cylinder(located: Located, copy: PhantomCopy | None) -> str | None:
    """A sentence where the body is not the cylinder that the protocol names."""
    if copy is None or copy.diameter_mm is None or located.body is None:
        return None
    found = located.body.diameter_mm
    if abs(found - copy.diameter_mm) <= CYLINDER_MM:
        return None
    return (
        f"The protocol's phantom '{copy.name}' measures {copy.diameter_mm:g} mm; the scan shows one of {found:.1f} mm."
    )
