"""Transactions of which the first is begun before it is needed.

A statement to a connection that was idle takes twice as long as the next one: whoever has other
work to do first lets that be BEGIN, which waits for nothing (`docs/decisions/0017-round-trips.md`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType

from worker.storage.connection import Connection
from worker.storage.database import Database

Transaction = AbstractAsyncContextManager[Connection]


@asynccontextmanager
async def begun(database: Database, *, early: bool) -> AsyncIterator[Callable[[], Transaction]]:
    """Give what gives one transaction after the other; the first is on its way now, if `early`.

    Errors of a transaction are raised where it is entered; one that nobody asks for is ended.
    """
    waiting = [_Begun(database)] if early else []
    try:
        if waiting:
            await asyncio.sleep(0)  # it is sent
        yield lambda: waiting.pop() if waiting else database.transaction()
    finally:
        for unused in waiting:
            await unused.end()


class _Begun(Transaction):
    """A transaction whose BEGIN is on its way, or answered."""

    def __init__(self, database: Database) -> None:
        self._transaction = database.transaction()
        self._begin = asyncio.create_task(self._transaction.__aenter__())

    async def __aenter__(self) -> Connection:
        try:
            return await self._begin
        except asyncio.CancelledError:
            await self.end()  # it may have been answered in the same turn of the event loop
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._transaction.__aexit__(kind, error, traceback)

    async def end(self) -> None:
        """Let nothing come of it."""
        if self._begin.cancel():
            await asyncio.wait({self._begin})
        if not self._begin.cancelled() and self._begin.exception() is None:
            await self.__aexit__(GeneratorExit, GeneratorExit(), None)
