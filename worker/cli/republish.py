"""`venue-worker republish`."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from worker.cli import words
from worker.errors import OperatorError
from worker.messaging.link import open_link
from worker.output import print_json
from worker.pipeline.republish import check_queue
from worker.pipeline.republish import republish as republish_events
from worker.settings import Settings
from worker.storage import history
from worker.storage.database import Database
from worker.storage.history import KeptEvent, Selection

TIMEOUT_SECONDS = 300.0
"""A tenant's few events may stand far apart among millions."""
NOTHING_YET = UUID(history.NOTHING_YET)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def republish(
    *,
    queue: Annotated[str, typer.Option(help="the one queue that gets the events")],
    venue: Annotated[UUID | None, typer.Option(help="of this venue")] = None,
    tenant: Annotated[UUID | None, typer.Option(help="of this tenant")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="decided at TIME (RFC 3339) or later")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="decided before TIME")] = None,
    after: Annotated[
        UUID, typer.Option(metavar="ID", help="go on behind this event, as an error said")
    ] = NOTHING_YET,
    as_json: Annotated[bool, typer.Option("--json", help="print one line of JSON")] = False,
) -> None:
    """Publish kept events once more, with their old ids, to one queue and no other."""
    if venue is None and tenant is None and since is None:
        raise OperatorError("say which events: --venue, --tenant or --since, or several of them")
    now = datetime.now(UTC)
    selection = Selection(
        tenant_id=str(tenant) if tenant else None,
        venue_id=str(venue) if venue else None,
        since=max(words.time("--since", since), BEGINNING) if since else BEGINNING,
        until=min(words.time("--until", until), now) if until else now,
        after=str(after),
    )
    if selection.since >= selection.until:
        raise OperatorError("--since lies behind --until, or in the future: nothing is between")
    asyncio.run(_republish(queue, selection, as_json=as_json))


async def _republish(queue: str, selection: Selection, *, as_json: bool) -> None:
    settings, since = Settings(), time.perf_counter()
    # Planned anew for each selection: what is fast for a venue is not for a tenant.
    database = Database(
        settings.database_url, timeout_seconds=TIMEOUT_SECONDS, statement_cache_size=0
    )
    link = await open_link(settings.amqp_url, "venue-worker republish")
    try:
        await check_queue(link, queue)
        async with database:
            with _progress(quiet=as_json) as progress:
                task = progress.add_task("", total=None, at="the beginning")

                def told(events: Sequence[KeptEvent]) -> None:
                    at = f"{events[-1].occurred_at:%Y-%m-%d %H:%M:%S}"
                    progress.update(task, advance=len(events), at=at)

                await republish_events(database, link, queue, selection, told)
                count = int(progress.tasks[task].completed)
    finally:
        await link.close()
    seconds = round(time.perf_counter() - since, 3)
    if as_json:
        print_json({"queue": queue, "events": count, "seconds": seconds})
    else:
        typer.echo(f"{count:,} events published to {queue} in {seconds:.1f} s")


def _progress(*, quiet: bool) -> Progress:
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} events, now at {task.fields[at]}"),
        TimeElapsedColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    )
