"""What can be seen from outside while a server is away; None where nobody answers."""

import asyncio
from http import HTTPStatus

import aiohttp
import asyncpg

from perf.pace import AWAY
from perf.stage import left_in

PATIENCE_SECONDS = 1.0


class Looks:
    """One look at a time: at the database, at the queue, at the worker's health."""

    def __init__(self, broker: str, queue: str, database: str, http_port: int) -> None:
        self._broker = broker
        self._queue = queue
        self._database = database
        self._http_port = http_port

    async def count(self, table: str) -> int | None:
        """Count the rows of a table."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                connection = await asyncpg.connect(self._database)
                try:
                    return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names
                finally:
                    connection.terminate()
        except (OSError, asyncpg.PostgresError):
            return None

    async def queued(self) -> int | None:
        """Count the commands that wait in the queue."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await left_in(self._broker, self._queue)
        except AWAY:
            return None

    async def ready(self) -> bool:
        """Tell whether the worker says that it is ready."""
        return await self._health() == HTTPStatus.OK

    async def unready(self) -> bool:
        """Tell whether it says that it is not, or nothing."""
        return not await self.ready()

    async def _health(self) -> int:
        patience = aiohttp.ClientTimeout(PATIENCE_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.get(f"http://127.0.0.1:{self._http_port}/health/ready") as response,
            ):
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0
