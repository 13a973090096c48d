"""The connection pool, transactions, and the driver's errors turned into ours at this edge."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Self

import asyncpg

from worker.errors import (
    ContendedError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    PermanentDatabaseError,
    StatementTimeoutError,
)

if TYPE_CHECKING:
    # The types know what a connection's rows are; the class itself cannot be subscripted.
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.pool.PoolConnectionProxy

TOO_SLOW = ("57014", "55P03", "25P04")
"""SQLSTATEs of a statement, or of a transaction, that took too long, by itself or waiting for a
lock: whoever holds a lock for so long (a migration, `VACUUM FULL`) is as little a command's fault
as a slow disk."""

RACES = ("40", "23505", "23P01")
"""SQLSTATEs that another transaction caused: rollbacks and unique violations."""

BLAMES_DATA = ("0A", "21", "22", "23", "38", "39", "54", "P0")
"""SQLSTATE classes that the written values caused: data exceptions and broken constraints."""

# A transaction that stops half way (its process is frozen, its machine gone) must not hold its
# venues for longer than this: the server ends it, and another worker goes on. And a statement keeps
# the plan it was given first: on an empty table, to read all of it, which it must not keep to when
# the table has grown. All that commands ask has an index. What has none, as when health counts what
# waits, then looks so dear that PostgreSQL would compile it each time: that takes longer than it.
BEGIN = """
BEGIN{mode};
SET LOCAL enable_seqscan = off;
SET LOCAL jit = off;
SET LOCAL plan_cache_mode = {plans};
SET LOCAL idle_in_transaction_session_timeout = {milliseconds};
SET LOCAL statement_timeout = {milliseconds};
SET LOCAL lock_timeout = {milliseconds};
"""

# None of these ends a transaction whose client falls silent in the middle of a statement's
# messages: the server waits for the rest, its locks held. The time of the whole does, where the
# server knows of it, from `SINCE` on.
WHOLE = "SET LOCAL transaction_timeout = {milliseconds};"
SINCE = 17
TIMEOUTS_IN_ALL = 10
"""So many statements' time a transaction may take; none of ours needs it while all is well."""

MOST_MILLISECONDS = 2**31 - 1
"""What PostgreSQL takes for a timeout."""

MOST_CONNECTIONS = 16
"""Opened as they are needed: two for each partition with batches in hand, and some beside them."""

BY_COST = "auto"
GENERAL = "force_generic_plan"
"""Plans for any values, for whoever asks for keys alone: for one key, PostgreSQL by itself would
make another plan each time, which takes as long as the work. Not where a filter may be empty."""

SNAPSHOT = " ISOLATION LEVEL REPEATABLE READ, READ ONLY"
RELAXED = "SET LOCAL synchronous_commit = off;"


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
        milliseconds = int(timeout_seconds * 1000)
        whole = min(TIMEOUTS_IN_ALL * milliseconds, MOST_MILLISECONDS)
        self._whole = WHOLE.format(milliseconds=whole)
        begin = partial(BEGIN.format, milliseconds=milliseconds, plans=plans)
        self._begin, self._begin_snapshot = begin(mode=""), begin(mode=SNAPSHOT)
        self._pool = asyncpg.create_pool(
            url,
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
        """
        return self._within(self._begin if durable else self._begin + RELAXED)

    def snapshot(self) -> AbstractAsyncContextManager[Connection]:
        """Give a connection that sees the database as it is at one moment, and cannot write.

        Raises:
            DatabaseUnavailableError: as of `transaction`, and the other errors too.
        """
        return self._within(self._begin_snapshot)

    @asynccontextmanager
    async def _within(self, begin: str) -> AsyncIterator[Connection]:
        try:
            with translated_errors():
                async with self._connection() as connection:
                    whole = self._whole if connection.get_server_version().major >= SINCE else ""
                    async with _committed(connection, begin + whole):
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


@asynccontextmanager
async def _committed(connection: Connection, begin: str) -> AsyncIterator[None]:
    try:
        await connection.execute(begin)
        yield
        await connection.execute("COMMIT")
    except Exception:
        await _roll_back(connection)
        raise
    except BaseException:
        # Cancelled, perhaps because the server does not answer: do not ask it again, it rolls
        # back when it finds the connection gone.
        _end(connection)
        raise


async def _roll_back(connection: Connection) -> None:
    # Best effort: a connection that cannot even roll back is ended, which has the same effect.
    try:
        await connection.execute("ROLLBACK", timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        _end(connection)


def _end(connection: Connection) -> None:
    # One that is lost has left the pool already, which says so: no reason to raise that instead.
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the driver's errors as the worker's."""
    try:
        yield
    except asyncpg.PostgresError as error:
        raise _translated(error) from error
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnavailableError(
            f"PostgreSQL does not answer ({type(error).__name__}: {error}); trying again"
        ) from error


def _translated(error: asyncpg.PostgresError) -> Exception:
    state = error.sqlstate or ""
    if state.startswith(RACES):
        return ContendedError(f"another transaction was first ({state}: {error})")
    if state in TOO_SLOW:
        return StatementTimeoutError(
            f"a statement took longer than VENUE_DATABASE_TIMEOUT_SECONDS ({state}: {error})"
        )
    if state.startswith(BLAMES_DATA):
        name = getattr(error, "constraint_name", None)
        return PermanentDatabaseError(f"refused by {name or 'the database'} ({state}: {error})")
    return DatabaseUnavailableError(f"PostgreSQL cannot do its work ({state}: {error})")
