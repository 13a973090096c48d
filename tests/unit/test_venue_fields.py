"""What activation needs, what an active venue keeps, and capacity: rules over several fields."""

from itertools import combinations
from typing import cast

import pytest

from tests.unit.samples import FIELDS, NOW, SMALLEST, applied, codes, command, decided, refused
from tests.unit.samples import state as state_of
from tests.unit.samples import venue as a_venue
from worker.domain.decide import decide
from worker.domain.decision import Decision
from worker.domain.patch import Json, JsonObject, merged_object
from worker.domain.state import State, Status

# What activation needs: the pointer to it, and a patch that takes it away.
NEEDED: dict[str, JsonObject] = {
    "/capacity/max": {"capacity": {"max": None}},
    "/address/city": {"address": {"city": None}},
    "/timezone": {"timezone": None},
}
WITHOUT = [names for n in range(1, 4) for names in combinations(NEEDED, n)]


def _patch(names: tuple[str, ...]) -> JsonObject:
    patch: JsonObject = {}
    for name in names:
        patch.update(NEEDED[name])
    return patch


def _update(patch: JsonObject, status: Status = Status.PENDING, **fields: Json) -> Decision:
    before = State(venue=a_venue(status, fields={**FIELDS, **fields}))
    return decide(before, command("venue.update", patch), NOW)


@pytest.mark.parametrize("names", WITHOUT)
@pytest.mark.parametrize("status", [Status.PENDING, Status.INACTIVE, Status.SUSPENDED])
def test_activation_names_all_it_lacks(names: tuple[str, ...], status: Status) -> None:
    """Each missing field is a problem `incomplete` with its own pointer."""
    before = State(venue=a_venue(status, fields=merged_object(FIELDS, _patch(names))))
    refusal = refused(decided(before, "venue.activate"))
    assert set(codes(refusal)) == {"incomplete"}
    assert [problem.field for problem in refusal.problems] == list(names)


@pytest.mark.parametrize("gone", ["capacity", "address"])
def test_activation_without_the_whole_part(gone: str) -> None:
    """A part that is not there at all lacks what activation needs of it."""
    fields = {name: value for name, value in FIELDS.items() if name != gone}
    before = State(venue=a_venue(fields=fields))
    (problem,) = refused(decided(before, "venue.activate")).problems
    assert problem.code == "incomplete"
    assert cast("str", problem.field).startswith(f"/{gone}/")


@pytest.mark.parametrize("names", WITHOUT)
def test_an_active_venue_keeps_what_activation_needs(names: tuple[str, ...]) -> None:
    """An update that takes it away is refused, and names each loss."""
    refusal = refused(_update(_patch(names), Status.ACTIVE))
    assert set(codes(refusal)) == {"incomplete"}
    assert [problem.field for problem in refusal.problems] == list(names)


@pytest.mark.parametrize("status", [Status.PENDING, Status.INACTIVE, Status.SUSPENDED])
def test_others_may_lose_what_activation_needs(status: Status) -> None:
    """A venue that is not active may become incomplete."""
    _, after = applied(_update(_patch(tuple(NEEDED)), status))
    assert after.fields["capacity"] == {"seated": 37000}
    assert "timezone" not in after.fields


TOO_MUCH: list[JsonObject] = [
    {"max": 10, "seated": 11},
    {"max": 10, "seated": 5, "standing": 6},
    {"max": 10, "seated": 4, "standing": 4, "vip": 3},
    {"max": 1, "vip": 2},
]
FITTING: list[JsonObject] = [
    {"max": 10, "seated": 4, "standing": 4, "vip": 2},
    {"max": 10},
    {"seated": 4, "standing": 4, "vip": 2},
    {"max": 10, "seated": None, "vip": 0},
]


@pytest.mark.parametrize("capacity", TOO_MUCH)
def test_parts_exceed_max(capacity: JsonObject) -> None:
    """Seated, standing and vip together have to fit in max, in a new venue and in an update."""
    created = decided(state_of("none"), "venue.create", {**SMALLEST, "capacity": capacity})
    nothing = {name: value for name, value in FIELDS.items() if name != "capacity"}
    before = State(venue=a_venue(fields=nothing))
    updated = decide(before, command("venue.update", {"capacity": capacity}), NOW)
    for decision in (created, updated):
        (problem,) = refused(decision).problems
        assert (problem.code, problem.field) == ("capacity_exceeded", "/capacity")


@pytest.mark.parametrize("capacity", FITTING)
def test_parts_fit(capacity: JsonObject) -> None:
    """Parts that come to max exactly fit, and without a max there is nothing to exceed."""
    _, new = applied(decided(state_of("none"), "venue.create", {**SMALLEST, "capacity": capacity}))
    assert new.fields["capacity"] == {k: v for k, v in capacity.items() if v is not None}
    applied(_update({"capacity": capacity}, capacity={}))


@pytest.mark.parametrize("patch", [{"max": 9}, {"vip": 8}, {"seated": 10, "standing": 1}])
def test_a_patch_is_judged_with_what_is_there(patch: JsonObject) -> None:
    """A patch of one part, or of max alone, is measured against the other parts' values."""
    refusal = refused(_update({"capacity": patch}, capacity={"max": 10, "seated": 3, "vip": 7}))
    assert codes(refusal) == ["capacity_exceeded"]


def test_a_point_needs_both_of_its_degrees() -> None:
    """A patch may change one of the two, but may not leave half a point behind."""
    (problem,) = refused(_update({"location": {"latitude": 42}})).problems
    assert (problem.code, problem.field) == ("invalid_data", "/location/longitude")
    point: JsonObject = {"latitude": 42.0, "longitude": -71.0}
    _, after = applied(_update({"location": {"latitude": 43}}, location=point))
    assert after.fields["location"] == {"latitude": 43.0, "longitude": -71.0}


def test_changed_names_what_changed_and_nothing_else() -> None:
    """`changed` has the top-level fields that differ, removed ones and the slug too."""
    patch: JsonObject = {"name": "Fenway", "timezone": None, "type": "stadium", "slug": "fenway"}
    done, after = applied(_update(patch))
    assert done.event is not None
    assert sorted(cast("list[str]", done.event.data["changed"])) == ["name", "slug", "timezone"]
    assert "timezone" not in after.document()


def test_a_new_venue_lists_the_fields_it_has() -> None:
    """A field given as null is absent in a new venue, so it has not changed either."""
    data: JsonObject = {**SMALLEST, "email": None, "metadata": {"a": None, "b": 1}}
    done, new = applied(decided(state_of("none"), "venue.create", data))
    assert done.event is not None
    assert new.fields["metadata"] == {"b": 1}
    assert "email" not in new.document()
    assert sorted(cast("list[str]", done.event.data["changed"])) == ["address", "metadata", "name"]
