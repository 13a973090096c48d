"""The rules of layouts: who is the default, what an event shows, what is refused and why."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic_core import from_json

from tests.unit.checks import schema_errors
from tests.unit.layouts import (
    FIRST,
    SECOND,
    TEN,
    THIRD,
    add,
    data,
    defaults,
    house,
    layouts_of,
    seated,
    standing,
)
from tests.unit.samples import (
    COMMAND,
    MOST,
    NOW,
    VAULT,
    VENUE,
    VERSION,
    applied,
    command,
    decided,
    envelope,
    refused,
    structured,
    venue,
)
from worker.domain.command import COMMANDS, Command
from worker.domain.decide import decide
from worker.domain.decision import Decision
from worker.domain.layout import LAYOUTS, Plan
from worker.domain.layout_data import MOST_PLACES
from worker.domain.layouts import MOST_LAYOUTS
from worker.domain.state import State, Status
from worker.messaging.written import written
from worker.pipeline.decode import decode

FAMILY = {type_ for type_, spec in COMMANDS.items() if spec.part is LAYOUTS}
EACH: list[tuple[str, dict[str, Any]]] = [
    ("venue.layout.add", data(THIRD)),
    ("venue.layout.update", {"layout_id": SECOND, "name": "Theatre"}),
    ("venue.layout.remove", {"layout_id": SECOND}),
    ("venue.layout.set-default", {"layout_id": SECOND}),
]


def problem(decision: Decision) -> tuple[str, str | None]:
    """Return code and pointer of the one reason."""
    (one,) = refused(decision).problems
    return one.code, one.field


def update(before: State, layout_id: str = FIRST, **patch: Any) -> Decision:
    """Decide to change a layout."""
    return decided(before, "venue.layout.update", {"layout_id": layout_id, **patch})


def test_the_first_is_the_default() -> None:
    """A venue's first layout is its default, and no later one is."""
    assert defaults(house(FIRST, SECOND, THIRD)) == [FIRST]


def test_the_id_is_the_publishers_or_the_commands() -> None:
    """Without an id of the publisher's choice the layout has that of the command."""
    for more in ({}, {"layout_id": None}):
        given = {name: value for name, value in data().items() if name != "layout_id"}
        done, _ = applied(decided(house(), "venue.layout.add", {**given, **more}))
        assert list(layouts_of(done.state)) == [COMMAND]


def test_an_id_that_is_taken() -> None:
    """Another layout of the venue has the id."""
    assert problem(add(house(FIRST))) == ("invalid_data", "/layout_id")


@pytest.mark.parametrize("type_", sorted(FAMILY - {"venue.layout.add"}))
def test_an_unknown_layout(type_: str) -> None:
    """What is not there is not found, whatever is to be done to it."""
    decision = decided(house(FIRST), type_, {"layout_id": SECOND})
    assert problem(decision) == ("not_found", "/layout_id")


@pytest.mark.parametrize(("type_", "given"), EACH)
def test_after_close(type_: str, given: dict[str, Any]) -> None:
    """The layouts of a closed venue stay as they are."""
    before = replace(house(FIRST, SECOND), venue=venue(Status.CLOSED))
    assert problem(decided(before, type_, given)) == ("illegal_transition", None)


@pytest.mark.parametrize(("type_", "given"), EACH)
def test_an_event_is_as_published(type_: str, given: dict[str, Any]) -> None:
    """Each event is valid by its schema, whole and as a summary, and names the next version."""
    before = house(FIRST, SECOND)
    assert {one for one, _ in EACH} == FAMILY
    one = command(type_, given)
    done, after = applied(decide(before, one, NOW))
    assert done.event is not None
    assert done.event.version == after.version == VERSION + 3
    for most_bytes in (MOST, 10):
        body = from_json(written(done.event, one, NOW, most_bytes).body)
        assert schema_errors(f"events/{done.event.type}.json", body) == []
        assert body["data"]["layout"]["layout_id"] in (SECOND, THIRD)


