"""Small phantom definitions by hand, for simulated scans."""

from __future__ import annotations

from iqa.model import Feature, Insert, Module, PhantomSpec, Provenance, Region

SOURCE = Provenance("made up", "U")
BODY_MM = 60.0


def insert(name: str, x: float, y: float, hu: float, *, diameter: float = 8.0, ends: float = 20.0) -> Insert:
    """An insert of `diameter` mm through ±`ends` mm."""
    return Insert(
        name=name,
        material=name,
        x_mm=x,
        y_mm=y,
        diameter_mm=diameter,
        z_from_mm=-ends,
        z_to_mm=ends,
        hu=hu,
        provenance=SOURCE,
    )


def region(name: str, x: float, y: float) -> Region:
    """A region of 6 mm."""
    return Region(name=name, x_mm=x, y_mm=y, diameter_mm=6.0, provenance=SOURCE)


def module(
    *features: Feature, name: str = "A", z: float = 0.0, body: float | None = BODY_MM, hu: float = 0.0
) -> Module:
    """A block of ±20 mm."""
    return Module(
        name=name,
        z_mm=z,
        z_from_mm=-20.0,
        z_to_mm=20.0,
        diameter_mm=body,
        body_hu=hu,
        features=features,
        provenance=SOURCE,
    )


def spec(*modules: Module) -> PhantomSpec:
    """A phantom whose origin is the first module."""
    return PhantomSpec(
        name="made",
        variant=None,
        title="Made by hand",
        maker="tests",
        diameter_mm=modules[0].diameter_mm,
        origin=modules[0].name,
        mirror_symmetric=False,
        modules=modules,
        definition_hash="0" * 64,
    )
