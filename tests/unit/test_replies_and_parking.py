"""The reply a delivery asks for, and the hash by which a parked message is known again."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from tests.unit.samples import COMMAND, VENUE
from worker.domain.decision import Problem
from worker.messaging.delivery import Delivery, parking_hash, restored
from worker.messaging.replies import reply_for
from worker.outcome import Outcome, Result

OUTCOME = Outcome(Result.APPLIED, COMMAND, VENUE, 3)
UNREAD = Outcome(Result.PARKED, None, problems=(Problem("invalid_json", "no"),))


def _asking(**properties: object) -> Delivery:
    return Delivery(b"", properties={"reply_to": "answers", **properties})


@pytest.mark.parametrize(("name", "replied"), [("\ufffd" * 85, True), ("\ufffd" * 86, False)])
def test_a_name_that_is_too_long(name: str, replied: bool) -> None:  # noqa: FBT001
    """No queue has a name of more than 255 bytes, so nothing is sent to one."""
    assert (reply_for(_asking(reply_to=name), OUTCOME) is not None) is replied


@pytest.mark.parametrize(
    ("properties", "correlation_id"),
    [
        ({"correlation_id": "c", "message_id": "m"}, "c"),
        ({"message_id": "m"}, "m"),
        ({"correlation_id": "", "message_id": "m"}, "m"),
        ({"correlation_id": 5, "message_id": None}, COMMAND),
        ({}, COMMAND),
    ],
)
def test_correlation(properties: dict[str, Any], correlation_id: str) -> None:
    """The request's `correlation_id`, or else its `message_id`, or else the command's id."""
    reply = reply_for(_asking(**properties), OUTCOME)
    assert reply is not None
    assert (reply.reply_to, reply.correlation_id) == ("answers", correlation_id)


@pytest.mark.parametrize("id_", ["x" * 256, "é" * 200, "€" * 100])
def test_correlation_by_an_id_that_is_too_long(id_: str) -> None:
    """What the sender called its command is cut to what AMQP can carry, between two letters."""
    reply = reply_for(_asking(), replace(UNREAD, command_id=id_))
    assert reply is not None
    assert reply.correlation_id is not None
    assert 250 < len(reply.correlation_id.encode()) <= 255
    assert id_.startswith(reply.correlation_id)


def test_no_correlation_at_all() -> None:
    """A message of which nothing could be read is replied to without one."""
    reply = reply_for(_asking(), UNREAD)
    assert reply is not None
    assert reply.correlation_id is None
    assert from_json(reply.body)["command_id"] is None


@pytest.mark.parametrize("properties", [{}, {"reply_to": ""}, {"reply_to": None}, {"reply_to": 5}])
def test_nobody_asks(properties: dict[str, Any]) -> None:
    """Without a `reply_to` there is no reply."""
    assert reply_for(Delivery(b"", properties=properties), OUTCOME) is None


def test_what_a_reply_says() -> None:
    """Its members are those of the contract, all of them, every time."""
    problem = Problem("capacity_exceeded", "too many", "/capacity")
    outcome = Outcome(Result.REJECTED, COMMAND, VENUE, 3, (problem,), duplicate=True)
    reply = reply_for(_asking(), outcome)
    assert reply is not None
    assert from_json(reply.body) == {
        "command_id": COMMAND,
        "status": "rejected",
        "duplicate": True,
        "venue_id": VENUE,
        "version": 3,
        "errors": [{"code": "capacity_exceeded", "field": "/capacity", "message": "too many"}],
    }


MESSAGE = Delivery(
    b"body",
    tag=1,
    headers={"venue-id": VENUE, "x-delivery-count": 1, "nested": {"a": [1, b"\xff"]}},
    properties={"message_id": "m", "timestamp": datetime(2026, 11, 24, tzinfo=UTC)},
    exchange="venue.commands",
    routing_key="venue.create",
)
SAME: list[dict[str, Any]] = [
    {},
    {"tag": 99, "redelivered": True, "received_at": 5.0},
    {"headers": {**MESSAGE.headers, "x-delivery-count": 7}},
    {"headers": {**MESSAGE.headers, "x-acquired-count": 7}},
    {"headers": {"venue-id": VENUE, "nested": MESSAGE.headers["nested"]}},
    {"headers": dict(reversed(MESSAGE.headers.items()))},
    {"properties": dict(reversed(MESSAGE.properties.items()))},
]
OTHER: list[dict[str, Any]] = [
    {"body": b"body "},
    {"headers": {**MESSAGE.headers, "venue-id": "x"}},
    {"headers": {**MESSAGE.headers, "extra": None}},
    {"headers": {**MESSAGE.headers, "nested": {"a": [1, b"\xfe"]}}},
    {"headers": {**MESSAGE.headers, "nested": {"a": [b"\xff", 1]}}},
    {"headers": {}},
    {"properties": {**MESSAGE.properties, "message_id": "n"}},
    {"properties": {**MESSAGE.properties, "message_id": 5}},
    {"properties": {**MESSAGE.properties, "timestamp": datetime(2026, 11, 25, tzinfo=UTC)}},
    {"properties": {"message_id": "m"}},
    {"exchange": ""},
    {"routing_key": "venue.update"},
]


def _hash(delivery: Delivery) -> bytes:
    return parking_hash(delivery.body, delivery.kept_properties())


@pytest.mark.parametrize("changes", SAME)
def test_a_redelivery_is_the_same_message(changes: dict[str, Any]) -> None:
    """What the broker counts on each delivery, and the order of a table, do not matter."""
    assert _hash(replace(MESSAGE, **changes)) == _hash(MESSAGE)


@pytest.mark.parametrize("changes", OTHER)
def test_another_message(changes: dict[str, Any]) -> None:
    """The body, every other header, every property and where it was sent do matter."""
    assert _hash(replace(MESSAGE, **changes)) != _hash(MESSAGE)


def test_no_two_of_them_are_the_same() -> None:
    """Each difference is told from every other one."""
    assert len({_hash(replace(MESSAGE, **changes)) for changes in OTHER}) == len(OTHER)


def test_what_is_kept_for_a_replay() -> None:
    """All that a replay needs is kept as JSON values, bytes in base64."""
    assert MESSAGE.kept_properties() == {
        "exchange": "venue.commands",
        "routing_key": "venue.create",
        "properties": {"message_id": "m", "timestamp": "2026-11-24T00:00:00.000000Z"},
        "headers": {"venue-id": VENUE, "nested": {"a": [1, {"base64": "/w=="}]}},
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["base64", "table", "x"]), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["base64", "table", "x"]), VALUES, max_size=2))
def test_what_is_kept_comes_back(headers: dict[str, Any]) -> None:
    """Headers of any form are the same after they were kept as JSON, ours look-alikes included."""
    kept = Delivery(b"", headers=headers).kept_properties()
    again = restored(b"", from_json(to_json(kept)))
    assert again.given_up is None
    assert again.kept_properties() == kept