def test_what_an_event_shows() -> None:
    """The whole layout, its places counted and its sections as they were given."""
    done, _ = applied(add(house(), categories=[{"name": "Gold", "color": "#ffd700"}]))
    assert done.event is not None
    assert done.event.data == {
        "layout": {
            "layout_id": FIRST,
            "name": "Concert",
            "kind": "mixed",
            "is_default": True,
            "places": {
                "seats": 10, "standing": 20, "accessible": 0, "companion": 0, "total": 30,
            },
            "categories": [{"name": "Gold", "color": "#ffd700"}],
            "sections": [seated(TEN), standing(20)],
        },
        "changed": ["name", "kind", "categories", "sections"],
    }  # fmt: skip
    assert done.event.dataref == f"venue.layout.get?subject={VENUE}&layout_id={FIRST}"


def test_what_a_removal_shows() -> None:
    """What is small of it, and when it went; the sections were in the events before."""
    done, _ = applied(decided(house(FIRST, SECOND), "venue.layout.remove", {"layout_id": SECOND}))
    assert done.event is not None
    shown: Any = done.event.data["layout"]
    assert "sections" not in shown
    assert shown["removed_at"] == "2026-11-24T09:00:00.000250Z"
    assert done.event.data["changed"] == ["removed_at"]
    assert list(layouts_of(done.state)) == [FIRST]


def test_a_large_event_has_a_summary() -> None:
    """An event that would be too large names, counts and refers."""
    one = command("venue.layout.add", data())
    done, _ = applied(decide(house(), one, NOW))
    assert done.event is not None
    body = from_json(written(done.event, one, NOW, 500).body)
    assert list(body["data"]["layout"]) == ["layout_id", "name", "kind", "is_default", "places"]
    assert body["dataref"] == done.event.dataref


def test_the_default_is_not_removed() -> None:
    """It stays, even as the only one, until another is the default."""
    for before in (house(FIRST), house(FIRST, SECOND)):
        decision = decided(before, "venue.layout.remove", {"layout_id": FIRST})
        assert problem(decision) == ("illegal_transition", "/layout_id")


def test_another_default() -> None:
    """There is one default before and after; no plan is new by that."""
    before = house(FIRST, SECOND)
    done, _ = applied(decided(before, "venue.layout.set-default", {"layout_id": SECOND}))
    assert defaults(done.state) == [SECOND]
    assert done.event is not None
    assert done.event.data["changed"] == ["is_default"]
    for layout_id, layout in layouts_of(done.state).items():
        assert layout.plan is layouts_of(before)[layout_id].plan


NOTHING_NEW: list[tuple[str, dict[str, Any]]] = [
    ("venue.layout.set-default", {"layout_id": FIRST}),
    ("venue.layout.update", {"layout_id": FIRST}),
    ("venue.layout.update", {"layout_id": FIRST, "name": "Concert", "categories": None}),
    ("venue.layout.update", {"layout_id": FIRST, "sections": [seated(TEN), standing(20)]}),
    ("venue.layout.update", {"layout_id": FIRST, "sections": [seated({"from": 1.0, "to": 10}),
                                                              standing(20)]}),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "given"), NOTHING_NEW)
def test_nothing_new(type_: str, given: dict[str, Any]) -> None:
    """What changes nothing makes no version and no event."""
    before = house(FIRST, SECOND)
    done, after = applied(decided(before, type_, given))
    assert done.event is None
    assert after == before.venue
    assert done.state.parts is before.parts


def test_an_update_merges() -> None:
    """What is not named stays, null removes, lists are replaced whole, and counts follow."""
    before = house()
    before = applied(add(before, categories=[{"name": "Gold"}]))[0].state
    done, _ = applied(update(before, sections=[seated(["1", "2"])], kind="fixed", categories=None))
    layout = layouts_of(done.state)[FIRST]
    assert (layout.name, layout.kind, layout.places.total) == ("Concert", "fixed", 2)
    assert layout.plan == Plan({"sections": [seated(["1", "2"])]})
    assert done.event is not None
    assert done.event.data["changed"] == ["kind", "categories", "sections", "places"]


