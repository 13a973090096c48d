"""Commands that wait: asked for later, cancelled, or failed and tried again."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from tests.integration.test_isolation import REFUSE_ONE
from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import until

NewWorker = Callable[..., WorkerProcess]


def later(seconds: float = 3600) -> str:
    """Return a time so far ahead."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def count(database: asyncpg.Connection, table: str) -> int:
    """Return the number of rows."""
    return int(await database.fetchval(f"SELECT count(*) FROM {table}"))


async def final_reply(the_bus: Bus, command: Document) -> Document:
    """Wait for the second reply to a command."""

    def found() -> Document | None:
        replies = [r for r in the_bus.replies if r["command_id"] == command["id"]]
        return replies[1] if len(replies) > 1 else None

    return dict(await until(found, "the final reply"))


async def test_a_command_waits_for_its_time(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """It is answered `deferred`, overtaken by later ones, and decided when it is due."""
    venue = Venue()
    await the_bus.ask(venue.create())
    waiting = {**venue.update(description="later"), "notbefore": later(3)}
    first = await the_bus.ask(waiting)
    assert (first["status"], first["duplicate"], first["version"]) == ("deferred", False, None)
    again = await the_bus.ask(waiting)
    assert (again["status"], again["duplicate"]) == ("deferred", True)
    other = await the_bus.ask({**waiting, "data": {"description": "other"}})
    assert other["errors"][0]["code"] == "idempotency_conflict"
    assert (await the_bus.ask(venue.update(dress_code="none")))["version"] == 2
    deferred = (await the_bus.events_of(venue.id, 3))[2]
    assert deferred["causationid"] == waiting["id"]
    due = datetime.fromisoformat(waiting["notbefore"])
    assert datetime.fromisoformat(deferred["time"]) >= due
    last = await the_bus.ask(waiting)
    assert (last["status"], last["duplicate"], last["version"]) == ("applied", True, 3)
    assert await count(database, "deferred_command") == 0


async def test_the_final_reply(worker: WorkerProcess, the_bus: Bus) -> None:
    """Who asked for a reply gets `deferred` now and the outcome later, to the same queue."""
    venue = Venue()
    command = {**venue.create(), "notbefore": later(2)}
    assert (await the_bus.ask(command))["status"] == "deferred"
    final = await final_reply(the_bus, command)
    assert (final["status"], final["duplicate"], final["version"]) == ("applied", False, 1)


async def test_it_survives_the_worker(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A command deferred by one worker is decided by the next."""
    one = new_worker()
    one.start()
    await one.ready()
    venue = Venue()
    await the_bus.ask({**venue.create(), "notbefore": later()})
    one.kill()
    await database.execute("UPDATE deferred_command SET due_at = now()")
    one.start()
    assert (await the_bus.events_of(venue.id, 1))[0]["type"] == "venue.created"


async def test_cancelling(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A cancelled command is rejected as such, for good; what is not deferred cannot be."""
    venue = Venue()
    await the_bus.ask(venue.create())
    waiting = {**venue.update(description="later"), "notbefore": later()}
    await the_bus.ask(waiting)
    cancel = venue.to("command.cancel", {"command_id": waiting["id"]})
    assert (await the_bus.ask(cancel))["status"] == "applied"
    final = await final_reply(the_bus, waiting)
    assert (final["status"], final["errors"][0]["code"]) == ("rejected", "cancelled")
    _, event = await the_bus.events_of(venue.id, 2)
    assert (event["type"], event["causationid"]) == ("venue.command.rejected", waiting["id"])
    assert event["data"]["errors"][0]["code"] == "cancelled"
    resent = await the_bus.ask(waiting)
    assert (resent["duplicate"], resent["errors"][0]["code"]) == (True, "cancelled")
    again = await the_bus.ask(venue.to("command.cancel", {"command_id": waiting["id"]}))
    assert again["errors"][0] == {**again["errors"][0], "code": "not_found", "field": "/command_id"}
    assert await count(database, "deferred_command") == 0


async def test_cancelling_in_the_same_batch(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A command, its repetition and its cancellation that come at once are decided in turn."""
    venues = [Venue() for _ in range(40)]
    load = []
    for venue in venues:
        waiting = {**venue.create(), "notbefore": later()}
        cancel = venue.to("command.cancel", {"command_id": waiting["id"]})
        load += [waiting, waiting, cancel]
    await the_bus.send_all(load)
    for venue in venues:
        event = (await the_bus.events_of(venue.id, 1))[0]
        assert event["data"]["errors"][0]["code"] == "cancelled"
    assert await count(database, "command_outcome") == 80
    assert await count(database, "deferred_command") == 0
    assert await count(database, "venue") == 0


async def test_who_may_cancel(worker: WorkerProcess, the_bus: Bus) -> None:
    """Whoever gave the command, whoever may give it, and the upstream service itself."""
    venue = Venue()
    await the_bus.ask({**venue.create(), "actorid": "owner"})
    suspend = {**venue.to("suspend", {"reason": "unpaid"}), "notbefore": later()}
    update = {**venue.update(description="x"), "actorid": "guest", "notbefore": later()}
    for command in (suspend, update):
        await the_bus.ask(command)

    async def cancelled(command: Document, actor: str | None) -> Any:
        cancel = venue.to("command.cancel", {"command_id": command["id"]}, actorid=actor)
        reply = await the_bus.ask(cancel)
        return reply["status"], [error["code"] for error in reply["errors"]]

    assert await cancelled(suspend, "owner") == ("rejected", ["forbidden"])
    assert await cancelled(update, "stranger") == ("rejected", ["forbidden"])
    assert await cancelled(update, "guest") == ("applied", [])
    assert await cancelled(suspend, None) == ("applied", [])


async def test_another_venues_command_cannot_be_cancelled(
    worker: WorkerProcess, the_bus: Bus
) -> None:
    """Neither from another venue of the tenant nor from another tenant."""
    venue = Venue()
    waiting = {**venue.create(), "notbefore": later()}
    await the_bus.ask(waiting)
    for other in (Venue(tenant=venue.tenant), Venue(id=venue.id)):
        reply = await the_bus.ask(other.to("command.cancel", {"command_id": waiting["id"]}))
        assert reply["errors"][0]["code"] == "not_found"


async def test_a_year_ahead_at_most(worker: WorkerProcess, the_bus: Bus) -> None:
    """What asks for more is parked as an invalid envelope."""
    reply = await the_bus.ask({**Venue().create(), "notbefore": later(400 * 86_400)})
    assert (reply["status"], reply["errors"][0]["code"]) == ("parked", "invalid_envelope")


async def test_a_failing_command_is_tried_again(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """It costs those behind it nothing, waits, and is applied once the cause is mended."""
    await database.execute(REFUSE_ONE % "check_violation")
    one = new_worker(VENUE_RETRY_SECONDS="1")
    one.start()
    await one.ready()
    good, bad = [Venue() for _ in range(20)], Venue()
    command = bad.create("cursed")
    asked = asyncio.create_task(the_bus.ask(command))
    await the_bus.send_all([venue.create() for venue in good])
    assert (await asked)["status"] == "deferred"
    for venue in good:
        await the_bus.events_of(venue.id, 1)
    error = await database.fetchval("SELECT error FROM deferred_command")
    assert "PermanentDatabaseError" in error
    await database.execute("DROP TRIGGER refuse_one ON venue")
    assert (await final_reply(the_bus, command))["status"] == "applied"
    assert await count(database, "parked_command") == 0


async def test_a_command_that_goes_on_failing_is_parked(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """After the last attempt it is parked with its traceback, and its id is free again."""
    await database.execute(REFUSE_ONE % "check_violation")
    one = new_worker(VENUE_RETRY_SECONDS="0.1", VENUE_ATTEMPTS="3")
    one.start()
    await one.ready()
    bad = Venue()
    command = bad.create("cursed")
    assert (await the_bus.ask(command))["status"] == "deferred"
    assert (await final_reply(the_bus, command))["status"] == "parked"
    parked = await database.fetchrow("SELECT * FROM parked_command")
    assert parked is not None
    assert (parked["reason"], parked["attempts"], parked["times_seen"]) == ("internal", 3, 1)
    assert "PermanentDatabaseError" in parked["traceback"]
    assert (await the_bus.events_of(bad.id, 1))[0]["type"] == "venue.command.parked"
    await database.execute("DROP TRIGGER refuse_one ON venue")
    assert (await the_bus.ask(command))["status"] == "applied"
    assert await count(database, "deferred_command") == 0


async def test_headers_that_look_like_ours(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Whatever a sender writes into headers, the command is decided when it is due."""
    odd: list[Any] = [{"base64": "a"}, {"base64": "YQ=="}, {"table": {"base64": 5}}, {"table": 1}]
    venues = [Venue() for _ in odd]
    for venue, header in zip(venues, odd, strict=True):
        headers = {"venue-id": venue.id, "x": header}
        await the_bus.send({**venue.create(), "notbefore": later(1)}, headers=headers)
    for venue in venues:
        assert (await the_bus.events_of(venue.id, 1))[0]["type"] == "venue.created"
    assert worker.running.poll() is None


async def test_properties_that_nobody_can_read(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A row that is broken is parked with its body, and costs the others nothing."""
    broken, good = Venue(), Venue()
    for venue in (broken, good):
        await the_bus.ask({**venue.create(), "notbefore": later()})
    spoil = "UPDATE deferred_command SET properties = '{}' WHERE venue_id = $1"
    await database.execute(spoil, broken.id)
    await database.execute("UPDATE deferred_command SET due_at = now()")
    assert (await the_bus.events_of(good.id, 1))[0]["type"] == "venue.created"
    await until(lambda: gone(database), "nothing waits any more")
    assert await database.fetchval("SELECT reason FROM parked_command") == "given_up"


async def gone(database: asyncpg.Connection) -> bool:
    """Tell whether no command is deferred."""
    return await count(database, "deferred_command") == 0
