"""One command costs the others of its batch nothing, whatever PostgreSQL thinks of it."""

import signal
from collections.abc import Callable

import aio_pika
import asyncpg
import pytest

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import until

REFUSE_ONE = """
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fields ->> 'name' = 'cursed' THEN
        RAISE EXCEPTION 'cursed' USING ERRCODE = '%s';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_one BEFORE INSERT ON venue FOR EACH ROW EXECUTE FUNCTION refuse_one();
"""
FAIL_AT_FIRST = """
CREATE SEQUENCE attempts;
CREATE FUNCTION fail_at_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('attempts') <= 2 THEN
        RAISE EXCEPTION 'chosen' USING ERRCODE = 'deadlock_detected';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fail_at_first AFTER INSERT ON command_outcome
FOR EACH STATEMENT EXECUTE FUNCTION fail_at_first();
"""


async def test_the_culprit_alone_is_parked(
    new_worker: Callable[..., WorkerProcess], the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A batch that fails whole is halved until the one to blame stands alone; it is parked."""
    await database.execute(REFUSE_ONE % "check_violation")
    worker = new_worker(VENUE_ATTEMPTS="1")
    worker.start()
    await worker.ready()
    good = [Venue() for _ in range(40)]
    bad = Venue()
    commands = [venue.create() for venue in good]
    commands.insert(17, bad.create("cursed"))
    await the_bus.send_all(commands)
    for venue in good:
        assert (await the_bus.events_of(venue.id, 1))[0]["type"] == "venue.created"
    event = (await the_bus.events_of(bad.id, 1))[0]
    assert event["type"] == "venue.command.parked"
    assert event["data"]["errors"][0]["code"] == "internal"
    assert await database.fetchval("SELECT reason FROM parked_command") == "internal"


async def test_deadlocks_are_tried_again(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A transaction that another was in the way of is repeated, and nothing is parked."""
    await database.execute(FAIL_AT_FIRST)
    venue = Venue()
    assert (await the_bus.ask(venue.create()))["status"] == "applied"
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
    assert await database.fetchval("SELECT last_value FROM attempts") == 3


async def test_a_subscriber_that_refuses_holds_back_its_venue_alone(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A refused event waits, its venue's later ones wait behind it, other venues go on."""
    full = await the_bus.channel.declare_queue(
        "tests.full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
    )
    await full.bind("venue.events", "venue.activated")
    try:
        await the_bus.channel.default_exchange.publish(aio_pika.Message(b"filler"), "tests.full")
        held, free = Venue(), Venue()
        await the_bus.ask(held.create_complete())
        worker.signal(signal.SIGSTOP)  # so that both of these come in one batch
        await the_bus.send_all([held.to("activate"), held.update(name="Later")])
        worker.signal(signal.SIGCONT)
        await the_bus.ask(free.create())
        assert (await the_bus.events_of(held.id, 1))[0]["venueversion"] == 1
        assert not [e for e in the_bus.events if e["subject"] == held.id and e["venueversion"] == 3]
        assert await database.fetchval("SELECT count(*) FROM outbox") == 2
        await full.purge()
        events = await the_bus.events_of(held.id, 3)
        versions = [event["venueversion"] for event in events]
        assert list(dict.fromkeys(versions))[:2] == [1, 2]
        await until(
            lambda: any(e["subject"] == held.id and e["venueversion"] == 3 for e in the_bus.events),
            "the held venue's last event",
        )
    finally:
        await full.delete(if_unused=False, if_empty=False)


FAIL_TO_FORGET = """
CREATE SEQUENCE attempts;
CREATE FUNCTION fail_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('attempts') <= 2 THEN
        RAISE EXCEPTION 'not now' USING ERRCODE = '%s';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER fail_to_forget BEFORE DELETE ON outbox
FOR EACH ROW EXECUTE FUNCTION fail_to_forget();
"""


@pytest.mark.parametrize("reason", ["query_canceled", "deadlock_detected", "lock_not_available"])
async def test_noting_what_was_published_is_tried_again(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, reason: str
) -> None:
    """A slow or contended database delays the outbox; it does not end the worker."""
    await database.execute(FAIL_TO_FORGET % reason)
    assert (await the_bus.ask(Venue().create()))["status"] == "applied"

    async def forgotten() -> bool:
        return bool(await database.fetchval("SELECT count(*) = 0 FROM outbox"))

    await until(forgotten, "the event has left the outbox")
    assert worker.running.poll() is None
