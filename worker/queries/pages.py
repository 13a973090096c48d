"""Pages: how many items, and from where on. A cursor says where; only this service reads it."""

import base64
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import from_json, to_json

from worker.domain.decision import Rejected, refuse
from worker.domain.formats import whole

Cursor = Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[A-Za-z0-9_-]+$")]


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


def no_cursor() -> Rejected:
    """Return the refusal of a cursor that this service has not written."""
    return refuse("invalid_data", "give a next_cursor of an earlier page, or none", "/cursor")
