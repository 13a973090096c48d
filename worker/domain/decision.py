"""What deciding a command gives: a change with at most one event, or the reasons against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.domain.origin import Deferred
from worker.domain.patch import Json, JsonObject
from worker.domain.state import State


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason against a command: a code for programs, a sentence for people.

    Attributes:
        code: one of the codes of the contract, such as `version_conflict`.
        message: what is wrong and what to do about it.
        field: a JSON Pointer (RFC 6901) into the command's `data`, where one field is to blame.
    """

    code: str
    message: str
    field: str | None = None

    def document(self) -> JsonObject:
        """Return the problem as replies and events carry it."""
        return {"code": self.code, "field": self.field, "message": self.message}


@dataclass(frozen=True, slots=True)
class Shown:
    """What an event shows of what has changed.

    Attributes:
        document: all of it.
        summary: what stands in for it in an event that would be too large.
        dataref: the query, as a URI reference, that answers with the rest.
    """

    document: JsonObject
    summary: JsonObject
    dataref: str


@dataclass(frozen=True, slots=True)
class Change:
    """The state after the command, and which top-level fields the event says have changed.

    An empty `changed` means that nothing did: no new version, no event. `shown` is what the event
    shows, the venue if nothing else; `also` is shown as if it belonged to that. `cancels` is a
    waiting command that ends with this one, rejected.
    """

    state: State
    changed: tuple[str, ...] = ()
    also: Mapping[str, Json] = field(default_factory=dict)
    cancels: Deferred | None = None
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A fact to publish, before it gets its envelope.

    Attributes:
        type: the CloudEvents type.
        data: the event's data whole.
        summary: what stands in for `data` in an event that would be too large.
        dataref: the query, as a URI reference, that answers with the rest.
        version: the venue's version after the change, or None for `venue.command.*`.
    """

    type: str
    data: JsonObject
    summary: JsonObject
    dataref: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """The command is done: the state after it, its event if anything changed, what it cancels."""

    state: State
    event: Event | None
    cancels: Deferred | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The command was understood and refused by a rule."""

    problems: tuple[Problem, ...]


Decision = Applied | Rejected


def refuse(code: str, message: str, field: str | None = None) -> Rejected:
    """Return the refusal that has one reason."""
    return Rejected((Problem(code, message, field),))
