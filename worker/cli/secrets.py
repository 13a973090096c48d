"""`venue-worker secrets`: the keys that credentials and kept commands are encrypted with."""

import asyncio
from typing import Annotated, Any

import typer
from cryptography.fernet import Fernet
from rich.table import Table

from worker.cli.with_database import database, vault, with_database
from worker.errors import OperatorError
from worker.output import people, print_json
from worker.storage import rotation

app = typer.Typer(
    help="The keys of VENUE_SECRET_KEYS: a new one, which are in use, and leaving old ones.",
    no_args_is_help=True,
)
Json = Annotated[bool, typer.Option("--json", help="print JSON Lines")]


@app.command("new")
def new() -> None:
    """Print a new key. Put it in front of the others in VENUE_SECRET_KEYS, then rotate."""
    typer.echo(Fernet.generate_key().decode())


@app.command("status")
def status(*, as_json: Json = False) -> None:
    """Show how much is encrypted with which key, and whether VENUE_SECRET_KEYS has it."""
    ours = vault().key_ids
    rows = asyncio.run(with_database(rotation.by_key))
    table = Table("kept", "key", "rows", "VENUE_SECRET_KEYS")
    for row in rows:
        row["place"] = _place(row["key_id"], ours)
        if as_json:
            print_json(row)
        table.add_row(row["kept"], row["key_id"] or "none", str(row["count"]), row["place"])
    if not as_json:
        people.print(table)


@app.command("rotate")
def rotate(*, as_json: Json = False) -> None:
    """Encrypt all anew with the first key, in small steps; workers may go on meanwhile.

    Run it once every worker has the new key. Then the other keys can be dropped.
    """
    done = asyncio.run(_rotate())
    if as_json:
        print_json({**done.counts, "unopened": done.unopened})
    else:
        counts = ", ".join(f"{count} {what}" for what, count in done.counts.items())
        people.print(f"{counts} sealed anew")
    if done.unopened:
        named = "; ".join(f"{what}: {', '.join(ids)}" for what, ids in done.unopened.items())
        raise OperatorError(
            f"no key of VENUE_SECRET_KEYS opens these, or they are damaged: {named}; add the key, "
            "restore them from a backup, or delete them"
        )


async def _rotate() -> rotation.Rotated:
    keys = vault()
    async with database() as db:
        await keys.ready(db)
        return await rotation.rotate(db, keys, _said)


def _said(what: str, count: int) -> None:
    typer.echo(f"{count} {what}", err=True)


def _place(key_id: Any, ours: list[str]) -> str:  # noqa: ANN401 - a column that may be null
    if key_id is None:
        return "not encrypted: rotate"
    if key_id not in ours:
        return "missing: what it sealed cannot be read"
    return "first" if key_id == ours[0] else "another: rotate before you drop it"
