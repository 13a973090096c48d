"""Messages in, messages out: the contract's sections 1 and 2 on real services."""

import asyncio
import json

import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Venue, new_id
from tests.support.opened import opened
from tests.support.process import WorkerProcess
from tests.support.waiting import until


async def test_a_venues_life(worker: WorkerProcess, the_bus: Bus) -> None:
    """Each lifecycle command is applied, replied to, and makes its event with the next version."""
    venue = Venue()
    life = [
        venue.create_complete(),
        venue.update(description="An old ballpark"),
        venue.to("activate"),
        venue.to("deactivate", {"reason": "winter"}),
        venue.to("activate"),
        venue.to("suspend", {"reason": "papers"}),
        venue.to("activate"),
        venue.to("close", {"reason": "sold"}),
        venue.to("delete"),
    ]
    replies = [await the_bus.ask(command) for command in life]
    assert [reply["status"] for reply in replies] == ["applied"] * len(life), replies
    assert [reply["version"] for reply in replies] == list(range(1, len(life) + 1))
    events = await the_bus.events_of(venue.id, len(life))
    assert [event["type"] for event in events] == [
        "venue.created", "venue.updated", "venue.activated", "venue.deactivated",
        "venue.activated", "venue.suspended", "venue.activated", "venue.closed", "venue.deleted",
    ]  # fmt: skip
    assert [event["venueversion"] for event in events] == list(range(1, len(life) + 1))
    assert [event["causationid"] for event in events] == [command["id"] for command in life]
    assert events[3]["data"]["venue"]["status_reason"] == "winter"


