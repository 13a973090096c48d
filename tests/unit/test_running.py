"""Tasks beside one another: when one fails, all of them end."""

import asyncio
from contextlib import suppress

import pytest

from worker import running
from worker.errors import OperatorError


async def test_a_cancellation_that_was_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that a library keeps from ending is told once more; the error is what is raised."""
    monkeypatch.setattr(running, "CLOSING_SECONDS", 0.05)
    started = asyncio.Event()

    async def deaf_at_first() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    async def fails() -> None:
        await started.wait()
        raise OperatorError("put something right")

    async def nothing() -> None:
        return None

    async with asyncio.timeout(10):
        with pytest.raises(OperatorError, match="put something right"):
            await running.run_until_signal(
                [fails()],
                [deaf_at_first()],
                stop=lambda: None,
                finish=nothing,
                grace_seconds=5,
            )


def test_what_a_library_leaves_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that nobody waits for, and that swallows cancellations at first, keeps nobody up."""
    monkeypatch.setattr(running, "STRAY_SECONDS", 0.05)
    strays: list[asyncio.Task[None]] = []

    async def deaf_at_first() -> None:
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    async def fails() -> None:
        strays.append(asyncio.create_task(deaf_at_first()))
        await asyncio.sleep(0)
        raise OperatorError("put something right")

    with pytest.raises(OperatorError, match="put something right"):
        asyncio.run(running.alone(fails()))
    assert strays[0].cancelled()
