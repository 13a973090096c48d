"""Parts of a venue that stand beside its fields: its staff, its layouts and the like.

A part holds items by their key. A family of commands names its part here and once in
`storage/parts.py`; loading, deciding, saving and the schemas do the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from worker.domain.decision import Change, Shown
from worker.domain.state import State, Venue

Item = TypeVar("Item")
ONLY = ""
"""The key of the one item of a part that has no more than one."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """A part and how events show an item of it.

    Attributes:
        name: what `State.parts` and `storage/parts.py` know it by.
        shown_as: its name in an event's data, where `shape` is an item's schema.
    """

    name: str
    shown_as: str
    shape: type[BaseModel]

    def items(self, state: State) -> Mapping[str, Item]:
        """Return the items there are, of those that were loaded."""
        items = cast("Mapping[str, Item | None]", state.parts.get(self.name, NOTHING))
        return {key: item for key, item in items.items() if item is not None}

    def find(self, state: State, key: str = ONLY) -> Item | None:
        """Return one item, or None."""
        return cast("Item | None", state.parts.get(self.name, NOTHING).get(key))

    def put(self, state: State, items: Mapping[str, Item | None]) -> State:
        """Return the state with these items in place of those of the same keys; None is gone."""
        changed = {**state.parts.get(self.name, NOTHING), **items}
        return replace(state, parts={**state.parts, self.name: changed})


NOTHING: Mapping[str, Any] = MappingProxyType({})


def part_changed(state: State, now: datetime, changed: tuple[str, ...], shown: Shown) -> Change:
    """Return the change of a state whose parts are those after it: the venue's next version."""
    before = existing(state)
    venue = replace(before, version=before.version + 1, updated_at=now)
    return Change(replace(state, venue=venue), changed, shown=shown)


def existing(state: State) -> Venue:
    """Return the venue, for the rules that are asked about one that is there."""
    if state.venue is None:
        raise LookupError("a rule for existing venues was asked about none")  # decide() checks it
    return state.venue


def dataref(state: State, query: str = "venue.get") -> str:
    """Return the reference to a query about the venue: what an event names that is too large."""
    return f"{query}?subject={existing(state).id}"
