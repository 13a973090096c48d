"""`venue-worker parked`: what was not understood or failed too often, and what becomes of it."""

import asyncio
import getpass
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from worker.cli.deal import Action, deal_with
from worker.cli.redacted import redacted, without_secrets
from worker.cli.with_database import vault, with_database
from worker.errors import OperatorError
from worker.output import harmless, people, print_json
from worker.storage import parked
from worker.storage.connection import Connection
from worker.storage.parked import Step, Wanted

app = typer.Typer(
    help="Commands kept whole because nobody understood them, or because they failed too often.",
    no_args_is_help=True,
)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"


class Status(StrEnum):
    """Where a parked command stands."""

    PARKED = "parked"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    ANY = "any"


Reason = Annotated[str | None, typer.Option(help="only those parked for this reason")]
Type = Annotated[str | None, typer.Option("--type", help="only this type of command")]
Tenant = Annotated[UUID | None, typer.Option(help="only this tenant's")]
Since = Annotated[datetime | None, typer.Option(help="only those seen since then (UTC)")]
Ids = Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...", help="ids of parked commands")]
All = Annotated[bool, typer.Option("--all", help="all of them")]
By = Annotated[str, typer.Option(help="who does this", default_factory=_who)]
Json = Annotated[bool, typer.Option("--json", help="print JSON Lines")]


@app.command("list")
def list_(
    *,
    status: Annotated[Status, typer.Option(help="where they stand")] = Status.PARKED,
    reason: Reason = None,
    type_: Type = None,
    tenant: Tenant = None,
    since: Since = None,
    most: Annotated[int, typer.Option(min=1, help="how many, the last seen first")] = 50,
    as_json: Json = False,
) -> None:
    """List parked commands."""
    wanted = _wanted(
        None, reason, type_, tenant, since, None if status is Status.ANY else status.value
    )
    rows = asyncio.run(with_database(lambda tx: parked.listed(tx, wanted, most)))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("id", "status", "reason", "type", "command id", "seen", "last seen", "message")
    for row in rows:
        table.add_row(
            row["id"],
            row["status"],
            row["reason"],
            row["command_type"],
            row["command_id"],
            str(row["times_seen"]),
            f"{row['last_seen']:%Y-%m-%d %H:%M:%S}",
            row["errors"][0]["message"],
        )
    people.print(table)


@app.command("show")
def show(
    parked_id: Annotated[UUID, typer.Argument(metavar="ID", help="id of the parked command")],
    *,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="show the body as it came, and note who was shown it")
    ] = False,
    note: Annotated[str | None, typer.Option(help="why, for the audit of --reveal")] = None,
    by: By,
    as_json: Annotated[bool, typer.Option("--json", help="print one line of JSON")] = False,
) -> None:
    """Show one parked command: body without secrets, properties, reason, what was done with it."""
    step = Step(by, note) if reveal else None
    row = asyncio.run(with_database(lambda tx: _shown(tx, str(parked_id), step)))
    if row is None:
        raise OperatorError(
            f"there is no parked command {parked_id}: see `venue-worker parked list`"
        )
    if as_json:
        print_json(row)
        return
    body, history = str(row.pop("body")), row.pop("history")
    for name, value in row.items():
        if value is not None:
            people.print(f"{name}: {harmless(str(value))}")
    for line in history:
        note = harmless(line["note"] or "")
        people.print(f"{line['at']:%Y-%m-%d %H:%M:%S} {line['action']} by {line['by']} {note}")
    people.print("body:")
    typer.echo(harmless(body))


async def _shown(tx: Connection, parked_id: str, reveal: Step | None) -> dict[str, Any] | None:
    row = await parked.shown(tx, parked_id)
    if row is None:
        return None
    body = vault().open(row["body"])
    if reveal is None:
        properties = without_secrets(row["properties"])
        return {**row, "properties": properties, "body": redacted(body, row["command_type"])}
    await parked.revealed(tx, parked_id, reveal)
    return {**row, "body": body.decode("utf-8", "backslashreplace")}


@app.command("replay")
def replay(
    ids: Ids = None,
    *,
    reason: Reason = None,
    type_: Type = None,
    tenant: Tenant = None,
    since: Since = None,
    all_: All = False,
    edit: Annotated[
        Path | None, typer.Option(help="file with another body, for a single ID")
    ] = None,
    note: Annotated[str | None, typer.Option(help="why, for the audit")] = None,
    by: By,
) -> None:
    """Let a worker take parked commands as if they had just come: one, some, or all of a reason."""
    wanted = _chosen(_wanted(ids, reason, type_, tenant, since), all_=all_)
    body = None if edit is None else vault().seal(_body(edit, wanted))
    action: Action = lambda tx, some: parked.replay(tx, some, body, Step(by, note))  # noqa: E731 - one line
    count = asyncio.run(deal_with(wanted, action, "replayed"))
    people.print(
        f"{count} will be decided by a worker that runs; see `venue-worker parked show ID`"
    )


@app.command("discard")
def discard(
    ids: Ids = None,
    *,
    reason: Reason = None,
    type_: Type = None,
    tenant: Tenant = None,
    since: Since = None,
    all_: All = False,
    note: Annotated[str, typer.Option(help="why, for the audit")],
    by: By,
) -> None:
    """Close parked commands that nobody will replay; they are deleted after a while."""
    wanted = _chosen(_wanted(ids, reason, type_, tenant, since), all_=all_)
    action: Action = lambda tx, some: parked.discard(tx, some, Step(by, note))  # noqa: E731 - one line
    count = asyncio.run(deal_with(wanted, action, "discarded"))
    people.print(f"{count} discarded")


def _wanted(
    ids: list[UUID] | None,
    reason: str | None,
    type_: str | None,
    tenant: UUID | None,
    since: datetime | None,
    status: str | None = None,
) -> Wanted:
    return Wanted(
        status=status,
        reason=reason,
        type=type_,
        tenant_id=str(tenant) if tenant else None,
        since=since.replace(tzinfo=since.tzinfo or UTC) if since else None,
        ids=[str(one) for one in ids] if ids else None,
    )


def _chosen(wanted: Wanted, *, all_: bool) -> Wanted:
    if wanted == Wanted() and not all_:
        raise OperatorError("name the ids, or --reason, --type, --tenant or --since, or give --all")
    return wanted


def _body(path: Path, wanted: Wanted) -> bytes:
    if wanted.ids is None or len(wanted.ids) != 1:
        raise OperatorError("--edit takes the id of the one command that it is for")
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from error
