"""When a batch's transaction fails: wait for an outage to pass, or find the command to blame.

Another transaction in the way is tried again; a batch that goes on failing is halved, and halved
again, until the culprit stands alone and is parked. An outage blames nobody and is waited out.
"""

from collections.abc import Awaitable, Callable

import structlog

from worker.domain.command import Command
from worker.errors import ContendedError, DatabaseUnavailableError
from worker.pipeline.decide import failed
from worker.pipeline.messages import Done, Message
from worker.retry import a_few_times, forever

Commit = Callable[[list[Message]], Awaitable[Done]]
log = structlog.get_logger()


async def isolated(commit: Commit, messages: list[Message]) -> Done:
    """Commit the messages, in as few transactions as it takes."""
    try:
        return await _persistently(commit, messages)
    except Exception:
        log.exception("a batch failed", commands=len(messages))
        if len(messages) == 1:
            return await _persistently(commit, [_parkable(messages[0])])
    middle = len(messages) // 2
    return _joined(
        await isolated(commit, messages[:middle]), await isolated(commit, messages[middle:])
    )


async def _persistently(commit: Commit, messages: list[Message]) -> Done:
    async for outage in forever("the database transaction", DatabaseUnavailableError):
        with outage:
            async for attempt in a_few_times(ContendedError):
                with attempt:
                    return await commit(messages)
    raise AssertionError("retrying ends with a result or an error")


def _parkable(message: Message) -> Message:
    if isinstance(message.content, Command):
        return Message(message.delivery, failed(message.content))
    return message


def _joined(first: Done, second: Done) -> Done:
    # The second half has seen the first half's events as unpublished ones of its venues.
    events = {event.position: event for event in [*first.events, *second.events]}
    return Done([*first.outcomes, *second.outcomes], [events[p] for p in sorted(events)])
