"""What operators do with parked commands while a worker runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic_core import to_json

from tests.integration.test_deferral import count, later
from tests.integration.test_isolation import REFUSE_ONE
from tests.support.bus import Bus
from tests.support.command_line import Ended, run
from tests.support.commands import Document, Venue, new_id
from tests.support.process import WorkerProcess
from tests.support.waiting import until

Parked = Callable[..., Any]


@pytest.fixture
def parked(database_url: str) -> Parked:
    """`venue-worker parked` on the test's database."""

    async def run_parked(*words: str) -> Ended:
        return await run("parked", *words, VENUE_DATABASE_URL=database_url)

    return run_parked


async def ended(parked: Parked, parked_id: str, status: str) -> dict[str, Any]:
    """Wait until a parked command has a status; return it whole."""

    async def found() -> dict[str, Any] | None:
        row: dict[str, Any] = (await parked("show", parked_id, "--json")).documents()[0]
        return row if row["status"] == status else None

    return dict(await until(found, f"it is {status}"))


@pytest.fixture
def replay_edited(parked: Parked, tmp_path: Path) -> Parked:
    """`parked replay ID` with another body, and what more is asked for."""

    async def run_replay(parked_id: str, body: Document, *more: str) -> Ended:
        file = tmp_path / "edited.json"
        file.write_bytes(to_json(body))
        ended_with: Ended = await parked("replay", parked_id, "--edit", str(file), *more)
        return ended_with

    return run_replay


async def only(parked: Parked, *filters: str) -> dict[str, Any]:
    """Return the one parked command there is."""
    (row,) = (await parked("list", "--json", *filters)).documents()
    return dict(row)


async def test_a_replay_after_an_edit(
    worker: WorkerProcess,
    the_bus: Bus,
    database: asyncpg.Connection,
    parked: Parked,
    replay_edited: Parked,
) -> None:
    """The corrected message is decided like a new one; who did what stands in the audit."""
    venue = Venue()
    good = venue.create()
    bad = {**good, "data": {"name": "Fenway Park"}}
    assert (await the_bus.ask(bad))["status"] == "parked"
    row = await only(parked)
    done = await replay_edited(row["id"], good, "--note", "country", "--by", "ann")
    assert (done.status, done.errors) == (0, "")
    whole = await ended(parked, row["id"], "replayed")
    assert [(line["by"], line["action"], line["note"]) for line in whole["history"]] == [
        ("ann", "replay", "country"),
        ("venue-worker", "finished", None),
    ]
    assert whole["history"][1]["detail"]["result"] == "applied"
    events = await the_bus.events_of(venue.id, 2)
    assert [event["type"] for event in events] == ["venue.command.parked", "venue.created"]
    assert (await the_bus.ask(good))["duplicate"] is True
    assert not (await parked("list", "--json")).output


async def test_a_replay_keeps_idempotency(
    worker: WorkerProcess,
    the_bus: Bus,
    database: asyncpg.Connection,
    parked: Parked,
    replay_edited: Parked,
) -> None:
    """A parked command whose id has run since is that duplicate, or that conflict."""
    venue = Venue()
    good = venue.create()
    await the_bus.ask({**good, "data": {"name": "Fenway Park"}})
    assert (await the_bus.ask(good))["status"] == "applied"
    row = await only(parked)
    for body, result in ((good, "applied"), ({**good, "actorid": "x"}, "rejected")):
        await database.execute("UPDATE parked_command SET status = 'parked', closed_at = NULL")
        assert (await replay_edited(row["id"], body)).status == 0
        whole = await ended(parked, row["id"], "replayed")
        assert whole["history"][-1]["detail"]["result"] == result
    assert await count(database, "venue_event") == 2  # parked and created
    assert await count(database, "command_outcome") == 1


async def test_more_than_a_step_of_them(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, parked: Parked
) -> None:
    """Hundreds are handed on in steps, each command once, though the first are parked again."""
    await the_bus.send_all([f"bad {n}".encode() for n in range(1100)])
    await until(lambda: parked_count(database, 1100), "all are parked")
    done = await parked("replay", "--all")
    assert done.output.splitlines()[-1].startswith("1100 "), done
    await until(lambda: parked_count(database, 1100), "all are parked again")
    assert await database.fetchval("SELECT sum(times_seen) FROM parked_command") == 2200


async def test_a_replay_that_is_still_bad(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, parked: Parked
) -> None:
    """It is parked as before and seen once more; replaying all of them ends all the same."""
    await the_bus.send_all([f"bad {n}".encode() for n in range(3)])
    await until(lambda: parked_count(database, 3), "three are parked")
    assert (await parked("replay", "--all")).output.startswith("3 ")
    await until(lambda: parked_count(database, 3), "three are parked again")
    rows = (await parked("list", "--json", "--reason", "invalid_json")).documents()
    assert [row["times_seen"] for row in rows] == [2, 2, 2]
    assert await count(database, "venue_event") == 0
    assert await count(database, "deferred_command") == 0


async def parked_count(database: asyncpg.Connection, wanted: int) -> bool:
    """Tell whether so many wait for an operator."""
    query = "SELECT count(*) FROM parked_command WHERE status = 'parked'"
    return bool(await database.fetchval(query) == wanted)


