"""A small scan and its analysis, made by hand: one module with two inserts on three slices of 64 × 64."""

from __future__ import annotations

import numpy as np

from iqa.analyze import Refusal, Session
from iqa.model import (
    Acquisition,
    Analysis,
    Candidate,
    Curve,
    Drawn,
    Insert,
    Located,
    Measurement,
    Module,
    ModuleFit,
    NotMeasured,
    PhantomSpec,
    Pose,
    Provenance,
    Scan,
    ScanIdentity,
)

SOURCE = Provenance("made for a test", "M")
IDENTITY = ScanIdentity("1.2.3", "1.2", ("1.2.3.1", "1.2.3.2", "1.2.3.3"), "0" * 64, "2026-10-26T07:42:10")


def made_insert(name: str, x_mm: float, hu: float) -> Insert:
    return Insert(
        name=name,
        material=name,
        x_mm=x_mm,
        y_mm=0.0,
        diameter_mm=8.0,
        z_from_mm=-5.0,
        z_to_mm=5.0,
        hu=hu,
        hu_range=(hu - 20.0, hu + 20.0),
        provenance=SOURCE,
    )


def made_spec() -> PhantomSpec:
    module = Module(
        name="M1",
        z_mm=0.0,
        z_from_mm=-5.0,
        z_to_mm=5.0,
        diameter_mm=50.0,
        body_hu=0.0,
        features=(made_insert("teflon", 12.0, 940.0), made_insert("air_top", -12.0, -1000.0)),
        provenance=SOURCE,
    )
    return PhantomSpec(
        name="made",
        variant=None,
        title="Made phantom",
        maker="nobody",
        diameter_mm=50.0,
        origin="M1",
        mirror_symmetric=False,
        modules=(module,),
        definition_hash="a" * 64,
    )


def made_scan() -> Scan:
    """A disc of 0 HU in air with the two inserts; 1 mm pixels, slices at z = -2, 0 and 2 mm."""
    y, x = np.mgrid[:64, :64] - 32.0
    hu = np.where(np.hypot(x, y) < 25.0, 0, -1000)
    hu[np.hypot(x - 12.0, y) < 4.0] = 940
    hu[np.hypot(x + 12.0, y) < 4.0] = -1000
    origins = np.array([[-32.0, -32.0, z] for z in (-2.0, 0.0, 2.0)])
    return Scan(
        stored=np.repeat(hu[None], 3, axis=0).astype(np.int16),
        slope=np.ones(3),
        intercept=np.zeros(3),
        pixel_mm=(1.0, 1.0),
        origins_mm=origins,
        orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness_mm=2.0,
        acquisition=Acquisition(manufacturer="Maker", model="Model", kv=120.0, kernel="B30f"),
        identified=lambda: IDENTITY,
        flags=("slices_missing",),
        source="scans/one",
    )


def made_located(*, mirror_known: bool = True) -> Located:
    pose = Pose(32.0, 32.0, 0.0, -2.5)
    fit = ModuleFit("M1", pose, (0, 1, 2), 0.02, 0.1, 0.05)
    absent = ModuleFit("M2", Pose(32.0, 32.0, 40.0, -2.5), (), None, None, None)
    return Located(
        spec=made_spec(),
        score=9.1,
        runner_up=Candidate("other", "turned", 7.7),
        pose=pose,
        u_xy_mm=0.02,
        u_z_mm=0.1,
        u_roll_deg=0.05,
        u_tilt_deg=None,
        mirror_known=mirror_known,
        body=None,
        modules=(fit, absent),
    )


RESULTS = (
    Measurement("ct_number.teflon", 943.2184, 0.4261, "HU", 3, "M1 slices 0-2", "roi-mean@1"),
    Measurement("ct_number.air_top", -998.04, 1.26, "HU", 3, "M1 slices 0-2", "roi-mean@1", ("partial",)),
    Measurement("ttf.teflon.f50", 0.51234, 0.0158, "1/mm", 3, "M1 slices 0-2", "ttf-disc@1"),
    Measurement("dose.ctdivol", 12.3, None, "mGy", 1, "header", "header@1"),
    NotMeasured("mtf.bead.f50", "The scan holds no bead.", "Scan the module with the bead."),
    NotMeasured("mtf.bead.f10", "The scan holds no bead.", "Scan the module with the bead."),
    Curve("noise.sigma", (0.0, 1.0, 2.0), (5.0, 5.2, float("nan")), (0.1, 0.1, float("nan")), "mm", "HU", "sd@1"),
)
REGIONS = (
    Drawn("M1", "teflon", 44.0, 32.0, 3.0, (0, 1, 2)),
    Drawn("M1", "air_top", 20.0, 32.0, 3.0, (0, 1, 2)),
)


def made_analysis(*, mirror_known: bool = True) -> Analysis:
    return Analysis(
        identity=IDENTITY,
        acquisition=made_scan().acquisition,
        shape=(3, 64, 64),
        spacing_mm=(2.0, 1.0, 1.0),
        scan_flags=("slices_missing",),
        located=made_located(mirror_known=mirror_known),
        origin_patient_mm=(0.0, 0.0, 0.0),
        results=RESULTS,
        regions=REGIONS,
        centres_px=((32.0, 32.0), None),
        iqa_version="0.1.0",
        source="scans/one",
    )


REFUSED = Refusal(
    "scans/two", "Two definitions fit this scan.", (Candidate("made", None, 1.9), Candidate("b", None, 1.8))
)


def made_session() -> Session:
    return Session((made_analysis(),), (REFUSED,), (Refusal("scans/scout", "A localiser."),))
