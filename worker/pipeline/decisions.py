"""What a batch has come to, before it is saved."""

from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.command import Command
from worker.domain.decision import Event, Problem
from worker.domain.origin import CommandKey, Deferred, Origin
from worker.messaging.written import refusal
from worker.outcome import Outcome, Result
from worker.pipeline.decode import Unreadable
from worker.pipeline.deduplicate import Batch
from worker.pipeline.messages import GIVEN_UP, Failure
from worker.pipeline.retries import Retries
from worker.storage.deferred import NewDeferred, Waiting
from worker.storage.outcomes import Decided
from worker.storage.world import World

FAILED = Problem("internal", "deciding the command failed unexpectedly; operators know why")


@dataclass(slots=True)
class Decisions:
    """Every message of the batch ends up in `outcomes` or in `parked`.

    Attributes:
        outcomes: by place in the batch, for every message that is not in `parked`.
        parked: messages to keep whole, with why, by place in the batch.
        deferred: commands to keep until they are due, by place; their outcome says so.
        decided: commands whose outcome is to be kept.
        events: with the command behind each, in the order they are to be published.
        cancelled: commands deferred earlier that are not to run, and the outcome they get.
        ended: the same by key, for those that are due in this very batch.
    """

    batch: Batch
    world: World
    outcomes: dict[int, Outcome]
    parked: dict[int, Unreadable]
    deferred: dict[int, NewDeferred] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    events: list[tuple[Event, Origin]] = field(default_factory=list)
    cancelled: list[tuple[Waiting, Outcome]] = field(default_factory=list)
    ended: dict[CommandKey, Outcome] = field(default_factory=dict)

    def waited(self, place: int) -> bool:
        """Tell whether the command at the place was deferred, and is due now."""
        shelved = self.batch.messages[place].delivery.shelved
        return shelved is not None and shelved.waited

    def keep(self, place: int, outcome: Outcome, event: Event | None) -> None:
        """Keep the final outcome of a command, and its event."""
        command = self.batch.command_at(place)
        self.world.waiting.pop(command.idempotency_key, None)
        self.outcomes[place] = outcome
        self.decided.append(Decided(command.deferred(), outcome))
        if event is not None:
            self.events.append((event, command))

    def defer(
        self, place: int, due_at: datetime, attempts: int = 0, error: str | None = None
    ) -> None:
        """Let a command wait."""
        command = self.batch.command_at(place)
        delivery = self.batch.messages[place].delivery
        one = command.deferred()
        self.deferred[place] = NewDeferred(
            command=one,
            body=delivery.body,
            properties=delivery.kept_properties(),
            due_at=due_at,
            attempts=attempts,
            error=error,
            shelved=delivery.shelved,
        )
        self.outcomes[place] = Outcome(Result.DEFERRED, command.id, command.venue_id)
        self.world.defer(one)

    def fail(self, place: int, failure: Failure, retries: Retries, now: datetime) -> None:
        """Try a command that failed again later, or park it after the last time."""
        command = self.batch.command_at(place)
        shelved = self.batch.messages[place].delivery.shelved
        self.world.waiting.pop(command.idempotency_key, None)
        attempts = (shelved.attempts if shelved else 0) + (not failure.final)
        due_at = None if failure.final else retries.after(attempts, now)
        if due_at is not None:
            self.defer(place, due_at, attempts, failure.text)
            return
        reason = GIVEN_UP if failure.final else None
        self.parked[place] = Unreadable(
            (FAILED,), command, command.id, reason, attempts, failure.text
        )

    def cancel(self, target: Deferred, by: Command) -> None:
        """End a command that waits."""
        origin = target.origin
        problems = (Problem("cancelled", f"cancelled by the command {by.id}"),)
        outcome = Outcome(Result.REJECTED, origin.id, origin.venue_id, problems=problems)
        waiting = self.world.waiting.pop(origin.idempotency_key)
        self.decided.append(Decided(target, outcome))
        self.events.append((refusal("venue.command.rejected", origin, problems), origin))
        self.ended[origin.idempotency_key] = outcome
        if waiting.id is None:
            self._end_in_batch(target, outcome)
        else:
            self.cancelled.append((waiting, outcome))

    def _end_in_batch(self, target: Deferred, outcome: Outcome) -> None:
        place = next(place for place, one in self.deferred.items() if one.command == target)
        del self.deferred[place]
        self.outcomes[place] = outcome
