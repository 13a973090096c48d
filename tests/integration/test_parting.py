"""Connections that are to be used no more are gone in a moment, even those that are silent."""

import asyncio
import gc
from typing import Any

import pytest
from yarl import URL

from tests.support.proxy import proxy
from tests.support.waiting import until
from worker.errors import OperatorError
from worker.storage import connection
from worker.storage.database import Database


async def test_one_that_is_silent(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """The pool closes it by a task that nobody looks after: nothing may come of that."""
    monkeypatch.setattr(connection, "PARTING_SECONDS", 0.1)
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    url = URL(database_url)
    async with proxy(url.port or 0) as between:
        through = str(url.with_port(between.port))
        async with Database(through, timeout_seconds=1) as one:
            async with one.transaction() as tx:
                await tx.execute("SELECT 1")
            between.forget()
            between.let_new_through()
            await one.reconnect()
            async with one.transaction() as tx:
                assert await tx.fetchval("SELECT 1") == 1
            assert _partings() == 1
            await until(lambda: not _partings(), "the silent one is gone")
    gc.collect()
    assert not told


def _partings() -> int:
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    return sum(getattr(one, "__qualname__", "") == "Parting.close" for one in coroutines)


async def test_an_address_that_the_driver_refuses(database_url: str) -> None:
    """It is not an outage: nobody waits for it to pass."""
    async with Database(f"{database_url}?sslmode=bogus", timeout_seconds=1) as one:
        with pytest.raises(OperatorError, match="VENUE_DATABASE_URL"):
            async with one.transaction():
                pass
