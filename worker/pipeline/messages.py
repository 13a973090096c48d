"""A message and what has become of it, as the steps hand them on."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.command import Command
from worker.domain.decision import Problem
from worker.domain.families import COMMANDS
from worker.domain.origin import Origin, VenueKey
from worker.messaging.delivery import Delivery
from worker.outcome import Outcome
from worker.pipeline.decode import Unreadable, decode
from worker.storage.outbox import PendingEvent
from worker.storage.vault import Vault


class Source(Protocol):
    """Where deliveries come from: a queue of the broker, or the commands that are due."""

    async def take(self, most: int) -> list[Delivery]:
        """Wait for deliveries; none when told to stop."""

    def has(self, count: int) -> bool:
        """Tell whether so many could be taken at once, without waiting."""

    async def settle(self, deliveries: list[Delivery]) -> None:
        """Let the source forget a batch whose outcome is committed."""

    def stop(self) -> None:
        """Give out no more."""


GIVEN_UP = "given_up"
"""What a command is parked for that ended the process, or is believed to have."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command is not decided in this batch: its own transaction failed, or it was given up.

    Attributes:
        final: whether it is parked for it, however few its attempts.
    """

    text: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery and what was read from it."""

    delivery: Delivery
    content: Command | Unreadable
    failure: Failure | None = None

    @property
    def origin(self) -> Origin | None:
        """What the envelope says, where it could be read."""
        return self.content if isinstance(self.content, Command) else self.content.origin

    @property
    def type(self) -> str:
        """The command's type, or `other` for what is none; a metric's label."""
        origin = self.origin
        return origin.type if origin and origin.type in COMMANDS else "other"


def read(delivery: Delivery, most_bytes: int, vault: Vault) -> Message:
    """Decode a delivery; one that was given up is read for what it says, to be parked with it."""
    given_up = delivery.given_up
    if given_up is None:
        return Message(delivery, decode(delivery, most_bytes, vault))
    problem = Problem("internal", "the command was given up; operators know why")
    unread = Unreadable((problem,), reason=GIVEN_UP, traceback=given_up.why)
    content = decode(delivery, most_bytes, vault) if given_up.safe_to_read else unread
    return Message(delivery, content, Failure(given_up.why, final=True))


def commands_of(messages: Iterable[Message]) -> list[Command]:
    """Return those of the messages that are commands."""
    return [m.content for m in messages if isinstance(m.content, Command)]


def to_decide(messages: Iterable[Message]) -> list[Command]:
    """Return those of the commands that may have to be decided: none that has failed."""
    return [m.content for m in messages if isinstance(m.content, Command) and not m.failure]


def venues_of(messages: Iterable[Message]) -> set[VenueKey]:
    """Return the venues, (tenant, venue), that the messages name."""
    return {message.origin.key for message in messages if message.origin is not None}


@dataclass(frozen=True, slots=True)
class Done:
    """A batch after its transaction.

    Attributes:
        outcomes: what became of each message, in the order they came; None where another worker
            has taken it over.
        events: the batch's own, now committed and to be published.
        venues: those of its messages of which something older may be unpublished: it goes first.
        begun_at: when their transaction began, in seconds of `time.monotonic()`.
        cancelled: deferred commands that the batch has ended, and their outcome.
        halved: whether it took several transactions, between which others may have committed.
    """

    outcomes: list[Outcome | None]
    events: list[PendingEvent]
    venues: set[VenueKey]
    cancelled: list[tuple[Delivery, Outcome]] = field(default_factory=list)
    halved: bool = False
    begun_at: float = field(default_factory=time.monotonic)
