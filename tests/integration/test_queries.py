"""Queries over the broker: what is asked is answered, within the tenant, whatever else goes on."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from tests.integration.test_deferral import later
from tests.support.asking import Ask, asking, query
from tests.support.bus import Bus
from tests.support.command_line import run
from tests.support.commands import Venue, new_id
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from tests.unit.checks import schema_errors
from worker.local import Services

PLANTED = "sk_live_51PLANTEDcredentialQ7"
TYPES = [
    "venue.get",
    "venue.layout.get",
    "venue.staff.list",
    "venue.access.check",
    "venue.history",
    "venue.command.get",
]


async def _furnished(bus: Bus) -> tuple[Venue, str, dict[str, Any]]:
    """Make a venue with something of everything; return it, its layout, and its first command."""
    venue, layout_id = Venue(), new_id()
    first = {**venue.create_complete(), "actorid": "ann"}
    rows = [{"label": f"R{n}", "seats": {"from": 1, "to": 40}} for n in range(40)]
    sections = [{"label": f"S{n}", "rows": rows} for n in range(50)]
    commands = [
        first,
        venue.update(capacity={"max": 100_000}),
        venue.to("staff.add", {"user_id": "bob", "role": "box_office"}),
        venue.to("settings.update", {"ticketing": {"max_tickets_per_order": 3}}),
        venue.to("hours.set", {"weekly": [
            {"day_of_week": day, "opens": "00:00", "closes": "24:00"} for day in DAYS
        ]}),
        venue.to("layout.add", {
            "layout_id": layout_id, "name": "All", "kind": "fixed", "sections": sections,
        }),
        venue.to("integration.connect", {
            "kind": "stripe", "credentials": {"secret_key": PLANTED},
        }),
        venue.to("document.submit", {"kind": "w9", "sha256": "ab" * 32}),
    ]  # fmt: skip
    for command in commands:
        reply = await bus.ask(command)
        assert reply["status"] == "applied", reply
    return venue, layout_id, first


DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


async def test_what_there_is_to_know(ask: Ask, the_bus: Bus) -> None:
    """Each query answers with what the commands before it have made, and with no credential."""
    venue, layout_id, first = await _furnished(the_bus)

    async def data(type_: str, asked: Any = None) -> Any:
        answer = await ask(query(type_, venue.tenant, venue.id, asked))
        assert (answer["status"], answer["errors"]) == ("ok", []), answer
        assert PLANTED not in json.dumps(answer)
        assert schema_errors(f"queries/{type_}.answer.json", answer) == []
        return answer["data"]

    whole = await data("venue.get")
    assert (whole["venue"]["id"], whole["version"]) == (venue.id, 8)
    assert whole["settings"]["ticketing"]["max_tickets_per_order"] == 3
    assert whole["hours"]["open_now"] is True
    assert whole["integrations"][0]["credential_names"] == ["secret_key"]
    assert whole["documents"][0]["status"] == "submitted"
    assert [layout["places"]["seats"] for layout in whole["layouts"]] == [80_000]
    assert "sections" not in whole["layouts"][0]
    staff = (await data("venue.staff.list"))["staff"]
    assert [(one["user_id"], one["role"]) for one in staff] == [
        ("ann", "owner"),
        ("bob", "box_office"),
    ]
    assert staff[0]["effective_permissions"] == ["*"]
    for permission, allowed in (("tickets:sell", True), ("settings:update", False)):
        asked = {"user_id": "bob", "permission": permission}
        assert (await data("venue.access.check", asked))["allowed"] is allowed
    changes = (await data("venue.history", {"limit": 100}))["changes"]
    assert [change["version"] for change in changes] == list(range(8, 0, -1))
    assert changes[-1]["command_id"] == first["id"]
    outcome = await data("venue.command.get", {"command_id": first["id"]})
    assert (outcome["status"], outcome["version"]) == ("applied", 1)
    kept = await data("venue.layout.get", {"layout_id": layout_id, "section": "S7"})
    assert [section["label"] for section in kept["layout"]["sections"]] == ["S7"]


async def test_80_000_seats_in_pages(ask: Ask, the_bus: Bus) -> None:
    """Every seat is told once, in pages, with an id of its own."""
    venue, layout_id, _ = await _furnished(the_bus)
    guids: list[str] = []
    asked: dict[str, Any] = {"layout_id": layout_id, "seats": True, "limit": 5000}
    while True:
        answer = await ask(query("venue.layout.get", venue.tenant, venue.id, asked))
        guids += [seat["seat_guid"] for seat in answer["data"]["seats"]]
        asked["cursor"] = answer["data"]["next_cursor"]
        if asked["cursor"] is None:
            break
    assert len(guids) == len(set(guids)) == 80_000


async def test_tenants_are_apart(ask: Ask, the_bus: Bus) -> None:
    """For another tenant there is no such venue, and no such command."""
    venue, layout_id, first = await _furnished(the_bus)
    known = {
        "layout_id": layout_id,
        "user_id": "ann",
        "permission": "venue:read",
        "command_id": first["id"],
    }
    wanted = {
        "venue.layout.get": ["layout_id"],
        "venue.access.check": ["user_id", "permission"],
        "venue.command.get": ["command_id"],
    }
    for type_ in TYPES:
        data = {name: known[name] for name in wanted.get(type_, [])}
        answer = await ask(query(type_, new_id(), venue.id, data))
        assert answer["data"] is None
        assert answer["errors"][0]["code"] in ("venue_not_found", "not_found"), answer


async def test_who_may_ask(ask: Ask, the_bus: Bus) -> None:
    """An actor needs a role at the venue; of the staff anybody may ask."""
    venue, _, _ = await _furnished(the_bus)
    for actor, status in (("eve", "error"), ("bob", "ok")):
        answer = await ask({**query("venue.get", venue.tenant, venue.id), "actorid": actor})
        assert answer["status"] == status


async def test_what_became_of_commands(ask: Ask, the_bus: Bus) -> None:
    """Waiting, parked and refused commands are told as such."""
    venue = Venue()
    waits = {**venue.create(), "notbefore": later()}
    bad = {**venue.create(), "data": {"name": "x"}}
    refused = venue.to("activate")
    expected = {"deferred": waits, "parked": bad, "rejected": refused}
    for command in expected.values():
        await the_bus.ask(command)
    for status, command in expected.items():
        asked = {"command_id": command["id"]}
        answer = await ask(query("venue.command.get", venue.tenant, None, asked))
        assert answer["data"]["status"] == status


async def test_deleted_venues(ask: Ask, the_bus: Bus) -> None:
    """A deleted venue is not found; its history is."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await the_bus.ask(venue.to("delete"))
    gone = await ask(query("venue.get", venue.tenant, venue.id))
    assert gone["errors"][0]["code"] == "venue_not_found"
    changes = (await ask(query("venue.history", venue.tenant, venue.id)))["data"]["changes"]
    assert [change["type"] for change in changes] == ["venue.deleted", "venue.created"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "invalid_json"),
        (b"{}", "invalid_envelope"),
        (b"x" * 70_000, "too_large"),
        (query("venue.sing", new_id()), "unknown_type"),
        (query("venue.get", new_id(), None), "invalid_envelope"),
        (query("venue.history", new_id(), new_id(), {"limit": 0}), "invalid_data"),
        (query("venue.history", new_id(), new_id(), {"unknown": 1}), "invalid_data"),
    ],
)
async def test_what_is_no_query(ask: Ask, body: Any, code: str) -> None:
    """It is answered with what is wrong."""
    answer = await ask(body)
    assert (answer["status"], answer["data"]) == ("error", None)
    assert answer["errors"][0]["code"] == code


