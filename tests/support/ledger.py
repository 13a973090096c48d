"""What really happened, from the tables and the events alone: nothing of the worker's is asked."""

from collections import defaultdict
from dataclasses import dataclass

import asyncpg

from tests.support.commands import Document


@dataclass(frozen=True, slots=True)
class Ledger:
    """The figures that have to agree.

    Attributes:
        gaps: venues whose committed versions are not 1, 2, 3, …
        out_of_order: venues whose events were first seen in another order, or with gaps.
    """

    outcomes: int
    committed_events: int
    unpublished: int
    seen: int
    distinct_ids: int
    missing_ids: int
    invented_ids: int
    gaps: int
    out_of_order: int

    def line(self, sent: int) -> str:
        """Return the figures in a line."""
        return (
            f"sent {sent}, outcomes {self.outcomes}, events {self.committed_events}, "
            f"distinct ids seen {self.distinct_ids} (of {self.seen} copies), "
            f"missing {self.missing_ids}, invented {self.invented_ids}, "
            f"gaps {self.gaps}, out of order {self.out_of_order}"
        )


async def ledger(database: asyncpg.Connection, events: list[Document]) -> Ledger:
    """Read the tables, as they are at one moment, and hold the seen events against them."""
    async with database.transaction(isolation="repeatable_read", readonly=True):
        ids = {str(row["id"]) for row in await database.fetch("SELECT id FROM venue_event")}
        outcomes = await database.fetchval("SELECT count(*) FROM command_outcome")
        unpublished = await database.fetchval("SELECT count(*) FROM outbox")
        gaps = await database.fetchval(GAPS)
    seen = {event["id"] for event in events}
    return Ledger(
        outcomes=outcomes,
        committed_events=len(ids),
        unpublished=unpublished,
        seen=len(events),
        distinct_ids=len(seen),
        missing_ids=len(ids - seen),
        invented_ids=len(seen - ids),
        gaps=gaps,
        out_of_order=_out_of_order(events),
    )


GAPS = """
SELECT count(*) FROM (
    SELECT tenant_id, venue_id FROM venue_event WHERE venue_version IS NOT NULL
    GROUP BY tenant_id, venue_id
    HAVING count(*) <> max(venue_version) OR min(venue_version) <> 1
) AS venues
"""


def _out_of_order(events: list[Document]) -> int:
    versions: dict[tuple[str, str], list[int]] = defaultdict(list)
    seen: set[str] = set()
    for event in events:
        if event["id"] not in seen and "venueversion" in event:
            versions[event["tenantid"], event["subject"]].append(event["venueversion"])
        seen.add(event["id"])
    return sum(found != list(range(1, len(found) + 1)) for found in versions.values())
