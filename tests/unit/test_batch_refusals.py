"""What costs one command of a batch its effect, and the others nothing."""

from dataclasses import replace
from typing import Never

import pytest
from structlog.testing import capture_logs

from tests.unit.batches import codes_of, decide_batch, message, world
from tests.unit.samples import COMMAND, MOST, NOW, TENANT, VAULT, VENUE, codes, envelope
from worker.domain.command import COMMANDS, Command
from worker.domain.state import Status
from worker.messaging.delivery import Delivery
from worker.outcome import Outcome, Result
from worker.pipeline.decode import Unreadable, decode
from worker.pipeline.isolate import isolated
from worker.pipeline.messages import Done, Failure, Message, commands_of
from worker.pipeline.publishers import Grant, Publishers
from worker.storage.deferred import Shelved
from worker.storage.outcomes import Known

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
    """The command waits for another try and claims its id; the others are decided."""
    broken = replace(COMMANDS["venue.create"], rule=_failing)
    monkeypatch.setitem(COMMANDS, "venue.create", broken)
    messages = [message(), message(), message(id=ANOTHER, **CLOSE), message(**CLOSE)]
    with capture_logs():
        decisions = await decide_batch(messages)
    assert set(decisions.deferred) == {0}
    assert (decisions.deferred[0].attempts, decisions.deferred[0].due_at > NOW) == (1, True)
    assert "ZeroDivisionError" in (decisions.deferred[0].error or "")
    first, second = decisions.outcomes[0], decisions.outcomes[1]
    assert (first.result, first.duplicate) == (Result.DEFERRED, False)
    assert second == replace(first, duplicate=True)
    assert codes_of(decisions.outcomes[2]) == ["venue_not_found"]
    assert codes_of(decisions.outcomes[3]) == ["idempotency_conflict"]
    assert not decisions.parked


@pytest.mark.parametrize(
    ("failed", "end"), [(0, "waits"), (1, "waits"), (2, "parked"), (9, "parked")]
)
async def test_a_rule_that_goes_on_failing(
    monkeypatch: pytest.MonkeyPatch, failed: int, end: str
) -> None:
    """After the last attempt the command is parked with its traceback."""
    broken = replace(COMMANDS["venue.create"], rule=_failing)
    monkeypatch.setitem(COMMANDS, "venue.create", broken)
    one = message()
    due = replace(one, delivery=replace(one.delivery, shelved=Shelved("1", attempts=failed)))
    with capture_logs():
        decisions = await decide_batch([due])
    parked, waits = set(decisions.parked), set(decisions.deferred)
    assert (parked, waits) == (({0}, set()) if end == "parked" else (set(), {0}))
    if end == "parked":
        unreadable = decisions.parked[0]
        assert codes(unreadable) == ["internal"]
        assert unreadable.attempts == failed + 1
        assert "ZeroDivisionError" in (unreadable.traceback or "")


async def test_a_message_that_was_given_up() -> None:
    """It is parked without being decided, unless its outcome is known."""
    one = replace(message(), failure=Failure("it ends the process", final=True))
    decisions = await decide_batch([one])
    assert (decisions.parked[0].reason, decisions.parked[0].traceback) == (
        "given_up",
        "it ends the process",
    )
    assert not decisions.decided
    (command,) = commands_of([one])
    outcome = Outcome(Result.APPLIED, COMMAND, VENUE, 7)
    known = {(TENANT, COMMAND): Known(command.digest, outcome)}
    decisions = await decide_batch([one], known=known)
    assert decisions.outcomes == {0: replace(outcome, duplicate=True)}


@pytest.mark.parametrize("culprit", range(5))
async def test_a_command_that_fails_its_transaction(culprit: int) -> None:
    """It alone is set aside as failed; those before and after it are committed, in order."""
    messages = [message(id=f"{COMMAND[:-1]}{number}") for number in range(5)]
    blamed = messages[culprit].content
    committed: list[Message] = []

    async def commit(batch: list[Message]) -> Done:
        if blamed in [one.content for one in batch if not one.failure]:
            raise ZeroDivisionError
        committed.extend(batch)
        return Done([], [], set(), begun_at=float(len(committed)))

    with capture_logs():
        done = await isolated(commit, messages)
    assert done.halved, "others may have committed between its transactions"
    assert done.begun_at <= 3, "as old as the first of them"
    assert not (await isolated(commit, messages[:culprit])).halved
    del committed[len(messages) :]
    assert [one.delivery for one in committed] == [one.delivery for one in messages]
    for place, one in enumerate(committed):
        if place == culprit:
            assert one.failure is not None
            assert "ZeroDivisionError" in one.failure.text
        else:
            assert one == messages[place]


async def test_a_failure_that_cannot_be_kept() -> None:
    """What can be kept of it is parked: its body, without its properties."""
    one = message()
    committed: list[Message] = []

    async def commit(batch: list[Message]) -> Done:
        if batch[0].delivery.properties or isinstance(batch[0].content, Command):
            raise ZeroDivisionError
        committed.extend(batch)
        return Done([], [], set())

    with capture_logs():
        await isolated(commit, [one])
    assert committed[0].delivery == Delivery(one.delivery.body)
    assert isinstance(committed[0].content, Unreadable)
    assert codes(committed[0].content) == ["internal"]


async def test_a_message_that_is_parked_costs_the_others_nothing() -> None:
    """Good commands around bad messages are applied."""
    bad = Message(Delivery(b"x"), decode(Delivery(b"x"), MOST, VAULT))
    decisions = await decide_batch([bad, message(), bad])
    assert set(decisions.parked) == {0, 2}
    assert decisions.outcomes[1].result is Result.APPLIED
