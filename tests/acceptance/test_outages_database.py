"""A database that answers and does not do the work: no command is blamed, and health is not fooled.

Each outage comes in the middle of work and goes again; the worker's role is an ordinary one, as
limits do not bind a superuser.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg
import pytest
from yarl import URL

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.commands import new_id
from tests.support.figures import Figures
from tests.support.outage import cost, says
from tests.support.process import WorkerProcess

NewWorker = Callable[..., WorkerProcess]


@dataclass(frozen=True, slots=True)
class Outage:
    """How it begins and ends, as statements, and what health says of it.

    Attributes:
        begin: statements; `{role}` and `{database}` are the worker's.
    """

    name: str
    says: str
    begin: str
    end: str


DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
SLOW = """
CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_sleep(%d); RETURN NULL; END $$
"""
OUTAGES = (
    Outage(
        "read-only server",
        "read-only",
        'ALTER DATABASE "{database}" SET default_transaction_read_only = on; ' + DISCONNECT,
        'ALTER DATABASE "{database}" RESET default_transaction_read_only',
    ),
    Outage(
        "connection limit reached",
        "53300",
        'ALTER ROLE "{role}" CONNECTION LIMIT 0; ' + DISCONNECT,
        'ALTER ROLE "{role}" CONNECTION LIMIT 10',
    ),
    Outage(
        "logins refused",
        "28000",
        'ALTER ROLE "{role}" NOLOGIN; ' + DISCONNECT,
        'ALTER ROLE "{role}" LOGIN',
    ),
    Outage(
        "every statement too slow",
        "57014",
        SLOW % 3
        + "; CREATE TRIGGER slow AFTER INSERT ON command_outcome EXECUTE FUNCTION slowly()",
        SLOW % 0,
    ),
    Outage(
        "a table locked", "took longer", "BEGIN; LOCK TABLE venue IN EXCLUSIVE MODE", "ROLLBACK"
    ),
    Outage(
        "a privilege lost",
        "42501",
        'REVOKE INSERT ON command_outcome FROM "{role}"',
        'GRANT INSERT ON command_outcome TO "{role}"',
    ),
)


@pytest.fixture
async def role(database: asyncpg.Connection) -> AsyncIterator[str]:
    """An ordinary role that may do what a worker does, no more."""
    name = f"worker_{new_id()}"
    await database.execute(
        f"""CREATE ROLE "{name}" LOGIN PASSWORD 'worker';
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{name}";
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{name}" """
    )
    yield name
    await database.execute(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"')


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.name)
async def test_it_passes(
    outage: Outage,
    role: str,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    database_url: str,
    figures: Figures,
) -> None:
    """Nothing is lost or parked, health tells in seconds, waiting costs little, work resumes."""
    url = URL(database_url)
    worker = new_worker(
        VENUE_DATABASE_URL=str(url.with_user(role).with_password("worker")),
        VENUE_DATABASE_TIMEOUT_SECONDS="1",
        VENUE_BATCH_SIZE="20",
    )
    worker.start()
    await worker.ready()
    load = commands(venues=300, updates=4)
    publishing = asyncio.create_task(the_bus.send_all(load))
    await more_events(the_bus, 50)
    names = {"role": role, "database": url.name}
    await database.execute(outage.begin.format(**names))
    seconds = await says(worker, "database", outage.says, 15)
    used = await cost(worker)
    await database.execute(outage.end.format(**names))
    await publishing
    expect_all(await settled(database, the_bus, len(load)), len(load))
    await worker.ready()
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
    figures(f"{outage.name}: told in {seconds:.1f} s; {used}")
    assert used.is_small()
