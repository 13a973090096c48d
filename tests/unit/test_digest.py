"""What makes a resend the same command: its content, and nothing about its journey."""

import json
from typing import Any

import pytest

from tests.unit.samples import MOST, VAULT, VENUE, attributes_of, binary, envelope, structured
from worker.domain.command import Command
from worker.messaging.delivery import Delivery
from worker.pipeline.decode import decode

PAST = "2025-11-24T09:00:00Z"
DATA = {"name": "Fenway Park", "address": {"country": "US", "city": "Boston"}}
BASE = envelope(data=DATA, actorid="user-7", expectedversion=0, notbefore=PAST)


def _digest(delivery: Delivery) -> bytes:
    read = decode(delivery, MOST, VAULT)
    assert isinstance(read, Command), read
    return read.digest


SAME: list[dict[str, Any]] = [
    {"time": "2026-11-24T09:00:00Z"},
    {"time": "2026-11-24T09:00:01Z"},
    {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"tracestate": "vendor=1"},
    {"correlationid": "order-31"},
    {"subject": VENUE.upper()},
    {"datacontenttype": "application/json"},
    {"source": "/another"},
    {"extension": 1},
    {"data": {"address": {"city": "Boston", "country": "US"}, "name": "Fenway Park"}},
]
OTHER: list[dict[str, Any]] = [
    {"type": "venue.update"},
    {"subject": "0197aaaa-0000-7000-8000-00000000abce"},
    {"actorid": "user-8"},
    {"actorid": None},
    {"expectedversion": 1},
    {"expectedversion": None},
    {"notbefore": "2025-11-24T09:00:01Z"},
    {"notbefore": None},
    {"data": {**DATA, "name": "Fenway"}},
    {"data": {**DATA, "tags": []}},
    {"data": {**DATA, "email": None}},
    {"data": {**DATA, "address": {"country": "US"}}},
    {"data": {**DATA, "metadata": {"a": 1}}},
    {"data": {**DATA, "metadata": {"a": True}}},
    {"data": {**DATA, "metadata": {"a": "1"}}},
    {"data": {**DATA, "metadata": {"a": [1, 2]}}},
    {"data": {**DATA, "metadata": {"a": [2, 1]}}},
]


@pytest.mark.parametrize("changes", SAME)
def test_the_same_command(changes: dict[str, Any]) -> None:
    """Time, trace context, correlation, the order of keys and the case of UUIDs do not count."""
    assert _digest(structured({**BASE, **changes})) == _digest(structured(BASE))


@pytest.mark.parametrize("changes", OTHER)
def test_another_command(changes: dict[str, Any]) -> None:
    """Type, subject, actor, expected version, notbefore and data count."""
    assert _digest(structured({**BASE, **changes})) != _digest(structured(BASE))


def test_no_two_of_them_are_the_same() -> None:
    """Every difference in content is told from every other one."""
    digests = {_digest(structured({**BASE, **changes})) for changes in OTHER}
    assert len(digests) == len(OTHER)


def test_the_order_of_all_keys() -> None:
    """A publisher that writes its JSON in another order or with spaces sends the same command."""
    turned = json.dumps(dict(reversed(BASE.items())), indent=3).encode()
    assert _digest(Delivery(turned)) == _digest(structured(BASE))


def test_amqp_properties_and_the_mode() -> None:
    """AMQP properties do not count, and neither does the mode of the message."""
    properties = {"message_id": "x", "priority": 3, "user_id": "someone", "reply_to": "queue"}
    headers = {"venue-id": "x", "x-delivery-count": 1}
    expected = _digest(structured(BASE))
    assert _digest(structured(BASE, properties=properties, headers=headers)) == expected
    attributes = {name: value for name, value in BASE.items() if name != "data"}
    assert _digest(binary(DATA, **attributes)) == expected


@pytest.mark.parametrize("data", [None, {}])
def test_no_data_is_empty_data(data: object) -> None:
    """A command without data is the same whether it says so or not."""
    bare = attributes_of("venue.activate")
    assert _digest(structured({**bare, "data": data})) == _digest(structured(bare))


def test_it_stays_what_it_is() -> None:
    """Digests are kept for weeks: another way to write the same content would make a conflict."""
    data = {
        "name": "Café de Flore\u007f",
        "address": {"country": "FR"},
        "metadata": {"b": 1e-7, "a": [1e16, 12345678901234567890123, -0.0]},
    }
    read = _digest(structured(envelope(data=data, actorid="é")))
    assert read.hex() == "16eb7918af4a5976e17b11837dc0f5529279c92276930f1e4da9eded9d521512"
