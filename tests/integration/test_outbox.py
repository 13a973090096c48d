"""Which unpublished events are read, by whom: few at a time, in order, and refused ones once."""

import time
from collections.abc import Sequence
from typing import cast

import asyncpg
import pytest

from tests.support.commands import Venue, new_id
from tests.support.kept import add_events, now
from tests.unit.batches import decide_batch, world
from tests.unit.samples import FIELDS, MOST, NOW, TENANT, VAULT, VENUE, command
from worker.domain.origin import VenueKey
from worker.domain.patch import JsonObject
from worker.messaging.delivery import Delivery
from worker.messaging.publisher import Published, Publisher
from worker.pipeline.messages import Done, Message
from worker.pipeline.publish import FRESH_SECONDS, Publishing
from worker.pipeline.save import save
from worker.storage import outbox
from worker.storage.database import Database
from worker.storage.events import NewEvent
from worker.storage.outbox import MOST_EACH, PendingEvent
from worker.storage.write import write

ROWS_READ_WHOLE = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'outbox'"
DAY = 1.0
AGE = 5.0


async def test_a_batch_reads_a_few_of_each_venue(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Of what others have left of a batch's venues it publishes the oldest, in order."""
    many, few = Venue(), Venue()
    ids = await add_events(database, many, MOST_EACH + 30, pending=True)
    ids = ids[:MOST_EACH] + await add_events(database, few, 3, pending=True)
    async with ours.transaction() as tx:
        found = await outbox.to_publish(tx, {_key(many), _key(few), _key(Venue())}, [])
    assert sorted(event.id for event in found) == sorted(ids)
    assert all(event.body for event in found)


async def test_all_of_a_batch_is_published(ours: Database, database: asyncpg.Connection) -> None:
    """New events that nothing stands before go out, whatever their number, as they are at hand."""
    venue = Venue()
    new = await _new_events(database, venue, MOST_EACH + 5)
    async with ours.transaction() as tx:
        assert await outbox.to_publish(tx, {_key(venue)}, new) == new


@pytest.mark.parametrize(("older", "of_the_new"), [(2, 3), (MOST_EACH, 0), (MOST_EACH + 9, 0)])
async def test_what_is_older_goes_first(
    ours: Database, database: asyncpg.Connection, older: int, of_the_new: int
) -> None:
    """New events follow all that is left before them, and wait where that is not all read."""
    venue = Venue()
    before = await add_events(database, venue, older, pending=True)
    new = await _new_events(database, venue, 3, above=older)
    async with ours.transaction() as tx:
        found = await outbox.to_publish(tx, {_key(venue)}, new)
    expected = before[:MOST_EACH] + [event.id for event in new[:of_the_new]]
    assert [event.id for event in found] == expected


async def test_which_venues_begin_anew(ours: Database, database: asyncpg.Connection) -> None:
    """Saved events tell of which venues nothing was waiting: those need no look before publishing.

    What another tenant has waiting of the same id, and what is waiting no more, does not count.
    """
    waiting, free, done = Venue(), Venue(), Venue()
    await add_events(database, waiting, 2, pending=True)
    await add_events(database, done, 2)
    namesake = Venue(id=waiting.id)
    given = [new_event(venue, n) for venue in (waiting, free, done, namesake) for n in (3, 4)]
    async with ours.transaction() as tx:
        saved = await write(tx, world(), [], given, await now(database))
    assert [event.id for event in saved.events] == [event.id for event in given]
    assert [event.position for event in saved.events] == sorted(e.position for e in saved.events)
    assert saved.first == {_key(free), _key(done), _key(namesake)}


@pytest.mark.parametrize(("type_", "looked_up"), [("venue.create", False), ("venue.close", True)])
async def test_what_is_saved_of_a_venue_that_does_not_exist_is_looked_up(
    ours: Database, type_: str, *, looked_up: bool
) -> None:
    """Nobody holds its row; whoever creates it does."""
    data: JsonObject = {"reason": "gone"}
    if type_ == "venue.create":
        data = {**FIELDS, "slug": "fenway-park"}
    decided = await decide_batch([Message(Delivery(b""), command(type_, data))])
    async with ours.transaction() as tx:
        done = await save(tx, decided, NOW, MOST, VAULT)
    assert len(done.events) == 1
    assert done.venues == ({(TENANT, VENUE)} if looked_up else set())


async def test_what_was_just_saved_goes_without_a_look(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Of venues of which nothing was waiting. Else, or after a while, the outbox tells."""
    new = await _new_events(database, Venue(), 2)
    old, young = time.monotonic() - FRESH_SECONDS, time.monotonic() + 60
    async with ours.transaction() as tx:
        await outbox.forget(tx, new)  # as somebody does who has published them meanwhile
    for done, published in (
        (Done([], new, set(), begun_at=young), new),
        (Done([], new, {new[0].key}, begun_at=young), []),
        (Done([], new, set(), begun_at=old), []),
    ):
        taker = Taker()
        await Publishing(ours, cast("Publisher", taker)).publish(done)
        assert taker.taken == published


async def test_what_was_saved_a_while_ago_may_be_held(
    ours: Database, database: asyncpg.Connection
) -> None:
    """A venue whose event was refused to others meanwhile waits; the rest of the batch goes."""
    held, free = Venue(), Venue()
    new = [*await _new_events(database, held, 2), *await _new_events(database, free, 1)]
    await _refuse(database, held, "1 second ago")
    taker, done = Taker(), Done([], new, set(), begun_at=time.monotonic() - FRESH_SECONDS)
    await Publishing(ours, cast("Publisher", taker)).publish(done)
    assert taker.taken == new[2:]


async def test_a_grown_outbox_is_not_read_whole(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Though the statements were planned, and kept their plans, while it was empty."""
    others = [Venue() for _ in range(100)]

    async def saved_and_looked_up() -> None:
        given = [new_event(Venue(), 1) for _ in others]
        async with ours.transaction() as tx:
            saved = await write(tx, world(), [], given, await now(database))
            await outbox.to_publish(tx, {event.key for event in saved.events}, [])
            await tx.execute("SELECT pg_stat_force_next_flush()")

    for _ in range(10):
        await database.execute("DELETE FROM outbox")
        await database.execute("VACUUM outbox")
        await saved_and_looked_up()
    for other in others:
        await add_events(database, other, 20, pending=True)
    before = await database.fetchval(ROWS_READ_WHOLE)
    await saved_and_looked_up()
    assert await database.fetchval(ROWS_READ_WHOLE) - before < 2000


async def test_what_came_between_two_transactions(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Where a batch was halved, another's event between its own is published between them."""
    venue = Venue()
    first = await _new_events(database, venue, 2)
    between = await add_events(database, venue, 1, above=2, pending=True)
    last = await _new_events(database, venue, 1, above=3)
    async with ours.transaction() as tx:
        found = await outbox.to_publish(tx, {_key(venue)}, [*first, *last], unbroken=False)
    ids = [event.id for event in first], [event.id for event in last]
    assert [event.id for event in found] == [*ids[0], *between, *ids[1]]


async def test_what_somebody_has_published_since(
    ours: Database, database: asyncpg.Connection
) -> None:
    """New events that are out of the outbox by now are not published again."""
    venue = Venue()
    new = await _new_events(database, venue, 2)
    async with ours.transaction() as tx:
        await outbox.forget(tx, new)
        assert await outbox.to_publish(tx, {_key(venue)}, new) == []


async def test_a_batch_leaves_a_held_venue_alone(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Of a venue whose oldest event was refused a batch publishes none, and none of its own."""
    held, free = Venue(), Venue()
    await add_events(database, held, 3, pending=True)
    ids = await add_events(database, free, 2, pending=True)
    await _refuse(database, held, "1 minute ago")
    new = await _new_events(database, held, 2, above=3)
    async with ours.transaction() as tx:
        found = await outbox.to_publish(tx, {_key(held), _key(free)}, new)
    assert [event.id for event in found] == ids


async def test_thousands_of_a_held_venue_are_in_nobodys_way(
    ours: Database, database: asyncpg.Connection
) -> None:
    """What was left behind of other venues is found, however much waits before it."""
    held, free = Venue(), Venue()
    for n in range(3):
        await add_events(database, held, 1000, days=DAY, above=1000 * n, pending=True)
    ids = await add_events(database, free, 2, days=DAY, pending=True)
    await _refuse(database, held, "in 1 minute")
    assert [event.id for event in await _claim(ours)] == ids


async def test_what_is_young_is_somebodys(ours: Database, database: asyncpg.Connection) -> None:
    """Events that were just committed are being published, and those behind them wait for it."""
    venue = Venue()
    await add_events(database, venue, 2, pending=True)
    await add_events(database, venue, 2, days=DAY, above=2, pending=True)
    assert await _claim(ours) == []


async def test_a_refused_event_is_tried_again_by_one(
    ours: Database, database: asyncpg.Connection
) -> None:
    """When its time has come the first to ask gets it and those behind it, and nobody else."""
    venue = Venue()
    ids = await add_events(database, venue, 3, pending=True)
    await _refuse(database, venue, "1 second ago")
    async with ours.transaction() as one, ours.transaction() as other:
        mine, _ = await outbox.claim(one, min_age_seconds=AGE, most=500)
        others, _ = await outbox.claim(other, min_age_seconds=AGE, most=500)
    assert [event.id for event in mine] == ids
    assert others == []
    assert await _claim(ours) == [], "it is put off before it is tried"


async def test_the_delays_grow(ours: Database, database: asyncpg.Connection) -> None:
    """A refused event waits twice as long each time, five minutes at most."""
    venue = Venue()
    await add_events(database, venue, 1, days=DAY, pending=True)
    first = await _claim(ours)
    async with ours.transaction() as tx:
        await outbox.hold(tx, first)
    delays = [await _delay(database)]
    for _ in range(10):
        await _refuse(database, venue, "1 second ago", again=True)
        claimed = await _claim(ours)
        async with ours.transaction() as tx:
            await outbox.hold(tx, claimed)
        delays.append(await _delay(database))
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_a_round_is_bounded(ours: Database, database: asyncpg.Connection) -> None:
    """A round takes so many events at most, a beginning of each venue's; the next goes on."""
    ids: dict[VenueKey, list[str]] = {}
    for venue in [Venue() for _ in range(60)]:
        ids[_key(venue)] = await add_events(database, venue, 30, days=DAY, pending=True)
        await _refuse(database, venue, "1 second ago")
    for _ in range(3):
        async with ours.transaction() as tx:
            claimed, more = await outbox.claim(tx, min_age_seconds=AGE, most=500)
            await outbox.forget(tx, claimed)
        assert more
        assert len(claimed) == 500
        for event in claimed:
            assert event.id == ids[event.key].pop(0)
    assert sum(len(rest) for rest in ids.values()) == 60 * 30 - 3 * 500


async def _claim(ours: Database) -> list[PendingEvent]:
    async with ours.transaction() as tx:
        return (await outbox.claim(tx, min_age_seconds=AGE, most=500))[0]


class Taker:
    """Takes all that is published."""

    def __init__(self) -> None:
        self.taken: list[PendingEvent] = []

    async def publish(self, events: Sequence[PendingEvent]) -> Published:
        """Confirm each."""
        self.taken += events
        return Published(confirmed=list(events))


def new_event(venue: Venue, version: int) -> NewEvent:
    """Return an event that is about to be saved."""
    return NewEvent(
        new_id(), venue.tenant, venue.id, version, "venue.updated", new_id(), None, '{"data": {}}'
    )


async def _new_events(
    database: asyncpg.Connection, venue: Venue, count: int, *, above: int = 0
) -> list[PendingEvent]:
    """What a batch has just committed, as it has it at hand."""
    ids = await add_events(database, venue, count, above=above, pending=True)
    rows = await database.fetch(
        "SELECT o.position, e.id::text, e.type, e.body FROM venue_event e"
        " JOIN outbox o ON o.event_id = e.id WHERE e.id = ANY ($1::uuid[]) ORDER BY o.position",
        ids,
    )
    return [PendingEvent(r["position"], r["id"], *_key(venue), r["type"], r["body"]) for r in rows]


async def _refuse(
    database: asyncpg.Connection, venue: Venue, when: str, *, again: bool = False
) -> None:
    sign = "-" if when.endswith("ago") else "+"
    interval = when.removeprefix("in ").removesuffix(" ago")
    await database.execute(
        f"""UPDATE outbox SET retry_at = now() {sign} interval '{interval}',
                              attempts = CASE WHEN $3 THEN attempts ELSE 1 END
            WHERE position = (SELECT min(position) FROM outbox
                              WHERE tenant_id = $1 AND venue_id = $2)""",
        venue.tenant,
        venue.id,
        again,
    )


async def _delay(database: asyncpg.Connection) -> int:
    delay: int = await database.fetchval(
        "SELECT round(extract(epoch FROM max(retry_at) - now()))::integer FROM outbox"
    )
    return delay


def _key(venue: Venue) -> VenueKey:
    return venue.tenant, venue.id
