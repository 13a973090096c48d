"""Where a command comes from, as its envelope says it, and the keys it is known by."""

from dataclasses import dataclass
from datetime import datetime

VenueKey = tuple[str, str]
"""(tenant, venue)."""

CommandKey = tuple[str, str]
"""(tenant, command id)."""


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


@dataclass(frozen=True, slots=True)
class Deferred:
    """A command that waits to be decided.

    Attributes:
        digest: SHA-256 of its content (`Command.digest`).
    """

    origin: Origin
    digest: bytes
