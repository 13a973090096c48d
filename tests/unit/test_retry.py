"""Trying again: what health is told of it meanwhile, and that nothing is told of it after."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from unittest.mock import Mock

import pytest

from tests.support.waiting import until
from worker.errors import TransientError
from worker.retry import Attempts, a_few_times, forever, waits_for


def _waits() -> list[str]:
    return [wait.what for wait in waits_for(TransientError)]


async def _tried(work: Callable[[], str], attempts: Attempts | None = None) -> str:
    async for attempt in attempts or forever("the work", TransientError):
        with attempt:
            return work()
    raise AssertionError("retrying ends with a result or an error")


async def test_success_after_failures() -> None:
    """Who asks is told of the failure until the work has succeeded, and then no more."""
    told: list[list[str]] = []

    def third_time() -> str:
        told.append(_waits())
        if len(told) < 3:
            raise TransientError("not yet")
        return "done"

    assert await _tried(third_time) == "done"
    assert told == [[], ["the work"], ["the work"]]
    assert _waits() == []


async def test_another_error_is_raised() -> None:
    """It is nothing that time mends; also where what time mends came before it."""
    errors = [TransientError("not yet"), ValueError("never")]

    def fails() -> str:
        raise errors.pop(0)

    with pytest.raises(ValueError, match="never"):
        await _tried(fails)
    assert _waits() == []


async def test_given_up_while_it_waits() -> None:
    """A cancellation ends it, and nothing is told of it any more."""

    def fails() -> str:
        raise TransientError("not today")

    work = asyncio.create_task(_tried(fails))
    await until(_waits, "it has failed")
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    assert (work.cancelled(), _waits()) == (True, [])


async def test_a_success_leaves_nothing_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each command's way several such loops are left with a result."""
    before = asyncio.all_tasks()
    loop = asyncio.get_running_loop()
    with monkeypatch.context() as watched:
        woken = Mock(wraps=loop.call_soon_threadsafe)
        watched.setattr(loop, "call_soon_threadsafe", woken)
        assert await _tried(lambda: "done") == "done"
        await asyncio.sleep(0)
    assert (woken.call_count, asyncio.all_tasks()) == (0, before)


async def test_a_few_times_and_no_more() -> None:
    """The last failure is raised, and health is told of none of them."""
    told: list[list[str]] = []

    def fails() -> str:
        told.append(_waits())
        raise TransientError(f"try {len(told)}")

    with pytest.raises(TransientError, match="try 6"):
        await _tried(fails, a_few_times(TransientError))
    assert told == [[]] * 6


@pytest.mark.parametrize("failures", [0, 1])
async def test_work_without_a_result(failures: int) -> None:
    """Once it has succeeded there is no further attempt."""
    tries = 0
    async for attempt in forever("the work", TransientError):
        with attempt:
            tries += 1
            if tries <= failures:
                raise TransientError("not yet")
    assert tries == failures + 1
