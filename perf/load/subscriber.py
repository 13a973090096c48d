"""The subscriber: a queue of its own on `venue.events`, and as little done a message as can be.

It notes what is in an event's head and when it came. All else is made of the notes afterwards, as
whatever it does meanwhile is taken from the cores that are measured.
"""

import asyncio
import re
import time
from array import array
from dataclasses import dataclass, field, fields

import aiormq
from aiormq.abc import DeliveredMessage
from pydantic_core import from_json

from perf.load.line import FIRST, Line
from worker.messaging.topology import EVENTS

PREFETCH = 2000
ACK_EACH = 100
ACK_SECONDS = 0.1
MOST_SECONDS = 4 * 3600.0
HEAD = re.compile(
    rb'\{"specversion":"1\.0","id":"([^"]+)","source":"[^"]*","type":"([^"]+)","subject":"([^"]+)"'
    rb',"time":"[^"]*","datacontenttype":"[^"]*","tenantid":"[^"]*"(?:,"venueversion":(\d+))?'
    rb',"causationid":"([^"]+)","correlationid":"([^"]*)"'
)
"""How the worker and its peers write an event's head; any other order is read as JSON."""
NAMES = ("id", "type", "subject", "venueversion", "causationid", "correlationid")


@dataclass(slots=True)
class Received:
    """The events that came, in order: each list has an entry for each.

    Attributes:
        ids: the events' own.
        types: what they tell of.
        venues: the venues they are about.
        versions: the venues' versions, 0 for an event that has none.
        commands: the commands that caused them.
        intended: when those were meant to be sent, in nanoseconds of CLOCK_MONOTONIC.
        arrived: when the events came.
    """

    ids: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    venues: list[str] = field(default_factory=list)
    versions: "array[int]" = field(default_factory=lambda: array("q"))
    commands: list[str] = field(default_factory=list)
    intended: "array[int]" = field(default_factory=lambda: array("q"))
    arrived: "array[int]" = field(default_factory=lambda: array("q"))


def subscribe(url: str, line: Line) -> None:
    """Be the subscriber until told to end, then report."""
    asyncio.run(_subscribe(url, line))


def note(received: Received, body: bytes, now_ns: int) -> None:
    """Note an event that came now."""
    found = HEAD.match(body)
    if found:
        id_, type_, venue, version, command, stamp = found.groups()
    else:
        event = from_json(body)
        id_, type_, venue, version, command, stamp = (
            str(event.get(name, "0")).encode() for name in NAMES
        )
    received.arrived.append(now_ns)
    received.intended.append(int(stamp) if stamp.isdigit() else now_ns)
    received.ids.append(id_.decode())
    received.types.append(type_.decode())
    received.venues.append(venue.decode())
    received.versions.append(int(version or 0))
    received.commands.append(command.decode())


def first_arrivals(received: Received) -> Received:
    """Return the events without copies of those that came before."""
    if len(set(received.ids)) == len(received.ids):
        return received
    columns = [getattr(received, one.name) for one in fields(received)]
    kept = Received()
    seen: set[str] = set()
    for event_id, *row in zip(received.ids, *columns, strict=True):
        if event_id not in seen:
            seen.add(event_id)
            for one, value in zip(fields(kept), row, strict=True):
                getattr(kept, one.name).append(value)
    return kept


async def _subscribe(url: str, line: Line) -> None:
    received = Received()
    connection = await aiormq.connect(url)
    channel = await connection.channel(publisher_confirms=False)
    await channel.basic_qos(prefetch_count=PREFETCH)
    declared = await channel.queue_declare(exclusive=True)
    queue = declared.queue or ""
    await channel.queue_bind(queue, EVENTS, routing_key="#")
    acked = 0

    async def settle(tag: int) -> None:
        nonlocal acked
        if tag > acked:
            acked = tag
            await channel.basic_ack(tag, multiple=True, wait=False)

    async def on_event(message: DeliveredMessage) -> None:
        note(received, message.body, time.monotonic_ns())
        line.counters[FIRST] += 1
        if len(received.ids) % ACK_EACH == 0:
            await settle(message.delivery_tag or 0)

    await channel.basic_consume(queue, on_event)
    line.pipe.send("ready")
    ending = asyncio.create_task(line.hear(MOST_SECONDS))
    while not ending.done():
        await asyncio.wait([ending], timeout=ACK_SECONDS)
        await settle(len(received.ids))
    await connection.close()
    line.pipe.send(received)
