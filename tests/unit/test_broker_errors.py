"""What the client libraries raise for a broker that is away, and what is an error of ours."""

import asyncio

import aiormq
import pytest

from worker.errors import BrokerUnavailableError
from worker.messaging.broker_errors import broker_errors

AWAY = [
    aiormq.AMQPError("closed"),
    ConnectionResetError(),
    TimeoutError(),
    Exception(),
    RuntimeError("<Connection> closed"),
    asyncio.CancelledError(),
    StopAsyncIteration(),
]
OURS = [RuntimeError("another"), ValueError("closed"), ZeroDivisionError(), KeyboardInterrupt()]


@pytest.mark.parametrize("error", AWAY, ids=repr)
async def test_a_broker_that_is_away(error: BaseException) -> None:
    """Each of them means that it is worth trying again, even a future that was cancelled."""
    with pytest.raises(BrokerUnavailableError), broker_errors():
        raise error


@pytest.mark.parametrize("error", OURS, ids=repr)
async def test_an_error_of_ours(error: BaseException) -> None:
    """A defect is not mistaken for an outage."""
    with pytest.raises(type(error)), broker_errors():
        raise error


async def test_a_task_that_is_cancelled() -> None:
    """Whoever cancels a task that waits for the broker ends it."""

    async def waiting() -> None:
        with broker_errors():
            await asyncio.Event().wait()

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_a_library_made_an_error_of() -> None:
    """It ends the task all the same: who tried again upon it would never end."""

    async def waiting() -> None:
        with broker_errors():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise aiormq.AMQPError("closed") from None

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
