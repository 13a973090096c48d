"""A credential that goes through everything, and is found nowhere in clear."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import asyncpg
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from tests.integration.test_deferral import later
from tests.support.bus import Bus
from tests.support.command_line import Ended, run
from tests.support.commands import Venue
from tests.support.opened import opened
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.errors import DatabaseUnavailableError
from worker.local.keys import LOCAL_KEY
from worker.messaging.delivery import parking_hash
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.vault import Vault, key_id

PLANTED = "sk_live_51PLANTEDcredentialQ7"
OLD_EDIT = """
INSERT INTO parked_audit (parked_id, by, action, body) VALUES ($1, 'ann', 'replay', 'edit')
"""
LATER = "SELECT count(*) FROM _yoyo_migration WHERE migration_id > '0011z'"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER fail BEFORE INSERT ON venue_integration FOR EACH ROW EXECUTE FUNCTION fail();
"""


def connect(venue: Venue, **changes: Any) -> dict[str, Any]:
    """Return the command with the planted credential."""
    data = {"kind": "stripe", "credentials": {"secret_key": PLANTED}, **changes.pop("data", {})}
    return {**venue.to("integration.connect", data), **changes}


async def everything(database: asyncpg.Connection) -> str:
    """Return every row of every table as text, bytes as they are."""
    texts = []
    for table in await database.fetch(TABLES):
        for row in await database.fetch(f'SELECT * FROM "{table["tablename"]}"'):
            texts += [
                value.decode("latin-1") if isinstance(value, bytes) else str(value)
                for value in row.values()
            ]
    return "\n".join(texts)


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_found_nowhere_in_clear(
    log_format: str,
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    database_url: str,
) -> None:
    """Applied, deferred or parked, a credential is in no table, log, event, reply or page in clear.

    Sealed it is in three tables.
    """
    worker = new_worker(VENUE_ATTEMPTS="1", VENUE_LOG_FORMAT=log_format)
    worker.environment["VENUE_LOG_LEVEL"] = "debug"
    worker.start()
    await worker.ready()
    venue = Venue()
    replies = [
        await the_bus.ask(command)
        for command in (
            venue.create(),
            connect(venue),
            connect(venue, notbefore=later()),
            connect(venue, data={"kind": "paypal"}),
            connect(venue, data={"config": {"api_key": PLANTED}}),
            connect(venue, data={"misspelt": PLANTED}),
            connect(venue, type="venue.integration.konnect"),
        )
    ]
    assert [reply["status"] for reply in replies] == [
        *("applied", "applied", "deferred", "parked", "parked", "parked", "parked")
    ]
    await the_bus.send(f'{{"credentials": "{PLANTED}"'.encode())
    await database.execute(FAIL)
    failed = connect(venue)
    replies.append(await the_bus.ask(failed))
    assert (replies[-1]["status"], replies[-1]["errors"][0]["code"]) == ("parked", "internal")
    await until(lambda: _parked(database, 6), "all bad ones are parked")
    sealed = await database.fetchval("SELECT credentials FROM venue_integration")
    assert PLANTED.encode() in opened(sealed)
    kept = await database.fetch(
        "SELECT body FROM parked_command UNION ALL SELECT body FROM deferred_command"
    )
    assert sum(PLANTED.encode() in opened(row["body"]) for row in kept) == 7

    listed = await run("parked", "list", "--json", VENUE_DATABASE_URL=database_url)
    ids = [row["id"] for row in listed.documents()]
    shown = [await run("parked", "show", one, VENUE_DATABASE_URL=database_url) for one in ids]
    pages = [await _page(worker, path) for path in ("health/full", "health/ready", "metrics", "")]
    places = {
        "the database": await everything(database),
        "the log": worker.log.read_text(),
        "events": str(the_bus.events),
        "replies": str(replies),
        "the HTTP port": "\n".join(pages),
        "parked list": listed.output,
        "parked show": "\n".join(one.output + one.errors for one in shown),
    }
    assert [place for place, text in places.items() if PLANTED in text] == []
    assert all(len(text) > 100 for text in places.values())
    await _revealed(ids[0], database, database_url)


async def _revealed(parked_id: str, database: asyncpg.Connection, url: str) -> None:
    asked = await run(
        "parked", "show", parked_id, "--reveal", "--by", "ann", VENUE_DATABASE_URL=url
    )
    assert PLANTED in asked.output
    line = await database.fetchrow("SELECT by, action FROM parked_audit WHERE by = 'ann'")
    assert line is not None
    assert line["action"] == "reveal"


