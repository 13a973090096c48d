"""The subscriber, a process of its own: it writes down each copy of an event in order of arrival.

It connects to the broker directly and acknowledges only what it has written.
"""

import asyncio
import hashlib
import json
import logging
import sys
from pathlib import Path
from typing import TextIO

import aio_pika
import aiormq
from pamqp.common import FieldTable

QUEUE = "chaos.events"
ARGUMENTS: FieldTable = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 1_000_000,
    # A broker that was paused has not seen yet that we are gone when we are there again: it would
    # hand out what is next before what the connection before has not acknowledged.
    "x-single-active-consumer": True,
}
BROKER = (aiormq.AMQPError, aiormq.exceptions.ChannelInvalidStateError, OSError, TimeoutError)


async def _watch(url: str, record: TextIO) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=200)
        events = await channel.declare_exchange("venue.events", "topic", durable=True)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments=ARGUMENTS)
        await queue.bind(events, "#")
        async with queue.iterator() as messages:
            async for message in messages:
                event = json.loads(message.body)
                line = {
                    "id": event["id"],
                    "venue": [event["tenantid"], event["subject"]],
                    "version": event.get("venueversion"),
                    "sha256": hashlib.sha256(message.body).hexdigest(),
                }
                record.write(json.dumps(line) + "\n")
                record.flush()
                await message.ack()


async def _main(url: str, path: str) -> None:
    with Path(path).open("a") as record:  # noqa: ASYNC230 - a file of its own, written by lines
        while True:
            try:
                await _watch(url, record)
            except Exception as error:
                # aiormq ends what waits on a connection that is lost with a bare `Exception`, too.
                if not isinstance(error, BROKER) and type(error) is not Exception:
                    raise
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    logging.disable()  # lost connections are what this is about
    asyncio.run(_main(*sys.argv[1:]))
