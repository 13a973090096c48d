"""The table `venue_event`: events as published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worker.storage.arrays import numbers, texts, words


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


def columns(events: Sequence[NewEvent]) -> dict[str, Any]:
    """Return events as the columns of `write`, in the order in which they are to be published."""
    return {
        "event_ids": words(event.id for event in events),
        "event_tenant_ids": words(event.tenant_id for event in events),
        "event_venue_ids": words(event.venue_id for event in events),
        "event_versions": numbers(event.version for event in events),
        "event_types": words(event.type for event in events),
        "event_command_ids": words(event.command_id for event in events),
        "event_actor_ids": texts(event.actor_id for event in events),
        "bodies": [event.body for event in events],
    }
