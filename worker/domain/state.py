"""What a decision may look at and what it leaves behind: immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from worker.domain.origin import Deferred
from worker.domain.patch import Json, JsonObject
from worker.domain.policy import Policy
from worker.domain.slugs import Slugs


class Status(StrEnum):
    """Where a venue is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue as it stands after `version` changes; `fields` are the publisher's (contract, 2)."""

    id: str
    version: int
    status: Status
    slug: str
    fields: Mapping[str, Json]
    created_at: datetime
    updated_at: datetime
    status_reason: str | None = None
    deleted_at: datetime | None = None

    def document(self) -> JsonObject:
        """Return the full state as events and queries show it."""
        document: JsonObject = {"id": self.id, "status": self.status.value, "slug": self.slug}
        document.update(self.fields)
        if self.status_reason is not None:
            document["status_reason"] = self.status_reason
        document["created_at"] = rfc3339(self.created_at)
        document["updated_at"] = rfc3339(self.updated_at)
        if self.deleted_at is not None:
            document["deleted_at"] = rfc3339(self.deleted_at)
        return document

    def summary(self) -> JsonObject:
        """Return the part that is small whatever the venue holds."""
        summary: JsonObject = {
            "id": self.id,
            "status": self.status.value,
            "slug": self.slug,
            "name": self.fields.get("name"),
        }
        if self.status_reason is not None:
            summary["status_reason"] = self.status_reason
        return summary


@dataclass(frozen=True, slots=True)
class State:
    """All that a command may be decided on, and all that deciding it may change.

    Attributes:
        venue: the venue, deleted or not, or None where the id was never used.
        parts: what stands beside the venue's fields, by the part's name and the item's key: as much
            of it as the command reads, and its actor's place on the staff (`domain/parts.py`).
        slugs: the tenant's slugs around the one the command asks for.
        deferred: waiting commands of the venue by their id; at least the one it asks about.
        policy: what the operator decides of the rules.
    """

    venue: Venue | None = None
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    slugs: Slugs = field(default_factory=Slugs)
    deferred: Mapping[str, Deferred] = field(default_factory=lambda: MappingProxyType({}))
    policy: Policy = field(default_factory=Policy)

    @property
    def version(self) -> int:
        """The venue's version; 0 where there is no venue (any more)."""
        return self.venue.version if self.venue and not self.venue.deleted_at else 0


@lru_cache(maxsize=256)  # the commands of a batch are all decided at one time
def rfc3339(moment: datetime) -> str:
    """Write a UTC time as RFC 3339 with microseconds."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
