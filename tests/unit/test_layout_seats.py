"""Seats worked out from any layout: their ids are unique, and counting them gives the counts."""

from typing import Any
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import property_test
from tests.unit.layouts import data, house, seated, standing
from tests.unit.samples import MOST, NOW, VAULT, applied, envelope, structured
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.layout_seats import labels, places, places_by_category, seats
from worker.pipeline.decode import decode

CATEGORIES = ["Gold", "Silver"]
awkward = st.sampled_from(["1", "A/1", "A%2F1", "A", "/", "%", "é", "座", "1 a", ".."])


def _label(of: dict[str, Any]) -> str:
    return str(of["label"])


Drawn = st.SearchStrategy[list[dict[str, Any]]]
label = awkward | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs", "Z", "C"]),
    min_size=1,
    max_size=5,
)
category = st.sampled_from([*CATEGORIES, None])
flags = st.fixed_dictionaries(
    {}, optional={"accessible": st.booleans(), "companion": st.booleans(), "category": category}
)


@st.composite
def _listed(draw: st.DrawFn) -> list[Any]:
    names = draw(st.lists(label, min_size=1, max_size=6, unique=True))
    more = draw(st.lists(flags | st.none(), min_size=len(names), max_size=len(names)))
    pairs = zip(names, more, strict=True)
    return [name if more is None else {"label": name, **more} for name, more in pairs]


@st.composite
def _numbered(draw: st.DrawFn) -> dict[str, Any]:
    first, count, step = draw(st.tuples(*(st.integers(1, 12) for _ in range(3))))
    rule = {"from": first, "to": first + count, "step": step, "prefix": draw(label)}
    everything = labels(rule)
    some = st.lists(st.sampled_from(everything), unique=True, max_size=len(everything) - 1)
    rule["except"] = draw(some)
    there = [one for one in everything if one not in rule["except"]]
    for name in ("accessible", "companion"):
        rule[name] = draw(st.lists(st.sampled_from(there), unique=True))
    return rule


rows: Drawn = st.lists(
    st.fixed_dictionaries({"label": label, "seats": _listed() | _numbered(), "category": category}),
    min_size=1,
    max_size=4,
    unique_by=_label,
)
of_rows: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"label": label, "category": category, "rows": rows}
)
of_standing: st.SearchStrategy[dict[str, Any]] = st.builds(
    standing, st.integers(1, 500), label=label, category=category
)
sections: Drawn = st.lists(of_rows | of_standing, min_size=1, max_size=4, unique_by=_label)


@given(sections)
@property_test
def test_expansion(drawn: list[dict[str, Any]]) -> None:
    """Ids are unique and say where the seat is; all ways of counting agree; rules take it."""
    found = list(seats(drawn))
    assert len({seat.seat_guid for seat in found}) == len(found)
    for seat in found:
        where = [unquote(part) for part in seat.seat_guid.split("/")]
        assert where == [seat.section, seat.row, seat.label]
    counted = places(drawn)
    assert counted.seats == len(found)
    assert counted.accessible == sum(seat.accessible for seat in found)
    assert counted.companion == sum(seat.companion for seat in found)
    assert sum(places_by_category(drawn).values()) == counted.total
    _taken(drawn, counted.total)


def _taken(drawn: list[dict[str, Any]], total: int) -> None:
    given_ = data(sections=drawn, categories=[{"name": name} for name in CATEGORIES])
    one = decode(structured(envelope("venue.layout.add", data=given_)), MOST, VAULT)
    assert isinstance(one, Command), one
    done, _ = applied(decide(house(most=total), one, NOW))
    assert done.event is not None
    shown: Any = done.event.data["layout"]
    assert shown["sections"] == [_without_null(section) for section in drawn]
    assert shown["places"]["total"] == total


def _without_null(value: Any) -> Any:
    """Return a document without what is null in it, which says as much as nothing."""
    if isinstance(value, dict):
        return {name: _without_null(one) for name, one in value.items() if one is not None}
    return [_without_null(one) for one in value] if isinstance(value, list) else value


def test_numbering() -> None:
    """A rule counts by its step, with its prefix, and leaves out what it says."""
    rule = {"from": 1, "to": 9, "step": 2, "prefix": "A-", "except": ["A-5"]}
    assert labels(rule) == ["A-1", "A-3", "A-7", "A-9"]


def test_an_id_says_where() -> None:
    """A seat's id is made of the labels, in which a slash is no slash."""
    (seat,) = seats([seated(["1/2"], label="Ost é", category="Gold")])
    assert seat.seat_guid == "Ost%20%C3%A9/1/1%2F2"
    assert (seat.section, seat.row, seat.label) == ("Ost é", "1", "1/2")
    assert seat.category == "Gold"


def test_the_nearest_category_counts() -> None:
    """A seat's own, else its row's, else its section's; standing room has its section's."""
    row = {"label": "2", "category": "Silver", "seats": ["1", {"label": "2", "category": "Gold"}]}
    section = seated(["1"], category="Bronze")
    section["rows"].append(row)
    counts = places_by_category([section, standing(7, category="Bronze"), standing(1, label="x")])
    assert counts == {"Bronze": 8, "Silver": 1, "Gold": 1, None: 1}
