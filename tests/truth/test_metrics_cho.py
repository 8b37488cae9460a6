"""The channelized Hotelling observer on repeats of the small phantom: the true index, and what leaves it alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from observers import REPEATS, SLICES, numbers, one_setup, results, true_index

from iqa.metrics import cho
from iqa.metrics.context import Context
from iqa.metrics.observed import Seen, observe_targets
from iqa.model import Measurement, NotMeasured, Observer
from iqa.signal.channels import CHANNEL_SETS
from tests.made_phantom import PIXEL_MM, SIDE
from tests.made_points import bead
from tests.results import reason
from tests.targets_made import GROUPS, SIZES_MM, located, scan

SEED = np.random.SeedSequence(41)
RODS = [f"{group}_{size:g}mm" for group in GROUPS for size in SIZES_MM]


@cache
def plain() -> Context:
    return one_setup(SEED, "soft")


def seen_of(context: Context, name: str) -> list[Seen]:
    found = [r.targets[name] for r in context.repeats]
    assert all(isinstance(s, Seen) for s in found)
    return [s for s in found if isinstance(s, Seen)]


def without(context: Context, **changes: object) -> Context:
    """The same with something of one target of the last repeat changed."""
    last = context.repeats[-1]
    spoilt = replace(seen_of(context, "strong_9mm")[-1], **changes)  # type: ignore[arg-type]
    targets = {**last.targets, "strong_9mm": spoilt}
    return Context(context.scan, context.located, (*context.repeats[:-1], replace(last, targets=targets)))


@pytest.mark.parametrize("name", RODS)
def test_the_index_is_the_true_one(name: str) -> None:
    found, truth = numbers(plain())[name], true_index("soft", name)
    assert found.u is not None
    assert found.interval is not None
    # three u and the wider end of the interval: one set of seeds, eight rods
    assert abs(found.value - truth) < 3.0 * found.u
    assert 0.8 * found.interval[0] < truth < 1.2 * found.interval[1]


def test_what_a_number_says_of_itself() -> None:
    found = numbers(plain())["strong_9mm"]
    assert (found.key, found.unit, found.method) == ("detectability.cho.strong_9mm", "1", "cho-lg-4@1")
    assert found.where == "L slices 0-3, U slices 8-11, 6 repeats"
    assert found.n == pytest.approx(REPEATS * SLICES, abs=4)
    assert found.flags == ()
    # three rods are three images of one slice, as far as their regions do not overlap
    assert 1.5 * found.n < numbers(plain())["row_4mm"].n < 4.0 * found.n


def test_an_offset_changes_nothing() -> None:
    moved = numbers(one_setup(SEED, "soft", added=1000.0))
    for name, found in numbers(plain()).items():
        assert moved[name].value == pytest.approx(found.value, rel=1e-6), name


def test_the_outputs_know_no_offset() -> None:
    """At places that are the same to the last digit."""
    made, found = plain().scan, plain().located
    noise = plain().noise
    raised = replace(made, stored=np.asarray(made.stored + 10_000, dtype=np.int16))  # 1000 HU
    for name, one in observe_targets(made, found, noise, CHANNEL_SETS["lg"]).items():
        other = observe_targets(raised, found, noise, CHANNEL_SETS["lg"])[name]
        assert isinstance(one, Seen)
        assert isinstance(other, Seen)
        assert other.absent == pytest.approx(one.absent, abs=1e-9 * 1000.0)


def test_what_is_fixed_falls_out() -> None:
    """A bowl and a slope that bends are the same at the target and at its place without it."""
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * PIXEL_MM
    shading = 25.0 * (np.hypot(x, y) / 45.0) ** 4 + 6.0 * np.sin(y / 12.0)
    shaded = numbers(one_setup(SEED, "soft", added=shading))
    for name, found in numbers(plain()).items():
        assert found.u is not None
        # what is left is what the shading moves the rods' fitted places by
        assert abs(shaded[name].value - found.value) < 0.2 * found.u, name


def test_a_scale_of_the_grey_values_falls_out() -> None:
    doubled = [
        {n: replace(s, present=2.0 * s.present, absent=2.0 * s.absent) if isinstance(s, Seen) else s
         for n, s in r.targets.items()}
        for r in plain().repeats
    ]  # fmt: skip
    repeats = tuple(replace(r, targets=t) for r, t in zip(plain().repeats, doubled, strict=True))
    found = numbers(Context(plain().scan, plain().located, repeats))
    assert found["weak_6mm"].value == pytest.approx(numbers(plain())["weak_6mm"].value, rel=1e-9)


def test_the_order_of_the_repeats_changes_nothing() -> None:
    turned = Context(plain().scan, plain().located, plain().repeats[::-1])
    for name, found in numbers(plain()).items():
        assert numbers(turned)[name].value == pytest.approx(found.value, rel=1e-3), name


def test_a_scan_without_repeats_says_nothing_of_it() -> None:
    assert cho.measure(Context(plain().scan, plain().located)).results == ()


def test_too_few_images_say_how_many_repeats_would_do() -> None:
    few = Context(plain().scan, plain().located, plain().repeats[:3])
    found = results(few)["strong_9mm"]
    assert "There are 12 independent images of each class, and 4 channels need 20." in reason(found)
    assert "About 5 repeats in all." in getattr(found, "needs", "")
    assert isinstance(results(few)["row_4mm"], Measurement)


def test_more_channels_need_more_images() -> None:
    found = results(one_setup(SEED, "soft", channels="gabor", count=2))
    assert "There are 8 independent images of each class, and 40 channels need 200." in reason(found["strong_9mm"])
    assert "40 channels need 200." in reason(found["row_4mm"])  # fewer than its neighbours could be told by


def test_repeats_that_do_not_differ_give_a_reason() -> None:
    one = plain().repeats[0]
    same = Context(plain().scan, plain().located, (one, replace(one)))
    assert "do not differ by a scanner's noise" in reason(results(same)["strong_9mm"])


@pytest.mark.parametrize(
    "changes", [{"slices": (90, 91, 92, 93)}, {"plain_slices": (90, 91, 92, 93)}, {"plain": "A"}], ids=str
)
def test_repeats_that_share_no_slice_give_a_reason(changes: dict[str, object]) -> None:
    assert "on the same slices" in reason(results(without(plain(), **changes))["strong_9mm"])


def test_slices_that_all_repeats_share_count() -> None:
    last = seen_of(plain(), "strong_9mm")[-1]
    shorter = without(plain(), slices=last.slices[1:], present=last.present[1:])
    found = results(shorter)["strong_9mm"]
    assert "There are 18 independent images" in reason(found)  # of three slices


def test_a_scan_without_a_uniform_module_has_no_images_without_a_target() -> None:
    made = scan(np.zeros((12, 8, 8)))
    found = located(plain().scan, modules="AL")
    lack = observe_targets(made, found, plain().noise, CHANNEL_SETS["lg"])["strong_9mm"]
    assert isinstance(lack, NotMeasured)
    assert "shows no uniform module" in lack.reason


def test_a_known_reason_is_passed_on() -> None:
    gone = located(plain().scan, modules="AU")
    outcomes = observe_targets(plain().scan, gone, plain().noise, CHANNEL_SETS["lg"])
    last = replace(plain().repeats[-1], targets=outcomes)
    found = results(Context(plain().scan, plain().located, (*plain().repeats[:-1], last)))["strong_9mm"]
    assert found.key == "detectability.cho.strong_9mm"
    assert "does not show module L" in reason(found)


def test_a_place_that_is_not_free_is_said() -> None:
    """A bead of the uniform module beside the place of one rod."""
    found = plain().located
    modules = [
        replace(m, features=(*m.features, bead("b", 28.0 * np.cos(np.radians(52.0)), -28.0 * np.sin(np.radians(52.0)))))
        if m.name == "U"
        else m
        for m in found.spec.modules
    ]
    beside = replace(found, spec=replace(found.spec, modules=tuple(modules)))
    outcomes = observe_targets(plain().scan, beside, plain().noise, CHANNEL_SETS["lg"])
    lack = outcomes["strong_9mm"]
    assert isinstance(lack, NotMeasured)
    assert "is not free in the uniform module U" in lack.reason
    assert isinstance(outcomes["weak_9mm"], Seen)


def test_what_is_not_there_has_no_index() -> None:
    """A rod that the definition has stronger, or of the other sign, than what stands at its place."""
    for repeats in (
        tuple(replace(r, targets={n: replace(s, nominal=-s.nominal) if isinstance(s, Seen) else s
                                  for n, s in r.targets.items()}) for r in plain().repeats),
        tuple(replace(r, targets={n: replace(s, nominal=10.0 * s.nominal) if isinstance(s, Seen) else s
                                  for n, s in r.targets.items()}) for r in plain().repeats),
    ):  # fmt: skip
        lack = results(Context(plain().scan, plain().located, repeats))["strong_9mm"]
        assert "Where the definition has 'strong_9mm', with" in reason(lack)
        assert "it is not there." in reason(lack)
        assert float(reason(lack).split("the image has ")[1].split(" ")[0]) == pytest.approx(10.0, abs=1.0)


def test_a_mirrored_scan_has_the_same_outputs() -> None:
    made, found, noise = plain().scan, plain().located, plain().noise
    turned = replace(made, stored=made.stored[:, :, ::-1].astype(np.int16))
    modules = tuple(replace(m, pose=replace(m.pose, mirrored=True), features=()) for m in found.modules)
    mirrored = replace(found, pose=replace(found.pose, mirrored=True), modules=modules)
    bare = replace(found, modules=tuple(replace(m, features=()) for m in found.modules))
    other = observe_targets(turned, mirrored, noise, CHANNEL_SETS["gabor"])
    for name, one in observe_targets(made, bare, noise, CHANNEL_SETS["gabor"]).items():
        seen = other[name]
        assert isinstance(one, Seen)
        assert isinstance(seen, Seen)
        assert seen.absent == pytest.approx(one.absent, rel=1e-4, abs=1e-3 * np.abs(one.absent).max()), name
        assert seen.present == pytest.approx(one.present, rel=1e-3, abs=1e-2 * np.abs(one.present).max()), name


def test_the_method_names_the_channels_that_were_looked_through() -> None:
    """Whatever set the observer asks for now."""
    other = Context(plain().scan, plain().located, plain().repeats, Observer(channels="ddog"))
    assert numbers(other)["strong_9mm"].method == "cho-lg-4@1"


def test_repeats_seen_through_different_channels_are_no_class() -> None:
    with pytest.raises(ValueError, match="different channels: ddog, lg"):
        cho.measure(without(plain(), channels="ddog"))
