"""The worker processes that are measured: how each is started, and that each is ended."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO

from perf.measure import Watched
from perf.peers import faststream_worker
from worker.messaging.topology import command_queue
from worker.settings import ROOT, Settings

STOP_SECONDS = 30.0
LOG_BYTES = 2000


class RoundFailedError(Exception):
    """A round that does not add up: whatever it measured is worth nothing."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A worker program.

    Attributes:
        name: what the report calls it.
        module: run as `python -m`, with the words that follow it.
        queue: where it takes its commands from.
        settings: what the report says of its settings.
    """

    name: str
    module: tuple[str, ...]
    queue: str
    settings: dict[str, int]


def contestants() -> tuple[Contestant, Contestant]:
    """Return ours and the peer."""
    settings = Settings()
    ours = Contestant(
        "venue-worker",
        ("worker", "run"),
        command_queue(0),
        {"batch": settings.batch_size, "prefetch": settings.prefetch},
    )
    peer = Contestant(
        "FastStream",
        (faststream_worker.__spec__.name if faststream_worker.__spec__ else "",),
        faststream_worker.QUEUE_NAME,
        {"prefetch": faststream_worker.PREFETCH, "connections": faststream_worker.CONNECTIONS},
    )
    return ours, peer


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
            sys.executable,
            "-m",
            *contestant.module,
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
