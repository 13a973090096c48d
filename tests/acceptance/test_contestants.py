"""The workers that ours is measured beside give what it gives: else they would be no measure."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from uuid_utils import uuid7

from perf.commands import CommandMessage, make_commands
from perf.contestants import Contestant, Name, entrants
from perf.stage import fill, fresh_queues, left_in, published_ids
from tests.support.process import ROOT
from tests.support.waiting import until

PEERS = (Name.FASTSTREAM, Name.AIO_PIKA, Name.TASKIQ, Name.NODE)
COMMANDS = 300


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest) -> Iterator[Contestant]:
    """Each peer in turn, where it can run."""
    said: list[str] = []
    with entrants([request.param], said.append) as found:
        if not found:
            pytest.skip(said[-1])
        yield found[0]


@asynccontextmanager
async def started(
    peer: Contestant, amqp_url: str, database_url: str, log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the peer's process for the time of a block."""
    urls = {"VENUE_AMQP_URL": amqp_url, "VENUE_DATABASE_URL": database_url}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *peer.command, cwd=ROOT, env={**os.environ, **urls}, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def resent(command: CommandMessage, **changes: object) -> CommandMessage:
    """Return a new command with some attributes or data changed."""
    document = json.loads(command.body)
    document |= {"id": str(uuid7()), **changes}
    return CommandMessage(document["id"], document["subject"], json.dumps(document).encode())


def difficult() -> tuple[list[CommandMessage], int, int]:
    """Return commands with copies, used ids and equal names; how many differ, and are refused."""
    some = make_commands(COMMANDS)
    used_ids = [resent(command) for command in some[:20]]
    same_names = [resent(command, subject=str(uuid7())) for command in some[20:40] * 3]
    # Next to each other, so that they are in hand at the same time.
    together = [one for command in some[40:80] for one in (command, replace(command))]
    return (
        [*some[:40], *same_names, *together, *some[80:], *some, *used_ids],
        COMMANDS + len(same_names) + len(used_ids),
        len(used_ids),
    )


async def count(database: asyncpg.Connection, what: str) -> int:
    """Return the number of rows."""
    return int(await database.fetchval(f"SELECT count(*) FROM {what}"))


async def handled(
    database: asyncpg.Connection, amqp_url: str, queue: str, commands: Sequence[CommandMessage]
) -> None:
    """Wait until every command is decided and published, and its message gone."""
    ids = {command.id for command in commands}

    async def is_handled() -> bool:
        decided = await count(database, "command_outcome")
        return decided == len(ids) and not await count(database, "outbox")

    await until(is_handled, "all is decided and published", 60)


@pytest.mark.timeout(240)
async def test_a_peer_keeps_the_guarantees(
    peer: Contestant,
    amqp_url: str,
    database_url: str,
    database: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    """Killed on the way, given copies, used ids and equal names: one effect and one event each."""
    commands, different, refused = difficult()
    log = tmp_path / "log"
    async with fresh_queues(amqp_url, peer.queue):
        await fill(amqp_url, peer.queue, commands, lambda _: None)
        async with started(peer, amqp_url, database_url, log) as process:

            async def has_begun() -> bool:
                return await count(database, "command_outcome") > 0

            await until(has_begun, "the first outcome", 60)
            process.kill()
            await process.wait()
        assert await count(database, "command_outcome") < different, "it was not killed on the way"

        async with started(peer, amqp_url, database_url, log) as process:
            await handled(database, amqp_url, peer.queue, commands)

            process.terminate()
            assert await asyncio.wait_for(process.wait(), 30) == 0, log.read_text()[-2000:]
        events = {row["id"] for row in await database.fetch("SELECT id::text FROM venue_event")}
        assert await published_ids(amqp_url, different) == events
        # The broker may lose the last acks of a channel that closes.
        assert await left_in(amqp_url, peer.queue) < different / 4, "it does not acknowledge"
    assert len(events) == different
    assert await count(database, "venue") == different - refused
    assert await count(database, "command_outcome WHERE status = 'rejected'") == refused
    assert await count(database, "venue WHERE slug LIKE '%-4'") == 20, "equal names are numbered"