def test_a_new_name_draws_no_new_plan() -> None:
    """A plan that the database holds is not written again for what stands beside it."""
    before = house(FIRST)
    kept = replace(layouts_of(before)[FIRST], plan=Plan({"sections": [standing(5)]}, stored=True))
    before = LAYOUTS.put(before, {FIRST: kept})
    done, _ = applied(update(before, name="Theatre"))
    assert layouts_of(done.state)[FIRST].plan is kept.plan
    done, _ = applied(update(before, sections=[standing(6)]))
    plan = layouts_of(done.state)[FIRST].plan
    assert plan is not None
    assert not plan.stored


def test_the_capacity_bounds_a_layout() -> None:
    """No layout has more places than the venue; a venue that names no capacity has room."""
    assert problem(add(house(most=29))) == ("capacity_exceeded", "/sections")
    applied(add(house(most=30)))
    applied(add(house(most=None)))
    larger = [standing(1001)]
    assert problem(update(house(FIRST), sections=larger)) == ("capacity_exceeded", "/sections")


def test_a_layout_bounds_the_capacity() -> None:
    """A capacity below the largest layout is refused, a first one too; other updates pass."""
    before = house(FIRST, SECOND)
    before = applied(update(before, SECOND, sections=[standing(40)]))[0].state
    low = decided(before, "venue.update", {"capacity": {"max": 39}})
    assert problem(low) == ("capacity_exceeded", "/capacity/max")
    assert SECOND in refused(low).problems[0].message
    applied(decided(before, "venue.update", {"capacity": {"max": 40}}))
    applied(decided(before, "venue.update", {"capacity": None}))
    first = decided(house(FIRST, most=None), "venue.update", {"capacity": {"max": 29}})
    assert problem(first) == ("capacity_exceeded", "/capacity/max")


def test_only_a_new_capacity_asks_for_layouts() -> None:
    """A `venue.update` that leaves the capacity alone reads no layouts."""
    spec = COMMANDS["venue.update"]
    assert spec.parts(command("venue.update", {"name": "Fenway"})) == []
    assert spec.parts(command("venue.update", {"capacity": {"max": 5}})) == [LAYOUTS]


def test_too_many_layouts() -> None:
    """A venue has 50 layouts at most."""
    one = layouts_of(house(FIRST))[FIRST]
    full = {f"{FIRST[:-4]}{n:04x}": one for n in range(MOST_LAYOUTS)}
    assert problem(add(LAYOUTS.put(house(), full), "0" * 8 + FIRST[8:])) == ("too_large", None)


WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("invalid_data", "/categories/1/name", {"categories": [{"name": "A"}, {"name": "A"}]}),
    ("invalid_data", "/sections/1/label", {"sections": [seated(TEN), seated(TEN)]}),
    ("invalid_data", "/sections/0/rows/1/label", {
        "sections": [{"label": "A", "rows": [{"label": "1", "seats": ["1"]}] * 2}]}),
    ("invalid_data", "/sections/0/rows/0/seats/2", {
        "sections": [seated(["1", "2", {"label": "1"}])]}),
    ("invalid_data", "/sections/0", {"sections": [{"label": "A"}]}),
    ("invalid_data", "/sections/0", {"sections": [seated(TEN, standing={"capacity": 1})]}),
    ("invalid_data", "/sections/1/standing", {"kind": "fixed"}),
    ("invalid_data", "/sections/0/rows", {"kind": "general_admission"}),
    ("invalid_data", "/sections/0/category", {"sections": [standing(1, category="Gold")]}),
    ("invalid_data", "/sections/0/rows/0/category", {
        "sections": [{"label": "A", "rows": [{"label": "1", "seats": ["1"], "category": "x"}]}]}),
    ("invalid_data", "/sections/0/rows/0/seats/1/category", {
        "sections": [seated(["1", {"label": "2", "category": "Gold"}])]}),
    ("invalid_data", "/sections/0/rows/0/seats/to", {"sections": [seated({"from": 2, "to": 1})]}),
    ("invalid_data", "/sections/0/rows/0/seats/except/0", {
        "sections": [seated({**TEN, "prefix": "A", "except": ["5"]})]}),
    ("invalid_data", "/sections/0/rows/0/seats/accessible/1", {
        "sections": [seated({**TEN, "accessible": ["5", "5"]})]}),
    ("invalid_data", "/sections/0/rows/0/seats/companion/0", {
        "sections": [seated({**TEN, "except": ["5"], "companion": ["5"]})]}),
    ("invalid_data", "/sections/0/rows/0/seats/except", {
        "sections": [seated({"from": 1, "to": 2, "except": ["1", "2"]}), standing(5)]}),
    ("too_large", "/sections/0/rows/0/seats", {"sections": [seated({"from": 1, "to": 2001})]}),
    ("too_large", "/sections", {"sections": [standing(MOST_PLACES), seated(TEN)]}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "field", "wrong"), WRONG)
