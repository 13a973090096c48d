"""Pages: how many items, and from where on. A cursor says where; only this service reads it.

A page ends where its limit says, or sooner, at about `PAGE_BYTES`: so that what a few queries may
hold in memory depends neither on how long names are nor on how many items are asked for.
"""

import base64
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import from_json, to_json

from worker.domain.decision import Rejected, refuse
from worker.domain.formats import whole
from worker.domain.patch import JsonObject

PAGE_BYTES = 1024 * 1024
"""Of JSON, after which no further item goes on a page."""

Cursor = Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[A-Za-z0-9_-]+$")]


class Page:
    """The items of a page, and whether more may be added."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether it has bytes enough."""
        return self._bytes >= PAGE_BYTES

    def add(self, item: JsonObject) -> None:
        """Add an item."""
        self.items.append(item)
        self._bytes += len(to_json(item))


def page_limit(most: int) -> Any:  # noqa: ANN401 - what goes into Annotated
    """Return what makes an integer a number of items on a page."""
    return Annotated[int, Field(ge=1, le=most), BeforeValidator(whole)]


def cursor(*place: Any) -> str:  # noqa: ANN401 - JSON
    """Write a place as a cursor."""
    return base64.urlsafe_b64encode(to_json(place)).decode().rstrip("=")


def place(text: str) -> list[Any]:
    """Read a cursor; one that is none of ours is an empty list."""
    try:
        found = from_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def between(least: int, number: Any, most: int) -> bool:  # noqa: ANN401 - of a cursor
    """Tell whether a cursor's number is one, and among those that this service writes."""
    return type(number) is int and least <= number <= most


def no_cursor() -> Rejected:
    """Return the refusal of a cursor that this service has not written."""
    return refuse("invalid_data", "give a next_cursor of an earlier page, or none", "/cursor")
