"""A message and what has become of it, as the steps hand them on."""

from collections.abc import Iterable
from dataclasses import dataclass

from worker.domain.command import Command
from worker.domain.families import COMMANDS
from worker.domain.origin import Origin
from worker.messaging.delivery import Delivery
from worker.outcome import Outcome
from worker.pipeline.decode import Unreadable
from worker.storage.events import PendingEvent


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery and what was read from it."""

    delivery: Delivery
    content: Command | Unreadable

    @property
    def origin(self) -> Origin | None:
        """What the envelope says, where it could be read."""
        return self.content if isinstance(self.content, Command) else self.content.origin

    @property
    def type(self) -> str:
        """The command's type, or `other` for what is none; a metric's label."""
        origin = self.origin
        return origin.type if origin and origin.type in COMMANDS else "other"


def commands_of(messages: Iterable[Message]) -> list[Command]:
    """Return those of the messages that are commands."""
    return [m.content for m in messages if isinstance(m.content, Command)]


@dataclass(frozen=True, slots=True)
class Done:
    """A batch after its transaction.

    Attributes:
        outcomes: what became of each message, in the order they came.
        events: the committed events to publish: the batch's own, and older ones of its venues.
    """

    outcomes: list[Outcome]
    events: list[PendingEvent]