async def test_a_resend_has_no_second_effect(worker: WorkerProcess, the_bus: Bus) -> None:
    """Same id, same content: the first outcome, `duplicate`, whatever else differs."""
    venue = Venue()
    create = venue.create()
    first = await the_bus.ask(create)
    resend = {
        **create,
        "time": "2020-01-01T00:00:00Z",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    second = await the_bus.ask(resend, app_id="somebody")
    assert second == {**first, "duplicate": True}
    conflict = await the_bus.ask({**create, "data": {**create["data"], "name": "Other"}})
    assert (conflict["status"], conflict["duplicate"]) == ("rejected", False)
    assert conflict["errors"][0]["code"] == "idempotency_conflict"
    await the_bus.ask(venue.update(name="Last"))
    events = await the_bus.events_of(venue.id, 2)
    assert [event["type"] for event in events] == ["venue.created", "venue.updated"]


async def test_resends_within_one_batch(worker: WorkerProcess, the_bus: Bus) -> None:
    """Copies that arrive together have one effect and as many replies."""
    venue = Venue()
    create = venue.create()
    replies = await asyncio.gather(*(the_bus.ask(create) for _ in range(20)))
    assert sorted(reply["duplicate"] for reply in replies) == [False] + [True] * 19
    assert {reply["status"] for reply in replies} == {"applied"}


async def test_a_refusal_is_told_to_all(worker: WorkerProcess, the_bus: Bus) -> None:
    """A rejected command has its codes in the reply and in `venue.command.rejected`."""
    venue = Venue()
    await the_bus.ask(venue.create())
    activate = venue.to("activate", correlationid="order-31")
    reply = await the_bus.ask(activate)
    assert {error["field"] for error in reply["errors"]} == {
        "/capacity/max", "/address/city", "/timezone",
    }  # fmt: skip
    event = (await the_bus.events_of(venue.id, 2))[1]
    assert event["type"] == "venue.command.rejected"
    assert "venueversion" not in event
    assert event["correlationid"] == "order-31"
    assert event["data"]["command"]["id"] == activate["id"]
    assert event["data"]["errors"] == reply["errors"]


async def test_tenants_are_apart(worker: WorkerProcess, the_bus: Bus) -> None:
    """The same venue id in two tenants is two venues; neither sees the other's."""
    mine = Venue()
    theirs = Venue(id=mine.id)
    await the_bus.ask(mine.create("Mine"))
    assert (await the_bus.ask(theirs.update(name="X")))["errors"][0]["code"] == "venue_not_found"
    assert (await the_bus.ask(theirs.create("Mine")))["status"] == "applied"
    slugs = [event["data"]["venue"]["slug"] for event in the_bus.events if "venue" in event["data"]]
    assert slugs == ["mine", "mine"]


async def test_binary_mode(worker: WorkerProcess, the_bus: Bus) -> None:
    """Attributes as AMQP headers and the data alone in the body mean the same."""
    venue = Venue()
    create = venue.create()
    for prefix, content_type in (("cloudEvents:", "application/json"), ("cloudEvents_", None)):
        create = {**create, "id": new_id()}
        headers = {f"{prefix}{k}": v for k, v in create.items() if k not in ("data", "time")}
        body = json.dumps(create["data"]).encode()
        reply = await the_bus.ask(body, headers=headers, content_type=content_type)
        assert reply["command_id"] == create["id"]
        assert reply["status"] in ("applied", "rejected"), reply


async def test_what_is_not_understood_is_parked(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Parked whole and once, with reply and event; a corrected resend of the id runs."""
    venue = Venue()
    bad = {**venue.create(), "data": {"name": "No country", "address": {}}}
    reply = await the_bus.ask(bad, message_id="m-1")
    assert (reply["status"], reply["errors"][0]["code"]) == ("parked", "invalid_data")
    assert reply["errors"][0]["field"] == "/address/country"
    event = (await the_bus.events_of(venue.id, 1))[0]
    assert event["type"] == "venue.command.parked"
    row = await database.fetchrow("SELECT * FROM parked_command")
    assert row is not None
    assert json.loads(opened(row["body"])) == bad
    assert json.loads(row["properties"])["properties"]["message_id"] == "m-1"
    corrected = await the_bus.ask({**venue.create(), "id": bad["id"]})
    assert (corrected["status"], corrected["duplicate"]) == ("applied", False)


async def test_the_same_bad_message_again_is_seen_again(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Bytes that come again count as seen again, in one batch or another; one event at most."""
    for _ in range(5):
        await the_bus.send(b"\xff\x00 not json", message_id="the same one")

    async def times_seen() -> bool:
        seen: int = await database.fetchval("SELECT sum(times_seen) FROM parked_command")
        return seen == 5

    await until(times_seen, "five times seen")
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 1


async def test_slugs_of_one_name(worker: WorkerProcess, the_bus: Bus) -> None:
    """Venues of one name get numbered slugs; a deleted one's slug is free again, its id is not."""
    first = Venue()
    same = [first, *(Venue(tenant=first.tenant) for _ in range(3))]
    for venue in same:
        await the_bus.ask(venue.create("Memorial Stadium"))
    events = [event for event in the_bus.events if event["tenantid"] == first.tenant]
    assert [event["data"]["venue"]["slug"] for event in events] == [
        "memorial-stadium", "memorial-stadium-2", "memorial-stadium-3", "memorial-stadium-4",
    ]  # fmt: skip
    await the_bus.ask(same[1].to("delete"))
    again = Venue(tenant=first.tenant)
    await the_bus.ask(again.create("Memorial Stadium"))
    created = (await the_bus.events_of(again.id, 1))[0]
    assert created["data"]["venue"]["slug"] == "memorial-stadium-2"
    reused = await the_bus.ask(same[1].create("Other"))
    assert reused["errors"][0]["code"] == "venue_exists"


async def test_the_creator_owns(worker: WorkerProcess, the_bus: Bus) -> None:
    """Whoever created a venue may change it, a stranger may not; only the platform suspends."""
    venue = Venue()
    await the_bus.ask({**venue.create(), "actorid": "ann"})
    stranger = await the_bus.ask({**venue.update(name="X"), "actorid": "bob"})
    assert stranger["errors"][0]["code"] == "forbidden"
    owner = await the_bus.ask({**venue.update(name="Y"), "actorid": "ann"})
    assert owner["status"] == "applied"
    suspend = await the_bus.ask(venue.to("suspend", {"reason": "x"}, actorid="ann"))
    assert suspend["errors"][0]["code"] == "forbidden"


async def test_a_bogus_reply_address_hurts_nobody(worker: WorkerProcess, the_bus: Bus) -> None:
    """Replies that cannot be delivered cost the others neither reply, nor event, nor delay."""
    venues = [Venue() for _ in range(60)]
    bogus = ["amq.rabbitmq.reply-to.g1h2AAAA.bogus", "no-such-queue", "amq.rabbitmq.reply-to.x"]
    asked = []
    for place, venue in enumerate(venues):
        if place % 2:
            await the_bus.send(venue.create(), reply_to=bogus[place % 3], correlation_id="x")
        else:
            asked.append(asyncio.create_task(the_bus.ask(venue.create())))
    replies = await asyncio.gather(*asked)
    assert {reply["status"] for reply in replies} == {"applied"}
    for venue in venues:
        await the_bus.events_of(venue.id, 1)
    assert await worker.status() == 200
