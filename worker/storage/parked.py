"""The table `parked_command`: messages that were not understood, whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
from pydantic_core import from_json, to_json

from worker.domain.decision import Problem
from worker.storage.database import Connection
from worker.storage.queries import queries


@dataclass(frozen=True, slots=True)
class NewParked:
    """A message about to be parked; `hash` tells whether it is parked already."""

    id: str
    hash: bytes
    problems: tuple[Problem, ...]
    body: bytes
    properties: dict[str, Any]
    tenant_id: str | None
    command_id: str | None
    command_type: str | None
    times_seen: int = 1

    def seen(self, times: int) -> "NewParked":
        """Return the same message, seen so many times in one batch."""
        return replace(self, times_seen=times)

    @property
    def reason(self) -> str:
        """The code of the first problem."""
        return self.problems[0].code


async def save(tx: Connection, parked: Sequence[NewParked], seen_at: datetime) -> set[bytes]:
    """Park the messages, each hash at most once in `parked`; return the hashes that are new."""
    if not parked:
        return set()
    ordered = sorted(parked, key=lambda one: one.hash)
    rows = queries.park(
        tx,
        ids=[one.id for one in ordered],
        hashes=[one.hash for one in ordered],
        reasons=[one.reason for one in ordered],
        errors=[to_json([p.document() for p in one.problems]).decode() for one in ordered],
        bodies=[one.body for one in ordered],
        properties=[to_json(one.properties).decode() for one in ordered],
        tenant_ids=[one.tenant_id for one in ordered],
        command_ids=[one.command_id for one in ordered],
        command_types=[one.command_type for one in ordered],
        times_seen=[one.times_seen for one in ordered],
        seen_at=seen_at,
    )
    return {row["hash"] async for row in rows if row["is_new"]}


async def listed(tx: Connection, most: int) -> list[dict[str, Any]]:
    """Return the last seen parked commands, without their bodies."""
    return [_plain(row) async for row in queries.list_parked(tx, most=most)]


async def shown(tx: Connection, parked_id: str) -> dict[str, Any] | None:
    """Return one parked command whole, or None."""
    row = await queries.show_parked(tx, id=parked_id)
    return _plain(row) if row else None


async def by_reason(tx: Connection) -> dict[str, int]:
    """Return how many commands are parked, by reason."""
    return {row["reason"]: row["parked"] async for row in queries.parked_by_reason(tx)}


def _plain(row: asyncpg.Record) -> dict[str, Any]:
    plain = dict(row)
    for name in ("errors", "properties"):
        if name in plain:
            plain[name] = from_json(plain[name])
    return plain
