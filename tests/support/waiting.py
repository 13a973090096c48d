"""Waiting for something to become true, or to end; nothing in the tests waits otherwise."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

POLL_SECONDS = 0.02

HELD_UP = "SELECT count(*) FROM pg_locks WHERE NOT granted"
"""How many wait for what another transaction has locked. Also asked within a transaction it is told
as it is now: `pg_stat_activity` shows those connections that were there when it was first asked."""


class No:
    """A condition that is not met, and what was found in its place."""

    def __init__(self, found: object) -> None:
        self._found = found

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return repr(self._found)


async def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Return the first true value that the condition, a function or a coroutine's, returns.

    Raises:
        AssertionError: it was never true within the time.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; last seen {value!r}")
        await asyncio.sleep(POLL_SECONDS)


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended."""
    # A library may swallow a cancellation, as aiormq does with one that comes while it closes.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1)
