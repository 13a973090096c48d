"""TLS to both servers, asked for by their URLs alone."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict

import trustme
from yarl import URL

from tests.support.bus import Bus
from tests.support.command_line import run
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from tests.support.tls import tls_from_the_start, tls_when_asked
from tests.support.waiting import until

LARGE = 300_000
"""Bytes: several frames, and more than one read takes."""

NewWorker = Callable[..., WorkerProcess]


class Urls(TypedDict):
    """Settings of a worker, or of an operator, that reach the servers by TLS only."""

    VENUE_AMQP_URL: str
    VENUE_DATABASE_URL: str


@asynccontextmanager
async def _urls(
    amqp_url: str, database_url: str, authority: trustme.CA, trusted: Path
) -> AsyncIterator[Urls]:
    """Let the servers be reached by certificates of the authority, for whoever trusts this file."""
    broker, database = URL(amqp_url), URL(database_url)
    async with (
        tls_from_the_start(broker.port or 0, authority) as amqps,
        tls_when_asked(database.port or 0, authority) as postgresql,
    ):
        secret = broker.with_scheme("amqps").with_port(amqps) % {"cafile": str(trusted)}
        verified = {"sslmode": "verify-full", "sslrootcert": str(trusted)}
        yield {
            "VENUE_AMQP_URL": str(secret),
            "VENUE_DATABASE_URL": str(database.with_port(postgresql) % verified),
        }


async def test_a_command_by_tls(
    amqp_url: str, database_url: str, the_bus: Bus, new_worker: NewWorker, tmp_path: Path
) -> None:
    """Commands of any size come in, and events go out, as without it; operators come in, too."""
    authority, trusted = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    async with _urls(amqp_url, database_url, authority, trusted) as urls:
        worker = new_worker(**urls)
        worker.start()
        await worker.ready()
        venue = Venue()
        for command in (venue.create(), venue.update(metadata={"notes": "x" * LARGE})):
            assert (await the_bus.ask(command))["status"] == "applied"
        assert len(await the_bus.events_of(venue.id, 2)) == 2
        place = "--tenant", venue.tenant, "--venue", venue.id
        shown = await run("query", "venue.get", *place, "--json", **urls)
        assert shown.documents()[0]["status"] == "ok"
        migrated = await run("migrate", **urls)
        assert migrated.status == 0, migrated.errors
        worker.end()


async def test_a_certificate_of_somebody_else(
    amqp_url: str, database_url: str, new_worker: NewWorker, tmp_path: Path
) -> None:
    """A server that nobody vouches for is not spoken to; log and commands say why."""
    trusted = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(trusted)
    async with _urls(amqp_url, database_url, trustme.CA(), trusted) as urls:
        worker = new_worker(**urls)
        worker.start()

        async def says_why() -> bool:
            said = worker.log.read_text().splitlines()
            why = "".join(line for line in said if "certificate verify failed" in line)
            return "RabbitMQ cannot be used" in why and "PostgreSQL does not answer" in why

        await until(says_why, "it says why of either server")
        assert await worker.status() == 503
        for words in (("query", "venue.get"), ("migrate",)):
            assert "certificate verify failed" in (await run(*words, **urls)).sentence()
        worker.end()
