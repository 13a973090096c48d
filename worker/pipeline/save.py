"""Step 6, save: state, outcomes, events, what waits and what is parked, in the same transaction."""

from datetime import datetime

from worker.breath import breathing
from worker.messaging.delivery import Delivery, restored
from worker.messaging.written import written
from worker.outcome import Outcome, Result
from worker.pipeline.decisions import Decisions
from worker.pipeline.messages import Done, venues_of
from worker.pipeline.park import park
from worker.storage import deferred, parts
from worker.storage.connection import Connection
from worker.storage.vault import Vault
from worker.storage.write import write


async def save(
    tx: Connection, decisions: Decisions, now: datetime, most_bytes: int, vault: Vault
) -> Done:
    """Write all that the batch has come to; return what is to be published and replied."""
    messages = decisions.batch.messages
    refusals = await park(tx, decisions, now, vault)
    new = [
        written(event, origin, now, most_bytes)
        async for event, origin in breathing([*decisions.events, *refusals])
    ]
    saved = await write(tx, decisions.world, decisions.decided, new, now)
    await parts.save(tx, decisions.world.parts, now)
    await deferred.save(tx, list(decisions.deferred.values()), now, vault)
    await deferred.finish(tx, finished(decisions))
    return Done(
        outcomes=[
            None if place in decisions.batch.gone else _outcome(decisions, place)
            for place in range(len(messages))
        ],
        events=saved.events,
        # Only of a venue whose row is ours nobody else can be saving a version meanwhile.
        venues=venues_of(messages) - (saved.first & decisions.world.locked),
        cancelled=told(decisions),
    )


def finished(decisions: Decisions) -> set[str]:
    """Return the rows of commands that wait no more."""
    due = {
        shelved.id
        for place, shelved in decisions.batch.shelved.items()
        if place not in decisions.deferred
    }
    return due | {waiting.id for waiting, _ in decisions.cancelled if waiting.id}


def told(decisions: Decisions) -> list[tuple[Delivery, Outcome]]:
    """Return what is to be replied about cancelled commands, to whoever once gave them.

    One that is due in this very batch is answered at its own place.
    """
    here = {shelved.id for shelved in decisions.batch.shelved.values()}
    return [
        (restored(b"", waiting.properties), outcome)
        for waiting, outcome in decisions.cancelled
        if waiting.properties is not None and waiting.id not in here
    ]


def _outcome(decisions: Decisions, place: int) -> Outcome:
    if place in decisions.outcomes:
        return decisions.outcomes[place]
    unreadable = decisions.parked[place]
    return Outcome(
        Result.PARKED,
        unreadable.command_id,
        unreadable.origin.venue_id if unreadable.origin else None,
        problems=unreadable.problems,
    )
