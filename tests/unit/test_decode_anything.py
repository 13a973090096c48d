"""Whatever is sent, decoding answers with a command or with problems, and raises nothing."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import to_json

from tests.unit.checks import assert_read, assert_storable, json_values, property_test
from tests.unit.samples import FIELDS, LIFECYCLE, MOST, VAULT, attributes_of, envelope
from worker.domain.patch import Json
from worker.messaging.delivery import Delivery, parking_hash
from worker.pipeline.decode import decode

texts = st.text(max_size=20) | st.sampled_from(["0" * 5000, "\0", "venue.\0", "application/json"])
amqp_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.decimals()
    | texts
    | st.binary(max_size=20)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
prefixes = st.sampled_from(["cloudEvents:", "cloudEvents_", ""])
attribute_names = st.sampled_from([*attributes_of(), "actorid", "time", "expectedversion", "data"])
header_names = st.builds(str.__add__, prefixes, attribute_names | texts)
property_names = st.sampled_from(
    ["content_type", "message_id", "reply_to", "user_id", "type", "correlation_id"]
)
types = st.sampled_from([*LIFECYCLE, "venue.unknown"])


@given(st.binary(max_size=200))
@property_test
def test_any_bytes(body: bytes) -> None:
    """Bytes of any kind."""
    assert_read(decode(Delivery(body), MOST, VAULT))


@given(json_values)
@property_test
def test_any_json(value: Json) -> None:
    """JSON of any shape, as the body and as the data of every command."""
    assert_read(decode(Delivery(to_json(value)), MOST, VAULT))
    for type_ in LIFECYCLE:
        assert_read(decode(Delivery(to_json(envelope(type_, data=value))), MOST, VAULT))


@given(types, st.data(), json_values)
@property_test
def test_a_valid_command_with_one_thing_changed(
    type_: str, data: st.DataObject, value: Json
) -> None:
    """A command in which one value, at any depth, is replaced, removed or joined by another."""
    attributes = copy.deepcopy(envelope(type_, data=dict(FIELDS)))
    where: dict[str, Any] = attributes
    name = data.draw(st.sampled_from(sorted(where)))
    while isinstance(where[name], dict) and where[name] and data.draw(st.booleans()):
        where = where[name]
        name = data.draw(st.sampled_from(sorted(where)))
    change = data.draw(st.sampled_from(["replace", "remove", "join"]))
    if change == "replace":
        where[name] = value
    elif change == "remove":
        del where[name]
    else:
        where[data.draw(st.text(max_size=5))] = value
    assert_read(decode(Delivery(to_json(attributes)), MOST, VAULT))


@given(types, st.lists(st.integers(0, 10_000), max_size=4), st.binary(min_size=1, max_size=3))
@property_test
def test_a_valid_command_with_bytes_changed(type_: str, places: list[int], new: bytes) -> None:
    """A command in which bytes are overwritten, anywhere."""
    body = bytearray(to_json(envelope(type_, data=FIELDS)))
    for place in places:
        start = place % len(body)
        body[start : start + len(new)] = new
    assert_read(decode(Delivery(bytes(body)), MOST, VAULT))


@given(
    st.dictionaries(header_names, amqp_values, max_size=6),
    st.dictionaries(property_names, amqp_values, max_size=4),
    st.booleans(),
    st.sampled_from([b"", b"{}", b"[]", b"\xff", to_json(FIELDS), to_json(envelope())]),
)
@example({"cloudEvents:expectedversion": "9" * 5000}, {}, True, to_json(FIELDS))  # noqa: FBT003 - valid but for
@example({"cloudEvents:actorid": "\0"}, {}, True, to_json(FIELDS))  # noqa: FBT003 - the same
@property_test
def test_any_headers(
    headers: dict[str, Any],
    properties: dict[str, Any],
    valid: bool,  # noqa: FBT001 - drawn, not called by people
    body: bytes,
) -> None:
    """Header tables and properties of every AMQP type, alone or over those of a valid command."""
    base = {f"cloudEvents:{name}": value for name, value in attributes_of().items()}
    delivery = Delivery(
        body, headers={**base, **headers} if valid else headers, properties=properties
    )
    assert_read(decode(delivery, MOST, VAULT))


@given(
    st.dictionaries(texts, amqp_values, max_size=5),
    st.dictionaries(property_names, amqp_values, max_size=4),
    texts,
)
@example({"at": datetime(1, 1, 1, tzinfo=UTC)}, {}, "")
@example({"amount": Decimal("NaN")}, {}, "")
@example({}, {}, "venue.\0")
@property_test
def test_any_message_can_be_parked(
    headers: dict[str, Any], properties: dict[str, Any], routing_key: str
) -> None:
    """What is kept of a message is JSON that PostgreSQL takes, whatever the broker handed out."""
    delivery = Delivery(
        b"", headers=headers, properties=properties, exchange=routing_key, routing_key=routing_key
    )
    kept = delivery.kept_properties()
    assert_storable(kept)
    to_json(kept)
    assert len(parking_hash(b"", kept)) == 32


@pytest.mark.parametrize("type_", LIFECYCLE)
def test_the_valid_commands_are_valid(type_: str) -> None:
    """What the tests above alter is read, so that what they find is due to the alteration."""
    data = FIELDS if type_ in {"venue.create", "venue.update"} else None
    attributes = envelope(type_, data=data) if data else envelope(type_)
    read = decode(Delivery(to_json(attributes)), MOST, VAULT)
    assert not hasattr(read, "problems")
    assert_read(read)
