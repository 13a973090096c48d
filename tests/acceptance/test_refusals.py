"""A subscriber whose full queue refuses events: its venues wait, nobody else does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import aio_pika
import asyncpg
import pytest
from aio_pika.abc import AbstractQueue

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.kept import add_events
from tests.support.process import WorkerProcess
from tests.support.waiting import until

NewWorker = Callable[..., WorkerProcess]
HEAD = "SELECT attempts, retry_at FROM outbox WHERE retry_at IS NOT NULL"


@pytest.fixture
async def full(the_bus: Bus) -> AsyncIterator[AbstractQueue]:
    """A subscriber's full queue that refuses what it has no room for; bound to nothing yet."""
    queue = await the_bus.channel.declare_queue(
        "tests.full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
    )
    await the_bus.channel.default_exchange.publish(aio_pika.Message(b"filler"), queue.name)
    yield queue
    await queue.delete(if_unused=False, if_empty=False)


async def started(new_worker: NewWorker, count: int = 1) -> list[WorkerProcess]:
    """Start workers that are ready."""
    workers = [new_worker() for _ in range(count)]
    for worker in workers:
        worker.start()
    await asyncio.gather(*(worker.ready() for worker in workers))
    return workers


async def held_venue(the_bus: Bus, full: AbstractQueue, database: asyncpg.Connection) -> Venue:
    """Return a venue whose activation, its version 2, the full queue has refused."""
    await full.bind("venue.events", "venue.activated")
    venue = Venue()
    await the_bus.ask(venue.create_complete())
    await the_bus.ask(venue.to("activate"))
    await until(lambda: database.fetchrow(HEAD), "the activation is refused")
    return venue


def versions(the_bus: Bus, venue: Venue) -> list[int]:
    """Return the versions of the venue that were seen, copies too, as they came."""
    return [e["venueversion"] for e in the_bus.events if e["subject"] == venue.id]


async def first_seen(the_bus: Bus, venue: Venue, last: int) -> list[int]:
    """Return the venue's versions in the order in which each came first, once the last is here.

    An empty outbox says that the broker has them all, and not that the test's own queue gave them.
    """
    await until(lambda: last in versions(the_bus, venue), f"version {last} comes")
    return list(dict.fromkeys(versions(the_bus, venue)))


async def test_only_its_venues_wait(
    new_worker: NewWorker, the_bus: Bus, full: AbstractQueue, database: asyncpg.Connection
) -> None:
    """Others flow at once, a second subscriber gets a copy a try and no more, health warns.

    Then there is room, and the held events come within the delay, in order.
    """
    workers = await started(new_worker, 2)
    held = await held_venue(the_bus, full, database)
    for n in range(3):
        await the_bus.ask(held.update(description=f"behind {n}"))
    others = [Venue() for _ in range(100)]
    await the_bus.send_all(other.create() for other in others)
    await the_bus.send_all(other.update(description="later") for other in others)
    for other in others:
        await the_bus.events_of(other.id, 2)

    for worker in workers:
        outbox = await warning(worker, pending=4)
        assert "subscribers refuse events of 1 venues" in outbox["message"]
        assert "bound to venue.activated" in outbox["message"]
        waiting = outbox["details"]["held"][0]
        assert (waiting["venue_id"], waiting["type"]) == (held.id, "venue.activated")

    tries = [await tried(database, attempts) for attempts in (2, 3, 4)]
    for before, after in pairwise(tries):
        if after["attempts"] > before["attempts"]:
            delay = timedelta(seconds=2 ** before["attempts"])
            assert after["retry_at"] - before["retry_at"] >= delay
    copies = versions(the_bus, held)
    last = await tried(database, 4)
    assert copies == [1, *[2] * (len(copies) - 1)]
    assert len(copies) - 1 <= last["attempts"], "a copy a try, however many workers there are"

    await full.purge()
    await emptied(database)
    assert await first_seen(the_bus, held, 5) == [1, 2, 3, 4, 5]
    assert versions(the_bus, held).count(2) <= last["attempts"] + 2
    for worker in workers:
        await until(lambda: quiet(worker), "health is content again")  # noqa: B023 - awaited here