async def test_a_bogus_reply_to_hurts_nobody(ask: Ask, the_bus: Bus) -> None:
    """Queries that cannot be answered harm neither later queries nor commands."""
    venue = Venue()
    await the_bus.ask(venue.create())
    for reply_to in ("amq.rabbitmq.reply-to.g1h2AAAA.bogus", "no.such.queue", "venue.commands.0"):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await ask(query("venue.get", venue.tenant, venue.id), reply_to=reply_to)
        assert (await ask(query("venue.get", venue.tenant, venue.id)))["status"] == "ok"
        assert (await the_bus.ask(venue.update(description=reply_to)))["status"] == "applied"


async def test_the_database_is_away(
    ask: Ask, the_bus: Bus, database: asyncpg.Connection, real: Services
) -> None:
    """There is an answer that says so; once it is back, queries are answered."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await asyncio.to_thread(real.database.stop)
    try:
        away = await ask(query("venue.get", venue.tenant, venue.id))
    finally:
        await asyncio.to_thread(real.database.start)
    assert (away["status"], away["errors"][0]["code"]) == ("error", "internal")

    async def answered() -> bool:
        answer = await ask(query("venue.get", venue.tenant, venue.id))
        return bool(answer["status"] == "ok")

    await until(answered, "queries are answered again")


async def test_the_broker_restarts(
    worker: WorkerProcess, the_bus: Bus, amqp_url: str, real: Services
) -> None:
    """After a restart of the broker queries are answered again, and the worker ends in order."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await asyncio.to_thread(real.broker.stop)
    await asyncio.to_thread(real.broker.start)

    async def answered() -> bool:
        with suppress(Exception):
            async with asyncio.timeout(5), asking(amqp_url) as one:
                answer = await one(query("venue.get", venue.tenant, venue.id))
                return bool(answer["status"] == "ok")
        return False

    await until(answered, "queries are answered again")
    assert await worker.stop() == 0


async def test_somebody_deletes_the_queue(ask: Ask, the_bus: Bus) -> None:
    """It is declared again and consumed, and commands go on."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await the_bus.channel.queue_delete("venue.queries")

    async def answered() -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                answer = await ask(query("venue.get", venue.tenant, venue.id))
                return bool(answer["status"] == "ok")
        return False

    await until(answered, "queries are answered again", 45)
    assert (await the_bus.ask(venue.update(description="goes on")))["status"] == "applied"


async def test_by_the_command_line(worker: WorkerProcess, the_bus: Bus, amqp_url: str) -> None:
    """`venue-worker query` prints the answer; one that is an error has status 1."""
    venue = Venue()
    await the_bus.ask(venue.create())
    words = ("query", "venue.get", "--tenant", venue.tenant, "--venue")
    found = await run(*words, venue.id, "--json", VENUE_AMQP_URL=amqp_url)
    assert found.status == 0, found.errors
    assert found.documents()[0]["data"]["venue"]["id"] == venue.id
    missing = await run(*words, new_id(), VENUE_AMQP_URL=amqp_url)
    assert (missing.status, "venue_not_found" in missing.output + missing.errors) == (1, True)
