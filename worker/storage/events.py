"""The table `venue_event`: events as published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event with its envelope, about to be committed."""

    id: str
    tenant_id: str
    venue_id: str
    version: int | None
    type: str
    command_id: str
    actor_id: str | None
    body: str


def columns(events: Sequence[NewEvent]) -> dict[str, list[Any]]:
    """Return events as the columns of `write`, in the order in which they are to be published."""
    return {
        "event_ids": [event.id for event in events],
        "event_tenant_ids": [event.tenant_id for event in events],
        "event_venue_ids": [event.venue_id for event in events],
        "event_versions": [event.version for event in events],
        "event_types": [event.type for event in events],
        "event_command_ids": [event.command_id for event in events],
        "event_actor_ids": [event.actor_id for event in events],
        "bodies": [event.body for event in events],
    }
