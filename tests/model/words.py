"""The words of the model: a command as it was meant, a venue as it has to be, what may come of it.

Written from the contract; nothing of the worker's is imported, so that the two can disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
Key = tuple[str, str]
"""(tenant, venue), or (tenant, command id)."""

PAST = "2026-01-02T03:04:05Z"
"""A `notbefore` that asks for nothing any more."""

OWNER = frozenset({"owner"})
MANAGER = frozenset({"owner", "manager"})
PLATFORM: frozenset[str] = frozenset()
Roles = frozenset[str]


@dataclass(frozen=True, slots=True)
class Command:
    """A command that can be read.

    Attributes:
        notbefore: `PAST`, or a time ahead.
        publisher: the AMQP user.
    """

    id: str
    type: str
    tenant: str
    venue: str
    data: Document
    actor: str | None = None
    expected: int | None = None
    notbefore: str | None = None
    publisher: str | None = None

    @property
    def key(self) -> Key:
        """The venue's key."""
        return self.tenant, self.venue

    @property
    def own(self) -> Key:
        """The idempotency key."""
        return self.tenant, self.id

    @property
    def later(self) -> bool:
        """Whether it asks to be decided later."""
        return self.notbefore not in {None, PAST}

    @property
    def content(self) -> tuple[object, ...]:
        """What decides whether a resend is the same command."""
        return self.type, self.venue, self.actor, self.expected, self.notbefore, self.data


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue as it has to be.

    Attributes:
        version: 0 where there is none.
        status: `none` where there is none, `deleted` where there was one.
        last_status: of a deleted venue, the status it was deleted in.
        parts: what stands beside its fields: by part, then by the item's key, as events show it.
    """

    id: str
    version: int = 0
    status: str = "none"
    last_status: str = ""
    slug: str = ""
    fields: Document = field(default_factory=dict)
    reason: str | None = None
    parts: Mapping[str, Mapping[str, Document]] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether there is one, for a command."""
        return self.status not in {"none", "deleted"}

    @property
    def current(self) -> int:
        """The version that `expectedversion` is held against."""
        return self.version if self.exists else 0

    def role(self, user: str | None) -> str | None:
        """Return a person's role there."""
        member = self.parts.get("staff", {}).get(user or "")
        return member["role"] if member else None

    def part(self, name: str) -> Mapping[str, Document]:
        """Return the items of a part."""
        return self.parts.get(name, {})

    def shown(self) -> Document:
        """Return it as events show it, but for the times."""
        about = {} if self.reason is None else {"status_reason": self.reason}
        return {
            "id": self.id,
            "status": self.last_status or self.status,
            "slug": self.slug,
            **self.fields,
            **about,
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """Every reason that holds against a command, by code; a reply may name some of them."""

    codes: frozenset[str]
    fields: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """Nothing changes: applied, no version, no event."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The venue after the command (its version is raised elsewhere), and what its event shows.

    Attributes:
        event: the event's type.
        shown: by name, the part shown; an event may show more (the times).
        changed: the names in `changed`; None where the contract leaves them open.
    """

    venue: Venue
    event: str
    shown: Document
    changed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Fails:
    """The rule fails unexpectedly."""


Ruling = Refused | Same | Changed | Fails


def refused(*codes: str) -> Refused:
    """Return the refusal for any of these reasons."""
    return Refused(frozenset(codes))


@dataclass(frozen=True, slots=True)
class Around:
    """What a rule may look at beside the venue.

    Attributes:
        slugs: those in use in the tenant.
        waiting: the deferred commands of the tenant by id.
        may: whether somebody may give a type of command at a venue.
    """

    slugs: frozenset[str]
    waiting: Mapping[str, Command]
    may: Callable[[Command, str | None, Venue], bool]


Data = st.SearchStrategy[Document]
By = Roles | Callable[[Venue], Roles]
Rule = Callable[[Venue, Command, Around], Ruling]


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of command: how to make one, who may give it, what comes of it.

    Attributes:
        data: valid data; what it names by a number, `resolve` turns into an id.
        rule: decides it; existence, authority and version have been checked.
        by: the roles that may give it.
        bad: data that the schema refuses.
        weight: how often it comes.
        resolve: turns the numbers in the data into ids, given the venue of the moment.
        about_venue: False where neither existence nor the staff matters.
    """

    data: Data
    rule: Rule
    by: By
    bad: Data | None = None
    weight: int = 2
    creates: bool = False
    about_venue: bool = True
    resolve: Callable[[Document, Venue], Document] | None = None

    def roles(self, venue: Venue) -> Roles:
        """Return who may give it at the venue."""
        return self.by(venue) if callable(self.by) else self.by
