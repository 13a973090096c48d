"""The HTTP port answers whatever the worker is busy with, and tells the truth."""

import asyncio
import signal
import time
from collections.abc import Callable

import aiohttp
import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.figures import Figures
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.local import Services

PATIENCE_SECONDS = 2.0
"""Far more than the 100 ms that are promised and printed: other programs share the machine."""


class Stopwatch:
    """Asks for a page again and again, and keeps the times in seconds."""

    def __init__(self, worker: WorkerProcess, path: str) -> None:
        self.times: list[float] = []
        self._worker = worker
        self._path = path

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            since = time.perf_counter()
            await self._worker.get(self._path, PATIENCE_SECONDS)
            self.times.append(time.perf_counter() - since)

    def line(self) -> str:
        """Return how long it took, in milliseconds."""
        ordered = sorted(self.times)
        middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        return (
            f"{self._path}: {len(ordered)} answers, p50 {middle * 1000:.1f} ms, "
            f"p99 {late * 1000:.1f} ms, max {ordered[-1] * 1000:.1f} ms"
        )


async def test_it_answers_while_the_worker_is_saturated(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """Every question is answered while batch after batch is worked on."""
    worker = new_worker()
    worker.start()
    await worker.ready()
    worker.signal(signal.SIGSTOP)  # so that the queue fills
    await the_bus.send_all(Venue().create(f"Park {n}") for n in range(6000))
    worker.signal(signal.SIGCONT)
    watches = [Stopwatch(worker, path) for path in ("/health/live", "/health/full")]
    asking = [asyncio.create_task(watch.run()) for watch in watches]

    async def done() -> bool:
        return bool(await database.fetchval("SELECT count(*) FROM command_outcome") == 6000)

    await until(done, "all decided", 60)
    for task in asking:
        assert not task.done(), task.result()
        task.cancel()
    figures("saturated: " + "; ".join(watch.line() for watch in watches))


async def test_it_answers_while_the_database_hangs(
    real: Services, worker: WorkerProcess, the_bus: Bus, figures: Figures
) -> None:
    """A frozen database: answers come at once, and say within seconds that nothing is well."""
    watch = Stopwatch(worker, "/health/full")
    venue = Venue()
    await asyncio.to_thread(real.database.pause)
    try:
        asked = asyncio.create_task(the_bus.ask(venue.create()))
        asking = asyncio.create_task(watch.run())

        async def unhealthy() -> bool:
            status, full = await worker.get("/health/full")
            return status == 503 and full["checks"]["database"]["status"] == "error"

        await until(unhealthy, "health tells of the database")
        assert await worker.status("/health/live") == 200
        assert not asking.done(), asking.result()
        asking.cancel()
    finally:
        await asyncio.to_thread(real.database.resume)
    assert (await asked)["status"] == "applied"
    await worker.ready()
    figures(f"database frozen: {watch.line()}")


async def test_metrics(worker: WorkerProcess, the_bus: Bus) -> None:
    """What became of commands is counted by type and outcome; an unknown type counts as `other`."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await the_bus.ask(venue.to("activate"))
    await the_bus.ask(venue.to("nonsense"))
    wanted = {
        'venue_worker_commands_total{outcome="applied",type="venue.create"} 1.0',
        'venue_worker_commands_total{outcome="rejected",type="venue.activate"} 1.0',
        'venue_worker_commands_total{outcome="parked",type="other"} 1.0',
        "venue_worker_amqp_connected 1.0",
        "venue_worker_migrations_pending 0.0",
        'venue_worker_parked_commands{reason="unknown_type"} 1.0',
    }

    async def all_there() -> bool:
        url = f"http://127.0.0.1:{worker.port}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            text = await response.text()
        return wanted <= set(text.splitlines())

    await until(all_there, "the metrics say so")
