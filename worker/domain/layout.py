"""A venue's layouts: plans of its seats and standing room, one of which is the default."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from worker.domain.decision import Problem
from worker.domain.layout_data import Categories, Kind, Sections
from worker.domain.layout_seats import Places
from worker.domain.parts import Part
from worker.domain.patch import Json, JsonObject
from worker.domain.state import State


@dataclass(frozen=True, slots=True)
class Plan:
    """What is large of a layout: its `sections`, and its `categories` if it has any.

    Attributes:
        fields: both as the publisher gave them, rules of numbering included.
        stored: whether it is what the database holds, so that it need not be written again.
    """

    fields: Mapping[str, Json]
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout. Of those that a command does not name, the plan is not loaded: None."""

    layout_id: str
    name: str
    kind: Kind
    places: Places
    is_default: bool
    plan: Plan | None = None

    def document(self) -> JsonObject:
        """Return the layout as events and queries show it; its plan where it is known."""
        return {**self.summary(), **(self.plan.fields if self.plan else {})}

    def summary(self) -> JsonObject:
        """Return the part that is small however many places it has."""
        return {
            "layout_id": self.layout_id,
            "name": self.name,
            "kind": self.kind,
            "is_default": self.is_default,
            "places": self.places.document(),
        }


class PlacesShape(BaseModel):
    """How many people fit, as events show it; accessible and companion seats are among `seats`."""

    seats: int
    standing: int
    accessible: int
    companion: int
    total: int


class LayoutShape(BaseModel):
    """A layout as events show it; without categories and sections where it is a summary."""

    layout_id: str
    name: str
    kind: Kind
    is_default: bool
    places: PlacesShape
    categories: Categories | None = None
    sections: Sections | None = None
    removed_at: datetime | None = None


LAYOUTS: Part[Layout] = Part("layouts", "layout", LayoutShape)
"""The layouts by their id."""


def room(fields: Mapping[str, Json]) -> int | None:
    """Return the `capacity.max` of a venue's fields, or None where it has none."""
    capacity = fields.get("capacity")
    most = capacity.get("max") if isinstance(capacity, dict) else None
    return most if isinstance(most, int) else None


def layouts_problem(state: State, fields: Mapping[str, Json]) -> Problem | None:
    """Return what is wrong if a layout does not fit into the capacity that the fields name."""
    most = room(fields)
    layouts = LAYOUTS.items(state).values()
    largest = max(layouts, key=lambda layout: layout.places.total, default=None)
    if largest is None or most is None or largest.places.total <= most:
        return None
    message = (
        f"the layout {largest.layout_id} has {largest.places.total} places, more than {most}; "
        "make it smaller or remove it first"
    )
    return Problem("capacity_exceeded", message, "/capacity/max")
