"""The values of binary mode's headers: what an attribute can be made of, and what is none."""

from datetime import UTC, datetime

import pytest

from tests.unit.checks import assert_read
from tests.unit.samples import MOST, SMALLEST, VAULT, attributes_of, binary, codes, unreadable
from worker.domain.command import Command
from worker.messaging.delivery import Delivery
from worker.pipeline.decode import decode


def _read(delivery: Delivery) -> Command:
    read = decode(delivery, MOST, VAULT)
    assert isinstance(read, Command), read
    return read


def test_binary_data_that_is_not_json() -> None:
    """Another content type than JSON is an attribute that cannot be worked with."""
    one = binary(SMALLEST, **attributes_of())
    refused = unreadable(
        Delivery(one.body, headers=one.headers, properties={"content_type": "text/xml"})
    )
    assert codes(refused) == ["invalid_envelope"]


def test_header_values_of_amqp_types() -> None:
    """Bytes are UTF-8, AMQP timestamps are times, integers may come as their decimal digits."""
    time = datetime(2026, 11, 24, 9, tzinfo=UTC)
    one = _read(
        binary(SMALLEST, **attributes_of(actorid="Zoë".encode(), time=time, expectedversion="3"))
    )
    assert (one.actor_id, one.time, one.expected_version) == ("Zoë", time, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expectedversion", "9" * 5000),
        ("expectedversion", "٣"),
        ("expectedversion", "-1"),
        ("expectedversion", 3.5),
        ("expectedversion", True),
        ("actorid", 5),
        ("actorid", ["user-7"]),
        ("actorid", {"user": 7}),
        ("actorid", float("nan")),
        ("time", datetime(2026, 11, 24)),  # noqa: DTZ001 - a time without a zone, on purpose
        ("id", None),
    ],
)
def test_header_values_that_are_none(name: str, value: object) -> None:
    """A header value its attribute cannot have makes the envelope invalid, and nothing worse."""
    refused = unreadable(binary(SMALLEST, **{**attributes_of(), name: value}))
    assert codes(refused) == ["invalid_envelope"]
    assert name in refused.problems[0].message


@pytest.mark.parametrize(
    "changes",
    [
        {"actorid": "user\0"},
        {"correlationid": "order\0"},
        {"type": "venue.\0"},
        {"type": b"venue.\0"},
        {"source": "/\0"},
    ],
)
def test_a_nul_in_a_header(changes: dict[str, object]) -> None:
    """No string holds a NUL, in a header as little as in a body."""
    refused = unreadable(binary(SMALLEST, **{**attributes_of(), **changes}))
    assert codes(refused) == ["invalid_envelope"]
    assert_read(refused)


@pytest.mark.parametrize("name", ["traceparent", "tracestate"])
@pytest.mark.parametrize("value", [5, ["x"], "x" * 513])
def test_trace_context_that_is_none(name: str, value: object) -> None:
    """Trace context that cannot be read is ignored, never a reason to refuse, and never kept."""
    one = _read(binary(SMALLEST, **{**attributes_of(), name: value}))
    assert getattr(one, name) is None
    assert_read(one)


@pytest.mark.parametrize("name", ["traceparent", "tracestate", "extension"])
def test_a_nul_where_nothing_needs_it(name: str) -> None:
    """Whatever becomes of the message, the NUL is not kept."""
    assert_read(decode(binary(SMALLEST, **{**attributes_of(), name: "x\0"}), MOST, VAULT))


@pytest.mark.parametrize("value", [b"user-\xff", b"\x00"])
def test_bytes_that_are_no_text(value: bytes) -> None:
    """Whatever becomes of bytes that are no UTF-8 or hold a NUL, it is something to be kept."""
    assert_read(decode(binary(SMALLEST, **attributes_of(actorid=value)), MOST, VAULT))
