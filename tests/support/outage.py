"""What a worker says and costs while something it needs is away."""

import asyncio
import time
from dataclasses import dataclass

import aio_pika
import aiohttp
import psutil  # type: ignore[import-untyped] # its types are no requirement of ours

from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.local import Services

QUEUE = "venue.commands.0"
MOST_COUNTED = 2000
MOST_CPU = 0.25
"""Share of a core that a worker may use while it waits; a busy loop uses all of one."""

MOST_LINES = 40
"""Lines that a worker may log in the time of `cost`, which is some seconds."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a worker used while it waited.

    Attributes:
        cpu: share of one core.
        lines: lines it has logged.
    """

    cpu: float
    lines: int

    def is_small(self) -> bool:
        """Tell whether it is what waiting may cost."""
        return self.cpu < MOST_CPU and self.lines < MOST_LINES


async def cost(worker: WorkerProcess, seconds: float = 4.0) -> Cost:
    """Measure what the worker uses from now on, for so long."""
    process = psutil.Process(worker.running.pid)
    lines, before, since = _lines(worker), process.cpu_times(), time.monotonic()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return Cost(used / (time.monotonic() - since), _lines(worker) - lines)


async def says(worker: WorkerProcess, check: str, text: str, seconds: float = 10.0) -> float:
    """Wait until the worker is unready because of such a finding; return the seconds it took."""
    since = time.monotonic()

    async def found() -> bool:
        try:
            status, document = await worker.get("/health/ready")
        except (aiohttp.ClientError, TimeoutError):
            return False
        return status == 503 and text in document["unready"].get(check, "")

    await until(found, f"{check}: {text}", seconds)
    return time.monotonic() - since


async def control_broker(real: Services, *words: str) -> str:
    """Run `rabbitmqctl` for the broker, and return what it prints."""
    return await asyncio.to_thread(real.broker.execute, "rabbitmqctl", "-q", *words)


async def unsettled(real: Services) -> int:
    """Return how many commands are handed out and not settled."""
    columns = ("list_queues", "--no-table-headers", "name", "messages_unacknowledged")
    for line in (await control_broker(real, *columns)).splitlines():
        name, _, count = line.partition("\t")
        if name == QUEUE:
            return int(count)
    return 0


async def delivery_counts(url: str) -> list[int]:
    """Return the delivery counts of the commands that wait, the first two thousand.

    Nobody else may consume. What has come back is at the head; a quorum queue hands out no more.
    """
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=MOST_COUNTED)
        queue = await channel.declare_queue(QUEUE, passive=True)
        expected = min(queue.declaration_result.message_count or 0, MOST_COUNTED)
        counts: list[int] = []

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            counts.append(int(str(message.headers.get("x-delivery-count", 0))))

        await queue.consume(take)
        await until(lambda: len(counts) >= expected, f"{expected} commands")
        return counts


def _lines(worker: WorkerProcess) -> int:
    return len(worker.log.read_text().splitlines())
