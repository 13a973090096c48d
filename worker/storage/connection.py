"""One connection: what its transactions begin with, and how each of them ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    # The types know what a connection's rows are; the class itself cannot be subscripted.
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.pool.PoolConnectionProxy

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

PARTING_SECONDS = 2.0

MOST_MILLISECONDS = 2**31 - 1
"""What PostgreSQL takes for a timeout."""

BY_COST = "auto"
GENERAL = "force_generic_plan"
"""Plans for any values, for whoever asks for keys alone: for one key, PostgreSQL by itself would
make another plan each time, which takes as long as the work. Not where a filter may be empty."""

SNAPSHOT = " ISOLATION LEVEL REPEATABLE READ, READ ONLY"
RELAXED = "SET LOCAL synchronous_commit = off;"


class Parting(asyncpg.Connection):
    """A connection that is closed within a moment, however the other side takes it."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the pool's
        """Say goodbye and close, or only close where nobody listens.

        The pool does so with one that is to be used no more, some times with a task of its own
        that it does not look after, and leaves it the time of a statement: the work of who gives
        the connection back would wait, and what went wrong be told by nobody.
        """
        del timeout
        # Aborted by then, and out of the pool, is what it is all about.
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await super().close(timeout=PARTING_SECONDS)


class Terms:
    """What a transaction begins with: how its statements are planned, how long it may take.

    `usual`, `relaxed` (a crash of the server may undo it shortly after its commit) and `snapshot`
    (sees one moment, writes nothing) are for `committed`.
    """

    def __init__(self, *, timeout_seconds: float, plans: str) -> None:
        milliseconds = int(timeout_seconds * 1000)
        begin = partial(BEGIN.format, milliseconds=milliseconds, plans=plans)
        self.usual, self.snapshot = begin(mode=""), begin(mode=SNAPSHOT)
        self.relaxed = self.usual + RELAXED
        self._whole = WHOLE.format(
            milliseconds=min(TIMEOUTS_IN_ALL * milliseconds, MOST_MILLISECONDS)
        )

    def whole(self, connection: Connection) -> str:
        """Give what limits the time of the whole, where the server knows of such a limit."""
        return self._whole if connection.get_server_version().major >= SINCE else ""


@asynccontextmanager
async def committed(connection: Connection, begin: str) -> AsyncIterator[None]:
    """Begin with these terms; commit at the end, or leave nothing on any error."""
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
