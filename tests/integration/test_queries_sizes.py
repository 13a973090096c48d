"""Large answers: pages end by their bytes, and no more of them are made than can be sent."""

import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest

from tests.support.asking import Ask, query
from tests.support.bus import Bus
from tests.support.commands import Venue, new_id
from tests.support.outage import control_broker, cost
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.local import Services

MIB = 1024 * 1024
STADIUM = "\N{STADIUM}\N{VARIATION SELECTOR-16}"
ASKED, AT_ONCE = 30, 4
NONE, USUAL = "0.000001", "0.4"


async def _wordy(bus: Bus) -> tuple[Venue, dict[str, Any]]:
    """Make a venue whose 4,000 seats have long labels; return it, and what asks for the seats."""
    venue, layout_id = Venue(), new_id()
    seats = {"from": 100_000, "to": 101_999, "prefix": STADIUM * 10}
    rows = [{"label": f"{STADIUM * 20}{n}", "seats": seats} for n in range(2)]
    layout = {"layout_id": layout_id, "name": "All", "kind": "fixed"}
    sections = [{"label": STADIUM * 25, "rows": rows}]
    for command in (
        venue.create_complete(),
        venue.to("layout.add", {**layout, "sections": sections}),
    ):
        reply = await bus.ask(command)
        assert reply["status"] == "applied", reply
    return venue, {"layout_id": layout_id, "seats": True, "limit": 5000}


async def _pages(ask: Ask, type_: str, venue: Venue, asked: dict[str, Any]) -> list[Any]:
    """Every page, each of about 1 MiB at most."""
    pages: list[Any] = []
    while not pages or pages[-1]["next_cursor"] is not None:
        cursor = pages[-1]["next_cursor"] if pages else None
        answer = await ask(query(type_, venue.tenant, venue.id, {**asked, "cursor": cursor}))
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < 1.2 * MIB
        pages.append(answer["data"])
    return pages


async def test_a_page_of_seats_ends_by_its_bytes(ask: Ask, the_bus: Bus) -> None:
    """It is about 1 MiB at most, however long the labels are; the pages tell each seat once."""
    venue, asked = await _wordy(the_bus)
    pages = await _pages(ask, "venue.layout.get", venue, asked)
    guids = [seat["seat_guid"] for page in pages for seat in page["seats"]]
    assert len(guids) == len(set(guids)) == 4000


async def test_a_page_of_a_history_ends_by_its_bytes(ask: Ask, the_bus: Bus) -> None:
    """The same for changes with long reasons: the pages tell each version once."""
    venue = Venue()
    await the_bus.ask(venue.create_complete())
    await the_bus.ask(venue.to("activate"))
    reason = {"reason": "\N{STADIUM}" * 1000}
    verbs = (("deactivate", reason), ("suspend", reason), ("activate", None)) * 150
    commands = [venue.to(*verb) for verb in verbs]
    await the_bus.send_all(commands[:-1])
    assert (await the_bus.ask(commands[-1]))["version"] == len(commands) + 2
    pages = await _pages(ask, "venue.history", venue, {"limit": 500})
    versions = [change["version"] for page in pages for change in page["changes"]]
    assert versions == list(range(len(commands) + 2, 0, -1))


@pytest.fixture
async def broker(real: Services) -> AsyncIterator[Services]:
    """The services; the broker has its usual room again afterwards."""
    yield real
    await control_broker(real, "set_vm_memory_high_watermark", USUAL)


async def _waiting(real: Services) -> tuple[int, int]:
    columns = ("name", "messages_ready", "messages_unacknowledged")
    listed = await control_broker(real, "list_queues", "--no-table-headers", *columns)
    lines = [line.split("\t") for line in listed.splitlines()]
    return next((int(ready), int(taken)) for name, ready, taken in lines if name == "venue.queries")


async def _ask_during_an_alarm(
    broker: Services, worker: WorkerProcess, bus: Bus, reply_to: str
) -> None:
    """Have queries wait for a worker whose broker takes no answers, and let it have those."""
    venue, asked = await _wordy(bus)
    exchange = await bus.channel.get_exchange("venue.queries", ensure=False)
    worker.signal(signal.SIGSTOP)
    for n in range(ASKED):
        body = json.dumps(query("venue.layout.get", venue.tenant, venue.id, asked)).encode()
        message = aio_pika.Message(body, reply_to=reply_to, correlation_id=str(n))
        await exchange.publish(message, "x")
    await control_broker(broker, "set_vm_memory_high_watermark", NONE)
    worker.signal(signal.SIGCONT)
    await until(lambda: worker.status("/health/live"), "it runs on")


async def test_the_broker_takes_no_answers(
    broker: Services, worker: WorkerProcess, the_bus: Bus
) -> None:
    """No query is taken beyond those in hand until it does; then each is answered once."""
    answers = await the_bus.channel.declare_queue("tests.answers", exclusive=True)
    got: list[str | None] = []

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        got.append(message.correlation_id)

    await answers.consume(take, no_ack=True)
    await _ask_during_an_alarm(broker, worker, the_bus, answers.name)
    # What still goes out before the alarm is noticed makes room for others.
    await cost(worker, 3)
    ready, taken = await _waiting(broker)
    assert (taken, ready > 0) == (AT_ONCE, True)
    used = await cost(worker, 8)
    assert used.is_small(), used
    assert await _waiting(broker) == (ready, taken)
    await control_broker(broker, "set_vm_memory_high_watermark", USUAL)
    await until(lambda: len(got) >= ASKED, "all are answered")
    assert sorted(map(str, range(ASKED))) == sorted(str(one) for one in got)


async def test_it_stops_while_the_broker_takes_no_answers(
    broker: Services, worker: WorkerProcess, the_bus: Bus
) -> None:
    """A worker whose answers wait ends in order, and leaves their queries to others."""
    await _ask_during_an_alarm(broker, worker, the_bus, "nowhere")

    async def taken() -> bool:
        return (await _waiting(broker))[1] == AT_ONCE

    await until(taken, "it has as many in hand as it may")
    assert await worker.stop(10) == 0
    ready, taken_still = await _waiting(broker)
    assert taken_still == 0
    assert ready >= ASKED - 3 * AT_ONCE
