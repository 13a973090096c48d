"""Trying again with growing, jittered delays: the two ways in which the worker does.

What is being tried again just now is known to health: an outage shows where the work stands still,
whatever a probe beside it may find.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self, TypeVar

import structlog
from tenacity import (
    AsyncRetrying,
    AttemptManager,
    stop_after_attempt,
    wait_exponential_jitter,
)

T = TypeVar("T")
Errors = type[Exception] | tuple[type[Exception], ...]
LONGEST_SECONDS = 5.0
log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Wait:
    """Work that has failed and is tried again until it succeeds.

    Attributes:
        what: the work.
        error: why it failed the last time.
        since: `time.monotonic()` of the first failure, in seconds.
    """

    what: str
    error: BaseException
    since: float = field(default_factory=time.monotonic)


_waits: dict[object, Wait] = {}


def waits_for(error: Errors) -> list[Wait]:
    """Return the work that waits because of such an error, what has waited longest first."""
    found = [wait for wait in _waits.values() if isinstance(wait.error, error)]
    return sorted(found, key=lambda wait: wait.since)


class Attempts:
    """An iterator over attempts, and the block of the one that it is at.

    Whatever fails has to fail within the block, and nothing be done after it but the next attempt.

    The first one is to cost nothing, as every command takes several of these: how to try again is
    only looked at when it has failed. And this is no generator: one that is left with a result is
    ended by a task of its own, which the event loop is woken for.
    """

    def __init__(
        self, error: Errors, retrying: Callable[[], AsyncRetrying], what: str = ""
    ) -> None:
        self._error = error
        self._retrying = retrying
        self._what = what
        self._begun = False
        self._failed: BaseException | None = None
        self._attempts: AsyncRetrying | None = None
        self._attempt: AttemptManager

    async def result_of(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the work comes to, in as many attempts as it takes."""
        async for attempt in self:
            with attempt:
                return await work()
        raise AssertionError("retrying ends with a result or an error")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Self:
        if self._failed is not None:
            await self._until_the_next(self._failed)
        elif self._begun:
            raise StopAsyncIteration
        self._begun = True
        return self

    async def _until_the_next(self, failed: BaseException) -> None:
        try:
            if self._attempts is None:
                self._attempts = aiter(self._retrying())
                self._attempt = await anext(self._attempts)
            if self._what:
                self._report(failed)
            self._attempt.__exit__(type(failed), failed, failed.__traceback__)
            self._attempt = await anext(self._attempts)
        except BaseException:
            self.waits_no_more()
            raise

    def _report(self, failed: BaseException) -> None:
        wait = _waits.setdefault(self, Wait(self._what, failed))
        wait.error = failed
        attempt = self._attempt.retry_state.attempt_number
        if attempt % 10 == 1:
            log.warning("failed, trying again", what=self._what, error=str(failed), attempt=attempt)

    def waits_no_more(self) -> None:
        """Tell no more of the last failure: the work is about to go on, perhaps for long."""
        _waits.pop(self, None)

    def __enter__(self) -> None:
        """Begin an attempt."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        self._failed = error if isinstance(error, self._error) else None
        if self._failed is None:
            self.waits_no_more()
        return self._failed is not None


def forever(what: str, error: Errors) -> Attempts:
    """Retry through an outage of any length; the first failure is logged, then every tenth.

    From the first failure until the work succeeds, or is given up, `waits_for` tells of it.
    """
    return Attempts(error, _forever, what)


def a_few_times(error: Errors) -> Attempts:
    """Retry what another transaction was in the way of; the last failure is raised."""
    return Attempts(error, _a_few_times)


def _forever() -> AsyncRetrying:
    return AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=0.1, max=LONGEST_SECONDS, jitter=0.2)
    )


def _a_few_times() -> AsyncRetrying:
    return AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=0.01, max=1.0, jitter=0.05),
        stop=stop_after_attempt(6),
        reraise=True,
    )
