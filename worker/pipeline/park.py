"""Keeping messages whole that cannot be decided, and what comes of replayed ones."""

from datetime import datetime

from uuid_utils import uuid7

from worker.domain.decision import Event
from worker.domain.origin import Origin
from worker.messaging.delivery import Delivery, parking_hash
from worker.messaging.written import refusal
from worker.outcome import Outcome, Result
from worker.pipeline.decisions import Decisions
from worker.pipeline.decode import Unreadable
from worker.storage import parked
from worker.storage.connection import Connection
from worker.storage.parked import DEFERRED, FINISHED, PARKED_AGAIN, NewParked, Replayed
from worker.storage.vault import Vault


async def park(
    tx: Connection, decisions: Decisions, now: datetime, vault: Vault
) -> list[tuple[Event, Origin]]:
    """Park what is to be parked, note the ends of replays; return the events that tell of it."""
    await parked.finish_replays(tx, _replays(decisions), now)
    parking: dict[bytes, NewParked] = {}
    origins: dict[bytes, Unreadable] = {}
    for place, unreadable in decisions.parked.items():
        delivery = decisions.batch.messages[place].delivery
        if delivery.shelved and delivery.shelved.parked_id:
            continue  # it is parked already
        one = _parking(delivery, unreadable, vault)
        seen = parking[one.hash].times_seen if one.hash in parking else 0
        parking[one.hash] = one.seen(seen + 1)
        origins[one.hash] = unreadable
    new = await parked.save(tx, list(parking.values()), now, vault)
    return [
        (refusal("venue.command.parked", unreadable.origin, unreadable.problems), unreadable.origin)
        for hash_, unreadable in origins.items()
        if hash_ in new and unreadable.origin is not None
    ]


def _parking(delivery: Delivery, unreadable: Unreadable, vault: Vault) -> NewParked:
    properties = delivery.kept_properties()
    origin = unreadable.origin
    digest = parking_hash(delivery.body, properties)
    return NewParked(
        id=str(uuid7()),
        hash=vault.keyed(digest),
        digest=digest,
        reason=unreadable.parked_for,
        problems=unreadable.problems,
        body=delivery.body,
        properties=properties,
        tenant_id=origin.tenant_id if origin else None,
        command_id=origin.id if origin else None,
        command_type=origin.type if origin else None,
        attempts=unreadable.attempts,
        traceback=unreadable.traceback,
    )


def _replays(decisions: Decisions) -> list[Replayed]:
    cancelled = [
        Replayed(waiting.parked_id, FINISHED, outcome.result, outcome.problems)
        for waiting, outcome in decisions.cancelled
        if waiting.parked_id
    ]
    return cancelled + [
        _replayed(shelved.parked_id, decisions, place)
        for place, shelved in decisions.batch.shelved.items()
        if shelved.parked_id
    ]


def _replayed(parked_id: str, decisions: Decisions, place: int) -> Replayed:
    unreadable = decisions.parked.get(place)
    if unreadable is not None:
        return Replayed(
            parked_id,
            PARKED_AGAIN,
            Result.PARKED,
            unreadable.problems,
            unreadable.parked_for,
            unreadable.attempts,
            unreadable.traceback,
        )
    outcome: Outcome = decisions.outcomes[place]
    action = DEFERRED if place in decisions.deferred else FINISHED
    return Replayed(parked_id, action, outcome.result, outcome.problems)
