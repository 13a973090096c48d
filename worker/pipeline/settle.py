"""Step 8, settle: tell whoever asked, count, log, and let the broker forget the messages.

Whatever became of a command is in the database by now, so there is one way to settle: acknowledge.
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence

import structlog
from structlog.typing import FilteringBoundLogger

from worker.breath import breathing
from worker.messaging.replies import Replies, reply_for
from worker.metrics import batch_size, command_duration_seconds, commands_total, redelivered_total
from worker.outcome import Outcome, Result
from worker.pipeline.messages import Done, Message, Source

log = structlog.get_logger()


async def settle(source: Source, replies: Replies, messages: Sequence[Message], done: Done) -> None:
    """Settle a batch whose outcomes are committed and whose events are published."""
    both = zip(messages, done.outcomes, strict=True)
    pairs = [(message, outcome) for message, outcome in both if outcome is not None]
    answers = [
        *((m.delivery, outcome) for m, outcome in pairs if not _still_waits(m, outcome)),
        *done.cancelled,
    ]
    replies.send([reply for answer in answers if (reply := reply_for(*answer)) is not None])
    await source.settle([message.delivery for message in messages])
    _count(pairs)
    # Bound once: to make a logger takes longer than to find that it says nothing.
    say = log.bind()
    async for message, outcome in breathing(pairs):
        _log(say, message, outcome)


def _still_waits(message: Message, outcome: Outcome) -> bool:
    # Who asked was told so the first time.
    shelved = message.delivery.shelved
    return outcome.result is Result.DEFERRED and shelved is not None and shelved.waited


def _count(pairs: Sequence[tuple[Message, Outcome]]) -> None:
    now = time.perf_counter()
    batch_size.observe(len(pairs))
    kinds = Counter((message.type, _label(outcome)) for message, outcome in pairs)
    for (type_, label), count in kinds.items():
        commands_total.labels(type_, label).inc(count)
    redelivered_total.inc(sum(message.delivery.redelivered for message, _ in pairs))
    for message, _ in pairs:
        command_duration_seconds.observe(now - message.delivery.received_at)


def _label(outcome: Outcome) -> str:
    return "duplicate" if outcome.duplicate else outcome.result.value


def _log(say: FilteringBoundLogger, message: Message, outcome: Outcome) -> None:
    level = LEVELS[outcome.result]
    if not say.is_enabled_for(level):
        return
    origin = message.origin
    say.log(
        level,
        "command",
        command_id=outcome.command_id,
        command_type=origin.type if origin else None,
        venue_id=outcome.venue_id,
        tenant_id=origin.tenant_id if origin else None,
        outcome=_label(outcome),
        codes=[problem.code for problem in outcome.problems],
        trace_id=_trace_id(origin.traceparent if origin else None),
    )


def _trace_id(traceparent: str | None) -> str | None:
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) > 1 else None


LEVELS = {
    Result.APPLIED: logging.DEBUG,
    Result.REJECTED: logging.INFO,
    Result.DEFERRED: logging.INFO,
    Result.PARKED: logging.WARNING,
}
