"""Step 5, decide: each command in turn by the rules, on the state the one before it left."""

from dataclasses import dataclass, field
from datetime import datetime

import structlog

from worker.breath import breathing
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Event, Problem, Rejected
from worker.domain.origin import Origin
from worker.messaging.written import refusal
from worker.outcome import Outcome, Result
from worker.pipeline.decode import Unreadable
from worker.pipeline.deduplicate import Batch, again
from worker.pipeline.publishers import Publishers
from worker.storage.world import World

log = structlog.get_logger()


@dataclass(slots=True)
class Decisions:
    """What a batch has come to, before it is saved.

    Attributes:
        outcomes: by place in the batch, for every message that is not in `parked`.
        decided: commands whose outcome is to be kept.
        events: with the command behind each, in the order they are to be published.
        parked: messages to keep whole, with why, by place in the batch.
    """

    batch: Batch
    outcomes: dict[int, Outcome]
    parked: dict[int, Unreadable]
    decided: list[tuple[Command, Outcome]] = field(default_factory=list)
    events: list[tuple[Event, Origin]] = field(default_factory=list)


async def decide_all(
    batch: Batch, world: World, publishers: Publishers, now: datetime
) -> Decisions:
    """Decide the fresh commands of a batch, in order."""
    decisions = Decisions(batch, dict(batch.answered), dict(batch.unreadable))
    async for place in breathing(sorted([*batch.fresh, *batch.repeated])):
        first = batch.repeated.get(place)
        if first is None or not _repeat(decisions, place, first):
            _decide(decisions, world, publishers, place, now)
    return decisions


def failed(command: Command) -> Unreadable:
    """Return what a command is parked as when it is not the sender's fault."""
    problem = Problem("internal", "deciding the command failed unexpectedly; operators know why")
    return Unreadable((problem,), command, command.id)


def _decide(
    decisions: Decisions, world: World, publishers: Publishers, place: int, now: datetime
) -> None:
    command = decisions.batch.command_at(place)
    try:
        outcome, event = _decided(world, publishers, command, now)
    except Exception:
        # A rule that fails is a defect of ours: it costs the others nothing, and the command
        # is kept for the day it is mended.
        log.exception("a rule failed", command_id=command.id, command_type=command.type)
        decisions.parked[place] = failed(command)
        return
    decisions.outcomes[place] = outcome
    decisions.decided.append((command, outcome))
    if event is not None:
        decisions.events.append((event, command))


def _decided(
    world: World, publishers: Publishers, command: Command, now: datetime
) -> tuple[Outcome, Event | None]:
    if stranger := publishers.refusal(command):
        return _rejected(command, stranger, None)
    state = world.state_for(command)
    decision = decide(state, command, now)
    if isinstance(decision, Rejected):
        return _rejected(command, decision, state.version or None)
    world.keep(command, state, decision.state)
    venue = decision.state.venue
    version = venue.version if venue else None
    return Outcome(Result.APPLIED, command.id, command.venue_id, version), decision.event


def _rejected(command: Command, rejected: Rejected, version: int | None) -> tuple[Outcome, Event]:
    problems = rejected.problems
    outcome = Outcome(Result.REJECTED, command.id, command.venue_id, version, problems)
    return outcome, refusal("venue.command.rejected", command, problems)


def _repeat(decisions: Decisions, place: int, first: int) -> bool:
    """Give a repeated command the outcome of the first; False if that one did not claim the id."""
    command = decisions.batch.command_at(place)
    earlier = decisions.batch.command_at(first)
    if first not in decisions.parked:
        decisions.outcomes[place] = again(command, earlier.digest, decisions.outcomes[first])
        return True
    if command.digest == earlier.digest:
        decisions.parked[place] = decisions.parked[first]
        return True
    return False
