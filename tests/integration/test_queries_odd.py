"""Queries that no library of ours would send: each is answered or refused, at nobody's cost."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import aiormq
import asyncpg
import pytest
from pamqp.commands import Basic

from tests.support.asking import Ask, query
from tests.support.bus import Bus
from tests.support.commands import Venue, new_id
from tests.support.waiting import until
from worker.local import Services

MORE_THAN_AT_ONCE = 25


@pytest.fixture
def _any_mode(real: Services) -> Iterator[None]:
    """Let the client send delivery modes that AMQP does not know, as other clients do."""
    if "RabbitMQ 3." in real.broker.version:
        pytest.skip(
            "before RabbitMQ 4.0 the broker itself refuses other delivery modes than 1 and 2"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Basic.Properties, "validate", lambda _: None)
        yield


async def _publish(url: str, exchange: str, body: bytes, count: int, **properties: Any) -> None:
    async with await aiormq.connect(url) as connection:
        channel = await connection.channel()
        for _ in range(count):
            await channel.basic_publish(
                body,
                exchange=exchange,
                routing_key="x",
                properties=Basic.Properties(**properties),
            )


@pytest.mark.usefixtures("_any_mode")
async def test_delivery_modes_that_there_are_not(ask: Ask, the_bus: Bus, amqp_url: str) -> None:
    """A query is answered whatever its delivery mode is, and none holds up those behind it."""
    venue = Venue()
    await the_bus.ask(venue.create())
    one = json.dumps(query("venue.get", venue.tenant, venue.id)).encode()
    for mode in (0, 3, 255):
        properties = {"delivery_mode": mode, "priority": 255, "reply_to": "nowhere"}
        await _publish(amqp_url, "venue.queries", one, MORE_THAN_AT_ONCE, **properties)
        assert (await ask(query("venue.get", venue.tenant, venue.id)))["status"] == "ok"


@pytest.mark.usefixtures("_any_mode", "worker")
async def test_a_parked_command_keeps_its_mode(
    the_bus: Bus, amqp_url: str, database: asyncpg.Connection
) -> None:
    """What a command is parked with is what was sent, not what it was read as."""
    await _publish(amqp_url, "venue.commands", b"no json", 1, delivery_mode=3)
    kept = "SELECT properties -> 'properties' ->> 'delivery_mode' FROM parked_command"
    assert await until(lambda: database.fetchval(kept), "it is parked") == "3"


def _cursor(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _refused(answer: Any) -> bool:
    (error,) = answer["errors"]
    return bool((error["code"], error["field"]) == ("invalid_data", "/cursor"))


NUMBERS = [-99999999999, -5, 0, True, False, None, 1.0, 10**30, "2"]


async def test_cursors_of_a_history_that_nobody_wrote(ask: Ask, the_bus: Bus) -> None:
    """A cursor that this service has not written is refused, and not read as an end."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await the_bus.ask(venue.update(description="second"))
    places: list[list[Any]] = [[number] for number in (*NUMBERS, 1, 3)]
    for place in (*places, [], [2, 2], ["a"]):
        asked = {"cursor": _cursor(*place)}
        assert _refused(await ask(query("venue.history", venue.tenant, venue.id, asked))), place
    first = await ask(query("venue.history", venue.tenant, venue.id, {"limit": 1}))
    asked = {"cursor": first["data"]["next_cursor"]}
    rest = await ask(query("venue.history", venue.tenant, venue.id, asked))
    assert [change["version"] for change in rest["data"]["changes"]] == [1]


async def test_cursors_of_seats_that_nobody_wrote(ask: Ask, the_bus: Bus) -> None:
    """The same for the seats of a layout, whose cursors name the plan and the section too."""
    venue, layout_id = Venue(), new_id()
    rows = [{"label": "A", "seats": {"from": 1, "to": 4}}]
    layout = {"layout_id": layout_id, "name": "All", "kind": "fixed"}
    sections = [{"label": "S", "rows": rows}]
    await the_bus.ask(venue.create_complete())
    await the_bus.ask(venue.to("layout.add", {**layout, "sections": sections}))

    async def page(cursor: str | None) -> Any:
        asked = {"layout_id": layout_id, "seats": True, "limit": 2, "cursor": cursor}
        return await ask(query("venue.layout.get", venue.tenant, venue.id, asked))

    second = (await page(None))["data"]["next_cursor"]
    _, mark, _ = json.loads(base64.urlsafe_b64decode(second + "=="))
    for number in (*NUMBERS, 4, 5):
        assert _refused(await page(_cursor(number, mark, None))), number
    for place in ([2, mark], [2, mark, "S"], [2, None, None]):
        assert _refused(await page(_cursor(*place))), place
    changed = await page(_cursor(2, "another plan", None))
    assert changed["errors"][0]["code"] == "version_conflict"
    last = (await page(second))["data"]
    assert ([seat["label"] for seat in last["seats"]], last["next_cursor"]) == (["3", "4"], None)
