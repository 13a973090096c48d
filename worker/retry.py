"""Trying again with growing, jittered delays: the two ways in which the worker does.

What is being tried again just now is known to health: an outage shows where the work stands still,
whatever a probe beside it may find.
"""

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

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


def waits_for(error: type[Exception] | tuple[type[Exception], ...]) -> list[Wait]:
    """Return the work that waits because of such an error, what has waited longest first."""
    found = [wait for wait in _waits.values() if isinstance(wait.error, error)]
    return sorted(found, key=lambda wait: wait.since)


class Attempts:
    """What `forever` gives: an iterator, and the block of the attempt that it is at.

    Whatever fails has to fail within the block, and nothing be done after it but the next attempt.

    No generator: one that is left with a result is ended by a task of its own, which the event loop
    is woken for. Every command would wait for that, twice.
    """

    def __init__(self, what: str, error: type[Exception] | tuple[type[Exception], ...]) -> None:
        self._what = what
        self._attempts = AsyncRetrying(
            retry=retry_if_exception_type(error),
            wait=wait_exponential_jitter(multiplier=0.1, max=LONGEST_SECONDS, jitter=0.2),
            before_sleep=self._report,
            reraise=True,
        ).__aiter__()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Self:
        try:
            self._attempt = await anext(self._attempts)
        except BaseException:
            self.waits_no_more()
            raise
        return self

    def waits_no_more(self) -> None:
        """Tell no more of the last failure: the work is about to go on, perhaps for long."""
        _waits.pop(self, None)

    def __enter__(self) -> None:
        self._attempt.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        if error is None:
            self.waits_no_more()
        return self._attempt.__exit__(kind, error, traceback)

    def _report(self, state: RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        if failure is None:
            return
        wait = _waits.setdefault(self, Wait(self._what, failure))
        wait.error = failure
        if state.attempt_number % 10 == 1:
            log.warning(
                "failed, trying again",
                what=self._what,
                error=str(failure),
                attempt=state.attempt_number,
            )


def forever(what: str, error: type[Exception] | tuple[type[Exception], ...]) -> Attempts:
    """Retry through an outage of any length; the first failure is logged, then every tenth.

    From the first failure until the work succeeds, or is given up, `waits_for` tells of it.
    """
    return Attempts(what, error)


def a_few_times(error: type[Exception], attempts: int = 6) -> AsyncRetrying:
    """Retry what another transaction was in the way of; the last failure is raised."""
    return AsyncRetrying(
        retry=retry_if_exception_type(error),
        wait=wait_exponential_jitter(multiplier=0.01, max=1.0, jitter=0.05),
        stop=stop_after_attempt(attempts),
        reraise=True,
    )
