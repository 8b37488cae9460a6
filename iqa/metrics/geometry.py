"""Family `geometry`: distances between pins, the body's diameter and axis, and the image's scale."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from iqa.metrics import absent
from iqa.metrics.absent import were
from iqa.metrics.context import Context, Measured
from iqa.metrics.landmarks import Landmark, insert_landmarks, measure_pins
from iqa.metrics.regions import PIXEL_CALIBRATION, small_features, where
from iqa.model import BodyFit, Drawn, Insert, Located, Measurement, ModuleFit, NotMeasured, Pin, Result

PIN_METHOD = "pin-disc-fit@1"
BODY_METHOD = "outline@1"
SCALE_METHOD = "landmark-affine@1"
Z_METHOD = "module-planes@2"
FEWEST_LANDMARKS = 4
"""Two shifts, a turn and two scales are five unknowns; three points would leave one spare number."""
LARGEST_U_Z_MM = 0.5
"""A plane known no better than this was placed by the definition's own distances, which cannot tell a scale."""
TOLERANCE_MM = 0.06
"""Standard uncertainty of a hole's place, a coordinate: ±0.1 mm by the maker of the Catphans."""
OTHER_OUTLINE = 0.02
"""Share by which an outline and the body may differ: copies differ by 0.3 mm, a cone beam's mask by 3 %."""
SCALES = ("geometry.scale_x", "geometry.scale_y")
BODY_KEYS = ("geometry.diameter", "geometry.axis_x", "geometry.axis_y")


@dataclass(frozen=True, slots=True)
class _Marks:
    """The pins of one module, found or not."""

    module: str
    pins: tuple[Pin, ...]
    found: tuple[Landmark | NotMeasured, ...]

    @property
    def landmarks(self) -> list[Landmark]:
        return [f for f in self.found if isinstance(f, Landmark)]


def measure(context: Context) -> Measured:
    """Pin distances, diameter, axis beside origin, and scales against the definition.

    Notes
    -----
    u holds what the image leaves open; that of the diameter the pixel size and an oval body too. A distance is that of
    this phantom; a scale compares it with its definition, so u of a scale holds the tolerance of the holes as well.
    """
    marks = _marks(context)
    results = (*_distances(context, marks), *_body(context), *_scales(context, marks), *_scale_z(context))
    return Measured(results, _drawn(marks))


def _marks(context: Context) -> _Marks | NotMeasured | None:
    """The pins, or why none can be seen; None where the phantom has none."""
    chosen = context.best(lambda module: any(isinstance(f, Pin) for f in module.features))
    if chosen is None:
        return None
    module, fit = chosen
    if fit is None:
        return absent.module("", context.scan, context.located, module)
    if context.noise is None:
        return absent.noise("")
    pins = tuple(f for f in module.features if isinstance(f, Pin))
    found = measure_pins(context.scan, fit, pins, context.noise, context.blur_mm)
    return _Marks(module.name, pins, found)


def _distances(context: Context, marks: _Marks | NotMeasured | None) -> tuple[Result, ...]:
    """Every distance between two pins: the sides of the square and its diagonals."""
    if isinstance(marks, _Marks):
        pairs = combinations(zip(marks.pins, marks.found, strict=True), 2)
        return tuple(_distance(context, marks.module, a, b) for a, b in pairs)
    modules = context.located.spec.modules if marks else ()
    named = [[f.name for f in m.features if isinstance(f, Pin)] for m in modules]
    keys = dict.fromkeys(f"geometry.pin_distance.{a}_{b}" for names in named for a, b in combinations(names, 2))
    return tuple(replace(marks, key=key) for key in keys) if marks else ()


_Found = tuple[Pin, Landmark | NotMeasured]


