"""The connection for queries: one, however often it could not be used, and given up in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from tests.support.outage import control_broker
from tests.support.waiting import ended, until
from worker.domain.policy import Policy
from worker.local import Services
from worker.messaging.replies import Replies
from worker.queries import service
from worker.queries.answering import Answering
from worker.queries.service import Queries
from worker.storage.database import Database


class Counted(Queries):
    """Counts how often it has begun anew."""

    sessions = 0

    async def _session(self) -> None:
        self.sessions += 1
        await super()._session()


@asynccontextmanager
async def running(url: str, ours: Database) -> AsyncIterator[Counted]:
    """Run queries for the time of a block."""
    queries = Counted(url, Answering(ours, Policy()), Replies(url))
    task = asyncio.create_task(queries.run())
    try:
        yield queries
    finally:
        await ended(task)


def _come_back() -> int:
    """Count the connections that are there, or will be again: each has a task for it."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    return sum("connection_factory" in getattr(one, "__qualname__", "") for one in coroutines)


async def test_each_connection_that_had_no_channel_is_closed(
    real: Services, amqp_url: str, ours: Database
) -> None:
    """A library that reconnects by itself would come back with all of them."""
    user = str(URL(amqp_url).user)
    await control_broker(real, "set_user_limits", user, '{"max-channels": 0}')
    try:
        async with running(amqp_url, ours) as queries:
            await until(lambda: queries.sessions > 3, "it has been tried three times")
            await control_broker(real, "clear_user_limits", user, "max-channels")
            await until(lambda: queries._answered, "queries are answered")  # noqa: SLF001 - told nowhere else
            assert _come_back() == 1
    finally:
        await control_broker(real, "clear_user_limits", user, "max-channels")


async def test_a_broker_that_falls_silent_meanwhile(
    monkeypatch: pytest.MonkeyPatch, amqp_url: str, ours: Database
) -> None:
    """After the connection is there, too: it is given up, and another one tried."""

    async def silent(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(service, "OPEN_SECONDS", 0.2)
    monkeypatch.setattr(service, "plain_channel", silent)
    async with running(amqp_url, ours) as queries:
        await until(lambda: queries.sessions > 2, "it is given up twice", 10)
