"""Load the state that a batch of commands is decided on, and keep it in step.

The next command of a batch sees what the one before it left behind, before any of it is written;
each venue is read once and written once, whatever number of commands it gets.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from worker.domain.cancel import Cancel
from worker.domain.command import Command
from worker.domain.origin import CommandKey, Deferred, VenueKey
from worker.domain.policy import Policy
from worker.domain.slugs import Slugs
from worker.domain.state import State, Venue
from worker.storage import deferred, parts, venues
from worker.storage.connection import Connection
from worker.storage.deferred import Waiting
from worker.storage.footprint import Footprint, bases_of
from worker.storage.lookup import Found
from worker.storage.parts import Parts


@dataclass(slots=True)
class World:
    """The venues of a batch as they are now, and as they were loaded.

    Attributes:
        slugs: those that were in use before, or are now, of venues that have changed.
    """

    loaded: dict[VenueKey, Venue]
    parts: Parts
    taken: dict[str, set[str]]
    policy: Policy = field(default_factory=Policy)
    venues: dict[VenueKey, Venue] = field(default_factory=dict)
    waiting: dict[CommandKey, Waiting] = field(default_factory=dict)
    slugs: set[tuple[str, str]] = field(default_factory=set)

    @property
    def locked(self) -> set[VenueKey]:
        """The venues whose rows are ours until the transaction ends: read, or created in it."""
        return self.loaded.keys() | self.venues.keys()

    def left(self, asks: Footprint) -> Footprint:
        """Return what saving touches, of a batch that has asked for that."""
        near = {(tenant_id, base) for tenant_id, slug in self.slugs for base in bases_of(slug)}
        return replace(asks, slugs=frozenset(near))

    def state_for(self, command: Command) -> State:
        """Return what the command is decided on."""
        key = command.key
        return State(
            venue=self.venues.get(key) or self.loaded.get(key),
            parts=self.parts.of(key),
            slugs=Slugs(venues.slug_base_of(command) or "", self.taken[command.tenant_id]),
            deferred=self._deferred_for(command),
            policy=self.policy,
        )

    def defer(self, command: Deferred) -> None:
        """Take in that a command waits from now on."""
        self.waiting[command.origin.idempotency_key] = Waiting(command)

    def _deferred_for(self, command: Command) -> dict[str, Deferred]:
        waiting = self.waiting.get(_asked_about(command) or ("", ""))
        if waiting is None or waiting.command.origin.key != command.key:
            return {}
        return {waiting.command.origin.id: waiting.command}

    def keep(self, command: Command, before: State, after: State) -> None:
        """Take in what deciding the command has changed."""
        key = command.key
        if after.venue is not None and after.venue is not before.venue:
            self._keep_slug(command.tenant_id, before.venue, after.venue)
            self.venues[key] = after.venue
        if after.parts is not before.parts:
            self.parts.keep(key, before, after)

    def _keep_slug(self, tenant_id: str, before: Venue | None, after: Venue) -> None:
        taken = self.taken[tenant_id]
        if before is not None:
            taken.discard(before.slug)
            self.slugs.add((tenant_id, before.slug))
        if after.deleted_at is None:
            taken.add(after.slug)
            self.slugs.add((tenant_id, after.slug))


def asked(commands: Collection[Command]) -> Footprint:
    """Return what deciding the commands looks at."""
    return Footprint(
        venues=frozenset(command.key for command in commands),
        commands=frozenset(
            key for c in commands for key in (c.idempotency_key, _asked_about(c)) if key
        ),
        slugs=venues.slugs_asked(commands),
    )


async def load(
    tx: Connection, found: Found, commands: Collection[Command], policy: Policy
) -> World:
    """Read what else the commands are decided on, now that nobody changes their venues."""
    return World(
        loaded=found.venues,
        parts=await parts.load(tx, commands),
        taken=found.slugs,
        policy=policy,
        waiting=await deferred.waiting(tx, {key for c in commands if (key := _asked_about(c))}),
    )


def _asked_about(command: Command) -> CommandKey | None:
    match command.data:
        case Cancel(command_id=command_id):
            return command.tenant_id, command_id
    return None
