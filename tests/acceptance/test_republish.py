"""Kept events once more, as they were, to one queue and no other."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from tests.support.bus import Bus
from tests.support.command_line import Ended, run
from tests.support.commands import Venue, new_id
from tests.support.kept import add_events
from tests.support.process import WorkerProcess
from tests.support.waiting import until

LONG_AGO = "2000-01-01T00:00:00Z"


@asynccontextmanager
async def a_queue(the_bus: Bus, **arguments: Any) -> AsyncIterator[AbstractQueue]:
    """Give a queue of a subscriber."""
    queue = await the_bus.channel.declare_queue(
        f"tests.again.{new_id()}", durable=True, arguments=arguments
    )
    try:
        yield queue
    finally:
        await queue.delete(if_unused=False, if_empty=False)


async def taken(queue: AbstractQueue) -> list[AbstractIncomingMessage]:
    """Take all that is in the queue."""
    found = []
    while (message := await queue.get(fail=False, no_ack=True)) is not None:
        found.append(message)
    return found


class Again:
    """`venue-worker republish` on the test's services."""

    def __init__(self, amqp_url: str, database_url: str) -> None:
        self._amqp_url = amqp_url
        self._database_url = database_url

    async def __call__(self, queue: AbstractQueue | str, *words: str) -> Ended:
        """Run it."""
        name = queue if isinstance(queue, str) else queue.name
        return await run(
            "republish", "--queue", name, *words,
            VENUE_AMQP_URL=self._amqp_url, VENUE_DATABASE_URL=self._database_url,
        )  # fmt: skip


@pytest.fixture
def again(amqp_url: str, database_url: str) -> Again:
    """Republish on the test's services."""
    return Again(amqp_url, database_url)


async def test_the_same_messages_to_one_queue(
    worker: WorkerProcess, the_bus: Bus, again: Again
) -> None:
    """Body, id and properties are those of the first publication; nobody else gets a copy."""
    venue = Venue()
    async with a_queue(the_bus) as live, a_queue(the_bus) as queue:
        await live.bind("venue.events", "#")
        await the_bus.send_all([venue.create(), venue.update(name="B"), venue.to("activate")])
        await the_bus.events_of(venue.id, 3)
        ended = await again(queue, "--venue", venue.id, "--json")
        assert ended.documents()[0]["events"] == 3
        originals, copies = await taken(live), await taken(queue)
        assert [_message(one) for one in copies] == [_message(one) for one in originals]
        assert {(one.exchange, one.routing_key) for one in copies} == {("", queue.name)}
        await the_bus.ask(venue.update(name="C"))
        assert len(await the_bus.events_of(venue.id, 4)) == 4
        assert len(the_bus.events) == 4, "a copy went to somebody else"


async def test_which_events(database: asyncpg.Connection, the_bus: Bus, again: Again) -> None:
    """Venue, tenant, since and until choose together; what fits each of them comes, in order."""
    one = Venue()
    await add_events(database, one, 3, days=20)
    expected = await add_events(database, one, 3, days=10, above=3)
    await add_events(database, one, 2, days=5, above=6)
    await add_events(database, Venue(tenant=one.tenant), 2, days=10)
    await add_events(database, Venue(id=one.id), 2, days=10)
    now: datetime = await database.fetchval("SELECT now()")
    since, until_ = ((now - timedelta(days=n)).isoformat() for n in (17, 7))
    words = ("--venue", one.id, "--tenant", one.tenant, "--since", since, "--until", until_)
    async with a_queue(the_bus) as queue:
        ended = await again(queue, *words)
        assert [copy.message_id for copy in await taken(queue)] == expected
        assert f"3 events published to {queue.name}" in ended.output


async def test_thousands(database: asyncpg.Connection, the_bus: Bus, again: Again) -> None:
    """Many pages of many venues arrive whole, a venue's in order."""
    venues = [Venue() for _ in range(40)]
    ids = [event for n in range(2) for one in venues for event in
           await add_events(database, one, 50, days=3 - n, above=50 * n)]  # fmt: skip
    async with a_queue(the_bus) as queue:
        ended = await again(queue, "--since", LONG_AGO, "--json")
        assert ended.documents()[0]["events"] == 4000
        copies = await taken(queue)
    assert sorted(str(one.message_id) for one in copies) == sorted(ids)
    assert in_order(copies)


