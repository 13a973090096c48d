"""`venue-worker partitions`."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.table import Table

from worker.cli.with_database import database
from worker.messaging.link import open_link
from worker.messaging.partitions import HOLDING, QueueFigures, figures
from worker.messaging.topology import command_queue
from worker.output import people, print_json
from worker.settings import Settings
from worker.sharing.change import Change, alone
from worker.storage import partitions as recorded
from worker.storage.partitions import Partitioning

TIMEOUT_SECONDS = 30.0
LONGEST_SECONDS = 7 * 86400.0
"""For a change that waits until somebody starts a worker."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is to see."""

    state: Partitioning
    workers: int
    queues: list[QueueFigures]


def partitions(
    number: Annotated[
        int | None,
        typer.Argument(min=1, max=64, metavar="[N]", help="have so many partitions"),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """Show how commands are partitioned; with N, change the number of partitions.

    A change is safe while workers run and commands come; it needs workers to empty the queues.
    If it is interrupted, run it again.
    """
    settings = Settings()
    if number is not None:
        asyncio.run(_change(settings, number, as_json=as_json))
    overview = asyncio.run(_overview(settings))
    print_json(_document(overview)) if as_json else _show(overview)


async def _change(settings: Settings, number: int, *, as_json: bool) -> None:
    def say(sentence: str) -> None:
        print_json({"progress": sentence}) if as_json else typer.echo(sentence)

    async with (
        database(LONGEST_SECONDS) as patient,
        database(TIMEOUT_SECONDS) as db,
        alone(patient),
    ):
        link = await open_link(settings.amqp_url, "venue-worker partitions")
        try:
            await Change(db, link, say).to(number)
        finally:
            await link.close()


async def _overview(settings: Settings) -> Overview:
    async with database(TIMEOUT_SECONDS) as db, db.transaction() as tx:
        state, workers = await recorded.read(tx), await recorded.present(tx)
    link = await open_link(settings.amqp_url, "venue-worker partitions")
    try:
        most = max(state.partitions, state.target or 1)
        names = [*(command_queue(partition) for partition in range(most)), HOLDING]
        found = [await figures(link, name) for name in names]
    finally:
        await link.close()
    return Overview(state, len(workers), [one for one in found if one is not None])


def _document(found: Overview) -> dict[str, Any]:
    return {
        "partitions": found.state.partitions,
        "target": found.state.target,
        "phase": found.state.phase.value,
        "workers": found.workers,
        "queues": [
            {"queue": one.name, "waiting": one.waiting, "consumers": one.consumers}
            for one in found.queues
        ],
    }


def _show(found: Overview) -> None:
    state = found.state
    people.print(f"{state.partitions} partitions, {found.workers} workers")
    if state.target is not None:
        people.print(
            f"a change to {state.target} is under way ({state.phase}); if nobody is at it, "
            f"run `venue-worker partitions {state.target}`"
        )
    table = Table("queue", "waiting", "consumers")
    for one in found.queues:
        table.add_row(one.name, str(one.waiting), str(one.consumers))
    people.print(table)
