"""Asking a server for its version: the one sign of readiness that a mere open port is not."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import aio_pika
import psycopg
from aiormq.exceptions import AMQPError

PATIENCE: Final = 3
THREAD: Final = "venue-probe"


class _FromOthers(logging.Filter):
    """Let a refused connection be logged unless it was one of our attempts, which are expected."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.threadName).startswith(THREAD)


logging.getLogger("aiormq.connection").addFilter(_FromOthers())


class NoAnswer(Exception):  # noqa: N818 - it reads as what happened
    """The server did not answer this once; a server that is starting may yet do so."""


def database_version(url: str) -> str:
    """Ask PostgreSQL for its version by a query."""
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.Error as error:
        raise NoAnswer(_first_line(error)) from error
    # Debian adds its package's version after a space.
    return f"PostgreSQL {str(row[0]).split()[0]}" if row else "PostgreSQL"


def broker_version(url: str) -> str:
    """Ask RabbitMQ for its version by opening a connection with our credentials."""
    # A thread of its own, because the caller's may be running an event loop already.
    with ThreadPoolExecutor(1, thread_name_prefix=THREAD) as pool:
        try:
            return pool.submit(asyncio.run, _broker_version(url)).result()
        except (TimeoutError, AMQPError, OSError) as error:
            raise NoAnswer(_first_line(error)) from error


async def _broker_version(url: str) -> str:
    async with asyncio.timeout(PATIENCE), await aio_pika.connect(url) as connection:
        transport = connection.transport
        properties = transport.connection.server_properties if transport else {}
        return f"{_text(properties.get('product'))} {_text(properties.get('version'))}"


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