def _distance(context: Context, module: str, first: _Found, second: _Found) -> Result:
    """Distance of two rods' axes: on the image plane, less the stretch of a tilt."""
    (pin_a, a), (pin_b, b) = first, second
    key = f"geometry.pin_distance.{pin_a.name}_{pin_b.name}"
    if isinstance(a, NotMeasured):
        return replace(a, key=key)
    if isinstance(b, NotMeasured):
        return replace(b, key=key)
    x, y = b.x_mm - a.x_mm, b.y_mm - a.y_mm
    pose = context.located.pose
    along = (x * pose.slopes[0] + y * pose.slopes[1]) / pose.stretch
    u = math.hypot(a.u_mm, b.u_mm)
    return Measurement(
        key,
        math.sqrt(x * x + y * y - along * along),
        u,
        "mm",
        len(a.slices),
        where(module, a.slices),
        PIN_METHOD,
    )


def _body(context: Context) -> tuple[Result, ...]:
    located, body = context.located, context.located.body
    if body is None:
        reason = "The outline of a round body could not be followed in this scan."
        needs = "A field of view that holds the whole body, in air."
        return tuple(NotMeasured(key, reason, needs) for key in BODY_KEYS)
    place = where("body", body.slices)
    n = len(body.slices)
    diameter = _other_outline(located, body) or Measurement(
        "geometry.diameter", body.diameter_mm, _u_diameter(body), "mm", n, place, BODY_METHOD
    )
    if not any(small_features(located.spec.module(located.spec.origin))):
        return (diameter,)  # nothing but the outline fixes the origin, so the axis lies in it
    if located.u_xy_mm is None:
        reason = "The centre of the origin module could not be measured apart from the body's outline."
        needs = "A slice of the origin module."
        return diameter, *(NotMeasured(key, reason, needs) for key in BODY_KEYS[1:])
    x, y = body.centre(located.pose.z_mm)
    beside = np.linalg.inv(replace(located.pose, scale=1.0).matrix) @ (
        x - located.pose.x_mm,
        y - located.pose.y_mm,
        0.0,
    )
    u = math.hypot(body.u_centre_mm, located.u_xy_mm)
    axis = (
        Measurement(key, float(value), u, "mm", n, place, BODY_METHOD)
        for key, value in zip(BODY_KEYS[1:], beside, strict=False)
    )
    return diameter, *axis


def _other_outline(located: Located, body: BodyFit) -> NotMeasured | None:
    """Why the outline is not the body's, where the inserts' scale leaves no room for such a body (or tier)."""
    diameters = {m.diameter_mm for m in located.spec.modules if m.diameter_mm is not None}
    if not diameters or located.u_xy_mm is None:
        return None
    expected = min((located.pose.scale * d for d in diameters), key=lambda d: abs(body.diameter_mm - d))
    if abs(body.diameter_mm / expected - 1.0) < OTHER_OUTLINE:
        return None
    reason = (
        f"The outline measures {body.diameter_mm:.1f} mm where the inserts tell of a body of {expected:.1f} mm: "
        "it is a mask or the edge of the field, not the body's."
    )
    return NotMeasured("geometry.diameter", reason, "A reconstruction that shows the whole body in air.")


def _u_diameter(body: BodyFit) -> float:
    """Standard uncertainty, mm: of the mean outline, of the pixel size, and of one diameter against the mean one."""
    oval = math.sqrt(2.0) * body.out_of_round_mm  # the standard deviation of 2 · amplitude · cos 2θ
    return math.hypot(body.u_diameter_mm, PIXEL_CALIBRATION * body.diameter_mm, oval)


def _scales(context: Context, marks: _Marks | NotMeasured | None) -> tuple[Result, ...]:
    """Image scale along x and y, from the pins if enough are found, else from the ring of inserts."""
    place, landmarks = _best_landmarks(context, marks)
    if landmarks is None:
        return ()
    if len(landmarks) < FEWEST_LANDMARKS:
        found = were(len(landmarks))
        reason = f"The scale needs {FEWEST_LANDMARKS} pins or inserts found by their edges; {found} found."
        needs = "A slice of the module with the pins or inserts."
        return tuple(NotMeasured(key, reason, needs) for key in SCALES)
    n = len(landmarks)
    return tuple(
        Measurement(key, value, u, "1", n, place, SCALE_METHOD)
        for key, (value, u) in zip(SCALES, _affine(landmarks), strict=True)
    )


