"""A command as the rules see it, and the register of all commands there are.

A family of commands (see `venue.py`) registers each of its rules with `@command`; decoding,
loading, deciding and the published schemas all read this register, so that adding a command
touches nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from worker.domain.decision import Change, Rejected
from worker.domain.staff import Authority
from worker.domain.state import State

VenueKey = tuple[str, str]
"""(tenant, venue)."""

CommandKey = tuple[str, str]
"""(tenant, command id)."""


class Data(BaseModel):
    """Base of every part of a command's `data`: unknown fields and loose types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a command's envelope says of where it comes from (attributes: contract, section 1)."""

    id: str
    type: str
    source: str
    tenant_id: str
    venue_id: str
    time: datetime | None = None
    actor_id: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None

    @property
    def key(self) -> VenueKey:
        """The venue's key."""
        return self.tenant_id, self.venue_id

    @property
    def idempotency_key(self) -> CommandKey:
        """The command's own key."""
        return self.tenant_id, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Origin):
    """A venue command, read and valid by its schema."""

    data: Data
    digest: bytes
    """SHA-256 of the content that decides whether a resend is the same command."""
    expected_version: int | None = None
    publisher: str | None = None
    """The AMQP user that the broker vouches for, where the publisher named it."""


Rule = Callable[[State, Command, datetime], Change | Rejected]
"""Given the state, the command and the time of deciding: what changes, or why nothing may."""


AuthorityOf = Authority | Callable[[State], Authority]
"""Who may give a command; where that depends on the venue's state, a function of it."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One row of the contract's table of commands."""

    data: type[Data]
    event: str
    by: AuthorityOf
    rule: Rule
    part: str
    creates: bool = False


COMMANDS: dict[str, CommandSpec] = {}
"""Every command by its type."""


def command(
    type_: str, *, event: str, data: type[Data], by: AuthorityOf, part: str, creates: bool = False
) -> Callable[[Rule], Rule]:
    """Register a rule as what decides the command `type_`.

    Args:
        type_: the CloudEvents type of the command.
        event: the type of the event that applying it makes.
        data: the model of its data.
        by: the roles whose holders may give it.
        part: the name of the state's part in the event's data, such as `venue`.
        creates: whether it makes the venue, instead of needing it to exist.
    """

    def register(rule: Rule) -> Rule:
        COMMANDS[type_] = CommandSpec(data, event, by, rule, part, creates)
        return rule

    return register
