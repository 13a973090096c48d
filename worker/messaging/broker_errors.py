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
    StopAsyncIteration,
)
"""All that the client libraries raise for a broker that is away or has closed something."""

OPENED = "Connection.OpenOk"
"""The broker's word that a virtual host may be used, as AMQP names it."""


def is_brokers(error: BaseException) -> bool:
    """Tell whether the client libraries raise this for a broker that is away.

    Beside their own errors, aiormq ends what waits on a connection that it closes with a bare
    `Exception`, by cancelling it, or with a `RuntimeError` that says so; and connecting to what
    accepts and hangs up at once, as a proxy does, with the end of its iteration over frames.
    """
    closed = isinstance(error, RuntimeError) and "closed" in str(error)
    ended = type(error) is Exception or isinstance(error, asyncio.CancelledError)
    return isinstance(error, BROKER_ERRORS) or closed or ended


def is_cancelled() -> bool:
    """Tell whether the task that runs is to end, or to leave a block whose time is over."""
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raise the client libraries' errors as ours; a cancellation of the task itself stays one.

    It stays one also where a library has made an error of it: who tried again upon that would
    never end.
    """
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        if is_cancelled():
            raise asyncio.CancelledError from error
        if not is_brokers(error):
            raise
        raise BrokerUnavailableError(
            f"RabbitMQ cannot be used just now ({_told(error)})"
        ) from error


def _told(error: BaseException) -> str:
    # The broker says why; aiormq only that it was told something else than that all is well.
    if isinstance(error, aiormq.exceptions.InvalidFrameError) and OPENED in str(error):
        return (
            "it refuses the virtual host of VENUE_AMQP_URL: is there one, and may the user use it?"
        )
    return f"{type(error).__name__}: {error}"
