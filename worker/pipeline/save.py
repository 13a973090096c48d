"""Step 6, save: state, outcomes, parked messages and events, in one transaction with step 5."""

from collections.abc import Iterable
from datetime import datetime

from uuid_utils import uuid7

from worker.breath import breathing
from worker.domain.command import Origin, VenueKey
from worker.domain.decision import Event
from worker.messaging.delivery import Delivery, parking_hash
from worker.messaging.written import refusal, written
from worker.outcome import Outcome, Result
from worker.pipeline.decide import Decisions
from worker.pipeline.decode import Unreadable
from worker.pipeline.messages import Done, Message
from worker.storage import events, outcomes, parked, world
from worker.storage.database import Connection
from worker.storage.parked import NewParked


async def save(
    tx: Connection, decisions: Decisions, states: world.World, now: datetime, most_bytes: int
) -> Done:
    """Write all that the batch has come to; return what is to be published and replied."""
    messages = decisions.batch.messages
    await world.save(tx, states)
    await outcomes.save(tx, decisions.decided, now)
    refusals = await _park(tx, decisions, now)
    backlog = await events.pending_of(tx, _venues(messages))
    new = [
        written(event, origin, now, most_bytes)
        async for event, origin in breathing([*decisions.events, *refusals])
    ]
    saved = await events.save(tx, new, now)
    return Done(
        outcomes=[
            decisions.outcomes.get(place) or _parked_outcome(decisions.parked[place])
            for place in range(len(messages))
        ],
        # Of venues that have more waiting than was read, the sweep publishes these in their turn.
        events=[*backlog.events, *(event for event in saved if event.key not in backlog.closed)],
    )


async def _park(tx: Connection, decisions: Decisions, now: datetime) -> list[tuple[Event, Origin]]:
    parking: dict[bytes, NewParked] = {}
    origins: dict[bytes, Unreadable] = {}
    for place, unreadable in decisions.parked.items():
        one = _parking(decisions.batch.messages[place].delivery, unreadable)
        seen = parking[one.hash].times_seen if one.hash in parking else 0
        parking[one.hash] = one.seen(seen + 1)
        origins[one.hash] = unreadable
    new = await parked.save(tx, list(parking.values()), now)
    return [
        (refusal("venue.command.parked", unreadable.origin, unreadable.problems), unreadable.origin)
        for hash_, unreadable in origins.items()
        if hash_ in new and unreadable.origin is not None
    ]


def _parking(delivery: Delivery, unreadable: Unreadable) -> NewParked:
    properties = delivery.kept_properties()
    origin = unreadable.origin
    return NewParked(
        id=str(uuid7()),
        hash=parking_hash(delivery.body, properties),
        problems=unreadable.problems,
        body=delivery.body,
        properties=properties,
        tenant_id=origin.tenant_id if origin else None,
        command_id=origin.id if origin else None,
        command_type=origin.type if origin else None,
    )


def _parked_outcome(unreadable: Unreadable) -> Outcome:
    return Outcome(
        Result.PARKED,
        unreadable.command_id,
        unreadable.origin.venue_id if unreadable.origin else None,
        problems=unreadable.problems,
    )


def _venues(messages: Iterable[Message]) -> set[VenueKey]:
    return {message.origin.key for message in messages if message.origin is not None}
