"""Batches on their way out, behind the one in hand: in order, few, and none after a failure."""

import asyncio
from collections.abc import Callable

import pytest

from worker.pipeline.behind import Behind


class Batches:
    """Pieces of work that each end when told to."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.may_end: dict[int, asyncio.Event] = {}
        self.stops = 0

    async def work(self, number: int, error: Exception | None = None) -> None:
        """Begin, wait, end."""
        self.begun.append(number)
        await self.may_end.setdefault(number, asyncio.Event()).wait()
        if error is not None:
            raise error
        self.ended.append(number)

    def end(self, *numbers: int) -> None:
        """Let some end."""
        for number in numbers:
            self.may_end.setdefault(number, asyncio.Event()).set()

    def stop(self) -> None:
        """Be told that one has failed."""
        self.stops += 1


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 - what is waited for is in plain sight
            await asyncio.sleep(0)


async def test_one_after_the_other() -> None:
    """Whoever gives work goes on at once; a piece begins when the one before it has ended."""
    batches = Batches()
    async with Behind(2, batches.stop) as behind:
        await behind.go_on(batches.work(1))
        await behind.go_on(batches.work(2))
        await _until(lambda: batches.begun == [1])
        batches.end(2)
        await asyncio.sleep(0)
        assert batches.begun == [1]
        batches.end(1)
    assert (batches.begun, batches.ended) == ([1, 2], [1, 2])


async def test_not_too_many() -> None:
    """While as many wait as may, giving more waits too."""
    batches = Batches()
    async with Behind(2, batches.stop) as behind:
        await behind.go_on(batches.work(1))
        await behind.go_on(batches.work(2))
        third = asyncio.create_task(behind.go_on(batches.work(3)))
        await _until(lambda: batches.begun == [1])
        assert not third.done()
        batches.end(1)
        await third
        batches.end(2, 3)
    assert batches.ended == [1, 2, 3]


async def test_nothing_after_a_failure() -> None:
    """Who gives the work is told, and gets the error at the end; what came after is never begun."""
    batches = Batches()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - raised by leaving the block
        async with Behind(2, batches.stop) as behind:
            await behind.go_on(batches.work(1, ZeroDivisionError()))
            await behind.go_on(batches.work(2))
            batches.end(1, 2)
            await _until(lambda: batches.stops == 2)
    assert (batches.begun, batches.ended) == ([1], [])


async def test_what_was_begun_ends_when_the_source_fails() -> None:
    """An error of whoever gives the work is raised once the work is done."""
    batches = Batches()
    with pytest.raises(KeyError):  # noqa: PT012 - the same
        async with Behind(2, batches.stop) as behind:
            await behind.go_on(batches.work(1))
            batches.end(1)
            raise KeyError
    assert batches.ended == [1]


async def test_a_cancellation_ends_all() -> None:
    """Cancelled, it waits for nothing."""
    batches = Batches()

    async def whole() -> None:
        async with Behind(2, batches.stop) as behind:
            await behind.go_on(batches.work(1))
            await asyncio.Event().wait()

    task = asyncio.create_task(whole())
    await _until(lambda: batches.begun == [1])
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    assert batches.ended == []
