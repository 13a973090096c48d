"""The subcommands together, and how they end: an error is one line and a non-zero exit."""

import sys

import typer
from pydantic import ValidationError

from worker import __version__
from worker.cli import (
    demo,
    history,
    migrate,
    parked,
    partitions,
    query,
    republish,
    run,
    schemas,
    secrets,
    send,
    tail,
)
from worker.errors import VenueWorkerError
from worker.ops.logs import quieten
from worker.output import harmless

app = typer.Typer(
    name="venue-worker",
    help="Venue commands in from RabbitMQ, state and events into PostgreSQL, events out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("migrate")(migrate.migrate)
app.command("send")(send.send)
app.command("query")(query.query)
app.command("tail")(tail.tail)
app.command("republish")(republish.republish)
app.command("history")(history.history)
app.add_typer(parked.app, name="parked")
app.command("partitions")(partitions.partitions)
app.add_typer(schemas.app, name="schemas")
app.add_typer(secrets.app, name="secrets")
app.command("demo")(demo.demo)


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line."""
    quieten()
    try:
        app()
    except VenueWorkerError as error:
        _fail(str(error))
    except ValidationError as error:
        wrong = error.errors()[0]
        _fail(f"VENUE_{str(wrong['loc'][0]).upper()}: {wrong['msg'].removeprefix('Value error, ')}")


def _fail(message: str) -> None:
    typer.secho(f"venue-worker: {harmless(' '.join(message.split()))}", fg="red", err=True)
    sys.exit(1)
