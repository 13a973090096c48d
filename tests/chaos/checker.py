"""The independent checker: publishers' journals, the tables and the subscriber's record, compared.

It shares no code with the worker. Each check gives the number of things that are wrong.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.support.opened import opened

Key = tuple[str, str]


@dataclass(slots=True)
class Sent:
    """What publishers sent and the broker confirmed.

    Attributes:
        expected: by (tenant, command id): what it must come to.
        garbage: SHA-256 of what must be parked.
    """

    counts: Counter[str] = field(default_factory=Counter)
    expected: dict[Key, dict[str, Any]] = field(default_factory=dict)
    garbage: set[str] = field(default_factory=set)


def read_journals(paths: Iterable[Path]) -> Sent:
    """Read what the publishers wrote down; what was never confirmed counts as such."""
    sent = Sent()
    for path in paths:
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        confirmed = {entry["confirmed"] for entry in entries if "confirmed" in entry}
        for entry in entries:
            if "number" not in entry:
                continue
            sent.counts[entry["kind"]] += 1
            sent.counts["confirmed" if entry["number"] in confirmed else "unconfirmed"] += 1
            if "expected" in entry:
                sent.expected[entry["tenantid"], entry["id"]] = entry
            elif entry["kind"] == "garbage":
                sent.garbage.add(entry["sha256"])
    return sent


@dataclass(slots=True)
class Ledger:
    """The figures, and by check how many things are wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.wrong.values())


async def check(database: asyncpg.Connection, sent: Sent, record: Path) -> Ledger:
    """Compare all of it."""
    ledger = Ledger()
    ledger.counts.update(sent.counts)
    ledger.wrong["unconfirmed at the end"] = sent.counts["unconfirmed"]
    outcomes = await _outcomes(database, sent, ledger)
    events = await _events(database, outcomes, ledger)
    await _state(database, ledger)
    await _parked(database, sent, ledger)
    _published(record, events, ledger)
    return ledger


async def _outcomes(database: asyncpg.Connection, sent: Sent, ledger: Ledger) -> dict[Key, str]:
    rows = await database.fetch(
        "SELECT tenant_id::text, command_id::text, status, version, errors FROM command_outcome"
    )
    outcomes = {(row["tenant_id"], row["command_id"]): row for row in rows}
    ledger.counts["outcomes"] = len(outcomes)
    ledger.wrong["commands without an outcome"] = len(sent.expected.keys() - outcomes.keys())
    ledger.wrong["outcomes of what was never sent"] = len(outcomes.keys() - sent.expected.keys())
    ledger.wrong["outcomes that the rules do not give"] = sum(
        not _as_expected(outcomes[key], entry["expected"])
        for key, entry in sent.expected.items()
        if key in outcomes
    )
    waiting = await database.fetchval("SELECT count(*) FROM deferred_command")
    ledger.wrong["commands that wait for ever"] = waiting
    return {key: row["status"] for key, row in outcomes.items()}


def _as_expected(row: asyncpg.Record, expected: dict[str, Any]) -> bool:
    code = json.loads(row["errors"])[0]["code"] if row["errors"] else None
    if (row["status"], code) != (expected["status"], expected["code"]):
        return False
    return expected["version"] is None or row["version"] == expected["version"]


async def _events(
    database: asyncpg.Connection, outcomes: dict[Key, str], ledger: Ledger
) -> dict[str, str]:
    digests: dict[str, str] = {}
    told: dict[Key, list[str]] = defaultdict(list)
    async with database.transaction():
        async for row in database.cursor("SELECT id::text, body FROM venue_event", prefetch=2000):
            event = json.loads(row["body"])
            digests[row["id"]] = hashlib.sha256(row["body"].encode()).hexdigest()
            if event["type"] != "venue.command.parked":
                told[event["tenantid"], event["causationid"]].append(event["type"])
    ledger.counts["events"] = len(digests)
    ledger.wrong["outcomes that do not have exactly one event, of their kind"] = sum(
        not _told(status, told.get(key, [])) for key, status in outcomes.items()
    )
    ledger.wrong["events of what has no outcome"] = len(told.keys() - outcomes.keys())
    ledger.wrong["events left in the outbox"] = await database.fetchval(
        "SELECT count(*) FROM outbox"
    )
    ledger.wrong["venues with a gap in their versions"] = await database.fetchval(GAPS)
    return digests


