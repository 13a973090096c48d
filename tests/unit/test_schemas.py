"""The published JSON Schemas, judged by an implementation that is not the worker's."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic_core import from_json

from tests.unit.checks import schema_errors
from tests.unit.samples import (
    COMMAND,
    FIELDS,
    MOST,
    NOW,
    SMALLEST,
    VAULT,
    applied,
    command,
    envelope,
    ready,
    structured,
    unreadable,
)
from worker.domain.command import COMMANDS, Command
from worker.domain.decide import decide
from worker.messaging.replies import reply_for
from worker.messaging.written import refusal, written
from worker.outcome import Outcome, Result
from worker.pipeline.decode import decode
from worker.queries.catalogue import QUERIES
from worker.schemas import all_schemas

ROOT = Path(__file__).resolve().parents[2]
ON_DISK = {
    path.relative_to(ROOT / "schemas").as_posix(): path.read_text()
    for path in (ROOT / "schemas").rglob("*.json")
}
EXAMPLES = sorted((ROOT / "examples").rglob("*.json"))


def test_the_files_are_those_of_the_models() -> None:
    """What is published is what the worker checks: no file differs, is missing or is left over."""
    assert all_schemas() == ON_DISK


def test_every_message_has_a_schema() -> None:
    """Every command, every event it makes, both refusals, the reply, every query and its answer."""
    refusals = {"venue.command.rejected", "venue.command.parked"}
    events = {spec.event for spec in COMMANDS.values()} | refusals
    commands = {f"commands/{type_}.json" for type_ in COMMANDS}
    told = {f"events/{name}.json" for name in events}
    queries = {f"queries/{type_}.{way}.json" for type_ in QUERIES for way in ("request", "answer")}
    assert set(ON_DISK) == {"reply.json", *commands, *told, *queries}


@pytest.mark.parametrize("name", sorted(ON_DISK))
def test_a_schema_is_a_schema(name: str) -> None:
    """Each is a valid schema of the draft it names."""
    schema = json.loads(ON_DISK[name])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_there_are_examples() -> None:
    """The examples stand where they are looked for."""
    assert EXAMPLES


def _completed(path: Path) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(path.read_text())
    time = "2026-11-24T09:00:00Z"
    return {"specversion": "1.0", "id": COMMAND, "source": "/x", "time": time, **given}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example(path: Path) -> None:
    """Every example, completed as `send` does it, is valid by its schema and for the worker."""
    document = _completed(path)
    assert schema_errors(f"commands/{document['type']}.json", document) == []
    read = decode(structured(document), MOST, VAULT)
    assert isinstance(read, Command), read


@pytest.mark.parametrize("type_", [t for t, spec in COMMANDS.items() if spec.about_venue])
def test_an_event_is_as_published(type_: str) -> None:
    """The event of every command is valid by its schema, with all attributes and with few."""
    for attributes in ({}, {"actorid": None, "correlationid": "x", "traceparent": "00-x"}):
        one = command(type_, FIELDS if type_ == "venue.create" else None, **attributes)
        done, _ = applied(decide(ready(type_), one, NOW))
        assert done.event is not None
        for most_bytes in (MOST, 10):
            body = written(done.event, one, NOW, most_bytes).body
            assert schema_errors(f"events/{done.event.type}.json", from_json(body)) == []


@pytest.mark.parametrize("type_", ["venue.command.rejected", "venue.command.parked"])
@pytest.mark.parametrize("attributes", [{}, {"time": "2026-11-24T09:00:00Z", "actorid": "a"}])
def test_a_refusal_is_as_published(type_: str, attributes: dict[str, str]) -> None:
    """Both refusals are valid by their schemas, with and without the optional attributes."""
    parked = unreadable(structured({**envelope(data={}), **attributes}))
    assert parked.origin is not None
    event = refusal(type_, parked.origin, parked.problems)
    assert (
        schema_errors(
            f"events/{type_}.json", from_json(written(event, parked.origin, NOW, MOST).body)
        )
        == []
    )


@pytest.mark.parametrize("result", Result)
def test_a_reply_is_as_published(result: Result) -> None:
    """A reply is valid by its schema whatever became of the command."""
    unread = unreadable(structured([]))
    asking = structured([], properties={"reply_to": "x"})
    for outcome in (
        Outcome(result, None, problems=unread.problems),
        Outcome(result, COMMAND, COMMAND, 3, duplicate=True),
    ):
        reply = reply_for(asking, outcome)
        assert reply is not None
        assert schema_errors("reply.json", from_json(reply.body)) == []


def test_a_schema_refuses() -> None:
    """The validator used here does find what is wrong: another type, no data, a bad format."""
    assert not schema_errors("commands/venue.create.json", envelope(data=SMALLEST))
    for wrong in ({"type": "venue.update"}, {"data": None}, {"id": "x"}, {"time": "now"}):
        assert schema_errors("commands/venue.create.json", {**envelope(), **wrong})
