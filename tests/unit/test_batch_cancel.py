"""Cancelling within a batch: the target may be waiting, due in the same batch, or just deferred."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.batches import codes_of, decide_batch, message, world
from tests.unit.samples import COMMAND, TENANT
from worker.outcome import Outcome, Result
from worker.pipeline.decisions import Decisions
from worker.pipeline.messages import Message, commands_of
from worker.pipeline.save import finished, told
from worker.storage.deferred import Shelved, Waiting
from worker.storage.outcomes import Known

CANCEL = "0197cccc-0000-7000-8000-00000000ef02"
LATER = (datetime.now(UTC) + timedelta(days=3)).isoformat()


def _cancel() -> Message:
    return message(id=CANCEL, type="venue.command.cancel", data={"command_id": COMMAND})


def _due(one: Message, row: str) -> Message:
    return replace(one, delivery=replace(one.delivery, shelved=Shelved(row)))


async def _decided(*messages: Message) -> Decisions:
    (target,) = commands_of([message(notbefore=LATER)])
    there = world()
    properties: dict[str, Any] = message(notbefore=LATER).delivery.kept_properties()
    there.waiting[TENANT, COMMAND] = Waiting(target.deferred(), "row-1", properties)
    known = {(TENANT, COMMAND): Known(target.digest, _waits(), "row-1")}
    return await decide_batch(list(messages), on=there, known=known)


def _waits() -> Outcome:
    return Outcome(Result.DEFERRED, COMMAND)


async def test_a_waiting_command() -> None:
    """It gets its outcome and its event, and its row goes; the cancellation has none of these."""
    decisions = await _decided(_cancel())
    assert decisions.outcomes[0].result is Result.APPLIED
    ((waiting, outcome),) = decisions.cancelled
    assert (waiting.id, codes_of(outcome)) == ("row-1", ["cancelled"])
    assert [one.command.origin.id for one in decisions.decided] == [CANCEL, COMMAND]
    assert [(event.type, origin.id) for event, origin in decisions.events] == [
        ("venue.command.rejected", COMMAND)
    ]
    assert finished(decisions) == {"row-1"}
    assert len(told(decisions)) == 1


async def test_a_resend_behind_the_cancellation() -> None:
    """It hears that the command was cancelled, and not that it waits still."""
    decisions = await _decided(_cancel(), message(notbefore=LATER))
    assert codes_of(decisions.outcomes[1]) == ["cancelled"]
    assert decisions.outcomes[1].duplicate


async def test_a_command_that_is_due_in_the_same_batch() -> None:
    """Cancelled first, it is not decided any more; both rows go, and it is answered once."""
    decisions = await _decided(_due(_cancel(), "row-2"), _due(message(notbefore=LATER), "row-1"))
    assert codes_of(decisions.outcomes[1]) == ["cancelled"]
    assert len(decisions.decided) == 2
    assert finished(decisions) == {"row-1", "row-2"}
    assert not told(decisions)


async def test_a_command_that_was_decided_just_before() -> None:
    """Then there is nothing to cancel any more."""
    decisions = await _decided(_due(message(notbefore=LATER), "row-1"), _cancel())
    assert decisions.outcomes[0].result is Result.APPLIED
    assert codes_of(decisions.outcomes[1]) == ["not_found"]
    assert finished(decisions) == {"row-1"}
    assert not decisions.cancelled


async def test_twice() -> None:
    """The second cancellation finds nothing."""
    again = message(id=f"{CANCEL[:-1]}3", type="venue.command.cancel", data={"command_id": COMMAND})
    decisions = await _decided(_cancel(), again)
    assert codes_of(decisions.outcomes[1]) == ["not_found"]
    assert len(decisions.cancelled) == 1


async def test_a_cancellation_that_was_deferred_itself() -> None:
    """Its own row goes, and that of its target."""
    decisions = await _decided(_due(_cancel(), "row-2"))
    assert finished(decisions) == {"row-1", "row-2"}
