"""Schema and decoder agree: a command is parked exactly if its published JSON Schema refuses it."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import json_values, property_test, schema_errors
from tests.unit.samples import FIELDS, MOST, SMALLEST, VAULT, envelope, structured
from worker.domain.command import COMMANDS, Command
from worker.pipeline.decode import decode

UUID = "0197AAAA-0000-7000-8000-00000000ABCD"

ATTRIBUTES: list[tuple[str, object]] = [
    *[("specversion", value) for value in ("1.0", "1.1", 1.0, None)],
    *[("id", value) for value in (UUID, UUID[:-1], UUID.replace("-", ""), "", None, 5)],
    *[("source", value) for value in ("/x", "", "a b", None)],
    *[("time", value) for value in (None, "2026-11-24T09:00:00Z", "2026-11-24", "now", 5)],
    *[("time", value) for value in ("2026-02-30T09:00:00Z", "2026-11-24T09:00:00")],
    *[("actorid", value) for value in (None, "user-7", "", " ", 5, "x" * 256, "x" * 257)],
    *[("expectedversion", value) for value in (None, 0, 3.0, -1, 1.5, "3", True, 2**31)],
    *[("datacontenttype", value) for value in (None, "application/json", "text/xml", "")],
    *[("traceparent", value) for value in (None, "00-x")],
    ("extension", {"of": "any kind"}),
]
FIELDS_OF_A_VENUE: list[tuple[str, object]] = [
    *[("name", value) for value in ("A", "", " ", "x" * 200, "x" * 201, 5, None)],
    *[("slug", value) for value in ("a-1", "A", "", "x" * 80, "x" * 81, 5)],
    *[("type", value) for value in ("stadium", "castle", None, 5)],
    *[("email", value) for value in ("ann@fenway.com", "x", "Ann <ann@fenway.com>", None)],
    *[("email", value) for value in (" ann@fenway.com", "ann@fenway.com ")],
    *[("phone", value) for value in ("+16175551212", "5551212", "+1 617 5551212", None)],
    *[("website", value) for value in ("https://a.com/b", "fenway.com", " https://a.com", None)],
    *[("website", value) for value in ("ftp://a.com", "javascript:alert(1)")],
    *[("timezone", value) for value in ("UTC", "", None, 5, "x" * 65)],
    *[("address", {"country": value}) for value in ("US", "us", "USA", "", None, 840)],
    *[("address", value) for value in ({"country": "US", "x": 1}, "Boston", None)],
    *[("location", value) for value in ({"latitude": 1, "longitude": 2.5}, None, [1, 2], "x")],
    *[("location", {"latitude": value, "longitude": 0}) for value in (90, 90.1, "1", True)],
    *[("capacity", {"max": value}) for value in (1, 0, 10.0, 1.5, "10", True, None, 1e300)],
    *[("age_restriction", value) for value in (21, 121, 21.0, "21+", "", True, None)],
    *[("features", value) for value in ({"a": [None]}, [1], "x", 5, None)],
    *[("metadata", value) for value in ({"a": [None]}, [1], None)],
    *[("tags", value) for value in (["a"], [""], [5], "a", ["a"] * 201, None)],
    ("extra", 1),
]
DATA: list[object] = [None, {}, [], "x", 5, {"reason": "x"}, {"reason": None}, {"reason": 5}]

# The forms are in the schemas. What depends on registers that change is not, and is checked too.
REGISTERS: list[tuple[str, object]] = [
    ("address", {"country": "XX"}),
    ("phone", "+999999999999"),
    ("timezone", "Mars/Base"),
]


def _by_schema(command: Mapping[str, Any]) -> bool:
    return not schema_errors(f"commands/{command['type']}.json", command)


def _by_worker(command: Mapping[str, Any]) -> bool:
    return isinstance(decode(structured(command), MOST, VAULT), Command)


@pytest.mark.parametrize(("name", "value"), ATTRIBUTES)
def test_attributes(name: str, value: object) -> None:
    """Of the envelope, both take the same values."""
    command = {**envelope("venue.activate"), name: value}
    assert _by_worker(command) is _by_schema(command)


@pytest.mark.parametrize(("name", "value"), FIELDS_OF_A_VENUE)
@pytest.mark.parametrize("type_", ["venue.create", "venue.update"])
def test_fields(type_: str, name: str, value: object) -> None:
    """Of a venue's fields, both take the same values."""
    base = SMALLEST if type_ == "venue.create" else {}
    command = envelope(type_, data={**base, name: value})
    assert _by_worker(command) is _by_schema(command)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("type_", COMMANDS)
def test_data(type_: str, data: object) -> None:
    """Of data as a whole, both take the same, none at all included."""
    command = envelope(type_, data=data)
    assert _by_worker(command) is _by_schema(command)
    without = {name: value for name, value in command.items() if name != "data"}
    assert _by_worker(without) is _by_schema(without)


@given(st.sampled_from(sorted(FIELDS)), json_values, st.booleans())
@property_test
def test_any_value(name: str, value: object, create: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever a field holds, the worker takes nothing that the schema refuses."""
    type_ = "venue.create" if create else "venue.update"
    command = envelope(type_, data={**(FIELDS if create else {}), name: value})
    if _by_worker(command):
        assert _by_schema(command)


@pytest.mark.parametrize(("name", "value"), REGISTERS)
def test_registers(name: str, value: object) -> None:
    """Countries, telephone plans and time zones that do not exist are refused by the worker."""
    command = envelope(data={**SMALLEST, name: value})
    assert not _by_worker(command)
    assert _by_schema(command)
