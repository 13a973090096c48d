"""Trying again with growing, jittered delays: the two ways in which the worker does.

What is being tried again just now is known to health: an outage shows where the work stands still,
whatever a probe beside it may find.
"""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import structlog
from tenacity import (
    AsyncRetrying,
    AttemptManager,
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


async def forever(
    what: str, error: type[Exception] | tuple[type[Exception], ...]
) -> AsyncGenerator[AttemptManager, None]:
    """Retry through an outage of any length; the first failure is logged, then every tenth.

    From the first failure until the work succeeds, or is given up, `waits_for` tells of it.
    """
    this = object()

    def report(state: RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        if failure is None:
            return
        wait = _waits.setdefault(this, Wait(what, failure))
        wait.error = failure
        if state.attempt_number % 10 == 1:
            log.warning(
                "failed, trying again", what=what, error=str(failure), attempt=state.attempt_number
            )

    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(error),
            wait=wait_exponential_jitter(multiplier=0.1, max=LONGEST_SECONDS, jitter=0.2),
            before_sleep=report,
            reraise=True,
        ):
            yield attempt
    finally:
        # Reached also when the caller leaves its loop with a result: then the generator is closed.
        _waits.pop(this, None)


def a_few_times(error: type[Exception], attempts: int = 6) -> AsyncRetrying:
    """Retry what another transaction was in the way of; the last failure is raised."""
    return AsyncRetrying(
        retry=retry_if_exception_type(error),
        wait=wait_exponential_jitter(multiplier=0.01, max=1.0, jitter=0.05),
        stop=stop_after_attempt(attempts),
        reraise=True,
    )