def _told(status: str, types: list[str]) -> bool:
    if len(types) != 1:
        return False
    return (types[0] == "venue.command.rejected") == (status == "rejected")


GAPS = """
SELECT count(*) FROM (
    SELECT tenant_id, venue_id FROM venue_event WHERE venue_version IS NOT NULL
    GROUP BY tenant_id, venue_id
    HAVING count(*) <> max(venue_version) OR min(venue_version) <> 1) AS venues
"""

LAST = """
SELECT v.status, v.slug, v.version, v.fields, e.body
FROM venue AS v
LEFT JOIN LATERAL (SELECT body FROM venue_event AS e
                   WHERE e.tenant_id = v.tenant_id AND e.venue_id = v.id
                     AND e.venue_version IS NOT NULL
                   ORDER BY venue_version DESC LIMIT 1) AS e ON true
"""


async def _state(database: asyncpg.Connection, ledger: Ledger) -> None:
    wrong = count = 0
    async with database.transaction():
        async for row in database.cursor(LAST, prefetch=2000):
            count += 1
            wrong += row["body"] is None or not _is_fold(row, json.loads(row["body"]))
    ledger.counts["venues"] = count
    ledger.wrong["venues that are not what their events say"] = wrong
    events_only = await database.fetchval(
        "SELECT count(DISTINCT (tenant_id, venue_id)) FROM venue_event"
        " WHERE venue_version IS NOT NULL"
    )
    ledger.wrong["venues that only events know of"] = events_only - count


def _is_fold(row: asyncpg.Record, event: dict[str, Any]) -> bool:
    # Every event carries the whole state after the change: the last one is the fold of them all.
    venue = event["data"]["venue"]
    fields = json.loads(row["fields"])
    same = all(venue.get(name) == value for name, value in fields.items())
    facts = (venue["status"], venue["slug"], event["venueversion"])
    return same and facts == (row["status"], row["slug"], row["version"])


async def _parked(database: asyncpg.Connection, sent: Sent, ledger: Ledger) -> None:
    rows = await database.fetch("SELECT body FROM parked_command")
    bodies = [opened(row["body"]) for row in rows]
    digests = Counter(hashlib.sha256(body).hexdigest() for body in bodies)
    ledger.counts["parked"] = len(rows)
    ledger.wrong["bad messages that are not parked"] = len(sent.garbage - digests.keys())
    ledger.wrong["good messages that are parked"] = len(digests.keys() - sent.garbage)
    ledger.wrong["messages parked twice"] = sum(count - 1 for count in digests.values())


def _published(record: Path, committed: dict[str, str], ledger: Ledger) -> None:
    first: dict[str, str] = {}
    versions: dict[tuple[str, ...], list[int]] = defaultdict(list)
    copies = changed = 0
    with record.open() as lines:
        for line in lines:
            seen = json.loads(line)
            copies += 1
            if seen["id"] in first:
                changed += first[seen["id"]] != seen["sha256"]
                continue
            first[seen["id"]] = seen["sha256"]
            if seen["version"] is not None:
                versions[tuple(seen["venue"])].append(seen["version"])
    ledger.counts["copies of events received"] = copies
    ledger.counts["events received"] = len(first)
    ledger.wrong["events never received"] = len(committed.keys() - first.keys())
    ledger.wrong["events received that were not committed"] = len(first.keys() - committed.keys())
    ledger.wrong["copies that differ from what was committed"] = changed + sum(
        committed.get(id_, digest) != digest for id_, digest in first.items()
    )
    ledger.wrong["venues whose events first came out of order"] = sum(
        found != list(range(1, len(found) + 1)) for found in versions.values()
    )
