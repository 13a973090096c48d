"""What a batch of commands reads or writes that another one could too."""

import re
from dataclasses import dataclass

from worker.domain.origin import CommandKey, VenueKey

NUMBERED = re.compile(r"-[0-9]+$")


@dataclass(frozen=True, slots=True)
class Footprint:
    """The rows, by the keys under which they are looked up.

    Attributes:
        venues: (tenant, venue), and all that belongs to them.
        commands: (tenant, command id), those of commands that wait among them.
        slugs: (tenant, slug): where numbering starts, for those that may be given a number.
        bodies: those of messages to park: each is kept once.
    """

    venues: frozenset[VenueKey]
    commands: frozenset[CommandKey]
    slugs: frozenset[tuple[str, str]]
    bodies: frozenset[bytes] = frozenset()

    def meets(self, other: "Footprint") -> bool:
        """Tell whether anything is in both."""
        return not (
            self.venues.isdisjoint(other.venues)
            and self.commands.isdisjoint(other.commands)
            and self.slugs.isdisjoint(other.slugs)
            and self.bodies.isdisjoint(other.bodies)
        )


def bases_of(slug: str) -> tuple[str, str]:
    """Return the bases that a slug is near: itself, and what it has a number of, if it has one."""
    return slug, NUMBERED.sub("", slug)
