"""Events as they are written: the envelope of the contract, and a summary where they are large."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from tests.unit.samples import (
    COMMAND,
    FIELDS,
    MOST,
    NOW,
    TENANT,
    VENUE,
    applied,
    command,
    decided,
    envelope,
    refused,
    state,
    structured,
    unreadable,
)
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Event
from worker.domain.state import State
from worker.messaging.written import refusal, written

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ALL = {"actorid": "user-7", "correlationid": "order-31", "traceparent": TRACE, "tracestate": "a=1"}
ALWAYS = {
    *("specversion", "id", "source", "type", "subject", "time", "datacontenttype"),
    *("tenantid", "causationid", "correlationid", "data"),
}


def _event(one: Command) -> Event:
    event = applied(decide(State(), one, NOW))[0].event
    assert event is not None
    return event


def _written(event: Event, one: Command, most_bytes: int = MOST) -> dict[str, Any]:
    body = written(event, one, NOW, most_bytes).body
    assert isinstance(body, str)
    document: dict[str, Any] = from_json(body)
    return document


def test_every_attribute() -> None:
    """An event has just the attributes of the contract, with the command's where they are its."""
    one = command("venue.create", FIELDS, **ALL)
    document = _written(_event(one), one)
    assert UUID(document.pop("id")).version == 7
    venue = document["data"].pop("venue")
    assert document == {
        "specversion": "1.0",
        "source": "/venue-worker",
        "type": "venue.created",
        "subject": VENUE,
        "time": "2026-11-24T09:00:00.000250Z",
        "datacontenttype": "application/json",
        "tenantid": TENANT,
        "actorid": "user-7",
        "venueversion": 1,
        "causationid": COMMAND,
        "correlationid": "order-31",
        "traceparent": TRACE,
        "tracestate": "a=1",
        "data": {"changed": ["name", "type", "address", "timezone", "capacity"]},
    }
    times = {"created_at": document["time"], "updated_at": document["time"]}
    named = {"id": VENUE, "status": "pending", "slug": venue["slug"]}
    owner = {
        "user_id": "user-7",
        "role": "owner",
        "permissions": [],
        "added_at": document["time"],
    }
    assert venue == {**named, **FIELDS, "staff": [owner], **times}


def test_optional_attributes_are_absent() -> None:
    """What the command did not have is not in the event either, null or otherwise."""
    one = command("venue.create")
    document = _written(_event(one), one)
    assert set(document) == {*ALWAYS, "venueversion"}


def test_correlation_defaults_to_the_command() -> None:
    """Without a `correlationid` of its own, the command's id is the event's."""
    one = command("venue.create")
    assert _written(_event(one), one)["correlationid"] == COMMAND


def test_every_event_has_its_own_id() -> None:
    """The id is new for every event, in the record as in the body, and rises with time."""
    one = command("venue.create")
    records = [written(_event(one), one, NOW, MOST) for _ in range(50)]
    ids = [record.id for record in records]
    assert ids == [from_json(record.body)["id"] for record in records]
    assert ids == sorted(set(ids))


def test_what_the_record_says() -> None:
    """The columns beside the body say the same as the body."""
    one = command("venue.create", actorid="user-7")
    record = written(_event(one), one, NOW, MOST)
    assert (record.tenant_id, record.venue_id, record.command_id) == (TENANT, VENUE, COMMAND)
    assert (record.version, record.type, record.actor_id) == (1, "venue.created", "user-7")


def test_a_rejected_command() -> None:
    """Its event names the command and the reasons, and has no version."""
    one = command("venue.activate", actorid="user-7", time="2026-11-24T08:00:00Z")
    problems = refused(decided(state("closed"), "venue.activate")).problems
    document = _written(refusal("venue.command.rejected", one, problems), one)
    assert set(document) == {*ALWAYS, "actorid"}
    assert document["type"] == "venue.command.rejected"
    assert document["data"] == {
        "command": {
            "id": COMMAND,
            "type": "venue.activate",
            "source": "/box-office",
            "time": "2026-11-24T08:00:00.000000Z",
            "actorid": "user-7",
        },
        "errors": [
            {"code": "illegal_transition", "field": None, "message": problems[0].message},
        ],
    }


def test_a_parked_command() -> None:
    """Its event is that of a rejected one under another type, with all reasons."""
    parked = unreadable(structured(envelope(data={"name": "", "extra": 1})))
    assert parked.origin is not None
    event = refusal("venue.command.parked", parked.origin, parked.problems)
    document = from_json(written(event, parked.origin, NOW, MOST).body)
    assert document["type"] == "venue.command.parked"
    assert document["causationid"] == COMMAND
    fields = [error["field"] for error in document["data"]["errors"]]
    assert fields == ["/name", "/address", "/extra"]


def test_times_are_utc_with_microseconds() -> None:
    """All times of an event have one form, so that they compare as text."""
    one = command("venue.create")
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    document = from_json(written(_event(one), one, noon, MOST).body)
    assert document["time"] == "2026-11-24T12:00:00.000000Z"
