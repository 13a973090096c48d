"""A batch decides each command on what the one before it left, and lets others breathe."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.unit.batches import codes_of, decide_batch, world
from tests.unit.samples import COMMAND, EARLIER, FIELDS, NOW, TENANT, VENUE, command
from worker.breath import breathing
from worker.domain.command import Command
from worker.domain.staff import Member, Role
from worker.domain.state import Status
from worker.messaging.delivery import Delivery
from worker.pipeline.decisions import Decisions
from worker.pipeline.messages import Message
from worker.storage.world import World

OTHER = "6a1d5f7e-7a51-4c8e-9f5a-0d6c5f1f2a11"
OTHER_VENUE = "0197aaaa-0000-7000-8000-00000000eeee"


async def _decide(on: World, *commands: Command) -> Decisions:
    return await decide_batch([Message(Delivery(b""), one) for one in commands], on=on)


def _id(number: int) -> str:
    return f"{COMMAND[:-4]}{number:04x}"


async def test_each_command_sees_what_the_one_before_it_left() -> None:
    """A whole life in one batch: each step is decided on the step before, in order."""
    steps = [
        command("venue.create", FIELDS, id=_id(1), actorid="user-7"),
        command("venue.activate", id=_id(2), actorid="user-7", expectedversion=1),
        command("venue.activate", id=_id(3)),
        command("venue.close", id=_id(4), actorid="stranger"),
        command("venue.close", id=_id(5), actorid="user-7"),
        command("venue.delete", id=_id(6)),
        command("venue.delete", id=_id(7)),
        command("venue.create", id=_id(8)),
    ]
    here = world()
    decisions = await _decide(here, *steps)
    outcomes = [decisions.outcomes[place] for place in range(len(steps))]
    assert [codes_of(outcome) for outcome in outcomes] == [
        [],
        [],
        ["illegal_transition"],
        ["forbidden"],
        [],
        [],
        ["venue_not_found"],
        ["venue_exists"],
    ]
    assert [outcome.version for outcome in outcomes] == [1, 2, 2, 2, 3, 4, None, None]
    versions = [event.version for event, _ in decisions.events]
    assert versions == [1, 2, None, None, 3, 4, None, None]
    assert here.venues[TENANT, VENUE].deleted_at == NOW
    owner = Member("user-7", Role.OWNER, NOW)
    assert here.parts.changed == {"staff": {(TENANT, VENUE): {"user-7": owner}}}


async def test_two_owners_cannot_both_be_removed() -> None:
    """Of the last two owners a batch removes the first; the second is by then the last."""
    here = world(Status.ACTIVE)
    two = {user: Member(user, Role.OWNER, EARLIER) for user in ("ann", "bob")}
    here.parts.now["staff"] = {(TENANT, VENUE): {**two}}
    decisions = await _decide(
        here,
        command("venue.staff.remove", {"user_id": "ann"}, id=_id(1), actorid="bob"),
        command("venue.staff.remove", {"user_id": "bob"}, id=_id(2)),
        command("venue.staff.remove", {"user_id": "bob"}, id=_id(3), actorid="ann"),
    )
    assert [codes_of(decisions.outcomes[place]) for place in range(3)] == [
        [],
        ["last_owner"],
        ["forbidden"],
    ]
    left = replace(two["ann"], removed_at=NOW)
    assert here.parts.changed == {"staff": {(TENANT, VENUE): {"ann": left}}}


async def test_another_tenants_venue_does_not_exist() -> None:
    """The id of another tenant's venue is unknown, and free to be used."""
    decisions = await _decide(
        world(Status.ACTIVE),
        command("venue.activate", id=_id(1), tenantid=OTHER),
        command("venue.create", id=_id(2), tenantid=OTHER),
    )
    assert codes_of(decisions.outcomes[0]) == ["venue_not_found"]
    assert decisions.outcomes[1].version == 1


async def test_what_is_refused_or_changes_nothing_is_not_saved() -> None:
    """Only a venue that has changed is written back."""
    here = world(Status.ACTIVE)
    await _decide(here, command("venue.activate", id=_id(1)), command("venue.update", {}))
    assert here.venues == {}
    assert here.parts.changed == {}


async def test_venues_are_decided_apart() -> None:
    """A refusal at one venue leaves the other as it should be."""
    here = world(Status.ACTIVE)
    decisions = await _decide(
        here,
        command("venue.close", id=_id(1), subject=OTHER_VENUE),
        command("venue.close", id=_id(2)),
    )
    assert codes_of(decisions.outcomes[0]) == ["venue_not_found"]
    assert here.venues[TENANT, VENUE].status is Status.CLOSED


async def _turns(items: list[int], monkeypatch: pytest.MonkeyPatch, step: float) -> int:
    """Return how often another task got a turn while the items were gone through."""
    clock: Iterator[float] = iter(step * n for n in range(10_000))
    monkeypatch.setattr("worker.breath.time.perf_counter", lambda: next(clock))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    assert [item async for item in breathing(items)] == items
    task.cancel()
    return turns


async def test_breathing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long loop gives way after every few milliseconds, and yields every item in order."""
    assert await _turns(list(range(100)), monkeypatch, step=1.0) == 100


async def test_no_breath_where_none_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that is done at once costs no turn."""
    assert await _turns(list(range(100)), monkeypatch, step=0.0) == 0


async def test_loops_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several, one goes on in a turn of the event loop; one that is cancelled is passed over."""
    monkeypatch.setattr("worker.breath.LONGEST_SECONDS", -1.0)
    turn, seen = 0, list[tuple[int, str, int]]()

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def work(name: str) -> None:
        seen.extend([(turn, name, item) async for item in breathing(range(5))])

    counting = asyncio.create_task(count())
    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    await asyncio.sleep(0)  # now each has seen one item, and waits
    tasks[1].cancel()
    await asyncio.wait(tasks)
    counting.cancel()
    later = [at for at, _, item in seen if item > 0]
    assert len(later) == len(set(later)) > 5
    assert [[item for _, by, item in seen if by == name] for name in "ac"] == [[*range(5)]] * 2
