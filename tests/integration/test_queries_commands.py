"""What `venue.command.get` says of parked commands that were replayed, or are about to be."""

from typing import Any

import asyncpg

from tests.integration.test_parked import Parked, ended, only, parked, replay_edited
from tests.support.asking import asking, query
from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.process import WorkerProcess

__all__ = ["parked", "replay_edited"]


async def _told(url: str, venue: Venue, command: Document) -> Any:
    async with asking(url) as ask:
        asked = {"command_id": command["id"]}
        return await ask(query("venue.command.get", venue.tenant, None, asked))


async def test_a_replayed_command(
    worker: WorkerProcess,
    the_bus: Bus,
    amqp_url: str,
    database: asyncpg.Connection,
    parked: Parked,
    replay_edited: Parked,
) -> None:
    """Its outcome is told as long as that is kept, and afterwards nothing: it is not parked."""
    venue = Venue()
    await the_bus.ask(venue.create())
    bad = venue.update(capacity={"max": "12"})
    await the_bus.ask(bad)
    assert (await _told(amqp_url, venue, bad))["data"]["status"] == "parked"
    row = await only(parked)
    await replay_edited(row["id"], {**bad, "data": {"description": "fixed"}})
    await ended(parked, row["id"], "replayed")
    assert (await _told(amqp_url, venue, bad))["data"]["status"] == "applied"
    await database.execute("DELETE FROM command_outcome WHERE command_id = $1::uuid", bad["id"])
    gone = await _told(amqp_url, venue, bad)
    assert gone["errors"][0]["code"] == "not_found"


async def test_a_command_that_is_about_to_be_replayed(
    worker: WorkerProcess,
    the_bus: Bus,
    amqp_url: str,
    database: asyncpg.Connection,
    parked: Parked,
) -> None:
    """It waits to be decided, and says until when; parked it is once more if that fails."""
    venue = Venue()
    bad = {**venue.create(), "data": {"name": "x"}}
    await the_bus.ask(bad)
    row = await only(parked)
    await database.execute(NOT_YET)
    await parked("replay", row["id"])
    waiting = (await _told(amqp_url, venue, bad))["data"]
    assert (waiting["status"], waiting["errors"], waiting["parked_at"]) == ("deferred", [], None)
    assert waiting["due_at"] is not None
    await database.execute("UPDATE deferred_command SET due_at = now()")
    await ended(parked, row["id"], "parked")
    assert (await _told(amqp_url, venue, bad))["data"]["status"] == "parked"


# Else a worker decides it before anybody can ask.
NOT_YET = """
CREATE FUNCTION not_yet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.due_at := now() + interval '1 hour';
    RETURN NEW;
END $$;
CREATE TRIGGER not_yet BEFORE INSERT ON deferred_command FOR EACH ROW EXECUTE FUNCTION not_yet();
"""
