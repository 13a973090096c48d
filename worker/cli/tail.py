"""`venue-worker tail`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Annotated

import typer

from worker.cli import words
from worker.client import Client, Document
from worker.errors import OperatorError
from worker.messaging.log import Start, read_log
from worker.ops import logs
from worker.output import people, print_json
from worker.settings import Settings

LONGEST_PATTERN = 255
LARGEST_OFFSET = 2**63 - 1


def tail(
    *,
    pattern: Annotated[str, typer.Option(help="topic pattern of event types")] = "#",
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="first|last|next|OFFSET|TIME",
            help="read the event log from there on (TIME in RFC 3339), with each event's offset",
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="stop after so many; 0 never does")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """Print events as they come, or the event log from a place on, until Ctrl-C."""
    if len(pattern.encode()) > LONGEST_PATTERN:
        raise OperatorError(f"a pattern has at most {LONGEST_PATTERN} bytes")
    logs.configure("console", "warning")
    start = None if from_ is None else _start(from_)
    try:
        asyncio.run(_tail(pattern, start, count, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _start(text: str) -> Start:
    match text:
        case "first" | "last" | "next":
            return text
        case _ if text.isdecimal() and text.isascii():
            if (offset := int(text)) > LARGEST_OFFSET:
                raise OperatorError(f"--from: an offset is at most {LARGEST_OFFSET}")
            return offset
        case _ if "-" in text[1:]:
            return words.time("--from", text)
    raise OperatorError(
        "--from: give first, last, next, an offset, or a time such as 2026-11-24T09:00:00Z"
    )


async def _tail(pattern: str, start: Start | None, count: int, *, as_json: bool) -> None:
    seen = 0
    url = Settings().amqp_url
    async with _live(url, pattern) if start is None else _logged(url, start, pattern) as events:
        async for event in events:
            print_json(event) if as_json else _show(event)
            seen += 1
            if seen == count:
                return


@asynccontextmanager
async def _live(url: str, pattern: str) -> AsyncIterator[AsyncIterator[Document]]:
    async with Client(url) as client, client.events(pattern) as events:
        yield events


@asynccontextmanager
async def _logged(url: str, start: Start, pattern: str) -> AsyncIterator[AsyncIterator[Document]]:
    fits = words.topic(pattern)
    async with aclosing(read_log(url, start)) as log:
        yield (
            {"offset": logged.offset, **logged.event}
            async for logged in log
            if fits.fullmatch(f".{logged.event['type']}")
        )


def _show(event: Document) -> None:
    data = event["data"]
    about = data.get("venue", {}).get("name") or [error["code"] for error in data.get("errors", [])]
    place = f"{event['offset']:>8} " if "offset" in event else ""
    people.print(
        f"{place}{event['time']} {event['type']} {event['subject']} "
        f"version {event.get('venueversion', '-')} {about}"
    )
