"""Bodies that are no JSON the service can keep, or too much of it: invalid_json and too_large."""

import pytest
from pydantic_core import to_json

from tests.unit.samples import (
    COMMAND,
    MOST,
    SMALLEST,
    VAULT,
    attributes_of,
    binary,
    codes,
    envelope,
    structured,
    unreadable,
)
from worker.domain.command import Command
from worker.messaging.delivery import Delivery
from worker.pipeline.decode import decode

PLACE = b'"@"'


def _around(text: bytes) -> bytes:
    """Return a valid command whose metadata holds the given text."""
    data = {**SMALLEST, "metadata": {"a": "@"}}
    return to_json(envelope(data=data)).replace(PLACE, text)


NO_JSON = [
    b"",
    b" ",
    b"nonsense",
    b"{",
    b'{"a": 1} trailing',
    b"{'a': 1}",
    b'{"a": 1,}',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"NaN",
    b'"\xc3"',
    b"[" * 100_000,
    _around(b"NaN"),
    _around(b"Infinity"),
    _around(b"-Infinity"),
    _around(b"01"),
    _around(b"1" * 5000),
    _around(b'"\x00"'),
    _around(rb'"\u0000"'),
    _around(rb'{"\u0000": 1}'),
    _around(rb'[[{"b": "x\u0000"}]]'),
    _around(rb'"\ud800"'),
    _around(rb'"\udc00\ud800"'),
    _around(rb'{"\ud800": 1}'),
    _around(b'"\xed\xa0\x80"'),
    to_json(envelope()).replace(b"/box-office", rb"/box\u0000office"),
]


@pytest.mark.parametrize("body", NO_JSON)
def test_no_json(body: bytes) -> None:
    """What is no JSON, has numbers that are none, or text that cannot be kept, is refused."""
    refused = unreadable(Delivery(body))
    assert codes(refused) == ["invalid_json"]
    assert refused.origin is None


@pytest.mark.parametrize("body", [b for b in NO_JSON if b and not b.startswith(b'{"specversion')])
def test_no_json_in_binary_mode(body: bytes) -> None:
    """Data that is no JSON is refused too; the envelope was read, so the command is known."""
    refused = unreadable(binary(body, **attributes_of()))
    assert codes(refused) == ["invalid_json"]
    assert refused.origin is not None
    assert (refused.origin.id, refused.command_id) == (COMMAND, COMMAND)


@pytest.mark.parametrize(
    "text",
    [rb'"\\u0000"', rb'"\ud83d\ude00"', '"\U0001f600"'.encode(), b"1e308", b"-0.0", b"1" * 400],
)
def test_json_that_only_looks_odd(text: bytes) -> None:
    """An escaped backslash is no NUL, a pair of surrogates no lone one, a long number a number."""
    assert isinstance(decode(Delivery(_around(text)), MOST, VAULT), Command)


@pytest.mark.parametrize("text", [b"1e999", b"-1e999", b'[{"b": 1e999}]'])
def test_numbers_beyond_all_numbers(text: bytes) -> None:
    """A number that reads as infinity is JSON, but no data: it could not be stored."""
    refused = unreadable(Delivery(_around(text)))
    assert codes(refused) == ["invalid_data"]
    assert refused.problems[0].field == "/metadata"


def _nested(levels: int, kind: str) -> bytes:
    opening, closing = {"list": (b"[", b"]"), "object": (b'{"a":', b"}")}[kind]
    return opening * levels + (b"1" if kind == "object" else b"") + closing * levels


@pytest.mark.parametrize("kind", ["list", "object"])
def test_nesting(kind: str) -> None:
    """A message may nest 32 levels deep and no deeper, the envelope counted where it is one."""
    outside = 3  # the envelope, its data, and the metadata within
    assert isinstance(decode(Delivery(_around(_nested(32 - outside, kind))), MOST, VAULT), Command)
    for levels in (33 - outside, 150, 5000):
        refused = unreadable(Delivery(_around(_nested(levels, kind))))
        assert codes(refused) == ["invalid_json"]


def test_many_brackets_are_not_depth() -> None:
    """Breadth costs nothing, and neither do brackets in text."""
    for text in (b"[" + b",".join([b"[]"] * 1000) + b"]", b'"' + b"[{" * 1000 + b'"'):
        assert isinstance(decode(Delivery(_around(text)), MOST, VAULT), Command)


def test_too_large() -> None:
    """A message of just the limit is read, one byte more is not."""
    body = structured(envelope()).body
    assert isinstance(decode(Delivery(body), len(body), VAULT), Command)
    refused = unreadable(Delivery(body), len(body) - 1)
    assert codes(refused) == ["too_large"]
    assert str(len(body) - 1) in refused.problems[0].message


def test_too_large_in_binary_mode() -> None:
    """The limit holds for the data of binary mode too, and what the command is, is known."""
    refused = unreadable(binary(SMALLEST, **attributes_of()), 10)
    assert codes(refused) == ["too_large"]
    assert refused.origin is not None


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"venue.create"', b"true"])
def test_an_envelope_is_an_object(body: bytes) -> None:
    """JSON that is no object is no envelope."""
    assert codes(unreadable(Delivery(body))) == ["invalid_envelope"]
