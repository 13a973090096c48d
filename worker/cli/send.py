"""`venue-worker send`."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json
from uuid_utils import uuid7

from worker.cli import words
from worker.client import Client, Document
from worker.domain.state import rfc3339
from worker.errors import OperatorError
from worker.output import people, print_json
from worker.settings import Settings

COLOURS = {"applied": "green", "rejected": "yellow", "deferred": "cyan", "parked": "red"}


def send(
    commands: Annotated[
        list[str],
        typer.Argument(help="files, directories of .json files, JSON itself, or - for input"),
    ],
    *,
    timeout: Annotated[float, typer.Option(help="seconds to wait for each reply")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON Lines")] = False,
) -> None:
    """Send commands, one after the other, and print the replies.

    `specversion`, `id`, `source` and `time` are filled in where a command lacks them.
    """
    seconds = words.wait("--timeout", timeout)
    asyncio.run(_send(list(_read(commands)), seconds, as_json=as_json))


async def _send(commands: list[Document], timeout: float, *, as_json: bool) -> None:  # noqa: ASYNC109 - a reply's
    async with Client(Settings().amqp_url) as client:
        for command in commands:
            reply = await client.request(command, timeout)
            print_json(reply) if as_json else _show(command, reply)


def _show(command: Document, reply: Document) -> None:
    status = reply["status"]
    notes = ["duplicate"] if reply["duplicate"] else []
    notes += [
        f"{error['code']} {error['field'] or ''}: {error['message']}" for error in reply["errors"]
    ]
    people.print(
        f"{status:9} {command.get('type')} version {reply['version']}  {'; '.join(notes)}".rstrip(),
        style=COLOURS[status],
    )


def _read(arguments: list[str]) -> Iterator[Document]:
    for argument in arguments:
        for name, text in _texts(argument):
            yield _completed(name, text)


def _texts(argument: str) -> Iterator[tuple[str, str]]:
    try:
        yield from _read_texts(argument)
    except (OSError, UnicodeError) as error:
        raise OperatorError(f"cannot read {argument[:200]}: {error}") from error


def _read_texts(argument: str) -> Iterator[tuple[str, str]]:
    path = Path(argument)
    if argument == "-":
        yield "standard input", sys.stdin.read()
    elif argument.lstrip().startswith("{"):
        yield "the argument", argument
    elif path.is_dir():
        for file in sorted(path.glob("*.json")):
            yield str(file), file.read_text()
    elif path.is_file():
        yield argument, path.read_text()
    else:
        raise OperatorError(f"{argument} is neither a file, nor a directory, nor JSON")


def _completed(name: str, text: str) -> Document:
    try:
        given: Any = from_json(text)
    except ValueError as error:
        raise OperatorError(f"{name} is not JSON: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise OperatorError(f"{name} is not a command: a JSON object with a type")
    if len(given["type"].encode()) > words.LONGEST_TYPE:
        raise OperatorError(f"{name}: a type has at most {words.LONGEST_TYPE} bytes")
    return {
        "specversion": "1.0",
        "id": str(uuid7()),
        "source": "/venue-worker/send",
        "time": rfc3339(datetime.now(UTC)),
        **given,
    }
