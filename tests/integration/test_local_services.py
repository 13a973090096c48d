"""The servers which the demo, the tests and the measurements share, as they are really started."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aio_pika
import psycopg
import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from worker.local import NotControllable, Server, Services, ServicesUnavailable, services

GIVEN: Final = "given URLs"
ROOT: Final = Path(__file__).resolve().parents[2]
QUEUE: Final = "local-services"
# Longer than any answer takes, short enough not to be waited for in vain.
MOMENT: Final = 1.5
PATIENCE: Final = 60.0


@pytest.fixture(scope="module")
def running() -> Iterator[Services]:
    """Start the servers in whatever way is chosen here."""
    with services() as found:
        yield found


def database_write(url: str) -> None:
    """Leave a row in the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS local_services (kept text)")
        connection.execute("INSERT INTO local_services VALUES ('kept')")


def database_read(url: str) -> bool:
    """Tell whether the row is there."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT kept FROM local_services").fetchone()
    return row == ("kept",)


def broker_write(url: str) -> None:
    """Leave a persistent message in a durable queue."""

    async def write() -> None:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            await channel.declare_queue(QUEUE, durable=True)
            kept = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(kept, routing_key=QUEUE)

    asyncio.run(write())


def broker_read(url: str) -> bool:
    """Tell whether the message is there, and leave it."""

    async def read() -> bool:
        async with await aio_pika.connect(url) as connection:
            queue = await (await connection.channel()).get_queue(QUEUE)
            message = await queue.get(fail=False)
            return message is not None and message.body == b"kept"

    return asyncio.run(read())


Ask = Callable[[str], bool]
WRITES: Final = {"database": database_write, "broker": broker_write}
READS: Final = {"database": database_read, "broker": broker_read}


@pytest.fixture(params=["database", "broker"])
def part(request: pytest.FixtureRequest, running: Services) -> tuple[Server, Ask]:
    """Take one server with something written to it, and the way to read that back."""
    name = str(request.param)
    server: Server = getattr(running, name)
    WRITES[name](server.url)
    return server, READS[name]


def refused(url: str) -> bool:
    """Tell whether nothing listens there."""
    place = urlsplit(url)
    with socket.socket() as connection:
        return connection.connect_ex((str(place.hostname), int(place.port or 0))) != 0


def until(condition: Callable[[], bool]) -> None:
    """Ask again until it is so, or fail at the deadline."""
    again = retry_if_result(lambda answer: not answer)
    Retrying(retry=again, stop=stop_after_delay(PATIENCE), wait=wait_fixed(0.05))(condition)


def controllable(running: Services, server: Server) -> bool:
    """Tell whether the server is ours; one that was given must refuse every control."""
    if running.kind != GIVEN:
        return True
    for control in (server.start, server.stop, server.kill, server.pause, server.resume):
        with pytest.raises(NotControllable, match="given by URL"):
            control()
    return False


def test_both_answer_and_are_described(running: Services) -> None:
    """What is written is read back, and one line says what runs where."""
    for name, write in WRITES.items():
        server: Server = getattr(running, name)
        write(server.url)
        assert READS[name](server.url)
    line = running.describe()
    assert line.startswith(f"{running.kind}: PostgreSQL 1")
    assert f"port {urlsplit(running.broker.url).port}" in line
    assert "RabbitMQ " in line


def test_the_database_is_durable_and_roomy(running: Services) -> None:
    """Commits are synced, 200 connections fit, and further databases can be created."""
    with psycopg.connect(running.database.url, autocommit=True) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        if running.kind != GIVEN:
            assert connection.execute("SHOW max_connections").fetchone() == ("200",)
        connection.execute("CREATE DATABASE local_services_more")
        connection.execute("DROP DATABASE local_services_more")


def test_a_stopped_server_comes_back_with_port_and_data(
    running: Services, part: tuple[Server, Ask]
) -> None:
    """Stopping refuses connections; starting brings the same port and data back."""
    server, read = part
    if not controllable(running, server):
        return
    url = server.url
    server.stop()
    until(lambda: refused(url))
    server.start()
    assert server.url == url
    assert read(url)


def test_a_killed_server_can_be_started_again(running: Services, part: tuple[Server, Ask]) -> None:
    """What was committed or confirmed outlives a crash."""
    server, read = part
    if not controllable(running, server):
        return
    server.kill()
    until(lambda: refused(server.url))
    server.start()
    assert read(server.url)


def test_a_paused_server_answers_only_when_resumed(
    running: Services, part: tuple[Server, Ask]
) -> None:
    """While paused nothing answers; the question asked then is answered after resuming."""
    server, read = part
    if not controllable(running, server):
        return
    with ThreadPoolExecutor(1) as pool:
        server.pause()
        try:
            answer: Future[bool] = pool.submit(read, server.url)
            with pytest.raises(TimeoutError):
                answer.result(timeout=MOMENT)
        finally:
            server.resume()
        assert answer.result(timeout=PATIENCE)


def test_a_paused_server_can_be_stopped_and_killed(
    running: Services, part: tuple[Server, Ask]
) -> None:
    """A test that fails while a server is paused must not hang what follows."""
    server, read = part
    if not controllable(running, server):
        return
    for end in (server.stop, server.kill):
        server.pause()
        end()
        server.start()
        assert read(server.url)


USER: Final = """
import signal
from worker.local import services
# A shell starts what it puts in the background with SIGINT ignored, and that is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
with services() as found:
    print(found.database.url, found.broker.url, flush=True)
    {at_end}
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at_end", ["", "found.database.kill(); found.broker.pause()"])
def test_nothing_is_left_when_the_program_is_ended(
    running: Services, number: signal.Signals, at_end: str
) -> None:
    """Ctrl-C and SIGTERM close the servers, even those that were killed or paused."""
    if running.kind == GIVEN:
        at_end = ""
    with subprocess.Popen(
        [sys.executable, "-c", USER.format(at_end=at_end)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        urls = (program.stdout.readline() if program.stdout else "").split()
        assert len(urls) == 2
        program.send_signal(number)
        try:
            _, error = program.communicate(timeout=PATIENCE)
        finally:
            program.terminate()  # if it ignored the signal, it must not be waited for in vain
    assert "KeyboardInterrupt" in error
    assert all(refused(url) for url in urls) == (running.kind != GIVEN)


def test_given_urls_are_used_but_not_controlled(
    running: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two given URLs come before everything else, and controls are refused in a sentence."""
    monkeypatch.setenv("VENUE_SERVICES", "auto")
    monkeypatch.setenv("VENUE_DATABASE_URL", running.database.url)
    monkeypatch.setenv("VENUE_AMQP_URL", running.broker.url)
    with services() as given:
        assert given.kind == GIVEN
        assert given.database.version == running.database.version
        assert not controllable(given, given.database)
        assert not controllable(given, given.broker)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"VENUE_SERVICES": "magic"}, "'magic': set it to one of auto, containers, programs"),
        ({"VENUE_AMQP_URL": "amqp://127.0.0.1"}, "Only VENUE_AMQP_URL is set: set both"),
        (
            {
                "VENUE_AMQP_URL": "amqp://127.0.0.1:1",
                "VENUE_DATABASE_URL": "postgresql://127.0.0.1:1/none",
            },
            "does not answer at the URL in VENUE_DATABASE_URL",
        ),
    ],
)
def test_a_wrong_choice_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    """The message names the variable and what to do about it."""
    for name in [name for name in os.environ if name.startswith("VENUE_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ServicesUnavailable, match=said) as refusal, services():
        pass
    assert "\n" not in str(refusal.value)
