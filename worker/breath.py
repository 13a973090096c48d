"""Long loops that let the event loop turn, so that health answers while a batch is worked on."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

LONGEST_SECONDS = 0.001
T = TypeVar("T")


async def breathing(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, giving way to other tasks every millisecond."""
    since = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - since > LONGEST_SECONDS:
            await asyncio.sleep(0)
            since = time.perf_counter()
