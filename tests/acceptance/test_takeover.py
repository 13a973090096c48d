"""Workers share the partitions; when one dies, the others take over what it had."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.acceptance.test_partitions import change, workers
from tests.support.bus import Bus
from tests.support.figures import Figures
from tests.support.load import Load, expect_whole
from tests.support.process import WorkerProcess
from tests.support.waiting import No, until
from worker.local import Services

NewWorker = Callable[..., WorkerProcess]
KILLS = int(os.environ.get("TAKEOVER_KILLS", "4"))
SECONDS = float(os.environ.get("TAKEOVER_SECONDS", "5"))
"""For a longer run: 12 kills, one every 10 s, take two minutes."""

VENUES = 120
LONGEST_WAIT_SECONDS = 90.0
PATIENCE_SECONDS = 180.0
"""To share out anew, on a machine that does much else meanwhile."""

# How long each venue had to wait for its next event after a moment, in seconds.
WAITS = """
SELECT extract(epoch FROM min(occurred_at) - $1)::float8 FROM venue_event
WHERE occurred_at > $1 GROUP BY tenant_id, venue_id ORDER BY 1
"""


@pytest.mark.timeout(600)
async def test_workers_killed_one_after_the_other(
    amqp_url: str,
    database_url: str,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """3 workers, 6 partitions, one killed every few seconds: nothing lost, all in order."""
    team = await workers(new_worker, 3)
    await change(amqp_url, database_url, 6)
    load = Load(the_bus, venues=VENUES, seconds=0.5)
    kills: list[datetime] = []
    for n in range(KILLS):
        await asyncio.sleep(SECONDS)  # not for anything to happen: this is the rate of kills
        await asyncio.gather(*(one.ready() for one in team))
        kills.append(datetime.now(UTC))
        team[n % 3].kill()
        team[n % 3].start()
    await asyncio.sleep(SECONDS)
    sent = await load.ended()
    found = await expect_whole(database, the_bus, sent)
    lines = [found.line(sent), "kill   venues that waited over 1 s   longest wait of a venue"]
    for n, at in enumerate(kills, 1):
        waits = [row[0] for row in await database.fetch(WAITS, at)]
        assert len(waits) == VENUES
        assert max(waits) < LONGEST_WAIT_SECONDS
        lines.append(f"{n:4}   {sum(wait > 1 for wait in waits):26}   {max(waits):21.1f} s")
    figures("\n".join(lines))


@pytest.mark.timeout(600)
async def test_balance(
    real: Services, amqp_url: str, database_url: str, new_worker: NewWorker, the_bus: Bus
) -> None:
    """From RabbitMQ 4.0 on, 3 workers have 2 of 6 partitions each, and 3 each after one died."""
    if "RabbitMQ 3." in real.broker.version:
        pytest.skip("before RabbitMQ 4.0 a partition moves only when its owner dies")
    team = await workers(new_worker, 3)
    await change(amqp_url, database_url, 6)
    load = Load(the_bus, venues=VENUES, seconds=0.5)
    await until(lambda: _shares(team, [2, 2, 2]), "each has two", PATIENCE_SECONDS)
    team[0].kill()
    await until(lambda: _shares(team[1:], [3, 3]), "each of the others has three", PATIENCE_SECONDS)
    await load.ended()


async def _shares(team: list[WorkerProcess], wanted: list[int]) -> bool | No:
    """Tell whether that many queues have handed out something to each worker a moment ago."""
    idle = []
    for one in team:
        _, full = await one.get("/health/full")
        idle.append(full["checks"]["consumers"]["details"]["idle_seconds"])
    busy = [sum(s is not None and s < RECENT_SECONDS for s in one.values()) for one in idle]
    return sorted(busy) == wanted or No(idle)


RECENT_SECONDS = 2.0
