"""The workers that are measured: what each is called, how it is started, that it is ended."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import IO

from perf import ceiling
from perf.measure import Round, Watched
from perf.missing import MissingError
from perf.peers import aiopika_worker, faststream_worker, handler, node, taskiq_worker
from worker.local.server import Say
from worker.messaging.topology import command_queue
from worker.settings import ROOT, Settings

STOP_SECONDS = 30.0
LOG_BYTES = 2000


class RoundFailedError(Exception):
    """A round that does not add up: whatever it measured is worth nothing."""


class Name(StrEnum):
    """What each contestant is called, in the order of their turns."""

    OURS = "venue-worker"
    FASTSTREAM = "faststream"
    AIO_PIKA = "aio-pika"
    TASKIQ = "taskiq"
    NODE = "node"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A worker program.

    Attributes:
        name: what the report calls it.
        command: the program and its arguments.
        queue: where it takes its commands from.
        settings: what the report says of its settings.
        decides: whether it does all of the work, so that its rows have to be those of the others.
    """

    name: str
    command: tuple[str, ...]
    queue: str
    settings: Mapping[str, int]
    decides: bool = True


def ours() -> Contestant:
    """Return this project's worker."""
    settings = Settings()
    words = _python("worker", "run")
    tuning = {"batch": settings.batch_size, "prefetch": settings.prefetch}
    return Contestant(Name.OURS, words, command_queue(0), tuning)


def contestants() -> tuple[Contestant, ...]:
    """Return those that run wherever this project does, ours first."""
    peers = (
        (Name.FASTSTREAM, faststream_worker.__name__, faststream_worker.QUEUE_NAME),
        (Name.AIO_PIKA, aiopika_worker.__name__, aiopika_worker.QUEUE_NAME),
        (Name.TASKIQ, taskiq_worker.__name__, taskiq_worker.QUEUE_NAME),
    )
    return ours(), *(
        Contestant(name, _python(module), queue, handler.SETTINGS) for name, module, queue in peers
    )


@contextmanager
def entrants(only: Sequence[Name], say: Say) -> Iterator[tuple[Contestant, ...]]:
    """Give those that are chosen, or all, ready to run; who cannot run here is named, and why."""
    with tempfile.TemporaryDirectory() as directory:
        chosen = [name for name in Name if name in (only or Name)]
        found = [_entrant(name, Path(directory), say) for name in chosen]
        yield tuple(one for one in found if one)


def _entrant(name: Name, directory: Path, say: Say) -> Contestant | None:
    try:
        return _ready(name, directory, say)
    except MissingError as missing:
        say(f"without {name}: {missing}")
        return None


def _ready(name: Name, directory: Path, say: Say) -> Contestant:
    if name is Name.NODE:
        return Contestant(name, node.prepared(say), node.QUEUE_NAME, node.SETTINGS)
    if name is Name.CEILING:
        words = ceiling.compiled(directory, say)
        return Contestant(name, words, ceiling.QUEUE_NAME, ceiling.SETTINGS, decides=False)
    return next(one for one in contestants() if one.name == name)


def left_the_same(rounds: Sequence[Round], contestants: Sequence[Contestant]) -> bool:
    """Tell whether all that decide commands have left the same rows."""
    deciding = {contestant.name for contestant in contestants if contestant.decides}
    return len({one.rows for one in rounds if one.contestant in deciding}) <= 1


def _python(module: str, *words: str) -> tuple[str, ...]:
    return sys.executable, "-m", module, *words


@asynccontextmanager
async def running(
    contestant: Contestant,
    amqp_url: str,
    database_url: str,
    environment: Mapping[str, str] = MappingProxyType({}),
    http_port: int = 0,
) -> AsyncIterator[Watched]:
    """Run the contestant's process, with further settings, for the time of a block.

    Raises:
        RoundFailedError: it did not end by itself, with success, when asked to.
    """
    own = {
        "VENUE_AMQP_URL": amqp_url,
        "VENUE_DATABASE_URL": database_url,
        "VENUE_HTTP_PORT": str(http_port),
    }
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *contestant.command,
            cwd=ROOT,
            env={**os.environ, **own, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield Watched(process.pid)
        except RoundFailedError as error:
            await _ended(process)
            raise RoundFailedError(f"{contestant.name}: {error}\n{_end_of(log)}") from None
        finally:
            status = await _ended(process)
        if status != 0:
            raise RoundFailedError(f"{contestant.name} ended with {status}\n{_end_of(log)}")


def _end_of(log: IO[bytes]) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
    return log.read().decode(errors="replace")


async def _ended(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()