def _best_landmarks(context: Context, marks: _Marks | NotMeasured | None) -> tuple[str, list[Landmark] | None]:
    """Where, and the landmarks there; None where the phantom has neither pins nor inserts."""
    if isinstance(marks, _Marks) and len(marks.landmarks) >= FEWEST_LANDMARKS:
        return where(marks.module, marks.landmarks[0].slices), marks.landmarks
    chosen = context.best(lambda module: any(isinstance(f, Insert) for f in module.features))
    if chosen is None:
        return "", None if marks is None else []
    module, fit = chosen
    return module.name, [] if fit is None else insert_landmarks(module, fit)


def _affine(landmarks: list[Landmark]) -> tuple[tuple[float, float], tuple[float, float]]:
    """(scale, u) along x and y: least squares for two shifts, two scales and a small turn.

    Notes
    -----
    A hole may lie `TOLERANCE_MM` beside its place in either direction; where the landmarks scatter more than that and
    their u together, u is widened to the scatter.
    """
    expected = np.array([m.expected_mm for m in landmarks])
    x, y = (expected - expected.mean(axis=0)).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    design = np.concatenate([np.column_stack([one, zero, x, zero, y]), np.column_stack([zero, one, zero, y, -x])])
    found = np.concatenate([[m.x_mm for m in landmarks], [m.y_mm for m in landmarks]])
    weight = 1.0 / np.concatenate([[math.hypot(m.u_mm, TOLERANCE_MM) for m in landmarks]] * 2)
    inverse = np.linalg.pinv(design * weight[:, None])
    solution = inverse @ (found * weight)
    residual = (found - design @ solution) * weight
    birge = max(1.0, math.sqrt(float(residual @ residual) / (len(found) - design.shape[1])))
    u = birge * np.linalg.norm(inverse, axis=1)
    return (float(solution[2]), float(u[2])), (float(solution[3]), float(u[3]))


def _scale_z(context: Context) -> tuple[Result, ...]:
    """Scale along the axis, from the two measured module planes that lie furthest apart."""
    if len(context.located.spec.modules) < 2:
        return ()
    planes = [m for m in context.located.modules if m.u_z_mm is not None and m.u_z_mm <= LARGEST_U_Z_MM]
    if len(planes) < 2:
        reason = f"The scale along z needs two module planes measured in z; this scan shows {len(planes)}."
        needs = "Contiguous slices through two modules whose planes show in the image."
        return (NotMeasured("geometry.scale_z", reason, needs),)
    first, last = min(planes, key=_z), max(planes, key=_z)
    nominal = _nominal_z(context, last) - _nominal_z(context, first)
    value = (_z(last) - _z(first)) * context.located.pose.stretch / abs(nominal)
    u = math.hypot(first.u_z_mm or 0.0, last.u_z_mm or 0.0) / abs(nominal)
    place = f"{first.name}, {last.name}"
    return (Measurement("geometry.scale_z", value, u, "1", 2, place, Z_METHOD),)


def _nominal_z(context: Context, fit: ModuleFit) -> float:
    return context.located.spec.module(fit.name).z_mm


def _z(fit: ModuleFit) -> float:
    return fit.pose.z_mm


def _drawn(marks: _Marks | NotMeasured | None) -> tuple[Drawn, ...]:
    if not isinstance(marks, _Marks):
        return ()
    pairs = zip(marks.pins, marks.found, strict=True)
    return tuple(
        Drawn(marks.module, pin.name, found.x_mm, found.y_mm, pin.diameter_mm / 2, found.slices)
        for pin, found in pairs
        if isinstance(found, Landmark)
    )
