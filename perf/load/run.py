"""One run: a worker as users start it, a load on it, samples meanwhile, the check at the end."""

import asyncio
import time
from datetime import UTC, datetime

import port_for
import psutil  # type: ignore[import-untyped] # its types are no requirement of ours
from aio_pika.abc import AbstractChannel

from perf.contestants import RoundFailedError, running
from perf.load import seeds
from perf.load.bench import Bench, Load
from perf.load.crew import Crew, crew
from perf.load.kept import kept_since, nothing_left
from perf.load.measured import Measured
from perf.load.processes import behind
from perf.load.publisher import Sent
from perf.load.sampler import Sample, Sampler
from perf.load.subscriber import first_arrivals
from perf.measure import Watched
from perf.stage import channel_to, fresh_queues

START_SECONDS = 60.0
"""Within which a started worker must consume."""
AHEAD_NS = 300_000_000
"""From telling the publishers when to start until then."""
STALL_SECONDS = 30.0
"""Without another event after which a run is over, and what is missing is lost."""
LOOK_SECONDS = 0.05


async def measure(bench: Bench, load: Load) -> Measured:
    """Do one run and return what was measured.

    Raises:
        RoundFailedError: it could not take place, or does not add up.
    """
    broker, queue = bench.services.broker.url, bench.contestant.queue
    async with (
        bench.own_database() as database,
        fresh_queues(broker, queue),
        channel_to(broker) as channel,
    ):
        if load.existing and not bench.database:
            await seeds.keep(database, load.existing)
        async with crew(bench.plans(load)) as hands:
            return await _Run(bench, load, database, channel, hands).measured()


class _Run:
    """What a run has while it lasts."""

    def __init__(
        self, bench: Bench, load: Load, database: str, channel: AbstractChannel, hands: Crew
    ) -> None:
        self._bench = bench
        self._load = load
        self._database = database
        self._channel = channel
        self._hands = hands
        self._port: int = port_for.select_random()
        self._sent: list[Sent] = []

    async def measured(self) -> Measured:
        bench, since = self._bench, datetime.now(UTC)
        if not self._load.steps:
            self._sent = await self._hands.publish(time.monotonic_ns())
        async with running(
            bench.contestant,
            bench.services.broker.url,
            self._database,
            bench.environment,
            self._port,
        ) as process:
            start_ns = await self._started()
            sampler = self._sampler(process)
            async with bench.beside(f"http://127.0.0.1:{self._port}"):
                await self._loaded(sampler, start_ns)
            await sampler.scrape()
            await nothing_left(self._database)
        ledger = await kept_since(self._database, since, self._sent, await self._hands.received())
        if faults := ledger.faults():
            raise RoundFailedError(f"it does not add up: {'; '.join(faults)}")
        return Measured(
            steps=self._load.steps,
            start_ns=start_ns,
            samples=sampler.samples,
            batches=sampler.batches,
            sent=self._sent,
            received=first_arrivals(ledger.received),
            copies=ledger.copies(),
        )

    async def _started(self) -> int:
        """Return when the load starts: at once where it waits already."""
        if not self._load.steps:
            return time.monotonic_ns()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = await self._channel.declare_queue(self._bench.contestant.queue, passive=True)
            if found.declaration_result.consumer_count:
                return time.monotonic_ns() + AHEAD_NS
            await asyncio.sleep(LOOK_SECONDS)
        raise RoundFailedError(f"it consumes nothing within {START_SECONDS:.0f} s")

    async def _loaded(self, sampler: Sampler, start_ns: int) -> None:
        sampling = asyncio.create_task(sampler.run(start_ns, self._look))
        try:
            if self._load.steps:
                await self._paced(sampling, start_ns)
            else:
                await self._first(sampler, start_ns)
            await self._all_there(sampling)
            self._bench.tell(await sampler.look(start_ns))
        except psutil.NoSuchProcess:
            raise RoundFailedError("the worker has ended") from None
        finally:
            sampling.cancel()

    async def _paced(self, sampling: "asyncio.Task[None]", start_ns: int) -> None:
        publishing = asyncio.create_task(self._hands.publish(start_ns))
        try:
            await asyncio.wait({publishing, sampling}, return_when=asyncio.FIRST_COMPLETED)
            if sampling.done():
                sampling.result()  # raises: by itself it has no end
            self._sent = await publishing
        finally:
            publishing.cancel()

    async def _first(self, sampler: Sampler, start_ns: int) -> None:
        """Sample when a tenth is through: from then on CPU is a command's, not a start's."""
        deadline = time.monotonic() + START_SECONDS
        # Counters in shared memory wake nobody. Of bad commands half have no event.
        tenth = max(1, self._load.count // 10)
        while self._hands.counts().received < tenth and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        await sampler.look(start_ns)

    def _look(self, sample: Sample) -> None:
        self._bench.tell(sample)
        if self._bench.stop_when(sample):
            self._hands.stop()

    async def _all_there(self, sampling: "asyncio.Task[None]") -> None:
        expected = sum(one.told for one in self._sent)
        last, since = -1, time.monotonic()
        while (found := self._hands.counts().received) < expected:
            if found > last:
                last, since = found, time.monotonic()
            if time.monotonic() - since > STALL_SECONDS:
                return  # the ledger tells what is missing
            if sampling.done():
                sampling.result()
            await asyncio.sleep(LOOK_SECONDS)

    def _sampler(self, process: Watched) -> Sampler:
        bench = self._bench
        return Sampler(
            groups={
                "worker": process,
                **behind("broker", bench.services.broker.url),
                **behind("database", bench.services.database.url),
                "load and measuring": self._hands.processes(),
            },
            channel=self._channel,
            queue=bench.contestant.queue,
            counts=self._hands.counts,
            metrics_url=f"http://127.0.0.1:{self._port}/metrics" if bench.ours else None,
        )
