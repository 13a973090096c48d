"""Layouts that tests share: small sections of each kind, and venues that have some layouts."""

from typing import Any, Final

from tests.unit.samples import FIELDS, VENUE, applied, decided, venue
from worker.domain.decision import Decision
from worker.domain.layout import LAYOUTS, Layout
from worker.domain.state import State

FIRST: Final = "0197dddd-0000-7000-8000-000000000001"
SECOND: Final = "0197dddd-0000-7000-8000-000000000002"
THIRD: Final = "0197dddd-0000-7000-8000-000000000003"


def seated(seats: Any, label: str = "A", **more: Any) -> dict[str, Any]:
    """Return a section of one row."""
    return {"label": label, "rows": [{"label": "1", "seats": seats}], **more}


def standing(capacity: Any, label: str = "Floor", **more: Any) -> dict[str, Any]:
    """Return a section without seats."""
    return {"label": label, "standing": {"capacity": capacity}, **more}


TEN: Final = {"from": 1, "to": 10}


def data(layout_id: str = FIRST, **more: Any) -> dict[str, Any]:
    """Return the data of `venue.layout.add`."""
    return {
        "layout_id": layout_id,
        "name": "Concert",
        "kind": "mixed",
        "sections": [seated(TEN), standing(20)],
        **more,
    }


def add(before: State, layout_id: str = FIRST, **more: Any) -> Decision:
    """Decide to add a layout."""
    return decided(before, "venue.layout.add", data(layout_id, **more))


def house(*layout_ids: str, most: int | None = 1000) -> State:
    """Return a venue that has these layouts, of 30 places each, the first of them the default."""
    capacity: dict[str, Any] = {"capacity": {"max": most}} if most is not None else {}
    fields = {name: value for name, value in FIELDS.items() if name != "capacity"}
    state = State(venue=venue(fields={**fields, **capacity}))
    for layout_id in layout_ids:
        state = applied(add(state, layout_id))[0].state
    assert state.venue is not None
    assert state.venue.id == VENUE
    return state


def layouts_of(state: State) -> dict[str, Layout]:
    """Return the layouts by their id."""
    return dict(LAYOUTS.items(state))


def defaults(state: State) -> list[str]:
    """Return which layouts are the default; it should be one."""
    return [layout_id for layout_id, layout in layouts_of(state).items() if layout.is_default]
