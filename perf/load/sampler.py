"""Once a second: how far everybody is, how much waits, and what the processes use."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aio_pika.abc import AbstractChannel
from prometheus_client.parser import text_string_to_metric_families

from perf.load.processes import Used

EACH_SECONDS = 1.0
METRICS_EACH = 5
"""Seconds between two scrapes: a scrape is work for the worker that is measured."""
BATCHES = "venue_worker_batch_size"


@dataclass(frozen=True, slots=True)
class Counts:
    """Commands sent and confirmed, and events received, so far."""

    sent: int
    confirmed: int
    received: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look.

    Attributes:
        at: seconds since the start.
        queued: commands in the queue that no worker has been given.
        cpu_seconds: CPU time used so far by each group of processes.
        memory_mib: their resident memory.
    """

    at: float
    counts: Counts
    queued: int
    cpu_seconds: Mapping[str, float]
    memory_mib: Mapping[str, float]


class Sampler:
    """Takes the samples; `samples` has them, `batches` how many batches were how large."""

    def __init__(
        self,
        groups: Mapping[str, Used],
        channel: AbstractChannel,
        queue: str,
        counts: Callable[[], Counts],
        metrics_url: str | None,
    ) -> None:
        self.samples: list[Sample] = []
        self.batches: dict[float, float] = {}
        self._groups = groups
        self._channel = channel
        self._queue = queue
        self._counts = counts
        self._metrics_url = metrics_url

    async def run(self, start_ns: int, tell: Callable[[Sample], None]) -> None:
        """Sample until cancelled, from a time of CLOCK_MONOTONIC on."""
        await asyncio.sleep(max(0.0, start_ns / 1e9 - time.monotonic()))
        for number in range(1 << 30):
            tell(await self.look(start_ns))
            if number % METRICS_EACH == 0:
                await self.scrape()
            next_at = start_ns / 1e9 + (number + 1) * EACH_SECONDS
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))

    async def look(self, start_ns: int) -> Sample:
        """Take a sample now, besides."""
        found = await self._channel.declare_queue(self._queue, passive=True)
        sample = Sample(
            at=(time.monotonic_ns() - start_ns) / 1e9,
            counts=self._counts(),
            queued=found.declaration_result.message_count or 0,
            cpu_seconds={name: tree.cpu_seconds() for name, tree in self._groups.items()},
            memory_mib={name: tree.memory_mib() for name, tree in self._groups.items()},
        )
        self.samples.append(sample)
        return sample

    async def scrape(self) -> None:
        """Read the worker's histogram of batch sizes, where it has one."""
        if self._metrics_url is None:
            return
        try:
            async with aiohttp.ClientSession() as session, session.get(self._metrics_url) as answer:
                self.batches = batches_in(await answer.text())
        except aiohttp.ClientError:
            return


def batches_in(text: str) -> dict[float, float]:
    """Return how many batches were at most how large, from metrics in Prometheus' text format."""
    return {
        float(sample.labels["le"]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == BATCHES
        for sample in family.samples
        if sample.name == f"{BATCHES}_bucket"
    }
