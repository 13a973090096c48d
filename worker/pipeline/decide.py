"""Step 5, decide: each command in turn by the rules, on the state the one before it left."""

from dataclasses import dataclass, field
from datetime import datetime

import structlog

from worker.breath import breathing
from worker.domain.command import Command, Origin
from worker.domain.decide import decide
from worker.domain.decision import Applied, Event, Problem
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
    async for place, command in breathing(batch.fresh.items()):
        try:
            outcome, event = _decided(world, publishers, command, now)
        except Exception:
            # A rule that fails is a defect of ours: it costs the others nothing, and the command
            # is kept for the day it is mended.
            log.exception("a rule failed", command_id=command.id, command_type=command.type)
            decisions.parked[place] = failed(command)
            continue
        decisions.outcomes[place] = outcome
        decisions.decided.append((command, outcome))
        if event is not None:
            decisions.events.append((event, command))
    for place, first in batch.repeated.items():
        _repeat(decisions, place, first)
    return decisions


def failed(command: Command) -> Unreadable:
    """Return what a command is parked as when it is not the sender's fault."""
    problem = Problem("internal", "deciding the command failed unexpectedly; operators know why")
    return Unreadable((problem,), command, command.id)


def _decided(
    world: World, publishers: Publishers, command: Command, now: datetime
) -> tuple[Outcome, Event | None]:
    state = world.state_for(command)
    decision = publishers.refusal(command) or decide(state, command, now)
    if isinstance(decision, Applied):
        world.keep(command, state, decision.state)
        venue = decision.state.venue
        version = venue.version if venue else None
        return Outcome(Result.APPLIED, command.id, command.venue_id, version), decision.event
    outcome = Outcome(
        Result.REJECTED, command.id, command.venue_id, state.version or None, decision.problems
    )
    return outcome, refusal("venue.command.rejected", command, decision.problems)


def _repeat(decisions: Decisions, place: int, first: int) -> None:
    if first in decisions.parked:
        decisions.parked[place] = decisions.parked[first]
        return
    earlier = decisions.batch.fresh[first]
    repeated = decisions.batch.messages[place].content
    if isinstance(repeated, Command):
        decisions.outcomes[place] = again(repeated, earlier.digest, decisions.outcomes[first])
