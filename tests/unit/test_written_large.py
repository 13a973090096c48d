"""Events over the limit: a summary in place of the data, and the query that answers with all."""

from typing import Any

import pytest
from pydantic_core import from_json

from tests.unit.samples import (
    COMMAND,
    MOST,
    NOW,
    SMALLEST,
    VENUE,
    applied,
    command,
    envelope,
    state,
    structured,
    unreadable,
)
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Event
from worker.domain.state import State
from worker.messaging.written import refusal, written


def _event(one: Command) -> Event:
    event = applied(decide(State(), one, NOW))[0].event
    assert event is not None
    return event


def _written(event: Event, one: Command, most_bytes: int) -> dict[str, Any]:
    document: dict[str, Any] = from_json(written(event, one, NOW, most_bytes).body)
    return document


def test_an_event_over_the_limit() -> None:
    """It carries a summary and `dataref`, and is small; at the limit it is still whole."""
    one = command(
        "venue.create", {**SMALLEST, "slug": "fenway-park", "metadata": {"a": "x" * 50_000}}
    )
    event = _event(one)
    size = len(written(event, one, NOW, MOST).body)
    assert "dataref" not in _written(event, one, size)
    record = written(event, one, NOW, size - 1)
    document = from_json(record.body)
    assert len(record.body) < 2000
    assert document["data"]["venue"] == {
        "id": VENUE,
        "status": "pending",
        "slug": "fenway-park",
        "name": "Fenway Park",
    }
    assert sorted(document["data"]["changed"]) == sorted(["name", "address", "metadata", "slug"])
    assert VENUE in document["dataref"]
    assert document["dataref"].startswith("venue.get")
    assert document["venueversion"] == 1


def test_a_summary_says_why() -> None:
    """The reason for the venue's status is part of the summary: the history is made of it."""
    one = command("venue.close")
    event = applied(decide(state("active"), one, NOW))[0].event
    assert event is not None
    assert _written(event, one, 10)["data"]["venue"]["status_reason"] == "sold"


def test_the_limit_is_in_bytes() -> None:
    """Letters of several bytes count as such."""
    one = command("venue.create", {**SMALLEST, "description": "é" * 10_000})
    assert "dataref" in _written(_event(one), one, 15_000)


@pytest.mark.parametrize("type_", ["venue.command.rejected", "venue.command.parked"])
def test_a_refusal_over_the_limit(type_: str) -> None:
    """It still says which command was refused; its outcome is what another query tells."""
    parked = unreadable(structured(envelope(data={**SMALLEST, "x" * 50_000: 1})))
    assert parked.origin is not None
    body = written(refusal(type_, parked.origin, parked.problems), parked.origin, NOW, 10_000).body
    assert len(body) < 2000
    document = from_json(body)
    assert document["data"]["command"]["id"] == COMMAND
    assert document["dataref"].startswith("venue.command.get")
    assert COMMAND in document["dataref"]