async def test_what_waits_in_the_outbox_is_left_to_it(
    database: asyncpg.Connection, the_bus: Bus, again: Again
) -> None:
    """An event that nobody has published yet is not sent past the older ones of its venue."""
    venue = Venue()
    out = await add_events(database, venue, 2, days=2)
    await add_events(database, venue, 3, days=1, above=2, pending=True)
    async with a_queue(the_bus) as queue:
        assert (await again(queue, "--since", LONG_AGO)).status == 0
        assert [message.message_id for message in await taken(queue)] == out


async def test_a_queue_that_refuses(
    database: asyncpg.Connection, the_bus: Bus, again: Again
) -> None:
    """It stops, says where, and goes on from there once there is room: nothing is missing."""
    ids = []
    for _ in range(30):
        ids += await add_events(database, Venue(), 40, days=1)
    full = {"x-max-length": 700, "x-overflow": "reject-publish"}
    async with a_queue(the_bus, **full) as queue:
        sentence = (await again(queue, "--since", LONG_AGO)).sentence()
        assert f"{queue.name} refused event " in sentence
        copies = await taken(queue)
        after = sentence.split("--after ")[1].split()[0]
        rest = await again(queue, "--since", LONG_AGO, "--after", after)
        assert rest.status == 0, rest.errors
        copies += await taken(queue)
    assert {copy.message_id for copy in copies} == set(ids)
    assert in_order(copies)


async def test_a_queue_that_is_not_there(the_bus: Bus, again: Again) -> None:
    """Nothing is declared on the subscriber's behalf."""
    ended = await again("tests.nowhere", "--since", LONG_AGO)
    assert "there is no queue tests.nowhere: declare it first" in ended.sentence()


async def test_a_queue_that_goes_away(
    database: asyncpg.Connection, the_bus: Bus, again: Again
) -> None:
    """A queue deleted while events are sent to it is missed at the next one."""
    await add_events(database, Venue(), 20_000, days=1)
    queue = await the_bus.channel.declare_queue(f"tests.again.{new_id()}", auto_delete=False)
    copying = asyncio.create_task(again(queue, "--since", LONG_AGO))

    async def begun() -> bool:
        found = await the_bus.channel.declare_queue(queue.name, passive=True)
        return bool(found.declaration_result.message_count)

    await until(begun, "events arrive")
    await queue.delete(if_unused=False, if_empty=False)
    assert f"there is no queue {queue.name}" in (await copying).sentence()


@pytest.mark.parametrize("name", ["venue.commands.0", "venue.events.log", "venue.dead"])
async def test_the_workers_own_queues(again: Again, amqp_url: str, name: str) -> None:
    """Events are no commands: the worker's own queues are refused."""
    ended = await again(name, "--since", LONG_AGO)
    assert f"{name} is the worker's own" in ended.sentence()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say which events: --venue, --tenant or --since"),
        (("--until", LONG_AGO), "say which events"),
        (("--since", "monday"), "--since: give an RFC 3339 timestamp"),
        (("--since", "2020-01-01T00:00:00Z", "--until", LONG_AGO), "nothing is between"),
        (("--since", "2999-01-01T00:00:00Z"), "nothing is between"),
    ],
)
async def test_a_bad_selection(again: Again, words: tuple[str, ...], says: str) -> None:
    """What selects nothing is said in one sentence."""
    assert says in (await again("tests.any", *words)).sentence()


def in_order(copies: list[AbstractIncomingMessage]) -> bool:
    """Tell whether each venue's events came first in the order of their versions."""
    venues: dict[Any, list[int]] = defaultdict(list)
    for event in {copy.message_id: json.loads(copy.body) for copy in reversed(copies)}.values():
        venues[event["tenantid"], event["subject"]].append(event["venueversion"])
    return all(versions == sorted(versions, reverse=True) for versions in venues.values())


def _message(message: AbstractIncomingMessage) -> dict[str, Any]:
    properties = {k: v for k, v in message.info().items() if k not in DELIVERY}
    return {"body": message.body, **properties}


DELIVERY = (
    "consumer_tag",
    "delivery_tag",
    "exchange",
    "routing_key",
    "redelivered",
    "message_count",
)
