"""`venue-worker history`: who changed what of a venue, when, by which command."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from worker.cli import words
from worker.cli.with_database import with_database
from worker.errors import OperatorError
from worker.output import harmless, people, print_json
from worker.storage import changes
from worker.storage.changes import Wanted

WIDE = 200
"""Columns of a file or a pipe, so that ids stay whole."""


def history(
    venue: Annotated[UUID, typer.Argument(metavar="VENUE", help="id of the venue")],
    *,
    tenant: Annotated[UUID | None, typer.Option(help="its tenant, where two use the id")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="decided at TIME (RFC 3339) or later")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="decided before TIME")] = None,
    limit: Annotated[int, typer.Option(min=1, help="how many, the last ones")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """Show the changes of a venue, the newest last."""
    wanted = Wanted(
        venue_id=str(venue),
        tenant_id=str(tenant) if tenant else None,
        since=words.time("--since", since) if since else None,
        until=words.time("--until", until) if until else None,
    )
    rows = asyncio.run(with_database(lambda tx: changes.latest(tx, wanted, limit)))
    if not rows:
        raise OperatorError(f"no change of a venue {venue} is known that fits")
    if len({row["tenant_id"] for row in rows}) > 1:
        raise OperatorError(f"several tenants have a venue {venue}: say which one by --tenant")
    if as_json:
        for row in rows:
            print_json(row)
        return
    if not people.is_terminal:
        people.width = WIDE
    people.print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("version", "when (UTC)", "what", "changed", "who", "command", "why")
    for row in rows:
        table.add_row(
            str(row["venue_version"]),
            f"{row['occurred_at']:%Y-%m-%d %H:%M:%S}",
            harmless(f"{row['type']} {row['item'] or ''}").rstrip(),
            ", ".join(row["changed"]),
            harmless(row["actor_id"] or "the service itself"),
            row["command_id"],
            harmless(row["reason"] or ""),
        )
    return table
