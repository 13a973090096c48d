"""A venue's events are first published in order, whoever committed them."""

import signal
from collections.abc import Callable

import asyncpg
from yarl import URL

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.ledger import ledger
from tests.support.process import WorkerProcess
from tests.support.proxy import proxy
from tests.support.waiting import HELD_UP, until


async def test_a_worker_frozen_between_commit_and_publish(
    amqp_url: str,
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
) -> None:
    """What one has committed and not published, the next publishes before its own events."""
    venue = Venue()
    url = URL(amqp_url)
    async with proxy(url.port or 5672) as between:
        frozen = new_worker(VENUE_AMQP_URL=str(url.with_port(between.port)))
        frozen.start()
        await frozen.ready()
        successor = new_worker()
        successor.start()
        await successor.ready()
        assert (await the_bus.ask(venue.create()))["version"] == 1

        between.hold()  # it still gets commands, and its events and acks go nowhere
        await the_bus.send(venue.update(description="committed, not published"))

        async def committed() -> bool:
            return await _one(database, "SELECT count(*) FROM outbox")

        await until(committed, "the event is committed")
        frozen.signal(signal.SIGSTOP)
        between.cut()  # the broker gives its queue to the successor
        for n in range(3):
            await the_bus.send(venue.update(description=f"by the successor {n}"))
        events = await the_bus.events_of(venue.id, 5)
        assert [event["venueversion"] for event in events] == [1, 2, 3, 4, 5]

        frozen.signal(signal.SIGCONT)
        await frozen.ready()
        last = await the_bus.ask(venue.update(description="the last"))
        await until(
            lambda: any(event.get("venueversion") == last["version"] for event in the_bus.events),
            "the last event comes",
        )
        found = await ledger(database, the_bus.events)
        assert (found.missing_ids, found.gaps, found.out_of_order) == (0, 0, 0), found


async def test_a_worker_frozen_within_a_transaction(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
) -> None:
    """A transaction that stopped half way does not hold its venues for longer than the timeout."""
    venue = Venue()
    frozen, successor = new_worker(VENUE_DATABASE_TIMEOUT_SECONDS="3"), new_worker()
    frozen.start()
    await frozen.ready()
    successor.start()
    await successor.ready()
    await the_bus.ask(venue.create())
    lock = await database.fetchrow("SELECT id FROM venue")
    assert lock is not None
    blocker = database.transaction()
    await blocker.start()
    await database.execute("SELECT FROM venue FOR UPDATE")
    await the_bus.send(venue.update(description="stuck"))
    await until(lambda: _one(database, HELD_UP), "the worker waits for the venue")
    frozen.signal(signal.SIGSTOP)  # its statement gets the lock when we let go, and no commit comes
    await blocker.rollback()
    idle = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    await until(lambda: _one(database, idle), "its transaction is open and idle")
    await database.execute("SET lock_timeout = '20s'")
    await database.execute("SELECT FROM venue FOR UPDATE")  # free once the server ended that one
    frozen.kill()
    assert (await the_bus.events_of(venue.id, 2))[1]["venueversion"] == 2


async def _one(database: asyncpg.Connection, query: str) -> bool:
    return bool(await database.fetchval(query) == 1)
