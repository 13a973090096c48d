"""What becomes of each message, by the contract: a world of dictionaries, one message at a time."""

from collections import Counter
from dataclasses import dataclass, field, replace

from tests.model.families import KINDS
from tests.model.words import (
    OWNER,
    Around,
    Changed,
    Command,
    Document,
    Fails,
    Key,
    Kind,
    Refused,
    Ruling,
    Same,
    Venue,
)

ATTEMPTS = 2
"""Times that a command which fails is tried."""

GRANTS = {"box-office": ("*", "*"), "narrow": ("venue.update", "first")}
"""By AMQP user: the one type and the one tenant that it may send, or all."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that its schema refuses: why, and what its envelope says, if it can be read."""

    code: str
    id: str | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to come.

    Attributes:
        codes: the reasons it may name, of which it has to name one; empty where there are none.
        first: the command whose first outcome it repeats, where it is a duplicate.
    """

    status: str
    id: str | None
    venue: str | None
    version: int | None = None
    codes: frozenset[str] = frozenset()
    fields: frozenset[str] | None = None
    duplicate: bool = False
    first: Key | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event to come; `version` is None for `venue.command.*`."""

    key: Key
    type: str
    cause: str
    version: int | None = None
    shown: Document = field(default_factory=dict)
    changed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deferred command, how often it has failed, and where its replies go."""

    command: Command
    mark: str
    identity: object
    attempts: int = 0


@dataclass(slots=True)
class World:
    """All there is, as it has to be.

    Attributes:
        venues: every venue there is or was.
        outcomes: by command: its content, and the reply that a duplicate gets.
        parked: how often each message was seen, by all that makes it the same one.
        replies: those to come, by the mark of who asked; taken out when they have come.
        events: likewise.
    """

    first_tenant: str
    venues: dict[Key, Venue] = field(default_factory=dict)
    outcomes: dict[Key, tuple[object, Reply]] = field(default_factory=dict)
    waiting: dict[Key, Waiting] = field(default_factory=dict)
    parked: Counter[object] = field(default_factory=Counter)
    replies: list[tuple[str, Reply]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def venue(self, key: Key) -> Venue:
        """Return a venue, or what stands for none."""
        return self.venues.get(key) or Venue(key[1])

    def receive(self, read: Command | Unread, mark: str, identity: object) -> None:
        """Take in a message; replies to it go to `mark`."""
        if isinstance(read, Unread):
            venue = read.key[1] if read.key else None
            self._reply(mark, Reply("parked", read.id, venue, codes=frozenset({read.code})))
            self._park(read, identity)
            return
        known = self._known(read)
        if known is not None:
            self._reply(mark, known)
        elif not self._granted(read):
            self._reject(read, mark, Refused(frozenset({"publisher_not_allowed"})), None)
        elif read.later:
            self._defer(Waiting(read, mark, identity))
            self._reply(mark, Reply("deferred", read.id, read.venue))
        else:
            self._decide(Waiting(read, mark, identity), waited=False)

    def due(self, own: Key) -> None:
        """Let a deferred command's time come."""
        waiting = self.waiting.pop(own, None)
        if waiting is not None:  # else one that was due before it has cancelled it
            self._decide(waiting, waited=True)

    def _known(self, command: Command) -> Reply | None:
        if waiting := self.waiting.get(command.own):
            content: object = waiting.command.content
            reply = Reply("deferred", command.id, command.venue, duplicate=True)
        elif command.own in self.outcomes:
            content, reply = self.outcomes[command.own]
            reply = replace(reply, duplicate=True, first=command.own)
        else:
            return None
        if content == command.content:
            return reply
        conflict = frozenset({"idempotency_conflict"})
        return Reply("rejected", command.id, command.venue, codes=conflict)

    def _granted(self, command: Command) -> bool:
        types, tenants = GRANTS.get(command.publisher or "", ("", ""))
        tenant = tenants == "*" or command.tenant == self.first_tenant
        return tenant and types in {"*", command.type}

    def _decide(self, one: Waiting, *, waited: bool) -> None:
        command = one.command
        venue = self.venue(command.key)
        match self._ruling(command, venue):
            case Refused() as no:
                self._reject(command, one.mark, no, venue.current or None)
            case Fails():
                self._failed(replace(one, attempts=one.attempts + 1), waited=waited)
            case Same():
                self._applied(command, one.mark, venue.version or None)
                self._cancelled(command)
            case Changed(after, type_, shown, changed):
                after = replace(after, version=venue.version + 1)
                self.venues[command.key] = after
                self._applied(command, one.mark, after.version)
                event = Event(command.key, type_, command.id, after.version, shown, changed)
                self.events.append(event)

    def _ruling(self, command: Command, venue: Venue) -> Ruling:
        kind = KINDS[command.type]
        if kind.about_venue and kind.creates and venue.status != "none":
            return Refused(frozenset({"venue_exists"}))
        if kind.about_venue and not kind.creates and not venue.exists:
            return Refused(frozenset({"venue_not_found"}))
        if not _may(kind, command.actor, venue):
            return Refused(frozenset({"forbidden"}))
        ruling = kind.rule(venue, command, self._around(command.tenant))
        # Authority may depend on more than the role; it comes before the version all the same.
        finer = isinstance(ruling, Refused) and "forbidden" in ruling.codes
        if finer or command.expected in (None, venue.current):
            return ruling
        return Refused(frozenset({"version_conflict"}))

    def _around(self, tenant: str) -> Around:
        slugs = {v.slug for (t, _), v in self.venues.items() if t == tenant and v.exists}
        waiting = {key[1]: one.command for key, one in self.waiting.items() if key[0] == tenant}
        return Around(frozenset(slugs), waiting, _may_give)

    def _applied(self, command: Command, mark: str, version: int | None) -> None:
        self._keep(command, mark, Reply("applied", command.id, command.venue, version))

    def _reject(self, command: Command, mark: str, no: Refused, version: int | None) -> None:
        reply = Reply("rejected", command.id, command.venue, version, no.codes, no.fields)
        self._keep(command, mark, reply)
        self.events.append(Event(command.key, "venue.command.rejected", command.id))

    def _keep(self, command: Command, mark: str, reply: Reply) -> None:
        reply = replace(reply, first=command.own)
        self.outcomes[command.own] = command.content, reply
        self._reply(mark, reply)

    def _reply(self, mark: str, reply: Reply) -> None:
        self.replies.append((mark, reply))

    def _defer(self, one: Waiting) -> None:
        self.waiting[one.command.own] = one

    def _failed(self, one: Waiting, *, waited: bool) -> None:
        command = one.command
        if one.attempts < ATTEMPTS:
            self._defer(one)
            if not waited:
                self._reply(one.mark, Reply("deferred", command.id, command.venue))
            return
        internal = frozenset({"internal"})
        self._reply(one.mark, Reply("parked", command.id, command.venue, codes=internal))
        self._park(Unread("internal", command.id, command.key), one.identity)

    def _park(self, read: Unread, identity: object) -> None:
        self.parked[identity] += 1
        if self.parked[identity] == 1 and read.key and read.id:
            self.events.append(Event(read.key, "venue.command.parked", read.id))

    def _cancelled(self, command: Command) -> None:
        if command.type == "venue.command.cancel":
            ended = self.waiting.pop((command.tenant, command.data["command_id"]))
            self._reject(ended.command, ended.mark, Refused(frozenset({"cancelled"})), None)


def _may(kind: Kind, actor: str | None, venue: Venue) -> bool:
    if actor is None or kind.creates or not kind.about_venue:
        return True
    return venue.role(actor) in kind.roles(venue)


def _may_give(command: Command, actor: str | None, venue: Venue) -> bool:
    kind = KINDS[command.type]
    # Whether a manager may decide on somebody depends on whom: only an owner may on all.
    may = OWNER if command.type.startswith("venue.staff.") else kind.roles(venue)
    return not kind.creates and venue.role(actor) in may
