"""Where queries come in and answers go: it is looked after, and other queues are other people's."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aio_pika
import aiormq
import pytest

from tests.support.asking import Ask, asking, query
from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.messaging.topology import QUERIES_ARGUMENTS

QUEUE = EXCHANGE = "venue.queries"
SECONDS = 30.0


async def _answered(url: str, venue: Venue) -> None:
    """Wait until a query is answered; whoever asks declares nothing."""

    async def is_answered() -> bool:
        with suppress(TimeoutError, aiormq.AMQPError):
            async with asyncio.timeout(2), asking(url, declare=False) as ask:
                answer = await ask(query("venue.get", venue.tenant, venue.id))
                return bool(answer["status"] == "ok")
        return False

    await until(is_answered, "queries are answered", SECONDS)


async def _lose_binding(bus: Bus) -> None:
    queue = await bus.channel.get_queue(QUEUE)
    await queue.unbind(EXCHANGE, "#")


async def _lose_exchange(bus: Bus) -> None:
    await bus.channel.exchange_delete(EXCHANGE)


async def _lose_queue(bus: Bus) -> None:
    await bus.channel.queue_delete(QUEUE)


async def _declare_anew(bus: Bus) -> None:
    await bus.channel.queue_delete(QUEUE)
    await bus.channel.declare_queue(QUEUE, durable=True, arguments=QUERIES_ARGUMENTS)


@pytest.mark.parametrize("lose", [_lose_binding, _lose_exchange, _lose_queue, _declare_anew])
async def test_what_somebody_deletes_comes_back(
    worker: WorkerProcess, the_bus: Bus, amqp_url: str, lose: Callable[..., object]
) -> None:
    """A worker that runs puts back what queries need to reach it, by itself, within seconds."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await _answered(amqp_url, venue)
    await lose(the_bus)  # type: ignore[misc] # a coroutine's function
    await _answered(amqp_url, venue)
    assert (await the_bus.ask(venue.update(description="goes on")))["status"] == "applied"
    assert await worker.stop() == 0


async def test_a_queue_with_other_arguments(
    worker: WorkerProcess, the_bus: Bus, amqp_url: str
) -> None:
    """Commands go on, the log says what is wrong, and once it is put right queries are answered."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await _answered(amqp_url, venue)
    await _lose_queue(the_bus)
    await the_bus.channel.declare_queue(QUEUE, durable=True)
    told = '"queries are not answered"'
    await until(lambda: told in worker.log.read_text(), "the worker says so", SECONDS)
    assert (await the_bus.ask(venue.update(description="goes on")))["status"] == "applied"
    assert await worker.status() == 200
    await _lose_queue(the_bus)
    await _answered(amqp_url, venue)
    assert worker.log.read_text().count(told) == 1


NEARLY_OURS = ["venue.queries.answers-of-box-office", "venue.eventsink", "venue.deadline-service"]


@pytest.mark.parametrize("name", NEARLY_OURS)
async def test_reply_queues_that_begin_like_ours(ask: Ask, the_bus: Bus, name: str) -> None:
    """A queue that is not one of ours gets replies and answers, whatever its name begins with."""
    venue = Venue()
    queue = await the_bus.channel.declare_queue(name, auto_delete=True)
    got: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
    await queue.consume(got.put, no_ack=True)
    await the_bus.send(venue.create(), reply_to=name, correlation_id="command")
    async with asyncio.timeout(20):
        assert (await got.get()).correlation_id == "command"
    waiting = asyncio.create_task(
        ask(query("venue.get", venue.tenant, venue.id), reply_to=name, correlation_id="query")
    )
    async with asyncio.timeout(20):
        assert (await got.get()).correlation_id == "query"
    waiting.cancel()
