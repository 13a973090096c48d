"""What goes on behind the batch in hand: committed batches on their way out, in their order."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

Work = Coroutine[Any, Any, None]


class Behind:
    """Does one piece of work after the other, while whoever gives it goes on.

    Order is what keeps this safe: a batch is acknowledged with all before it, so none may be
    settled before the one that came first; and after one that failed nothing is done any more.
    """

    def __init__(self, most: int, failed: Callable[[], None]) -> None:
        """Let so many wait at most; call `failed` when one fails, which is raised at the end."""
        self._most = most
        self._failed = failed
        self._tasks: deque[asyncio.Task[None]] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            for task in self._tasks:
                task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for error in ended:
            if kind is None and error is not None:
                raise error

    async def go_on(self, work: Work) -> None:
        """Begin the work, once what was given before it is done; wait while too much is waiting."""
        before = self._tasks[-1] if self._tasks else None
        task = asyncio.create_task(_after(before, work))
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        while len(self._tasks) > self._most or (self._tasks and self._tasks[0].done()):
            await self._tasks[0]
            self._tasks.popleft()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._failed()


async def _after(before: asyncio.Task[None] | None, work: Work) -> None:
    try:
        if before is not None:
            await asyncio.shield(before)
    except BaseException:
        work.close()
        raise
    await work