async def test_all_of_a_reason_in_order(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    parked: Parked,
) -> None:
    """Commands that failed by our fault are replayed together, in the order they came."""
    await database.execute(REFUSE_ONE % "check_violation")
    one = new_worker(VENUE_ATTEMPTS="1")
    one.start()
    await one.ready()
    venues = [Venue() for _ in range(30)]
    await the_bus.send_all([venue.create("cursed") for venue in venues])
    await the_bus.send(b"bad")
    await until(lambda: parked_count(database, 31), "all are parked")
    await database.execute("DROP TRIGGER refuse_one ON venue")
    assert (await parked("replay", "--reason", "internal")).output.startswith("30 ")
    for venue in venues:
        assert (await the_bus.events_of(venue.id, 2))[1]["type"] == "venue.created"
    order = [event["subject"] for event in the_bus.events if event["type"] == "venue.created"]
    rows = await database.fetch(
        "SELECT command_id FROM parked_command WHERE tenant_id IS NOT NULL ORDER BY id"
    )
    created = await database.fetch(
        "SELECT command_id, venue_id FROM venue_event WHERE type = 'venue.created'"
    )
    venue_of = {row["command_id"]: str(row["venue_id"]) for row in created}
    assert order == [venue_of[row["command_id"]] for row in rows]
    assert (await only(parked))["reason"] == "invalid_json"


async def test_discarding(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, parked: Parked
) -> None:
    """A discarded message is listed no more, takes a note, and counts again if it comes again."""
    await the_bus.send(b"bad", message_id="the same")
    await until(lambda: parked_count(database, 1), "it is parked")
    row = await only(parked)
    assert (await parked("discard", row["id"])).status != 0  # no note
    assert (await parked("discard", row["id"], "--note", "a test's")).status == 0
    assert not (await parked("list", "--json")).output
    assert (await only(parked, "--status", "discarded"))["id"] == row["id"]
    again = await parked("discard", row["id"], "--note", "again")
    assert (again.status, "not parked" in again.errors) == (1, True)
    await the_bus.send(b"bad", message_id="the same")
    await until(lambda: parked_count(database, 1), "it is parked again")
    assert (await only(parked))["times_seen"] == 2


async def test_what_cannot_be_done(
    parked: Parked, database: asyncpg.Connection, tmp_path: Path
) -> None:
    """Nothing is done by mistake: each of these is one sentence and a status of 1."""
    nobody = "00000000-0000-7000-8000-000000000000"
    for words, sentence in [
        (["replay"], "name the ids"),
        (["replay", nobody], "not parked"),
        (["replay", "--all"], "no parked command fits"),
        (["replay", "--all", "--edit", str(tmp_path)], "takes the id"),
        (["replay", nobody, "--edit", str(tmp_path / "none")], "cannot read"),
        (["show", nobody], "there is no parked command"),
    ]:
        done = await parked(*words)
        assert (done.status, sentence in done.errors) == (1, True), done
        assert "Traceback" not in done.errors


async def test_a_replay_of_odd_properties(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, parked: Parked
) -> None:
    """Binary mode, with attributes as bytes, is replayed as it came."""
    await database.execute(REFUSE_ONE % "check_violation")
    venue = Venue()
    create = venue.create("cursed")
    headers = {f"cloudEvents:{k}": v for k, v in create.items() if k != "data"}
    headers["cloudEvents:tenantid"] = bytearray(venue.tenant.encode())
    await the_bus.send(to_json(create["data"]), headers=headers, content_type="application/json")
    await until(lambda: has_waiting(database), "it waits")
    await database.execute("DROP TRIGGER refuse_one ON venue")
    await database.execute("UPDATE deferred_command SET due_at = now()")
    assert (await the_bus.events_of(venue.id, 1))[0]["type"] == "venue.created"


async def has_waiting(database: asyncpg.Connection) -> bool:
    """Tell whether a command is deferred."""
    return await count(database, "deferred_command") == 1


async def test_a_replay_of_what_is_deferred_by_now(
    worker: WorkerProcess,
    the_bus: Bus,
    database: asyncpg.Connection,
    parked: Parked,
    replay_edited: Parked,
) -> None:
    """It is that duplicate, and done with; the deferred command is not touched."""
    venue = Venue()
    good = {**venue.create(), "notbefore": later()}
    await the_bus.ask({**good, "data": {"name": "Fenway Park"}})
    assert (await the_bus.ask(good))["status"] == "deferred"
    row = await only(parked)
    await replay_edited(row["id"], good)
    whole = await ended(parked, row["id"], "replayed")
    assert whole["history"][-1]["detail"]["result"] == "deferred"
    assert await count(database, "deferred_command") == 1


async def test_a_replay_that_is_deferred_and_cancelled(
    worker: WorkerProcess,
    the_bus: Bus,
    database: asyncpg.Connection,
    parked: Parked,
    replay_edited: Parked,
) -> None:
    """Its history ends with the cancellation."""
    venue = Venue()
    good = {**venue.create(), "notbefore": later()}
    await the_bus.ask({**good, "data": {"name": "Fenway Park"}})
    row = await only(parked)
    await replay_edited(row["id"], good)
    await until(lambda: has_waiting(database), "it waits")
    await ended(parked, row["id"], "replaying")
    cancel = venue.to("command.cancel", {"command_id": good["id"]})

    async def cancelled() -> bool:
        return bool((await the_bus.ask({**cancel, "id": new_id()}))["status"] == "applied")

    await until(cancelled, "it is deferred, and cancelled")
    whole = await ended(parked, row["id"], "replayed")
    assert whole["history"][-1]["detail"]["errors"][0]["code"] == "cancelled"
    assert await count(database, "deferred_command") == 0
