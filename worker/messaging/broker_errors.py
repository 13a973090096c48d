"""What the client libraries raise for a broker that is away, turned into our error at this edge."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiormq

from worker.errors import BrokerUnavailableError

BROKER_ERRORS = (
    aiormq.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    OSError,
    TimeoutError,
)
"""All that the client libraries raise for a broker that is away or has closed something."""


def is_brokers(error: BaseException) -> bool:
    """Tell whether the client libraries raise this for a broker that is away.

    Beside their own errors, aiormq ends what waits on a connection that it closes with a bare
    `Exception`, by cancelling it, or with a `RuntimeError` that says so.
    """
    closed = isinstance(error, RuntimeError) and "closed" in str(error)
    ended = type(error) is Exception or isinstance(error, asyncio.CancelledError)
    return isinstance(error, BROKER_ERRORS) or closed or ended


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raise the client libraries' errors as ours; a cancellation of the task itself stays one."""
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        task = asyncio.current_task()
        ours = isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling()
        if ours or not is_brokers(error):
            raise
        raise BrokerUnavailableError(
            f"RabbitMQ cannot be used just now ({type(error).__name__}: {error})"
        ) from error