async def test_a_restart_keeps_the_delay(
    new_worker: NewWorker, the_bus: Bus, full: AbstractQueue, database: asyncpg.Connection
) -> None:
    """The next worker tries again when the delay is over, and not as soon as it starts."""
    (first,) = await started(new_worker)
    held = await held_venue(the_bus, full, database)
    await until(lambda: len(versions(the_bus, held)) == 4, "it is tried for the third time")
    first.kill()
    retry_at: datetime = await database.fetchval(
        "UPDATE outbox SET retry_at = now() + interval '8 seconds' RETURNING retry_at"
    )
    await started(new_worker)
    copies = versions(the_bus, held)
    await full.purge()
    await until(lambda: len(versions(the_bus, held)) > len(copies), "it comes")
    assert datetime.now(UTC) >= retry_at
    await emptied(database)
    assert versions(the_bus, held) == [*copies, 2]


async def test_thousands_behind_a_refused_event(
    new_worker: NewWorker, the_bus: Bus, full: AbstractQueue, database: asyncpg.Connection
) -> None:
    """However much waits behind it, what was left behind of others goes, and all comes in order."""
    venue, other = Venue(), Venue()
    await full.bind("venue.events", "venue.updated")
    for n in range(3):
        await add_events(database, venue, 500, days=1, above=500 * n, pending=True)
    await started(new_worker)
    await until(lambda: database.fetchrow(HEAD), "the first is refused")
    await full.unbind("venue.events", "venue.updated")
    await database.execute(
        "UPDATE outbox SET retry_at = now() + interval '1 hour' WHERE attempts > 0"
    )
    await add_events(database, other, 50, days=1, pending=True)
    await the_bus.events_of(other.id, 50)
    assert set(versions(the_bus, venue)) == {1}
    await database.execute("UPDATE outbox SET retry_at = now() WHERE attempts > 0")
    await emptied(database)
    assert await first_seen(the_bus, venue, 1500) == list(range(1, 1501))
    assert versions(the_bus, other) == list(range(1, 51))


async def test_a_batch_does_not_overtake_a_backlog(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A command on a venue with more waiting events than are read at a time: its own comes last."""
    await started(new_worker)
    venue = Venue()
    backlog = await add_events(database, venue, 70, pending=True)  # by a worker that died just now
    await the_bus.ask(venue.update(name="of a venue that is not there"))
    await emptied(database)
    events = list({event["id"]: event for event in await the_bus.events_of(venue.id, 71)}.values())
    assert [event["id"] for event in events[:-1]] == backlog
    assert events[-1]["type"] == "venue.command.rejected"


async def tried(database: asyncpg.Connection, attempts: int) -> asyncpg.Record:
    """Wait until the refused event was tried so often; return its attempts and next time."""

    async def found() -> asyncpg.Record | None:
        row = await database.fetchrow(HEAD)
        return row if row is not None and row["attempts"] >= attempts else None

    return cast("asyncpg.Record", await until(found, f"{attempts} tries", 60))


async def emptied(database: asyncpg.Connection) -> None:
    """Wait until every event is published."""

    async def empty() -> bool:
        return bool(await database.fetchval("SELECT count(*) = 0 FROM outbox"))

    await until(empty, "every event is out", 60)


async def warning(worker: WorkerProcess, *, pending: int) -> dict[str, Any]:
    """Return what health says of the outbox, once it warns of so many events."""

    async def warns() -> dict[str, Any] | None:
        status, document = await worker.get("/health/full")
        outbox: dict[str, Any] = document["checks"]["outbox"]
        fits = (status, outbox["status"], outbox["details"]["pending"])
        return outbox if fits == (200, "warning", pending) else None

    found: dict[str, Any] = await until(warns, "health warns of the outbox")
    return found


async def quiet(worker: WorkerProcess) -> bool:
    """Tell whether health has nothing to say of the outbox."""
    _, document = await worker.get("/health/full")
    return bool(document["checks"]["outbox"]["status"] == "ok")
