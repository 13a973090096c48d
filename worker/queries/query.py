"""A query as its handler sees it, and the register of all queries there are.

A query is a module with its data, the shape of its answer, and a function registered by `@query`;
decoding, answering and the published schemas all read this register.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from worker.domain.command import Data
from worker.domain.decision import Rejected
from worker.domain.origin import VenueKey
from worker.domain.patch import JsonObject
from worker.domain.policy import Policy
from worker.domain.state import Venue
from worker.storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query, read and valid by its schema.

    Attributes:
        id: what the answer names; any text.
        venue_id: the venue it is about, or None where it is about none.
        actor_id: who asks; None for an upstream service itself.
    """

    id: str
    type: str
    tenant_id: str
    venue_id: str | None
    actor_id: str | None
    data: Data


@dataclass(frozen=True, slots=True)
class View:
    """What a query is answered from: the database at one moment, and the time.

    Attributes:
        tx: a read-only transaction; all that is read in it belongs together.
        now: the time of answering, in UTC.
        policy: what the operator decides of the rules.
        found: the venue, for queries about one.
    """

    tx: Connection
    now: datetime
    policy: Policy
    found: Venue | None = None

    @property
    def venue(self) -> Venue:
        """The venue that the query is about."""
        if self.found is None:
            raise LookupError("this query is about no venue")
        return self.found


Handler = Callable[[Query, View], Awaitable[JsonObject | Rejected]]
"""Return the answer's data, or why there is none."""


@dataclass(frozen=True, slots=True)
class QuerySpec:
    """One query: see `query`."""

    data: type[Data]
    answer: type[BaseModel]
    handler: Handler
    about_venue: bool
    deleted: bool
    staff_only: bool


QUERIES: dict[str, QuerySpec] = {}
"""Every query by its type."""


def query(
    type_: str,
    *,
    data: type[Data],
    answer: type[BaseModel],
    about_venue: bool = True,
    deleted: bool = False,
    staff_only: bool = True,
) -> Callable[[Handler], Handler]:
    """Register a function as what answers the query `type_`.

    Args:
        type_: the CloudEvents type of the request.
        data: the model of its data.
        answer: the shape of the answer's data, for the published schema.
        about_venue: whether its subject is a venue, which has to exist.
        deleted: whether a deleted venue still counts as one.
        staff_only: whether an actor needs a role at the venue; else the function itself decides.
    """

    def register(handler: Handler) -> Handler:
        QUERIES[type_] = QuerySpec(data, answer, handler, about_venue, deleted, staff_only)
        return handler

    return register


def key_of(query: Query) -> VenueKey:
    """Return the key of the venue that a query is about."""
    return query.tenant_id, query.venue_id or ""
