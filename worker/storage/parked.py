"""The tables `parked_command` and `parked_audit`: messages whole, and what was done with them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
from pydantic_core import from_json, to_json

from worker.breath import breathing
from worker.domain.decision import Problem
from worker.domain.sealed import Sealed
from worker.outcome import Result
from worker.storage.connection import Connection
from worker.storage.queries import queries, rows_of
from worker.storage.vault import Vault

FINISHED, DEFERRED, PARKED_AGAIN = "finished", "deferred", "parked again"
"""Words of the audit for what came of a replay."""


@dataclass(frozen=True, slots=True)
class NewParked:
    """A message about to be parked.

    Attributes:
        hash: tells whether it is parked already.
        digest: the hash that earlier versions have given it, without a key.
    """

    id: str
    hash: bytes
    digest: bytes
    reason: str
    problems: tuple[Problem, ...]
    body: bytes
    properties: dict[str, Any]
    tenant_id: str | None
    command_id: str | None
    command_type: str | None
    attempts: int = 0
    traceback: str | None = None
    times_seen: int = 1

    def seen(self, times: int) -> "NewParked":
        """Return the same message, seen so many times in one batch."""
        return replace(self, times_seen=times)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parked commands are meant; None leaves a thing open."""

    status: str | None = None
    reason: str | None = None
    type: str | None = None
    tenant_id: str | None = None
    since: datetime | None = None
    ids: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Who does something with parked commands, and why."""

    by: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay, by the audit's word; the last three where it was parked again."""

    parked_id: str
    action: str
    result: Result
    problems: tuple[Problem, ...]
    reason: str | None = None
    attempts: int = 0
    traceback: str | None = None


async def save(
    tx: Connection, parked: Sequence[NewParked], seen_at: datetime, vault: Vault
) -> set[bytes]:
    """Park the messages, each hash at most once in `parked`; return the hashes that are new."""
    if not parked:
        return set()
    ordered = sorted(parked, key=lambda one: one.hash)
    bodies = [vault.seal(one.body).token async for one in breathing(ordered)]
    await queries.seal_old_parked(
        tx,
        digests=[one.digest for one in ordered],
        hashes=[one.hash for one in ordered],
        bodies=bodies,
        key_id=vault.key_id,
    )
    rows = queries.park(
        tx,
        ids=[one.id for one in ordered],
        hashes=[one.hash for one in ordered],
        reasons=[one.reason for one in ordered],
        errors=[_json(one.problems) for one in ordered],
        bodies=bodies,
        key_id=vault.key_id,
        properties=[to_json(one.properties).decode() for one in ordered],
        tenant_ids=[one.tenant_id for one in ordered],
        command_ids=[one.command_id for one in ordered],
        command_types=[one.command_type for one in ordered],
        times_seen=[one.times_seen for one in ordered],
        attempts=[one.attempts for one in ordered],
        tracebacks=[one.traceback for one in ordered],
        seen_at=seen_at,
    )
    return {row["hash"] async for row in rows if row["is_new"]}


async def finish_replays(tx: Connection, replays: Sequence[Replayed], now: datetime) -> None:
    """Note what came of replays: done with, waiting again, or parked as before."""
    if replays:
        await queries.finish_replays(
            tx,
            ids=[one.parked_id for one in replays],
            actions=[one.action for one in replays],
            results=[one.result.value for one in replays],
            reasons=[one.reason for one in replays],
            errors=[_json(one.problems) for one in replays],
            attempts=[one.attempts for one in replays],
            tracebacks=[one.traceback for one in replays],
            now=now,
        )


async def listed(tx: Connection, wanted: Wanted, most: int) -> list[dict[str, Any]]:
    """Return the last seen parked commands that fit, without their bodies."""
    return [_plain(row) async for row in queries.list_parked(tx, **asdict(wanted), most=most)]


async def shown(tx: Connection, parked_id: str) -> dict[str, Any] | None:
    """Return one parked command whole, its body `Sealed`, with its history, or None."""
    row = await queries.show_parked(tx, id=parked_id)
    if row is None:
        return None
    history = [_plain(line) async for line in queries.parked_history(tx, id=parked_id)]
    plain = _plain(row)
    plain["body"] = Sealed(plain.pop("key_id"), plain["body"])
    return {**plain, "history": history}


async def chosen(tx: Connection, wanted: Wanted, after: str, most: int) -> list[str]:
    """Return ids of those that fit and wait for an operator, locked, in the order they came."""
    rows = queries.choose_parked(tx, **asdict(wanted), after=after, most=most)
    return [row["id"] async for row in rows]


async def replay(tx: Connection, ids: list[str], body: Sealed | None, step: Step) -> None:
    """Let a worker take the commands as if they had just come, with another body if given."""
    token, key_id = (body.token, body.key_id) if body else (None, None)
    await queries.replay_parked(tx, ids=ids, body=token, key_id=key_id, **asdict(step))


async def discard(tx: Connection, ids: list[str], step: Step) -> None:
    """Close the commands; retention deletes them later."""
    await queries.discard_parked(tx, ids=ids, **asdict(step))


async def revealed(tx: Connection, parked_id: str, step: Step) -> None:
    """Note that somebody was shown a body as it came."""
    await queries.reveal_parked(tx, id=parked_id, **asdict(step))


async def by_reason(tx: Connection) -> dict[str, int]:
    """Return how many commands are parked, by reason."""
    return {row["reason"]: row["parked"] async for row in queries.parked_by_reason(tx)}


async def delete_closed(tx: Connection, cutoff: datetime, most: int) -> int:
    """Delete commands that were replayed or discarded before the cutoff; return how many."""
    return rows_of(await queries.delete_closed_parked(tx, cutoff=cutoff, most=most))


def _plain(row: asyncpg.Record) -> dict[str, Any]:
    plain = dict(row)
    for name in ("errors", "properties", "detail"):
        if plain.get(name) is not None:
            plain[name] = from_json(plain[name])
    return plain


def _json(problems: tuple[Problem, ...]) -> str:
    return to_json([problem.document() for problem in problems]).decode()
