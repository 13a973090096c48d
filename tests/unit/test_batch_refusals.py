"""What costs one command of a batch its effect, and the others nothing."""

from dataclasses import replace
from typing import Never

import pytest
from structlog.testing import capture_logs

from tests.unit.batches import codes_of, decide_batch, message, world
from tests.unit.samples import COMMAND, MOST, envelope
from worker.domain.command import COMMANDS
from worker.domain.state import Status
from worker.messaging.delivery import Delivery
from worker.outcome import Result
from worker.pipeline.decode import decode
from worker.pipeline.isolate import isolated
from worker.pipeline.messages import Done, Message
from worker.pipeline.publishers import Grant, Publishers

ANOTHER = "0197cccc-0000-7000-8000-00000000ef02"
CLOSE = {"type": "venue.close", "data": {"reason": "sold"}}


@pytest.mark.parametrize("type_", ["venue.create", "venue.activate"])
async def test_the_publisher_before_existence(type_: str) -> None:
    """Who may not send a command learns nothing of the venue, its version included."""
    one = message(type=type_, data={} if type_ == "venue.activate" else envelope()["data"])
    grants = {"guest": Grant(commands=["venue.update"], tenants="*")}
    for there in (world(Status.ACTIVE), None):
        decisions = await decide_batch([one], publishers=Publishers(grants), on=there)
        outcome = decisions.outcomes[0]
        assert codes_of(outcome) == ["publisher_not_allowed"]
        assert outcome.version is None


def _failing(*_: object) -> Never:
    raise ZeroDivisionError


async def test_a_rule_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is parked as `internal`, the others are decided, and its id stays free."""
    broken = replace(COMMANDS["venue.create"], rule=_failing)
    monkeypatch.setitem(COMMANDS, "venue.create", broken)
    messages = [message(), message(), message(id=ANOTHER, **CLOSE), message(**CLOSE)]
    with capture_logs():
        decisions = await decide_batch(messages)
    assert set(decisions.parked) == {0, 1}
    assert {p.code for one in decisions.parked.values() for p in one.problems} == {"internal"}
    assert decisions.outcomes[2].command_id == ANOTHER
    assert codes_of(decisions.outcomes[3]) == ["venue_not_found"]


@pytest.mark.parametrize("culprit", range(5))
async def test_a_command_that_fails_its_transaction(culprit: int) -> None:
    """It alone is parked, as `internal`; those before and after it are committed, in order."""
    messages = [message(id=f"{COMMAND[:-1]}{number}") for number in range(5)]
    blamed = messages[culprit].content
    committed: list[Message] = []

    async def commit(batch: list[Message]) -> Done:
        if blamed in [one.content for one in batch]:
            raise ZeroDivisionError
        committed.extend(batch)
        return Done([], [])

    with capture_logs():
        await isolated(commit, messages)
    assert [one.delivery for one in committed] == [one.delivery for one in messages]
    for place, one in enumerate(committed):
        if place == culprit:
            assert codes_of_content(one) == ["internal"]
        else:
            assert one == messages[place]


def codes_of_content(one: Message) -> list[str]:
    """Return the codes of what could not be read, none for a command."""
    return [problem.code for problem in getattr(one.content, "problems", ())]


async def test_a_message_that_is_parked_costs_the_others_nothing() -> None:
    """Good commands around bad messages are applied."""
    bad = Message(Delivery(b"x"), decode(Delivery(b"x"), MOST))
    decisions = await decide_batch([bad, message(), bad])
    assert set(decisions.parked) == {0, 2}
    assert decisions.outcomes[1].result is Result.APPLIED
