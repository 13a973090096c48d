"""Messages that no well-behaved library would write cost the others nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg
import pytest
from pamqp import encode
from pamqp.header import ContentHeader

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import until

MARK = b"MARKMARK"
Forge = Callable[[bytes], None]


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Forge:
    """Replace the mark in the properties of what is published by other bytes, as many."""
    written: list[bytes] = [MARK]
    marshal = ContentHeader.marshal

    def forged(header: ContentHeader) -> bytes:
        return marshal(header).replace(MARK, written[0])

    monkeypatch.setattr(ContentHeader, "marshal", forged)
    return lambda replacement: written.__setitem__(0, replacement)


@pytest.mark.parametrize("property_name", ["content_type", "correlation_id", "type", "app_id"])
async def test_properties_that_are_not_utf_8(
    worker: WorkerProcess, the_bus: Bus, forge: Forge, property_name: str
) -> None:
    """Odd AMQP properties never matter more than the envelope."""
    forge(b"\xff\xfe\xfd\xfc" * 2)
    venue = Venue()
    await the_bus.send(venue.create(), **{property_name: MARK.decode()})
    assert (await the_bus.events_of(venue.id, 1))[0]["type"] == "venue.created"


async def test_a_timestamp_that_no_calendar_has(
    worker: WorkerProcess, the_bus: Bus, forge: Forge
) -> None:
    """A publisher's nanoseconds where AMQP has seconds."""
    forge((2**62).to_bytes(8, "big"))
    venue = Venue()
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(encode.METHODS, "timestamp", lambda _: MARK)
        await the_bus.send(venue.create(), timestamp=moment)
    await the_bus.events_of(venue.id, 1)


async def test_nul_in_binary_attributes(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A header that PostgreSQL could not keep is refused before it gets there."""
    venue = Venue()
    create = {**venue.create(), "actorid": "a\0b"}
    headers = {f"cloudEvents:{k}": v for k, v in create.items() if k != "data"}
    reply = await the_bus.ask(b"{}", headers=headers, content_type="application/json")
    assert (reply["status"], reply["errors"][0]["code"]) == ("parked", "invalid_envelope")
    assert (await the_bus.ask(venue.create()))["status"] == "applied"


async def test_a_deleted_queue_comes_back(worker: WorkerProcess, the_bus: Bus) -> None:
    """A worker whose queue is deleted declares it again and goes on."""
    await the_bus.channel.queue_delete("venue.commands.0")
    taking = '"event": "taking commands"'
    await until(lambda: worker.log.read_text().count(taking) == 2, "it takes commands again")
    await worker.ready()
    assert (await the_bus.ask(Venue().create()))["status"] == "applied"
