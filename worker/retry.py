"""Trying again with growing, jittered delays: the two ways in which the worker does."""

from typing import Any

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


def forever(what: str, error: type[Exception] | tuple[type[Exception], ...]) -> AsyncRetrying:
    """Retry through an outage of any length; the first failure is logged, then every tenth."""

    def report(state: RetryCallState) -> None:
        if state.attempt_number % 10 == 1:
            log.warning("failed, trying again", what=what, **_facts(state))

    return AsyncRetrying(
        retry=retry_if_exception_type(error),
        wait=wait_exponential_jitter(multiplier=0.1, max=LONGEST_SECONDS, jitter=0.2),
        before_sleep=report,
        reraise=True,
    )


def a_few_times(error: type[Exception], attempts: int = 6) -> AsyncRetrying:
    """Retry what another transaction was in the way of; the last failure is raised."""
    return AsyncRetrying(
        retry=retry_if_exception_type(error),
        wait=wait_exponential_jitter(multiplier=0.01, max=1.0, jitter=0.05),
        stop=stop_after_attempt(attempts),
        reraise=True,
    )


def _facts(state: RetryCallState) -> dict[str, Any]:
    error = state.outcome.exception() if state.outcome else None
    return {"error": str(error), "attempt": state.attempt_number}
