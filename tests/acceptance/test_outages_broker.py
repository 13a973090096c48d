"""A broker with too little room: commands go on being handled, events wait, health says so."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import psutil  # type: ignore[import-untyped] # its types are no requirement of ours
import pytest

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.figures import Figures
from tests.support.outage import control_broker, cost, says, unsettled
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.local import Services

NewWorker = Callable[..., WorkerProcess]
NONE, USUAL = "0.000001", "0.4"
BATCH = 50
PREFETCH = 300
MIB = 1024 * 1024


@pytest.fixture
async def broker(real: Services) -> AsyncIterator[Services]:
    """The services; the broker has its usual room again afterwards."""
    yield real
    await control_broker(real, "set_vm_memory_high_watermark", USUAL)


async def test_a_memory_alarm(
    broker: Services,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """All commands are decided and settled meanwhile; events go out after, few of them twice."""
    worker = new_worker(VENUE_BATCH_SIZE=str(BATCH))
    worker.start()
    await worker.ready()
    await worker.stop()
    load = commands(venues=400, updates=9)
    await the_bus.send_all(load)
    worker.start()
    await more_events(the_bus, 2 * BATCH)
    with worker.frozen():
        await control_broker(broker, "set_vm_memory_high_watermark", NONE)
    seconds = await says(worker, "rabbitmq", "takes no messages")

    async def all_decided() -> bool:
        decided = await database.fetchval("SELECT count(*) FROM command_outcome")
        return bool(decided == len(load)) and await unsettled(broker) == 0

    await until(all_decided, "all commands are decided and acknowledged during the alarm")
    waiting = await database.fetchval("SELECT count(*) FROM outbox")
    used = await cost(worker)
    await control_broker(broker, "set_vm_memory_high_watermark", USUAL)
    found = await settled(database, the_bus, len(load))
    figures(
        f"memory alarm: told in {seconds:.1f} s; {waiting} events waited; "
        f"{found.seen - found.distinct_ids} copies; {used}"
    )
    expect_all(found, len(load))
    assert waiting > 0
    assert found.seen - found.distinct_ids <= BATCH, "more copies than were under way"
    assert used.is_small()
    await worker.ready()


async def test_memory_and_unsettled_commands_are_bounded(
    real: Services,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """Whatever waits in the queue, a worker that cannot go on holds a prefetch of it, no more."""
    worker = new_worker(VENUE_PREFETCH=str(PREFETCH))
    worker.start()
    await worker.ready()
    await database.execute("ALTER TABLE command_outcome RENAME TO away")
    process = psutil.Process(worker.running.pid)
    before = process.memory_info().rss
    await the_bus.send_all(Venue().create(description="x" * 8000) for _ in range(8000))

    async def holds() -> bool:
        return await unsettled(real) == PREFETCH

    await says(worker, "database", "42P01")
    await until(holds, "it holds a prefetch")
    used = await cost(worker)
    grown = (process.memory_info().rss - before) / MIB
    figures(f"backlog of 8000 times 8 KB: grown by {grown:.0f} MiB; {used}")
    assert await unsettled(real) == PREFETCH
    assert grown < 60
    assert used.is_small()
    await database.execute("ALTER TABLE away RENAME TO command_outcome")
    await worker.ready()
