"""Fixtures: services once, a database cloned from a template for each test, a clean broker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog
import uvloop

from tests.support.asking import Ask, asking
from tests.support.bus import Bus, bus, reset_broker
from tests.support.databases import migrated_template, new_database
from tests.support.figures import KEY, RAN_ON, Figures
from tests.support.process import WorkerProcess
from worker.local import Services, services
from worker.storage.connection import GENERAL
from worker.storage.database import Database


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Let tests run on the event loop on which the worker does."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that tests have noted, and which services they ran on."""
    noted: dict[str, list[str]] = {KEY: [], RAN_ON: []}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for key, text in report.user_properties:
                noted[key].append(text)
    for text in noted[KEY]:
        terminalreporter.write_line(text)
    for text in sorted(set(noted[RAN_ON])):
        terminalreporter.write_line(f"ran on {text}")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Note lines that are shown at the end."""
    return lambda text: request.node.user_properties.append((KEY, text))


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """What one test has configured must not write into the closed output of that test later."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _noted(request: pytest.FixtureRequest) -> None:
    """Note which services a test ran on, where it used any."""
    if "real" in request.fixturenames:
        found: Services = request.getfixturevalue("real")
        request.node.user_properties.append((RAN_ON, found.describe()))


@pytest.fixture(scope="session")
def real() -> Iterator[Services]:
    """PostgreSQL and RabbitMQ."""
    with services() as found:
        yield found


@pytest.fixture(scope="session")
def template(real: Services) -> str:
    """The name of a database with all migrations."""
    return migrated_template(real)


@pytest.fixture
async def empty_database(real: Services) -> AsyncIterator[str]:
    """The URL of a database without a table."""
    async with new_database(real) as url:
        yield url


@pytest.fixture
async def database_url(real: Services, template: str) -> AsyncIterator[str]:
    """The URL of a database of the test's own, migrated."""
    async with new_database(real, template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the test's database."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def ours(database_url: str) -> AsyncIterator[Database]:
    """The test's database as the worker uses it for commands."""
    async with Database(database_url, timeout_seconds=10, plans=GENERAL) as one:
        yield one


@pytest.fixture
async def amqp_url(real: Services) -> str:
    """The broker, with nothing of an earlier test left."""
    await reset_broker(real.broker.url)
    return real.broker.url


@pytest.fixture
async def the_bus(amqp_url: str) -> AsyncIterator[Bus]:
    """A publisher and subscriber."""
    async with bus(amqp_url) as one:
        yield one


@pytest.fixture
def new_worker(
    amqp_url: str, database_url: str, tmp_path: Path
) -> Iterator[Callable[..., WorkerProcess]]:
    """Make worker processes on the test's services; each is gone when the test ends."""
    made: list[WorkerProcess] = []

    def make(**environment: str) -> WorkerProcess:
        urls = {"VENUE_AMQP_URL": amqp_url, "VENUE_DATABASE_URL": database_url}
        log = tmp_path / f"worker-{len(made)}.log"
        made.append(WorkerProcess({**urls, **environment}, log))
        return made[-1]

    yield make
    for worker in made:
        worker.end()


@pytest.fixture
async def worker(new_worker: Callable[..., WorkerProcess]) -> WorkerProcess:
    """A worker that takes commands."""
    one = new_worker()
    one.start()
    await one.ready()
    return one


@pytest.fixture
async def ask(worker: WorkerProcess, amqp_url: str) -> AsyncIterator[Ask]:
    """Ask a worker queries."""
    async with asking(amqp_url) as one:
        yield one
