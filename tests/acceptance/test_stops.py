"""Orderly stops at full load: quick, nothing twice, and no command counted more than it must be."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.figures import Figures
from tests.support.ledger import ledger
from tests.support.outage import delivery_counts
from tests.support.process import WorkerProcess
from tests.support.waiting import until

NewWorker = Callable[..., WorkerProcess]
STOPS = 20
PREFETCH = 500
GIVEN_BACK = re.compile(r'"commands": (\d+), "event": "commands go back to the queue"')
PER_SECOND = 200
LONGEST_GAP = 15.0
"""Seconds without an event, at most: far below what a hand-over by missed heartbeats takes."""


@pytest.mark.timeout(300)
async def test_twenty_stops(
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    amqp_url: str,
    figures: Figures,
) -> None:
    """SIGTERM at full load, 20 times: status 0, no event twice, counts raised by one at most."""
    worker = new_worker(VENUE_PREFETCH=str(PREFETCH), VENUE_BATCH_SIZE="100")
    worker.start()
    await worker.ready()
    await worker.stop()
    load = commands(venues=4000, updates=9)
    await the_bus.send_all(load)
    seconds: list[float] = []
    for _ in range(STOPS):
        worker.start()
        await more_events(the_bus, PREFETCH)  # what came back last time is through
        since = time.monotonic()
        assert await worker.stop() == 0
        seconds.append(time.monotonic() - since)
        found = await ledger(database, the_bus.events)
        assert found.unpublished == 0, "it left events of a settled batch behind"
    counts = await delivery_counts(amqp_url)
    returned = [int(n) for n in GIVEN_BACK.findall(worker.log.read_text())]
    worker.start()
    await until(lambda: len(the_bus.events) >= len(load), "all events", 120)
    found = await settled(database, the_bus, len(load))
    figures(
        f"{STOPS} stops at full load | longest {max(seconds):.2f} s, median "
        f"{sorted(seconds)[STOPS // 2]:.2f} s | given back at most {max(returned)} of "
        f"{PREFETCH} | left in the queue {len(counts)}, of them counted "
        f"{sum(count > 0 for count in counts)}, highest count {max(counts)}"
    )
    assert counts, "the load was over before the last stop: nothing is shown"
    assert sum(count > 0 for count in counts) <= PREFETCH
    assert max(counts) <= 2
    assert max(returned) <= PREFETCH
    assert max(seconds) < 20, "the grace time is 25: it did not wait for that"
    expect_all(found, len(load))
    assert found.seen == len(load), "an orderly stop publishes nothing twice"


async def test_a_rolling_restart(
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """Two workers restarted in turn under load: order kept, nothing lost or twice, no long gap."""
    both = [new_worker(), new_worker()]
    for worker in both:
        worker.start()
        await worker.ready()
    restarted = asyncio.Event()
    async with gaps(the_bus) as found_gaps:
        publishing = asyncio.create_task(steadily(the_bus, restarted))
        for worker in both:
            await more_events(the_bus, 200)
            assert await worker.stop() == 0
            await more_events(the_bus, 200)
            worker.start()
            await worker.ready()
        restarted.set()
        sent = await publishing
    found = await settled(database, the_bus, sent)
    figures(
        f"rolling restart of two workers at {PER_SECOND}/s | {found.line(sent)} | "
        f"longest gap between events {max(found_gaps):.2f} s"
    )
    expect_all(found, sent)
    assert found.seen == sent, "an orderly hand-over publishes nothing twice"
    assert max(found_gaps) < LONGEST_GAP


async def steadily(the_bus: Bus, enough: asyncio.Event) -> int:
    """Publish so many a second, each confirmed, until it is enough; return how many."""
    load = commands(venues=200, updates=60)
    started, sent, step = time.monotonic(), 0, PER_SECOND // 10
    while not enough.is_set():
        assert sent < len(load), "the restarts take too long"
        await the_bus.send_all(load[sent : sent + step])
        sent += step
        await asyncio.sleep(max(0, started + sent / PER_SECOND - time.monotonic()))
    return sent


@asynccontextmanager
async def gaps(the_bus: Bus) -> AsyncIterator[list[float]]:
    """Collect the seconds between one arrival of events and the next."""
    found: list[float] = [0.0]

    async def watch() -> None:
        count, at = len(the_bus.events), time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            if len(the_bus.events) > count:
                found.append(time.monotonic() - at)
                count, at = len(the_bus.events), time.monotonic()

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()
