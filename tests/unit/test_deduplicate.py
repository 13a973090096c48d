"""The same id again: within a batch, after it, with the same content and with other content."""

from dataclasses import replace

from tests.unit.batches import codes_of, decide_batch, message
from tests.unit.samples import COMMAND, MOST, TENANT, VAULT, VENUE
from worker.domain.decision import Problem
from worker.domain.origin import CommandKey
from worker.messaging.delivery import Delivery
from worker.outcome import Outcome, Result
from worker.pipeline.decode import decode
from worker.pipeline.deduplicate import deduplicate
from worker.pipeline.messages import Message, commands_of
from worker.pipeline.publishers import Publishers
from worker.storage.outcomes import Known

ANOTHER = "0197cccc-0000-7000-8000-00000000ef02"
NOBODY = Publishers({})


def _digest(message: Message) -> bytes:
    (command,) = commands_of([message])
    return command.digest


def _known(message: Message, outcome: Outcome) -> dict[CommandKey, Known]:
    return {(TENANT, COMMAND): Known(_digest(message), outcome)}


async def test_a_repeat_in_the_same_batch() -> None:
    """The second of two is the first one's outcome as a duplicate, without a second event."""
    decisions = await decide_batch([message(), message(time="2026-11-24T09:00:00Z")])
    first, second = decisions.outcomes[0], decisions.outcomes[1]
    assert (first.result, first.duplicate, first.version) == (Result.APPLIED, False, 1)
    assert second == replace(first, duplicate=True)
    assert len(decisions.events) == len(decisions.decided) == 1


async def test_a_repeat_of_a_refused_command() -> None:
    """A refusal is repeated like anything else: same reasons, no second event."""
    close = {"type": "venue.close", "data": {"reason": "sold"}}
    decisions = await decide_batch([message(**close), message(**close)])
    first, second = decisions.outcomes[0], decisions.outcomes[1]
    assert codes_of(first) == ["venue_not_found"]
    assert second == replace(first, duplicate=True)
    assert len(decisions.events) == 1


async def test_a_conflict_in_the_same_batch() -> None:
    """The same id with other content is refused, kept nowhere, and makes no event."""
    decisions = await decide_batch([message(), message(actorid="user-7")])
    assert decisions.outcomes[0].result is Result.APPLIED
    _assert_conflict(decisions.outcomes[1])
    assert len(decisions.events) == len(decisions.decided) == 1


async def test_an_answered_command() -> None:
    """A command decided before gets that outcome again, and nothing else happens."""
    outcome = Outcome(Result.REJECTED, COMMAND, VENUE, 7, (Problem("forbidden", "no", "/a"),))
    known = _known(message(), outcome)
    decisions = await decide_batch([message(), message()], known=known)
    assert decisions.outcomes == dict.fromkeys((0, 1), replace(outcome, duplicate=True))
    assert not decisions.events
    assert not decisions.decided


async def test_a_conflict_with_an_answered_command() -> None:
    """Other content under an id that was decided is a conflict, and shows nothing of the first."""
    known = _known(message(), Outcome(Result.APPLIED, COMMAND, VENUE, 7))
    decisions = await decide_batch([message(data={"reason": "x"}, type="venue.close")], known=known)
    _assert_conflict(decisions.outcomes[0])
    assert not decisions.events
    assert not decisions.decided


def _assert_conflict(outcome: Outcome) -> None:
    assert (outcome.result, outcome.duplicate) == (Result.REJECTED, False)
    assert codes_of(outcome) == ["idempotency_conflict"]
    assert (outcome.command_id, outcome.version) == (COMMAND, None)


async def test_an_id_is_the_tenants_own() -> None:
    """Two tenants may use the same command id."""
    decisions = await decide_batch([message(), message(tenantid=ANOTHER)])
    assert [decisions.outcomes[n].result for n in (0, 1)] == [Result.APPLIED] * 2
    assert len(decisions.decided) == 2


async def test_a_parked_message_claims_no_id() -> None:
    """A message that could not be understood is parked; a corrected one of its id is decided."""
    decisions = await decide_batch([message(data={}), message()])
    assert set(decisions.parked) == {0}
    assert decisions.outcomes[1] == Outcome(Result.APPLIED, COMMAND, VENUE, 1)


async def test_idempotency_before_the_publisher() -> None:
    """A repeat is answered as it was, even if its publisher may not send any more."""
    known = _known(message(), Outcome(Result.APPLIED, COMMAND, VENUE, 1))
    decisions = await decide_batch([message()], known=known, publishers=NOBODY)
    assert decisions.outcomes[0].result is Result.APPLIED


def test_the_batch_by_place() -> None:
    """Every message of a batch is exactly one of fresh, answered, repeated and unreadable."""
    known = {(TENANT, ANOTHER): Known(b"", Outcome(Result.APPLIED, ANOTHER))}
    unread = Message(Delivery(b""), decode(Delivery(b""), MOST, VAULT))
    batch = deduplicate([message(), unread, message(id=ANOTHER), message()], known)
    assert (set(batch.fresh), batch.repeated) == ({0}, {3: 0})
    assert (set(batch.answered), set(batch.unreadable)) == ({2}, {1})
    assert [command.id for command in batch.commands] == [COMMAND, COMMAND]
