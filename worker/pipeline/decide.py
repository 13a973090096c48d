"""Step 5, decide: each command in turn by the rules, on the state the one before it left.

One that asks for a later time is deferred, and so is one whose rule fails unexpectedly, until it
has failed often enough to be parked.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from worker.breath import breathing
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Applied, Event, Rejected
from worker.domain.policy import Policy
from worker.errors import traceback_of
from worker.messaging.written import refusal
from worker.outcome import Outcome, Result
from worker.pipeline.decisions import Decisions
from worker.pipeline.deduplicate import Batch, again
from worker.pipeline.messages import Failure
from worker.pipeline.publishers import Publishers
from worker.pipeline.retries import Retries
from worker.storage.world import World

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Terms:
    """What deciding depends on beside the rules: who may send what, and what is tried again."""

    publishers: Publishers
    retries: Retries
    policy: Policy = field(default_factory=Policy)


async def decide_all(batch: Batch, world: World, terms: Terms, now: datetime) -> Decisions:
    """Decide the fresh commands of a batch, in order."""
    decisions = Decisions(batch, world, dict(batch.answered), dict(batch.unreadable))
    async for place in breathing(sorted([*batch.fresh, *batch.repeated, *batch.answered])):
        if place in batch.answered:
            _answered(decisions, place)
        elif not _repeated(decisions, place):
            _decide(decisions, terms, place, now)
    return decisions


def _decide(decisions: Decisions, terms: Terms, place: int, now: datetime) -> None:
    command = decisions.batch.command_at(place)
    failure = decisions.batch.messages[place].failure
    if ended := decisions.ended.get(command.idempotency_key):
        decisions.outcomes[place] = ended
        return
    if failure is None:
        try:
            _decided(decisions, terms.publishers, place, now)
        except Exception as error:
            # A rule that fails is a defect of ours: it costs the others nothing, and the command
            # is kept for the day it is mended.
            log.exception("a rule failed", command_id=command.id, command_type=command.type)
            failure = Failure(traceback_of(error))
    if failure is not None:
        decisions.fail(place, failure, terms.retries, now)


def _decided(decisions: Decisions, publishers: Publishers, place: int, now: datetime) -> None:
    command = decisions.batch.command_at(place)
    if stranger := publishers.refusal(command):
        decisions.keep(place, *_rejected(command, stranger, None))
    elif command.not_before and command.not_before > now and not decisions.waited(place):
        decisions.defer(place, command.not_before)
    else:
        _by_the_rules(decisions, place, now)


def _by_the_rules(decisions: Decisions, place: int, now: datetime) -> None:
    command, world = decisions.batch.command_at(place), decisions.world
    state = world.state_for(command)
    decision = decide(state, command, now)
    if isinstance(decision, Rejected):
        decisions.keep(place, *_rejected(command, decision, state.version or None))
        return
    world.keep(command, state, decision.state)
    decisions.keep(place, _applied(command, decision), decision.event)
    if decision.cancels is not None:
        decisions.cancel(decision.cancels, by=command)


def _applied(command: Command, decision: Applied) -> Outcome:
    venue = decision.state.venue
    version = venue.version if venue else None
    return Outcome(Result.APPLIED, command.id, command.venue_id, version)


def _rejected(command: Command, rejected: Rejected, version: int | None) -> tuple[Outcome, Event]:
    problems = rejected.problems
    outcome = Outcome(Result.REJECTED, command.id, command.venue_id, version, problems)
    return outcome, refusal("venue.command.rejected", command, problems)


def _answered(decisions: Decisions, place: int) -> None:
    """Let a resend of a command that waited know that it was cancelled earlier in this batch."""
    ended = decisions.ended.get(decisions.batch.command_at(place).idempotency_key)
    if ended and decisions.outcomes[place].result is Result.DEFERRED:
        decisions.outcomes[place] = replace(ended, duplicate=True)


def _repeated(decisions: Decisions, place: int) -> bool:
    """Give a repeated command the outcome of the first; False if that one did not claim the id."""
    first = decisions.batch.repeated.get(place)
    if first is None:
        return False
    command = decisions.batch.command_at(place)
    earlier = decisions.batch.command_at(first)
    if first not in decisions.parked:
        decisions.outcomes[place] = again(command, earlier.digest, decisions.outcomes[first])
        return True
    if command.digest == earlier.digest:
        decisions.parked[place] = decisions.parked[first]
        return True
    return False
