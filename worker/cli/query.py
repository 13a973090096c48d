"""`venue-worker query`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json, to_json
from uuid_utils import uuid7

from worker.cli import words
from worker.client import Client, Document
from worker.domain.state import rfc3339
from worker.errors import OperatorError
from worker.output import harmless, people, print_json
from worker.settings import Settings


def query(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="such as venue.get")],
    *,
    tenant: Annotated[str | None, typer.Option(help="id of the tenant")] = None,
    venue: Annotated[str | None, typer.Option(help="id of the venue")] = None,
    data: Annotated[str, typer.Option(metavar="JSON|FILE", help="what the query asks")] = "{}",
    actor: Annotated[str | None, typer.Option(help="ask on behalf of this person")] = None,
    timeout: Annotated[float, typer.Option(help="seconds to wait for the answer")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="print a line of JSON")] = False,
) -> None:
    """Ask a query and print the answer; the exit status is 1 where that is an error."""
    attributes: Document = {
        "specversion": "1.0",
        "id": str(uuid7()),
        "source": "/venue-worker/query",
        "type": words.type_of_message(type_),
        "subject": venue,
        "time": rfc3339(datetime.now(UTC)),
        "tenantid": tenant,
        "actorid": actor,
        "data": _read(data),
    }
    asked = {name: value for name, value in attributes.items() if value is not None}
    words.are_unicode(asked)
    answer = asyncio.run(_ask(asked, words.wait("--timeout", timeout)))
    print_json(answer) if as_json else _show(answer)
    if answer["status"] != "ok":
        raise typer.Exit(1)


async def _ask(query: Document, timeout: float) -> Document:  # noqa: ASYNC109 - an answer's
    async with Client(Settings().amqp_url) as client:
        return await client.query(query, timeout)


def _show(answer: Document) -> None:
    # What people have written into venues, and what the query itself said, is in it.
    if answer["status"] == "ok":
        people.print(harmless(to_json(answer["data"], indent=2).decode()))
    for error in answer["errors"]:
        text = f"error {error['code']} {error['field'] or ''}: {error['message']}"
        people.print(harmless(text), style="yellow")


def _read(text: str) -> Any:  # noqa: ANN401 - JSON; whether it fits is for the worker to say
    if not text.strip():
        raise OperatorError("--data is empty: give JSON, or the name of a file")
    try:
        given = text if text.lstrip().startswith(("{", "[")) else Path(text).read_bytes()
        return from_json(given, allow_inf_nan=False)
    except OSError as error:
        raise OperatorError(f"--data: cannot read {text[:200]}: {error.strerror}") from error
    except ValueError as error:
        raise OperatorError(f"--data is not JSON: {error}") from error
