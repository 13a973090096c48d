"""The connection pool, and how a worker takes connections out of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Self

import asyncpg

from worker.errors import DatabaseBusyError, DatabaseUnavailableError, OperatorError
from worker.storage.connection import BY_COST, Connection, Parting, Terms, committed
from worker.storage.driver_errors import translated_errors

MOST_CONNECTIONS = 16
"""Opened as they are needed: two for each partition with batches in hand, and some beside them."""


class Database:
    """PostgreSQL as the worker uses it. Connects when first asked, and again after every outage."""

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float,
        statement_cache_size: int = 100,
        most_connections: int = MOST_CONNECTIONS,
        plans: str = BY_COST,
    ) -> None:
        self._timeout = timeout_seconds
        self._terms = Terms(timeout_seconds=timeout_seconds, plans=plans)
        self._pool = asyncpg.create_pool(
            url,
            connection_class=Parting,
            min_size=0,
            max_size=most_connections,
            timeout=timeout_seconds,
            # The server's own timeouts come first; this one is for a server that says nothing.
            command_timeout=timeout_seconds + 5,
            statement_cache_size=statement_cache_size,
            server_settings={"application_name": "venue-worker"},
            reset=_as_it_is,
        )

    async def __aenter__(self) -> Self:
        with translated_errors():
            await self._pool
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._pool.close()
        self._pool.terminate()

    @property
    def connections(self) -> dict[str, int]:
        """How many connections are open, by whether they are idle or in use."""
        idle = self._pool.get_idle_size()
        return {"idle": idle, "in_use": self._pool.get_size() - idle}

    def transaction(self, *, durable: bool = True) -> AbstractAsyncContextManager[Connection]:
        """Give a connection within a transaction: committed at the end, rolled back on any error.

        One that is not `durable` may be undone by a crash of the server shortly after its commit.

        Raises:
            DatabaseUnavailableError: the server is away, read-only, full or does not answer.
            DatabaseBusyError: one of these: all connections are in use.
            ContendedError: another transaction was in the way; the same work may succeed now.
            PermanentDatabaseError: a value or a constraint is to blame.
            OperatorError: the URL is none that the driver takes.
        """
        return self._within(self._terms.usual if durable else self._terms.relaxed)

    def snapshot(self) -> AbstractAsyncContextManager[Connection]:
        """Give a connection that sees the database as it is at one moment, and cannot write.

        Raises:
            DatabaseUnavailableError: as of `transaction`, and the other errors too.
        """
        return self._within(self._terms.snapshot)

    @asynccontextmanager
    async def _within(self, begin: str) -> AsyncIterator[Connection]:
        try:
            with translated_errors():
                async with self._connection() as connection:
                    whole = self._terms.whole(connection)
                    async with committed(connection, begin + whole):
                        yield connection
        except DatabaseBusyError:
            raise  # new connections would be as busy, and cost those that work
        except DatabaseUnavailableError:
            await self.reconnect()
            raise

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._pool.acquire()
        except asyncpg.ClientConfigurationError as error:
            raise OperatorError(f"VENUE_DATABASE_URL is none that can be used: {error}") from error
        except TimeoutError as error:
            if self._pool.get_size() < self._pool.get_max_size() or self._pool.get_idle_size():
                raise  # there was one to be had, and the server did not answer
            raise DatabaseBusyError(
                f"no connection was free within {self._timeout:g} s; trying again"
            ) from error
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    async def reconnect(self) -> None:
        """Let none of the connections of now be used again.

        They lead to the same server: one that is gone, or that a failover has made read-only for
        as long as they last. New ones tell what is there now.
        """
        await self._pool.expire_connections()


async def _as_it_is(_: object) -> None:
    """Leave a connection as it is: all that is set here ends with its transaction."""
