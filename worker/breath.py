"""Long loops that let the event loop turn, so that health answers while a batch is worked on.

Batches overlap, so several such loops may be at work. They go on one after the other, one in each
turn of the event loop: however many there are, what else is due waits for one slice at a time.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar
from weakref import WeakKeyDictionary

LONGEST_SECONDS = 0.0005
T = TypeVar("T")

_waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, deque["asyncio.Future[None]"]] = (
    WeakKeyDictionary()
)
"""The loops that wait to go on, by event loop, where its next turn is taken already."""


async def breathing(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, giving way to all others every half millisecond."""
    since = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - since > LONGEST_SECONDS:
            await _breath()
            since = time.perf_counter()


async def _breath() -> None:
    """Let everything come first that is due, and the loops that waited before."""
    loop = asyncio.get_running_loop()
    waiting = _waiting.get(loop)
    if waiting is None:
        _waiting[loop] = deque()
        loop.call_soon(_next, loop)
        await asyncio.sleep(0)
    else:
        waiting.append(mine := loop.create_future())
        await mine


def _next(loop: asyncio.AbstractEventLoop) -> None:
    waiting = _waiting.pop(loop)
    while waiting and waiting[0].done():  # cancelled
        waiting.popleft()
    if waiting:
        waiting.popleft().set_result(None)
        _waiting[loop] = waiting
        loop.call_soon(_next, loop)
