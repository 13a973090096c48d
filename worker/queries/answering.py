"""Answer a query: find the venue, ask who may, and let the query's own function say the rest.

All of it within one snapshot of the database, which cannot be written to.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from pydantic_core import to_json

from worker.domain.decision import Problem, Rejected, refuse
from worker.domain.patch import JsonObject
from worker.domain.policy import Policy
from worker.errors import DatabaseBusyError, StatementTimeoutError, TransientError
from worker.queries.catalogue import QUERIES
from worker.queries.decode import Unreadable
from worker.queries.query import Query, QuerySpec, View, key_of
from worker.storage import reading, staff
from worker.storage.connection import Connection
from worker.storage.database import Database

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one query; `data` is None where there are problems."""

    query_id: str | None
    data: JsonObject | None
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> str:
        """Whether it is one, in the contract's words."""
        return "error" if self.problems else "ok"

    def body(self) -> bytes:
        """Return it as it is sent."""
        return to_json(
            {
                "query_id": self.query_id,
                "status": self.status,
                "data": self.data,
                "errors": [problem.document() for problem in self.problems],
            }
        )


class Answering:
    """Answers queries; whatever happens, there is an answer."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    async def answer(self, query: Query | Unreadable) -> Answer:
        """Return the answer."""
        if isinstance(query, Unreadable):
            return Answer(query.id, None, query.problems)
        try:
            async with self._database.snapshot() as tx:
                found = await self._found(query, tx)
        except TransientError as error:
            log.warning("a query could not be answered", type=query.type, error=str(error))
            return Answer(query.id, None, (Problem("internal", _later(error)),))
        except Exception:
            log.exception("a query failed", type=query.type, query_id=query.id)
            message = "answering failed; operators know why"
            return Answer(query.id, None, (Problem("internal", message),))
        if isinstance(found, Rejected):
            return Answer(query.id, None, found.problems)
        return Answer(query.id, found)

    async def _found(self, query: Query, tx: Connection) -> JsonObject | Rejected:
        spec = QUERIES[query.type]
        view = View(tx, datetime.now(UTC), self._policy)
        if spec.about_venue:
            venue = await reading.venue(tx, key_of(query))
            if venue is None or (venue.deleted_at and not spec.deleted):
                return refuse("venue_not_found", f"there is no venue {query.venue_id}")
            if refused := await _forbidden(query, spec, tx):
                return refused
            view = View(tx, view.now, self._policy, venue)
        return await spec.handler(query, view)


def _later(error: TransientError) -> str:
    if isinstance(error, DatabaseBusyError):
        return "more is asked just now than can be answered; ask again in a few seconds"
    if isinstance(error, StatementTimeoutError):
        return "the database took too long over this; ask again in a few seconds, or for less"
    return "the database cannot be asked just now; ask again in a few seconds"


async def _forbidden(query: Query, spec: QuerySpec, tx: Connection) -> Rejected | None:
    if query.actor_id is None or not spec.staff_only:
        return None
    if await staff.of_venues(tx, [(*key_of(query), query.actor_id)]):
        return None
    return refuse("forbidden", f"{query.type} takes a role at this venue")
