"""`venue-worker parked`: what was not understood."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.table import Table

from worker.errors import OperatorError
from worker.output import harmless, people, print_json
from worker.settings import Settings
from worker.storage import parked
from worker.storage.database import Connection, Database

TIMEOUT_SECONDS = 10.0
T = TypeVar("T")
app = typer.Typer(help="Commands that were not understood, kept whole.", no_args_is_help=True)


@app.command("list")
def list_(
    *,
    most: Annotated[int, typer.Option(min=1, help="how many, the last seen first")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """List parked commands."""
    rows = asyncio.run(_with_database(lambda tx: parked.listed(tx, most)))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("id", "reason", "type", "command id", "bytes", "seen", "last seen", "message")
    for row in rows:
        table.add_row(
            row["id"],
            row["reason"],
            row["command_type"],
            row["command_id"],
            str(row["bytes"]),
            str(row["times_seen"]),
            f"{row['last_seen']:%Y-%m-%d %H:%M:%S}",
            row["errors"][0]["message"],
        )
    people.print(table)


@app.command("show")
def show(
    parked_id: Annotated[UUID, typer.Argument(metavar="ID", help="id of the parked command")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print one line of JSON")] = False,
) -> None:
    """Show one parked command whole: body, properties, reason."""
    row = asyncio.run(_with_database(lambda tx: parked.shown(tx, str(parked_id))))
    if row is None:
        raise OperatorError(
            f"there is no parked command {parked_id}: see `venue-worker parked list`"
        )
    if as_json:
        print_json(row)
        return
    body = row.pop("body")
    for name, value in row.items():
        people.print(f"{name}: {value}")
    people.print("body:")
    typer.echo(harmless(body.decode("utf-8", "backslashreplace")))


async def _with_database(use: Callable[[Connection], Awaitable[T]]) -> T:
    async with (
        Database(Settings().database_url, timeout_seconds=TIMEOUT_SECONDS) as database,
        database.transaction() as tx,
    ):
        return await use(tx)
