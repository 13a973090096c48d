"""CloudEvents 1.0, written: the events of a decided or parked command, in structured JSON."""

from datetime import datetime

from uuid_utils import uuid7

from worker.domain.decision import Event, Problem
from worker.domain.origin import Origin
from worker.domain.patch import JsonObject
from worker.domain.state import rfc3339
from worker.json_text import compact
from worker.storage.events import NewEvent

SOURCE = "/venue-worker"


def refusal(type_: str, origin: Origin, problems: tuple[Problem, ...]) -> Event:
    """Return the event that tells everyone of a command that was rejected or parked."""
    data: JsonObject = {
        "command": _named(origin),
        "errors": [problem.document() for problem in problems],
    }
    summary: JsonObject = {"command": _named(origin), "errors": []}
    return Event(type_, data, summary, f"venue.command.get?id={origin.id}")


def written(event: Event, origin: Origin, now: datetime, most_bytes: int) -> NewEvent:
    """Give the event its envelope; one over `most_bytes` carries its summary and a `dataref`."""
    event_id = str(uuid7())
    envelope = _envelope(event, origin, event_id, now)
    body = compact({**envelope, "data": event.data})
    if len(body) > most_bytes:
        body = compact({**envelope, "dataref": event.dataref, "data": event.summary})
    return NewEvent(
        id=event_id,
        tenant_id=origin.tenant_id,
        venue_id=origin.venue_id,
        version=event.version,
        type=event.type,
        command_id=origin.id,
        actor_id=origin.actor_id,
        body=body.decode(),
    )


def _named(origin: Origin) -> JsonObject:
    return {
        "id": origin.id,
        "type": origin.type,
        "source": origin.source,
        "time": rfc3339(origin.time) if origin.time else None,
        "actorid": origin.actor_id,
    }


def _envelope(event: Event, origin: Origin, event_id: str, now: datetime) -> JsonObject:
    optional: JsonObject = {
        "actorid": origin.actor_id,
        "venueversion": event.version,
        "traceparent": origin.traceparent,
        "tracestate": origin.tracestate,
    }
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": event.type,
        "subject": origin.venue_id,
        "time": rfc3339(now),
        "datacontenttype": "application/json",
        "tenantid": origin.tenant_id,
        **{name: value for name, value in optional.items() if value is not None},
        "causationid": origin.id,
        "correlationid": origin.correlation_id or origin.id,
    }
