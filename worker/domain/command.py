"""A command as the rules see it, and the register of all commands there are.

A family of commands (see `venue.py`) registers each of its rules with `@command`; decoding,
loading, deciding and the published schemas all read this register, so that adding a command
touches nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from worker.domain.decision import Change, Rejected
from worker.domain.origin import Deferred, Origin
from worker.domain.parts import Part
from worker.domain.staff import STAFF, Authority
from worker.domain.state import State


class Data(BaseModel):
    """Base of every part of a command's `data`: unknown fields and loose types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    secret: ClassVar[bool] = False
    """Whether it may hold what nobody is to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Origin):
    """A venue command, read and valid by its schema."""

    data: Data
    digest: bytes
    """SHA-256 of the content that decides whether a resend is the same command; where that holds
    secrets, keyed, so that nobody can try what they might be."""
    expected_version: int | None = None
    not_before: datetime | None = None
    """Where the publisher asked for it: the time to decide it at."""
    publisher: str | None = None
    """The AMQP user that the broker vouches for, where the publisher named it."""

    def deferred(self) -> Deferred:
        """Return it as what is known of a command that waits."""
        return Deferred(self, self.digest)


Rule = Callable[[State, Command, datetime], Change | Rejected]
"""Given the state, the command and the time of deciding: what changes, or why nothing may."""


AuthorityOf = Authority | Callable[[State], Authority]
"""Who may give a command; where that depends on the venue's state, a function of it."""


Forbids = Callable[[State, Command], Rejected | None]
"""Why an actor whose role may give commands of the type may not give this one, or None."""

PartsOf = Sequence[Part[Any]] | Callable[[Command], Sequence[Part[Any]]]
"""Which parts of a venue a command is decided on; where that depends on it, a function of it."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One row of the contract's table of commands."""

    data: type[Data]
    event: str
    by: AuthorityOf
    rule: Rule
    part: Part[Any] | None = None
    reads: PartsOf = ()
    forbids: Forbids | None = None
    creates: bool = False
    about_venue: bool = True

    def authority(self, state: State) -> Authority:
        """Return the roles that may give it at a venue in that state."""
        return self.by(state) if callable(self.by) else self.by

    def parts(self, command: Command) -> list[Part[Any]]:
        """Return the parts of its venue that a command of this type is decided on."""
        reads = self.reads(command) if callable(self.reads) else self.reads
        parts = [self.part, *reads] if self.part else [*reads]
        if command.actor_id is not None and STAFF not in parts:
            parts.append(STAFF)
        return parts


COMMANDS: dict[str, CommandSpec] = {}
"""Every command by its type."""


def command(
    type_: str,
    *,
    event: str,
    data: type[Data],
    by: AuthorityOf,
    part: Part[Any] | None = None,
    reads: PartsOf = (),
    forbids: Forbids | None = None,
    creates: bool = False,
    about_venue: bool = True,
) -> Callable[[Rule], Rule]:
    """Register a rule as what decides the command `type_`.

    Args:
        type_: the CloudEvents type of the command.
        event: the type of the event that applying it makes.
        data: the model of its data.
        by: the roles whose holders may give it.
        part: what it changes and its event shows; None for the venue itself.
        reads: other parts that it is decided on.
        forbids: authority that depends on more than the actor's role.
        creates: whether it makes the venue, instead of needing it to exist.
        about_venue: False where neither the venue's existence nor its staff decides who may.
    """

    def register(rule: Rule) -> Rule:
        COMMANDS[type_] = CommandSpec(
            data, event, by, rule, part, reads, forbids, creates, about_venue
        )
        return rule

    return register
