"""What must hold of a venue's fields as a whole, after a command has changed some of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from worker.domain.decision import Problem
from worker.domain.patch import Json
from worker.domain.problems import problems_of
from worker.domain.state import Status, Venue
from worker.domain.venue_data import VenueFields

LARGEST = 2 * 1024 * 1024
"""Bytes of JSON that a venue's fields may come to after an update."""


def missing_for_activation(fields: Mapping[str, Json]) -> tuple[Problem, ...]:
    """Return a problem for each field that an active venue needs and this one lacks."""
    needed = {
        "/capacity/max": _part(fields, "capacity").get("max"),
        "/address/city": _part(fields, "address").get("city"),
        "/timezone": fields.get("timezone"),
    }
    return tuple(
        Problem("incomplete", f"an active venue needs {field[1:].replace('/', '.')}", field)
        for field, value in needed.items()
        if value is None
    )


def _part(fields: Mapping[str, Json], name: str) -> Mapping[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def capacity_problem(fields: Mapping[str, Json]) -> Problem | None:
    """Return what is wrong if the parts of the capacity do not fit in its `max`."""
    capacity = _part(fields, "capacity")
    parts = sum(capacity.get(part, 0) for part in ("seated", "standing", "vip"))
    if "max" not in capacity or parts <= capacity["max"]:
        return None
    message = f"seated, standing and vip come to {parts}, more than max, {capacity['max']}"
    return Problem("capacity_exceeded", message, "/capacity")


def update_problems(
    venue: Venue, fields: Mapping[str, Json], changed: list[str]
) -> tuple[Problem, ...]:
    """Return what is wrong with the fields that an update would leave the venue with."""
    touched = {name: fields[name] for name in changed if name in fields}
    try:
        VenueFields.model_validate(touched)
    except ValidationError as error:
        return tuple(problems_of(error, "invalid_data"))
    if len(to_json(fields)) > LARGEST:
        return (Problem("too_large", f"the venue would hold more than {LARGEST} bytes of JSON"),)
    capacity = capacity_problem(fields)
    missing = missing_for_activation(fields) if venue.status is Status.ACTIVE else ()
    return (capacity, *missing) if capacity else missing