def test_what_cannot_be(code: str, field: str, wrong: dict[str, Any]) -> None:
    """Labels that repeat, categories that are unknown, the wrong kind, too many places."""
    assert problem(add(house(most=None), **wrong)) == (code, field)
    patched = update(house(FIRST, most=None), **wrong)
    assert {one.code for one in refused(patched).problems} == {code}


def test_a_patch_is_blamed_where_it_can_be() -> None:
    """A pointer leads into the command, though what no longer fits is not in it."""
    before = applied(
        add(house(), categories=[{"name": "Gold"}], sections=[standing(5, category="Gold")])
    )[0].state
    assert problem(update(before, kind="fixed")) == ("invalid_data", "/kind")
    assert problem(update(before, categories=None)) == ("invalid_data", "/categories")


def test_what_is_wrong_throughout_is_told_in_part() -> None:
    """No answer names more than the first ten reasons."""
    many = [standing(1, label=f"S{n}", category="x") for n in range(500)]
    assert len(refused(add(house(), sections=many)).problems) == 10


SEATS: list[Any] = [
    *(["1"], [], [""], [5], [None], "1", None, 5, ["1"] * 2001),
    *({}, {"from": 1}, {**TEN, "from_": 1}, {**TEN, "except_": ["1"]}),
    *({**TEN, "from": -1}, {**TEN, "from": 1.0}, {**TEN, "to": 1_000_000}, {**TEN, "to": "9"}),
    *({**TEN, "step": 0}, {**TEN, "step": 2}, {**TEN, "prefix": "A-"}, {**TEN, "prefix": ""}),
    *({**TEN, "prefix": None}, {**TEN, "except": ["1"]}, {**TEN, "except": [1]}),
    *([{"label": "1"}], [{"label": "1", "accessible": True}], [{"label": "1", "category": None}]),
    *([{"label": "1", "accessible": "yes"}], [{"label": "1", "companion": 1}]),
    *([{"label": "1", "x": 1}], [{"label": ""}], ["2", {}]),
]
CAPACITIES: list[Any] = [1, 0, 2.0, 1.5, MOST_PLACES + 1, None]
COLORS: list[Any] = ["#00FFaa", "red", None]
VALUES: dict[str, list[Any]] = {
    "name": ["A", "", " ", "x" * 201, 5, None],
    "kind": ["fixed", "round", None],
    "layout_id": [FIRST, FIRST.upper(), "x", 5],
    "categories": [None, [], [{"name": "A"}], [{}]],
    "sections": [[], None, {}, [{}], [{"label": "A", "x": 1}]],
}
SHAPES: list[tuple[str, Any]] = [
    *[(name, value) for name, values in VALUES.items() for value in values],
    *[("sections", [seated(value)]) for value in SEATS],
    *[("sections", [standing(value)]) for value in CAPACITIES],
    *[("categories", [{"name": "A", "color": value}]) for value in COLORS],
]


@pytest.mark.parametrize("type_", ["venue.layout.add", "venue.layout.update"])
@pytest.mark.parametrize(("name", "value"), SHAPES)
def test_schema_and_worker_agree(type_: str, name: str, value: object) -> None:
    """A command is parked exactly if its published schema refuses it."""
    base = data() if type_ == "venue.layout.add" else {"layout_id": FIRST}
    document = envelope(type_, data={**base, name: value})
    by_schema = not schema_errors(f"commands/{type_}.json", document)
    assert isinstance(decode(structured(document), MOST, VAULT), Command) is by_schema