async def test_a_resend_is_the_same_command(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """The same content is the duplicate it is, other credentials are a conflict."""
    venue = Venue()
    await the_bus.ask(venue.create())
    first = connect(venue)
    assert (await the_bus.ask(first))["version"] == 2
    assert (await the_bus.ask(first))["duplicate"] is True
    other = {**first, "data": {"kind": "stripe", "credentials": {"secret_key": "another"}}}
    assert (await the_bus.ask(other))["errors"][0]["code"] == "idempotency_conflict"
    gone = venue.to("integration.disconnect", {"kind": "stripe"})
    assert (await the_bus.ask(gone))["version"] == 3
    assert await database.fetchval("SELECT count(*) FROM venue_integration") == 0


async def test_rotating(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    database_url: str,
) -> None:
    """Under load all is sealed anew; then the old key can go, nothing is lost or taken twice."""
    old, new = os.environ["VENUE_SECRET_KEYS"], Fernet.generate_key().decode()
    worker = new_worker(VENUE_SECRET_KEYS=old)
    worker.start()
    await worker.ready()
    venue = Venue()
    await the_bus.ask(venue.create())
    await the_bus.ask(connect(venue))
    waits = connect(venue, notbefore=later())
    await the_bus.ask(waits)
    garbage = b"not json " + PLANTED.encode()
    await the_bus.send(garbage, message_id="the same")
    await the_bus.send_all([{"n": n} for n in range(450)])
    await until(lambda: _parked(database, 451), "all are parked")
    assert await worker.stop() == 0

    async def secrets(word: str) -> Ended:
        keys = f"{new},{old}"
        return await run(
            "secrets", word, "--json", VENUE_DATABASE_URL=database_url, VENUE_SECRET_KEYS=keys
        )

    worker = new_worker(VENUE_SECRET_KEYS=f"{new},{old}")
    worker.start()
    await worker.ready()
    sending = asyncio.create_task(the_bus.send_all([{"m": n} for n in range(300)]))
    done = await secrets("rotate")
    assert done.status == 0, done.errors
    counts = done.documents()[0]
    assert (counts["credentials"], counts["deferred commands"]) == (1, 1)
    assert counts["parked commands"] >= 451
    await sending
    await until(lambda: _parked(database, 751), "the new ones are parked")
    again = (await secrets("rotate")).documents()[0]
    assert again.pop("unopened") == {}
    assert set(again.values()) == {0}
    rows = (await secrets("status")).documents()
    assert {row["place"] for row in rows} == {"first"}
    assert await worker.stop() == 0

    worker = new_worker(VENUE_SECRET_KEYS=new)
    worker.start()
    await worker.ready()
    await the_bus.send(garbage, message_id="the same")
    twice = "SELECT count(*) FROM parked_command WHERE times_seen = 2"
    await until(lambda: database.fetchval(twice), "it is known again")
    assert await _parked(database, 751)
    await database.execute("UPDATE deferred_command SET due_at = now()")
    connected = "SELECT version FROM venue"
    await until(lambda: _is(database, connected, 3), "the deferred one ran")
    assert (await the_bus.ask(waits))["duplicate"] is True


async def test_what_cannot_be_opened_is_named(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, database_url: str
) -> None:
    """A damaged row does not keep the others from being sealed anew; it is named."""
    await the_bus.send_all([{"n": n} for n in range(5)])
    await until(lambda: _parked(database, 5), "all are parked")
    damaged = await database.fetchval(
        "UPDATE parked_command SET body = substring(body FROM 10)"
        " WHERE id = (SELECT min(id::text)::uuid FROM parked_command) RETURNING id::text"
    )
    keys = f"{Fernet.generate_key().decode()},{os.environ['VENUE_SECRET_KEYS']}"
    ended = await run("secrets", "rotate", VENUE_DATABASE_URL=database_url, VENUE_SECRET_KEYS=keys)
    assert (ended.status, damaged in ended.errors) == (1, True)
    first = key_id(keys.split(",", maxsplit=1)[0])
    count = "SELECT count(*) FROM parked_command WHERE key_id = $1"
    assert await database.fetchval(count, first) == 4


async def test_what_an_earlier_version_has_parked(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, database_url: str
) -> None:
    """A message that was parked before bodies were sealed is known again, and sealed."""
    await the_bus.send(b"bad", message_id="the same")
    await until(lambda: _parked(database, 1), "it is parked")
    row = await database.fetchrow("SELECT * FROM parked_command")
    assert row is not None
    kept = json.loads(row["properties"])
    in_order = {name: kept[name] for name in ("exchange", "routing_key", "properties", "headers")}
    in_order["properties"] = dict(sorted(kept["properties"].items()))
    plain = parking_hash(b"bad", in_order)
    await database.execute(
        "UPDATE parked_command SET body = 'bad', hash = $1, key_id = NULL", plain
    )
    await the_bus.send(b"bad", message_id="the same")
    twice = "SELECT count(*) FROM parked_command WHERE times_seen = 2 AND key_id IS NOT NULL"
    await until(lambda: _is(database, twice, 1), "it is known again, and sealed")
    assert await _parked(database, 1)
    await database.execute(OLD_EDIT, row["id"])
    ended = await run("secrets", "rotate", VENUE_DATABASE_URL=database_url)
    assert ended.status == 0, ended.errors
    edit = await database.fetchval("SELECT body FROM parked_audit WHERE by = 'ann'")
    assert opened(edit) == b"edit"


async def test_rolling_back_loses_nothing(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, database_url: str
) -> None:
    """While commands are kept encrypted, the migration that says how is not rolled back."""
    await the_bus.ask({**Venue().create(), "notbefore": later()})
    assert await worker.stop() == 0
    count = await database.fetchval(LATER)
    back = await run("migrate", "--rollback", str(count), VENUE_DATABASE_URL=database_url)
    assert (back.status, "which would be lost" in back.errors) == (1, True)
    assert await _is(database, "SELECT count(key_id) FROM deferred_command", 1)


async def test_without_the_key(
    new_worker: Callable[..., WorkerProcess], database_url: str, amqp_url: str
) -> None:
    """A worker without a key, or with none that opens what is there, ends with a sentence."""
    worker = new_worker()
    worker.start()
    await worker.ready()
    assert await worker.stop() == 0
    other = Fernet.generate_key().decode()
    for key, sentence in (("", "secrets new"), (other, "VENUE_SECRET_KEYS lacks the key")):
        ended = await run(
            "run",
            VENUE_DATABASE_URL=database_url,
            VENUE_AMQP_URL=amqp_url,
            VENUE_HTTP_PORT="0",
            VENUE_SECRET_KEYS=key,
        )
        assert (ended.status, sentence in ended.errors) == (1, True)


async def test_a_key_that_was_not_committed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who could not commit the key of the hashes uses the one that somebody else has made."""
    ours, other = (Vault([SecretStr(LOCAL_KEY)]) for _ in range(2))
    digest = bytes(32)
    async with Database(database_url, timeout_seconds=5) as db:
        real = db.transaction

        @asynccontextmanager
        async def lost() -> AsyncIterator[Connection]:
            async with real() as tx:
                yield tx
                raise DatabaseUnavailableError("the connection is gone before the commit")

        monkeypatch.setattr(db, "transaction", lost)
        with pytest.raises(DatabaseUnavailableError):
            await ours.ready(db)
        monkeypatch.undo()
        await other.ready(db)
        await ours.ready(db)
    assert ours.keyed(digest) == other.keyed(digest)


async def test_a_deferred_command_waits_for_its_key(
    new_worker: Callable[..., WorkerProcess], the_bus: Bus, database: asyncpg.Connection
) -> None:
    """What no key opens is neither parked nor lost; a damaged one is parked, and hinders nobody."""
    worker = new_worker()
    worker.start()
    await worker.ready()
    venues = [Venue() for _ in range(3)]
    for venue in venues:
        await the_bus.ask({**venue.create(), "notbefore": later()})
    spoil = "UPDATE deferred_command SET {} WHERE venue_id = $1"
    await database.execute(spoil.format("key_id = 'elsewhere'"), venues[0].id)
    await database.execute(spoil.format("body = substring(body FROM 10)"), venues[1].id)
    await database.execute("UPDATE deferred_command SET due_at = now()")
    await the_bus.events_of(venues[2].id, 1)
    await until(lambda: _parked(database, 1), "the damaged one is parked")
    assert await database.fetchval("SELECT reason FROM parked_command") == "given_up"
    waiting = await database.fetch("SELECT venue_id::text FROM deferred_command")
    assert [row["venue_id"] for row in waiting] == [venues[0].id]


async def _page(worker: WorkerProcess, path: str) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{worker.port}/{path}") as response,
    ):
        return await response.text()


async def _parked(database: asyncpg.Connection, count: int) -> bool:
    return await _is(database, "SELECT count(*) FROM parked_command", count)


async def _is(database: asyncpg.Connection, query: str, value: int) -> bool:
    found: int = await database.fetchval(query)
    return found == value
