"""`venue-worker migrate`."""

import asyncio
from typing import Annotated

import typer

from worker.cli.with_database import with_database
from worker.output import print_json
from worker.settings import Settings
from worker.storage import migrations


def migrate(
    *,
    status: Annotated[bool, typer.Option("--status", help="only show what is applied")] = False,
    rollback: Annotated[
        int, typer.Option(min=0, metavar="N", help="roll back the last N migrations")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """Apply pending migrations; safe to run in several places at once."""
    settings = Settings()
    if status:
        _show(asyncio.run(_status(settings)), as_json=as_json)
        return
    if rollback:
        names = migrations.roll_back(settings.database_url, settings.migrations, rollback)
    else:
        names = migrations.apply(settings.database_url, settings.migrations)
    done = "rolled back" if rollback else "applied"
    for name in names:
        print_json({"migration": name, "done": done}) if as_json else typer.echo(f"{done} {name}")
    if not names and not as_json:
        typer.echo("nothing to do")


async def _status(settings: Settings) -> migrations.MigrationStatus:
    return await with_database(lambda tx: migrations.status(tx, settings.migrations))


def _show(found: migrations.MigrationStatus, *, as_json: bool) -> None:
    if as_json:
        print_json(found.details())
        return
    for state, names in (
        ("applied", found.applied),
        ("pending", found.pending),
        ("unknown to this version", found.unknown),
    ):
        for name in names:
            typer.echo(f"{state}: {name}")
    if found.locked_by is not None:
        typer.echo(f"locked by process {found.locked_by}")
