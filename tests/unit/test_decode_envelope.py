"""The attributes of the envelope, each with values it may have and values it may not have."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.samples import COMMAND, MOST, VAULT, codes, envelope, structured, unreadable
from worker.domain.command import Command
from worker.pipeline.decode import decode

UUIDS = ("id", "subject", "tenantid")
REQUIRED = ("specversion", "id", "source", "type", "subject", "tenantid")
NO_UUID: list[object] = [
    "",
    "nonsense",
    "0197aaaa00007000800000000000abcd",
    "{0197aaaa-0000-7000-8000-00000000abcd}",
    "urn:uuid:0197aaaa-0000-7000-8000-00000000abcd",
    "0197aaaa-0000-7000-8000-00000000abcg",
    "0197aaaa-0000-7000-8000-00000000abcd\n",
    " 0197aaaa-0000-7000-8000-00000000abcd",
    None,
    5,
    {},
]
NO_TIME = [
    "yesterday",
    "2026-11-24",
    "2026-11-24T09:00:00",
    "2026-02-30T09:00:00Z",
    "2026-11-24T25:00:00Z",
    "2026-11-24T09:00:00+99:00",
    "0001-01-01T00:00:00+23:00",
    "2026-11-24T09:00:00Z\n",
    1795510800,
    True,
]
NO_TEXT = ["", " ", "\t\n", 5, True, ["x"], {}]
BAD = [
    *[(name, value) for name in UUIDS for value in NO_UUID],
    *[(name, value) for name in ("time", "notbefore") for value in NO_TIME],
    *[(name, value) for name in ("actorid", "correlationid") for value in [*NO_TEXT, "x" * 257]],
    *[("type", value) for value in [*NO_TEXT, None, "x" * 201]],
    *[("source", value) for value in ["", "a b", "/café", "100%", "x" * 2049, "/x\n", None, 5]],
    *[("specversion", value) for value in ["0.3", "1.1", "1.0 ", "1.0\n", 1.0, 1, None]],
    *[("datacontenttype", value) for value in ["text/xml", "json", "", 5, ["application/json"]]],
    *[("expectedversion", value) for value in [-1, 2**31, 2**70, "3", "", 1.5, True, [], {}]],
    ("notbefore", f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%dT00:00:00Z}"),
]
GOOD = [
    *[(name, "0197AAAA-0000-7000-8000-00000000ABCD") for name in UUIDS],
    *[(name, "00000000-0000-0000-0000-000000000000") for name in UUIDS],
    *[
        (name, value)
        for name in ("time", "notbefore")
        for value in [None, "2024-02-29T23:59:59.123456789Z", "2024-01-01t00:00:00z"]
    ],
    ("time", "2999-12-31T23:59:59-12:00"),
    *[
        (name, value)
        for name in ("actorid", "correlationid")
        for value in [None, "x" * 256, "Zoë", " x "]
    ],
    *[("source", value) for value in ["/x", "https://a.example/b?c#d", "urn:x:y", "%C3%A9"]],
    *[("datacontenttype", value) for value in [None, "application/json", "text/json; a=b"]],
    *[("expectedversion", value) for value in [None, 0, 2**31 - 1]],
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_attribute(name: str, value: object) -> None:
    """A value an attribute cannot have is `invalid_envelope`, and the problem names it."""
    refused = unreadable(structured({**envelope(), name: value}))
    assert codes(refused) == ["invalid_envelope"]
    assert f"attribute {name}" in refused.problems[0].message
    assert refused.problems[0].field is None


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_good_attribute(name: str, value: object) -> None:
    """A value within the rules is taken, null is as good as absent where absent is allowed."""
    assert isinstance(decode(structured({**envelope(), name: value}), MOST, VAULT), Command)


@pytest.mark.parametrize("value", [3.0, 0.0, 1e3])
def test_a_whole_number_however_written(value: float) -> None:
    """3.0 is the integer 3 in JSON and in JSON Schema, so it is one here."""
    read = decode(structured(envelope(expectedversion=value)), MOST, VAULT)
    assert isinstance(read, Command), read
    assert read.expected_version == value


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_attribute(name: str) -> None:
    """Each required attribute is missed by name."""
    attributes = {key: value for key, value in envelope().items() if key != name}
    refused = unreadable(structured(attributes))
    assert codes(refused) == ["invalid_envelope"]
    assert f"attribute {name}" in refused.problems[0].message
    assert refused.origin is None


def test_every_bad_attribute_is_named() -> None:
    """A sender hears of all that is wrong with the envelope at once."""
    refused = unreadable(structured({}))
    assert codes(refused) == ["invalid_envelope"] * len(REQUIRED)
    for name, problem in zip(REQUIRED, refused.problems, strict=True):
        assert name in problem.message


@pytest.mark.parametrize("id_", [COMMAND, "no uuid"])
def test_the_id_is_known_whatever_else_is_wrong(id_: str) -> None:
    """The reply to a parked command has the id that its sender gave it, if it is a text."""
    assert unreadable(structured(envelope(id=id_, source=None))).command_id == id_
    assert unreadable(structured(envelope(id=5))).command_id is None


@pytest.mark.parametrize("type_", ["venue.open", "venue.created", "VENUE.CREATE", "venue.create "])
def test_an_unknown_type(type_: str) -> None:
    """A type that is no command is `unknown_type`; its envelope was read all the same."""
    refused = unreadable(structured(envelope(type_)))
    assert codes(refused) == ["unknown_type"]
    assert refused.origin is not None
    assert (refused.origin.type, refused.origin.id) == (type_, COMMAND)


@pytest.mark.parametrize("value", [5, [], {}, "x" * 513])
def test_bad_trace_context(value: object) -> None:
    """Trace context that cannot be read is ignored."""
    read = decode(structured(envelope(traceparent=value, tracestate=value)), MOST, VAULT)
    assert isinstance(read, Command)
    assert (read.traceparent, read.tracestate) == (None, None)
