"""`venue-worker tail`."""

import asyncio
from typing import Annotated

import typer

from worker.client import Client, Document
from worker.errors import OperatorError
from worker.output import people, print_json
from worker.settings import Settings

LONGEST_PATTERN = 255


def tail(
    *,
    pattern: Annotated[str, typer.Option(help="topic pattern of event types")] = "#",
    count: Annotated[int, typer.Option(min=0, help="stop after so many; 0 never does")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """Print events as they come, until Ctrl-C."""
    if len(pattern.encode()) > LONGEST_PATTERN:
        raise OperatorError(f"a pattern has at most {LONGEST_PATTERN} bytes")
    try:
        asyncio.run(_tail(pattern, count, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _tail(pattern: str, count: int, *, as_json: bool) -> None:
    seen = 0
    async with Client(Settings().amqp_url) as client, client.events(pattern) as events:
        async for event in events:
            print_json(event) if as_json else _show(event)
            seen += 1
            if seen == count:
                return


def _show(event: Document) -> None:
    data = event["data"]
    about = data.get("venue", {}).get("name") or [error["code"] for error in data.get("errors", [])]
    people.print(
        f"{event['time']} {event['type']} {event['subject']} "
        f"version {event.get('venueversion', '-')} {about}"
    )
