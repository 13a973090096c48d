"""Trying again: what health is told of it meanwhile, and that nothing is told of it after."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from unittest.mock import AsyncMock, Mock

import pytest
from structlog.testing import capture_logs

from tests.support.waiting import until
from worker.errors import TransientError
from worker.retry import Attempts, a_few_times, forever, waits_for


def _waits() -> list[str]:
    return [wait.what for wait in waits_for(TransientError)]


async def _tried(work: Callable[[], str], attempts: Attempts | None = None) -> str:
    async def worked() -> str:
        return work()

    return await (attempts or forever("the work", TransientError)).result_of(worked)


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


@pytest.mark.parametrize(
    ("attempts", "first", "longest", "jitter"),
    [
        (a_few_times(TransientError), 0.01, 1.0, 0.05),
        (forever("it", TransientError), 0.1, 5.0, 0.2),
    ],
)
async def test_how_long_it_waits(
    monkeypatch: pytest.MonkeyPatch, attempts: Attempts, first: float, longest: float, jitter: float
) -> None:
    """Twice as long each time, up to the longest, and somewhat more, by chance."""
    failures = [TransientError("not yet") for _ in range(5)]

    def fails() -> str:
        if failures:
            raise failures.pop()
        return "done"

    slept = AsyncMock()
    with monkeypatch.context() as watched:
        watched.setattr(asyncio, "sleep", slept)
        assert await _tried(fails, attempts) == "done"
    waited = [call.args[0] for call in slept.await_args_list]
    least = [min(first * 2**n, longest) for n in range(5)]
    assert len(waited) == 5
    for seconds, short in zip(waited, least, strict=True):
        assert short <= seconds <= min(short + jitter, longest)


async def test_what_is_told_of_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Since when, and why last; the log has the first failure and every tenth after it."""
    told: list[tuple[str, float]] = []
    tries = 0

    def fails() -> str:
        nonlocal tries
        tries += 1
        told.extend((str(wait.error), wait.since) for wait in waits_for(TransientError))
        if tries == 22:
            return "done"
        raise TransientError(f"failure {tries}")

    with monkeypatch.context() as watched, capture_logs() as logs:
        watched.setattr(asyncio, "sleep", AsyncMock())
        assert await _tried(fails) == "done"
    assert [error for error, _ in told] == [f"failure {n}" for n in range(1, 22)]
    assert len({since for _, since in told}) == 1
    assert [(line["error"], line["attempt"]) for line in logs] == [
        ("failure 1", 1),
        ("failure 11", 11),
        ("failure 21", 21),
    ]
