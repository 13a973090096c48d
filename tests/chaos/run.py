"""One run: servers, wires, workers, publishers and a subscriber; faults; peace; the ledger."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import asyncpg
from yarl import URL

from tests.chaos.checker import Ledger, check, read_journals
from tests.chaos.faults import Faults
from tests.chaos.peace import Say, peace
from tests.chaos.plan import Plan
from tests.chaos.wire import wire
from tests.chaos.workers import Workers
from tests.support import command_line
from tests.support.waiting import until
from worker.local import Services

PROGRESS_SECONDS = 10.0
HEARTBEAT_SECONDS = "5"


@dataclass(slots=True)
class Result:
    """A run's ledger and what was done to it."""

    plan: Plan
    ledger: Ledger
    faults: dict[str, int]
    starts: int
    ends: dict[int, int]
    stopped_with: list[int]
    sending_seconds: float
    settling_seconds: float
    kind: str = ""
    files: str = ""

    @property
    def good(self) -> bool:
        """Whether all adds up, and the workers ended as they should."""
        return self.ledger.good and not any(self.stopped_with)


async def run(
    services: Services, database_url: str, plan: Plan, mutant: str | None, say: Say
) -> Result:
    """Do what the plan says on a migrated database and a broker that has nothing of ours."""
    home = Path(tempfile.mkdtemp(prefix="venue-chaos-"))
    broker_url = URL(services.broker.url)
    async with AsyncExitStack() as stack:
        to_broker = await stack.enter_async_context(wire(broker_url.port or 5672))
        to_database = await stack.enter_async_context(wire(URL(database_url).port or 5432))
        environment = {
            "VENUE_AMQP_URL": str(
                broker_url.with_port(to_broker.port).with_query(heartbeat=HEARTBEAT_SECONDS)
            ),
            "VENUE_DATABASE_URL": str(URL(database_url).with_port(to_database.port)),
            "VENUE_HTTP_PORT": "0",
            "VENUE_DATABASE_TIMEOUT_SECONDS": "5",
            "VENUE_CONFIRM_TIMEOUT_SECONDS": "5",
            "VENUE_RETRY_SECONDS": "1",
        }
        await _partitioned(services, database_url, plan.partitions)
        workers = Workers(plan.workers, mutant, environment, home)
        stack.callback(workers.kill)
        keeping = asyncio.create_task(workers.keep_running())
        stack.callback(keeping.cancel)
        await _declared(services.broker.url)
        record = home / "events.jsonl"
        await stack.enter_async_context(_process("watcher", services.broker.url, str(record)))
        await _appears(record)
        journals = [home / f"journal-{number}.jsonl" for number in range(plan.publishers)]
        began = time.monotonic()
        publishing = asyncio.create_task(_published(stack, services, plan, journals))
        faults = Faults(services, workers, to_broker, to_database)
        progress = asyncio.create_task(_progress(journals, faults, say))
        stack.callback(progress.cancel)
        await faults.run(plan.drawn(), say)
        await publishing
        sent_at = time.monotonic()
        to_broker.heal()
        to_database.heal()
        sent = read_journals(journals)
        await peace(services.broker.url, database_url, plan, sent, record, say)
        settled_at = time.monotonic()
        stopped_with = await workers.stop()
        database = await asyncpg.connect(database_url)
        try:
            ledger = await check(database, sent, record)
        finally:
            await database.close()
    return Result(
        plan,
        ledger,
        dict(sorted(faults.done.items())),
        workers.starts,
        dict(workers.ends),
        stopped_with,
        sent_at - began,
        settled_at - sent_at,
        services.describe(),
        str(home),
    )


async def _published(
    stack: AsyncExitStack, services: Services, plan: Plan, journals: list[Path]
) -> None:
    share, rate = plan.commands // plan.publishers, plan.rate / plan.publishers
    processes = [
        await stack.enter_async_context(
            _process(
                "publisher",
                services.broker.url,
                f"{plan.seed}-{number}",
                str(share),
                str(rate),
                str(journal),
            )
        )
        for number, journal in enumerate(journals)
    ]
    for process in processes:
        if status := await asyncio.to_thread(process.wait):
            raise RuntimeError(f"a publisher ended with status {status}")


@asynccontextmanager
async def _process(module: str, *words: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", f"tests.chaos.{module}", *words])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _partitioned(services: Services, database_url: str, partitions: int) -> None:
    ended = await command_line.run(
        "partitions",
        str(partitions),
        VENUE_AMQP_URL=services.broker.url,
        VENUE_DATABASE_URL=database_url,
    )
    if ended.status:
        raise RuntimeError(ended.errors)


async def _declared(url: str) -> None:
    # By the workers; publishers and subscribers find it there.
    deadline = time.monotonic() + 60
    while True:
        try:
            async with await aio_pika.connect(url) as connection:
                channel = await connection.channel()
                await channel.get_exchange("venue.events")
                await channel.get_queue("venue.commands.0")
                await channel.queue_delete("chaos.events")
                return
        except aio_pika.exceptions.AMQPException:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


async def _appears(record: Path) -> None:
    await until(lambda: record.exists() and record.stat().st_size >= 0, "the subscriber listens")


async def _progress(journals: list[Path], faults: Faults, say: Say) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        confirmed = 0
        for journal in journals:
            if journal.exists():
                confirmed += journal.read_bytes().count(b'{"confirmed"')
        elapsed = time.monotonic() - began
        say(f"{elapsed:.0f} s: {confirmed} confirmed, {sum(faults.done.values())} faults")
