"""Step 3, deduplicate: what was decided before gets that outcome again, without a second effect.

Content means type, subject, actor, expected version, notbefore and data (`Command.digest`). The
same id with other content is a conflict: it is answered, and kept nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from worker.domain.command import Command
from worker.domain.decision import Problem
from worker.domain.origin import CommandKey
from worker.outcome import Outcome, Result
from worker.pipeline.decode import Unreadable
from worker.pipeline.messages import Message
from worker.storage.deferred import Shelved
from worker.storage.outcomes import Known


@dataclass(slots=True)
class Batch:
    """The messages of a batch by what is to be done with them, by their place in the batch.

    Attributes:
        fresh: commands to decide, the first of each id.
        answered: messages whose outcome is known already, or a conflict.
        repeated: commands whose id came earlier in this same batch, and that one's place.
        unreadable: messages to park.
        gone: due commands that another worker has taken since; nothing is done about them.
    """

    messages: list[Message]
    fresh: dict[int, Command]
    answered: dict[int, Outcome]
    repeated: dict[int, int]
    unreadable: dict[int, Unreadable]
    gone: frozenset[int] = frozenset()

    def command_at(self, place: int) -> Command:
        """Return the command at a place that holds one."""
        content = self.messages[place].content
        if isinstance(content, Unreadable):
            raise TypeError(f"the message at {place} is no command")
        return content

    @property
    def shelved(self) -> dict[int, Shelved]:
        """The rows that the batch's due commands are, by place, but for those that are gone."""
        rows = {n: one.delivery.shelved for n, one in enumerate(self.messages)}
        return {n: row for n, row in rows.items() if row is not None and n not in self.gone}

    @property
    def commands(self) -> list[Command]:
        """The commands that may have to be decided."""
        places = [*self.fresh, *self.repeated]
        return [self.command_at(place) for place in places if not self.messages[place].failure]


def deduplicate(
    messages: list[Message],
    known: Mapping[CommandKey, Known],
    gone: frozenset[int] = frozenset(),
) -> Batch:
    """Sort a batch, given which of its ids are known, and which places are not ours any more."""
    batch = Batch(messages, {}, {}, {}, {}, gone)
    first: dict[CommandKey, int] = {}
    for place, message in enumerate(messages):
        content = message.content
        if place in gone:
            continue
        if isinstance(content, Unreadable):
            batch.unreadable[place] = content
        elif before := _before(message, known.get(content.idempotency_key)):
            batch.answered[place] = again(content, before.digest, before.outcome)
        elif content.idempotency_key in first:
            batch.repeated[place] = first[content.idempotency_key]
        else:
            first[content.idempotency_key] = place
            batch.fresh[place] = content
    return batch


def _before(message: Message, known: Known | None) -> Known | None:
    # A command that waited and is due now is no repetition of itself.
    shelved = message.delivery.shelved
    if known and shelved and known.deferred_id == shelved.id:
        return None
    return known


def again(command: Command, digest: bytes, outcome: Outcome) -> Outcome:
    """Return the outcome of a command whose id was decided with the given content's digest."""
    if command.digest == digest:
        return replace(outcome, duplicate=True)
    problem = Problem(
        "idempotency_conflict",
        f"the command id {command.id} was used with other content; give a new command a new id",
    )
    return Outcome(Result.REJECTED, command.id, command.venue_id, problems=(problem,))
