"""Structured and binary mode: the same command, whatever the AMQP properties say beside it."""

from datetime import UTC, datetime

import pytest

from tests.unit.samples import (
    COMMAND,
    DATA,
    MOST,
    SMALLEST,
    TENANT,
    VAULT,
    VENUE,
    attributes_of,
    binary,
    envelope,
    structured,
)
from worker.domain.command import Command
from worker.messaging.delivery import Delivery
from worker.pipeline.decode import decode

STRUCTURED = "application/cloudevents+json"


def _read(delivery: Delivery) -> Command:
    read = decode(delivery, MOST, VAULT)
    assert isinstance(read, Command), read
    return read


def test_all_attributes() -> None:
    """Each attribute of the envelope reaches the command, UUIDs in lower case, times in UTC."""
    attributes = envelope(
        "venue.suspend",
        id=COMMAND.upper(),
        subject=VENUE.upper(),
        tenantid=TENANT.upper(),
        time="2026-11-24T10:00:00+01:00",
        datacontenttype="application/json",
        actorid="user-7",
        expectedversion=3,
        correlationid="order-31",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        tracestate="vendor=1",
        someextension={"is": ["ignored"]},
    )
    one = _read(structured(attributes, properties={"user_id": "box-office"}))
    assert (one.id, one.venue_id, one.tenant_id) == (COMMAND, VENUE, TENANT)
    assert (one.type, one.source) == ("venue.suspend", "/box-office")
    assert one.time == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert (one.actor_id, one.expected_version) == ("user-7", 3)
    assert one.correlation_id == "order-31"
    assert (one.traceparent, one.tracestate) == (attributes["traceparent"], "vendor=1")
    assert one.publisher == "box-office"
    assert one.data.model_dump() == DATA["venue.suspend"]


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"content_type": STRUCTURED},
        {"content_type": f"{STRUCTURED}; charset=UTF-8"},
        {"content_type": "Application/CloudEvents+JSON"},
        {"content_type": "application/json"},
        {"content_type": "text/plain"},
        {"content_type": ""},
        {"content_type": 5},
        {"content_type": None, "message_id": None, "type": None},
        {"message_id": "another", "type": "venue.close", "delivery_mode": 1, "priority": 200},
        {"content_encoding": "gzip", "expiration": "x", "timestamp": "yesterday"},
    ],
)
def test_properties_never_matter_more_than_the_envelope(properties: dict[str, object]) -> None:
    """Absent, odd or contradicting AMQP properties leave the command as its envelope says."""
    assert _read(structured(envelope(), properties=properties)) == _read(structured(envelope()))


@pytest.mark.parametrize(
    "headers",
    [
        {"venue-id": "not the subject"},
        {"traceparent": "00-x", "x-delivery-count": 3},
        {"cloudEvents:type": "venue.close", "cloudEvents_subject": "x"},
        {f"cloudEvents:{name}": value for name, value in attributes_of("venue.close").items()},
    ],
)
@pytest.mark.parametrize("content_type", [STRUCTURED, "Application/CloudEvents+JSON; charset=x"])
def test_headers_never_matter_more_than_a_structured_envelope(
    content_type: str, headers: dict[str, object]
) -> None:
    """With the structured content type the envelope in the body is the only one."""
    delivery = structured(envelope(), headers=headers, properties={"content_type": content_type})
    assert _read(delivery) == _read(structured(envelope()))


def test_a_stray_header_is_no_binary_mode() -> None:
    """An envelope in the body stays one if something on the way adds a trace header to it."""
    delivery = structured(envelope(), headers={"cloudEvents_traceparent": "00-x"})
    assert _read(delivery) == _read(structured(envelope()))


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_"])
def test_binary_mode(prefix: str) -> None:
    """Headers with either prefix and the data alone are the same command as the envelope."""
    attributes = attributes_of(actorid="user-7", expectedversion=3, correlationid="order-31")
    one = _read(binary(SMALLEST, prefix=prefix, **attributes))
    assert one == _read(structured({**attributes, "data": SMALLEST}))


def test_binary_mode_with_both_prefixes() -> None:
    """The prefixes may stand side by side."""
    attributes = attributes_of()
    headers = {
        (f"cloudEvents:{name}" if place % 2 else f"cloudEvents_{name}"): value
        for place, (name, value) in enumerate(attributes.items())
    }
    assert _read(Delivery(binary(SMALLEST).body, headers=headers)).id == COMMAND


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/x+json"]
)
def test_the_content_type_of_binary_data(content_type: str) -> None:
    """In binary mode the content type is the data's: JSON, plain or derived from it."""
    one = binary(SMALLEST, **attributes_of())
    _read(Delivery(one.body, headers=one.headers, properties={"content_type": content_type}))


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_no_data(body: bytes) -> None:
    """A command that needs no data may have none, in either mode."""
    activate = attributes_of("venue.activate")
    assert _read(binary(body, **activate)) == _read(structured(activate))
    assert _read(structured({**activate, "data": None})) == _read(structured(activate))
