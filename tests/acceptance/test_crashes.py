"""Exactly one effect, no event lost, order: whatever is killed, restarted or frozen."""

import asyncio
import signal
from collections.abc import Callable

import asyncpg
import pytest

from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.figures import Figures
from tests.support.ledger import Ledger, ledger
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.local import Services

NewWorker = Callable[..., WorkerProcess]
KILLS = 10


def commands(venues: int, updates: int) -> list[Document]:
    """Return creations and updates, a venue's in order, the venues interleaved."""
    made = [Venue() for _ in range(venues)]
    created = [venue.create(f"Park {n}") for n, venue in enumerate(made)]
    updated = [venue.update(description=f"{n}") for n in range(updates) for venue in made]
    return [*created, *updated]


async def settled(database: asyncpg.Connection, the_bus: Bus, sent: int) -> Ledger:
    """Wait until every command has its outcome and every event is out; return the ledger."""

    async def all_decided() -> bool:
        found = await ledger(database, the_bus.events)
        return found.outcomes == sent and found.unpublished == 0 and found.missing_ids == 0

    await until(all_decided, "all commands decided, all events seen", 90)
    return await ledger(database, the_bus.events)


def expect_all(found: Ledger, sent: int) -> None:
    """Check that the figures agree."""
    assert found.outcomes == sent
    assert found.committed_events == sent
    assert found.distinct_ids == sent
    assert (found.missing_ids, found.invented_ids) == (0, 0)
    assert (found.gaps, found.out_of_order) == (0, 0)


async def more_events(the_bus: Bus, by: int) -> None:
    """Wait for new events, so that work is in hand; not for those that have come already."""
    enough = len(the_bus.events) + by
    await until(lambda: len(the_bus.events) >= enough, f"{by} new events", 60)


@pytest.mark.timeout(300)
async def test_kill_9_again_and_again(
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """A worker killed with work in hand, time after time, loses nothing and doubles nothing."""
    load = commands(venues=600, updates=9)
    one = new_worker(VENUE_BATCH_SIZE="100")
    one.start()
    await one.ready()
    share = len(load) // KILLS
    for kill in range(KILLS):
        part = load[kill * share : (kill + 1) * share]
        publishing = asyncio.create_task(the_bus.send_all(part))
        await more_events(the_bus, 50)
        one.kill()
        one.start()
        await publishing
    found = await settled(database, the_bus, len(load))
    figures(f"kill -9, {KILLS} times: {found.line(len(load))}")
    expect_all(found, len(load))
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0


async def test_a_broker_restart(
    real: Services, worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """The worker is unready while the broker is away, and takes commands again by itself."""
    first = commands(venues=200, updates=0)
    publishing = asyncio.create_task(the_bus.send_all(first))
    await more_events(the_bus, 1)
    await publishing
    await asyncio.to_thread(real.broker.stop)
    await until(lambda: _unready(worker), "the worker says that it is not ready")
    await asyncio.to_thread(real.broker.start)
    await worker.ready()
    second = commands(venues=200, updates=0)
    await asyncio.wait_for(the_bus.connected.wait(), 30)
    await the_bus.send_all(second)
    expect_all(await settled(database, the_bus, 400), 400)


async def test_a_database_restart(
    real: Services, worker: WorkerProcess, the_bus: Bus, database_url: str
) -> None:
    """Commands that arrive while the database is away are decided when it is back, none parked."""
    load = commands(venues=300, updates=3)
    publishing = asyncio.create_task(the_bus.send_all(load))
    await more_events(the_bus, 100)
    await asyncio.to_thread(real.database.kill)
    await until(lambda: _unready(worker), "the worker says that it is not ready")
    await publishing
    await asyncio.to_thread(real.database.start)
    database = await asyncpg.connect(database_url)
    try:
        expect_all(await settled(database, the_bus, len(load)), len(load))
        assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
    finally:
        await database.close()
    await worker.ready()


async def test_bad_messages_among_good_ones(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """200 bad messages among 2,000 good ones are parked, and cost the good ones nothing."""
    load: list[Document | bytes] = list(commands(venues=1000, updates=1))
    for n in range(200):
        bad = {**Venue().create(), "data": {"name": f"bad {n}"}}
        load.insert(n * 11, bad if n % 2 else f"bad {n}".encode())
    await the_bus.send_all(load)

    async def parked() -> bool:
        return bool(await database.fetchval("SELECT count(*) = 200 FROM parked_command"))

    await until(parked, "200 parked")
    found = await settled(database, the_bus, 2000)
    assert found.committed_events == 2000 + 100  # the readable ones are told of
    assert (found.gaps, found.out_of_order, found.invented_ids) == (0, 0, 0)
    assert await database.fetchval("SELECT count(*) FROM venue") == 1000


async def test_two_workers_at_once(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """One takes the queue and the other stands by, ready; when the first dies it takes over."""
    both = [new_worker(), new_worker()]
    for one in both:
        one.start()
        await one.ready()
    load = commands(venues=400, updates=4)
    publishing = asyncio.create_task(the_bus.send_all(load))
    await more_events(the_bus, 200)
    both[0].kill()
    await publishing
    expect_all(await settled(database, the_bus, len(load)), len(load))
    assert await both[1].status() == 200


async def test_sigterm_under_load(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A worker told to stop settles what it has in hand, exits 0, and the next one goes on."""
    # Small batches, so that there is some of the load left to be stopped under.
    load = commands(venues=1500, updates=5)
    one = new_worker(VENUE_BATCH_SIZE="50", VENUE_PREFETCH="200")
    one.start()
    await one.ready()
    publishing = asyncio.create_task(the_bus.send_all(load))

    async def all_seen() -> bool:
        return (await ledger(database, the_bus.events)).missing_ids == 0

    for _ in range(5):
        await more_events(the_bus, 50)
        assert await one.stop() == 0
        found = await ledger(database, the_bus.events)
        assert found.unpublished == 0, "it left events of a settled batch behind"
        await until(all_seen, "the last events of before have come")
        one.start()
    await publishing
    found = await settled(database, the_bus, len(load))
    expect_all(found, len(load))
    assert found.seen == len(load), "an orderly stop publishes nothing twice"


async def test_a_second_sigterm_ends_at_once(
    real: Services, worker: WorkerProcess, the_bus: Bus
) -> None:
    """A worker that cannot finish its batch is ended by asking twice."""
    await asyncio.to_thread(real.database.pause)
    try:
        await the_bus.send(Venue().create())
        await until(lambda: _unready(worker), "the worker says that it is not ready")
        worker.signal(signal.SIGTERM)
        await until(lambda: "stopping" in worker.log.read_text(), "it is stopping")
        worker.signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.running.wait, 5) == 128 + signal.SIGTERM
    finally:
        await asyncio.to_thread(real.database.resume)


async def _unready(worker: WorkerProcess) -> bool:
    return await worker.status() == 503
