"""What the broker gave up on is parked by the worker, with what can be known of it."""

import json
from collections.abc import Callable
from typing import Any

import aio_pika
import asyncpg

from tests.integration.test_deferral import count
from tests.integration.test_parked import parked_count
from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import until

DEATH: Any = {
    "reason": "delivery_limit",
    "queue": "venue.commands.0",
    "exchange": "venue.commands",
    "routing-keys": ["venue.create"],
    "count": 1,
}


async def die(the_bus: Bus, document: Document, death: Any = DEATH) -> None:
    """Put a message into `venue.dead` as the broker does."""
    message = aio_pika.Message(
        json.dumps(document).encode(),
        delivery_mode=2,
        headers={"x-death": [death], "x-first-death-reason": "delivery_limit"},
    )
    await the_bus.channel.default_exchange.publish(message, "venue.dead")


async def test_a_command_that_was_given_up(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """It is parked as it was sent, not decided, and its event says so; its id stays free."""
    venue = Venue()
    command = venue.create()
    await die(the_bus, command)
    await until(lambda: parked_count(database, 1), "it is parked")
    row = await database.fetchrow("SELECT * FROM parked_command")
    assert row is not None
    assert (row["reason"], row["command_type"]) == ("given_up", "venue.create")
    assert "as often as it may, in venue.commands.0" in row["traceback"]
    kept = json.loads(row["properties"])
    assert (kept["exchange"], kept["routing_key"], kept["headers"]) == (
        "venue.commands",
        "venue.create",
        {},
    )
    event = (await the_bus.events_of(venue.id, 1))[0]
    assert event["type"] == "venue.command.parked"
    assert await count(database, "venue") == 0
    assert (await the_bus.ask(command))["status"] == "applied"


async def test_one_whose_outcome_is_known(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A command that was decided and whose acknowledgements were lost is not parked."""
    venue, other = Venue(), Venue()
    command = venue.create()
    await the_bus.ask(command)
    await die(the_bus, command)
    await die(the_bus, other.create())
    await until(lambda: parked_count(database, 1), "the other one is parked")
    assert str(await database.fetchval("SELECT tenant_id FROM parked_command")) == other.tenant


async def test_one_that_ends_the_process_even_when_it_is_read(
    new_worker: Callable[..., WorkerProcess], the_bus: Bus, database: asyncpg.Connection
) -> None:
    """After a few deliveries from `venue.dead` too it is parked unread."""
    one = new_worker()
    one.start()
    await one.ready()
    assert await one.stop() == 0
    await die(the_bus, Venue().create())
    queue = await the_bus.channel.get_queue("venue.dead")
    for _ in range(3):  # as often as a worker would have died of it
        await (await queue.get()).reject(requeue=True)
    one.start()
    await until(lambda: parked_count(database, 1), "it is parked")
    row = await database.fetchrow("SELECT * FROM parked_command")
    assert row is not None
    assert (row["reason"], row["command_id"]) == ("given_up", None)


async def test_what_came_while_no_worker_ran(
    new_worker: Callable[..., WorkerProcess], the_bus: Bus, database: asyncpg.Connection
) -> None:
    """It is parked by the next one."""
    one = new_worker()
    one.start()
    await one.ready()
    assert await one.stop() == 0
    for _ in range(30):
        await die(the_bus, Venue().create())
    one.start()
    await until(lambda: parked_count(database, 30), "all are parked")


async def test_a_forged_history(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Whatever stands in `x-death`, the message is parked and the worker goes on."""
    odd: list[Any] = [{"routing-keys": 5}, {"routing-keys": [], "exchange": 7}, {"reason": 1.5}]
    for death in odd:
        await die(the_bus, Venue().create(), death)
    await until(lambda: parked_count(database, len(odd)), "all are parked")
    assert worker.running.poll() is None
