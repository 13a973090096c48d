"""When a batch's transaction fails: wait for an outage to pass, or find the command to blame.

Another transaction in the way is tried again; a batch that goes on failing is halved, and halved
again, until the culprit stands alone and is deferred, and parked if it failed too often. An outage
blames nobody and is waited out.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import structlog

from worker.domain.command import Command
from worker.errors import (
    ContendedError,
    DatabaseUnavailableError,
    StatementTimeoutError,
    traceback_of,
)
from worker.messaging.delivery import Delivery
from worker.pipeline.decisions import FAILED
from worker.pipeline.decode import Unreadable
from worker.pipeline.messages import Done, Failure, Message
from worker.retry import a_few_times, forever

Commit = Callable[[list[Message]], Awaitable[Done]]
log = structlog.get_logger()


async def isolated(commit: Commit, messages: list[Message]) -> Done:
    """Commit the messages, in as few transactions as it takes."""
    alone = len(messages) == 1
    try:
        return await _persistently(commit, messages, alone=alone)
    except Exception as error:  # noqa: BLE001 - whatever it is, one command is to blame
        level = "warning" if isinstance(error, StatementTimeoutError) else "exception"
        getattr(log, level)("a batch failed", commands=len(messages), error=str(error))
        if alone:
            return await _set_aside(commit, messages[0], error)
    middle = len(messages) // 2
    return _joined(
        await isolated(commit, messages[:middle]), await isolated(commit, messages[middle:])
    )


async def _persistently(commit: Commit, messages: list[Message], *, alone: bool) -> Done:
    # A statement that takes too long may be the batch's fault; for one command it is an outage.
    outages = (
        (DatabaseUnavailableError, StatementTimeoutError) if alone else DatabaseUnavailableError
    )

    async def committed() -> Done:
        return await a_few_times(ContendedError).result_of(partial(commit, messages))

    return await forever("the database transaction", outages).result_of(committed)


async def _set_aside(commit: Commit, message: Message, error: Exception) -> Done:
    """Defer the command to blame, or park it if it failed too often, or whatever can be kept."""
    if isinstance(message.content, Command) and message.failure is None:
        failed = replace(message, failure=Failure(traceback_of(error)))
        try:
            return await _persistently(commit, [failed], alone=True)
        except Exception:
            log.exception("a command could not be deferred", command_id=message.content.id)
    return await _persistently(commit, [_bare(message)], alone=True)


def _bare(message: Message) -> Message:
    # Keeping it as it is has failed: without its properties there is nothing left that could.
    delivery = message.delivery
    problems = (FAILED,) if isinstance(message.content, Command) else message.content.problems
    return Message(
        Delivery(delivery.body, delivery.tag, shelved=delivery.shelved), Unreadable(problems)
    )


def _joined(first: Done, second: Done) -> Done:
    return Done(
        [*first.outcomes, *second.outcomes],
        [*first.events, *second.events],
        first.venues | second.venues,
        [*first.cancelled, *second.cancelled],
        halved=True,
        begun_at=first.begun_at,
    )
