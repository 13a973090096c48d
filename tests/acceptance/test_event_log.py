"""The event log: read from any place, with offsets, and on after a lost connection."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pytest
from pamqp.common import FieldTable
from yarl import URL

from tests.support.bus import Bus
from tests.support.command_line import documents, run, running
from tests.support.commands import Venue, new_id
from tests.support.process import WorkerProcess
from tests.support.proxy import proxy
from tests.support.waiting import until
from worker.messaging.link import Link, open_link
from worker.messaging.log import read_log

LOG = "venue.events.log"


async def logged(the_bus: Bus, count: int) -> list[str]:
    """Have a worker publish so many events; return their ids in order."""
    venue = Venue()
    await the_bus.send(venue.create())
    await the_bus.send_all(venue.update(description=f"{n}") for n in range(count - 1))
    return [event["id"] for event in await the_bus.events_of(venue.id, count)]


async def test_from_the_first_from_an_offset_and_the_next(
    worker: WorkerProcess, the_bus: Bus, amqp_url: str
) -> None:
    """Each event comes once, with its offset; reading begins where one asks for it."""
    ids = await logged(the_bus, 30)
    tail = ("tail", "--json", "--from")
    first = (await run(*tail, "first", "--count", "30", VENUE_AMQP_URL=amqp_url)).documents()
    assert [event["id"] for event in first] == ids
    assert [event["offset"] for event in first] == list(range(30))
    assert first == [{"offset": n, **the_bus.events[n]} for n in range(30)]
    later = (await run(*tail, "17", "--count", "2", VENUE_AMQP_URL=amqp_url)).documents()
    assert [event["id"] for event in later] == ids[17:19]
    async with running(*tail, "30", VENUE_AMQP_URL=amqp_url) as output:
        more = await logged(the_bus, 2)
        assert [event["id"] for event in await documents(output, 2)] == more
    last = (await run(*tail, "last", "--count", "1", VENUE_AMQP_URL=amqp_url)).documents()
    assert last[0]["id"] in more


async def test_from_a_time(worker: WorkerProcess, the_bus: Bus, amqp_url: str) -> None:
    """From a time on come the events that were decided then or later, and none before."""
    before = await logged(the_bus, 5)
    after = await logged(the_bus, 5)
    moment = next(event["time"] for event in the_bus.events if event["id"] == after[0])
    tail = ("tail", "--json", "--count", "5", "--from")
    found = (await run(*tail, moment, VENUE_AMQP_URL=amqp_url)).documents()
    assert [event["id"] for event in found] == after
    long_ago = (await run(*tail, "0001-01-01T00:00:00Z", VENUE_AMQP_URL=amqp_url)).documents()
    assert [event["id"] for event in long_ago] == before


async def test_only_some_types(worker: WorkerProcess, the_bus: Bus, amqp_url: str) -> None:
    """A pattern picks types from the log as it does from the exchange."""
    venue = Venue()
    await the_bus.ask(venue.create_complete())
    await the_bus.ask(venue.to("activate"))
    await the_bus.ask(venue.to("activate"))
    await the_bus.events_of(venue.id, 3)
    for pattern, offset in (("venue.command.*", 2), ("*.activated", 1), ("#.rejected", 2)):
        words = ("--from", "first", "--pattern", pattern, "--count", "1", "--json")
        found = (await run("tail", *words, VENUE_AMQP_URL=amqp_url)).documents()
        assert [event["offset"] for event in found] == [offset], pattern


async def test_on_after_a_lost_connection(
    worker: WorkerProcess, the_bus: Bus, amqp_url: str
) -> None:
    """Connections that are cut cost no event, and none comes twice."""
    url = URL(amqp_url)
    ids = await logged(the_bus, 10)
    async with proxy(url.port or 5672) as between:
        through = str(url.with_port(between.port))
        async with running("tail", "--json", "--from", "first", VENUE_AMQP_URL=through) as output:
            seen = await documents(output, 10)
            for _ in range(3):
                between.cut()
                ids += await logged(the_bus, 70)
                seen += await documents(output, 70)
    assert [event["id"] for event in seen] == ids
    assert [event["offset"] for event in seen] == list(range(220))


async def test_the_next_ones_through_a_cut(
    worker: WorkerProcess, the_bus: Bus, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while a reader of the next events is cut off, before its first, is not lost."""
    links: list[Link] = []
    published = asyncio.Event()

    async def open_later(url: str, name: str, **more: Any) -> Link:
        if links:
            await published.wait()
        links.append(await open_link(url, name, **more))
        return links[-1]

    monkeypatch.setattr("worker.messaging.link.open_link", open_later)
    await logged(the_bus, 3)
    log = read_log(amqp_url, "next")
    first = asyncio.create_task(anext(log))
    await until(lambda: links and links[0].raw.consumers, "it reads")
    await links[0].close()
    ids = await logged(the_bus, 2)
    published.set()
    async with asyncio.timeout(10), aclosing(log):
        assert [(await first).event["id"], (await anext(log)).event["id"]] == ids


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("yesterday", "--from: give first, last, next, an offset, or a time such as"),
        ("-1", "--from: give first"),
        ("2026-13-01T00:00:00Z", "--from: give a date and time that exist"),
        ("2026-11-24", "--from: give an RFC 3339 timestamp such as"),
        ("9223372036854775808", "--from: an offset is at most 9223372036854775807"),
    ],
)
async def test_a_bad_place(word: str, says: str) -> None:
    """What is no place in the log is said in one sentence."""
    assert says in (await run("tail", f"--from={word}")).sentence()


async def test_there_is_no_log(amqp_url: str) -> None:
    """Without a log there is one sentence that says who makes it."""
    ended = await run("tail", "--from", "first", VENUE_AMQP_URL=amqp_url)
    assert "there is no event log venue.events.log at this broker" in ended.sentence()


async def test_an_offset_that_is_gone(amqp_url: str) -> None:
    """An offset that the log has forgotten is said to be gone, with the first that there is."""
    small: FieldTable = {
        "x-queue-type": "stream",
        "x-max-length-bytes": 200_000,
        "x-stream-max-segment-size-bytes": 50_000,
    }
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(LOG, durable=True, arguments=small)
        for n in range(600):
            message = aio_pika.Message(event(n, padding="x" * 2000), type="venue.updated")
            await channel.default_exchange.publish(message, LOG)
    ended = await run("tail", "--from", "3", VENUE_AMQP_URL=amqp_url)
    assert "offset 3 is gone: the event log begins with" in ended.sentence()
    first = int(ended.errors.split("begins with ")[1].split()[0])
    words = ("--from", str(first), "--count", "1", "--json")
    assert (await run("tail", *words, VENUE_AMQP_URL=amqp_url)).documents()[0]["offset"] == first


async def test_what_is_no_event_is_passed_over(amqp_url: str) -> None:
    """A message of somebody else's in the log ends nothing."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(LOG, durable=True, arguments={"x-queue-type": "stream"})
        for body in (b"\xff", b"[]", b"{}", b'{"type": "x", "time": "later"}', event(1)):
            await channel.default_exchange.publish(aio_pika.Message(body), LOG)
    words = ("--from", "first", "--count", "1", "--json")
    found = (await run("tail", *words, VENUE_AMQP_URL=amqp_url)).documents()
    assert found[0]["offset"] == 4


def event(n: int, **more: Any) -> bytes:
    """Return the bytes of an event."""
    moment = datetime.now(UTC) + timedelta(seconds=n)
    document = {"id": new_id(), "type": "venue.updated", "time": moment.isoformat(), **more}
    return json.dumps(document).encode()
