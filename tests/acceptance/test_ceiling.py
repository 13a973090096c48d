"""The ceiling makes both servers do what a worker makes them do: else it would be none."""

import asyncpg
import pytest

from perf.commands import CommandMessage, make_commands
from perf.contestants import Contestant, Name, entrants, running
from perf.stage import fill, fresh_queues, published_ids
from tests.support.databases import new_database
from tests.support.waiting import until
from worker.local import Services

COMMANDS = 1500
"""Three batches of the ceiling's."""
ALLOWED = 0.03
"""The part by which its rows may be larger or smaller."""
SIZES = """
SELECT 'venue' AS name, count(*), avg(pg_column_size(t.*)) FROM venue AS t
UNION ALL SELECT 'command_outcome', count(*), avg(pg_column_size(t.*)) FROM command_outcome AS t
UNION ALL SELECT 'venue_event', count(*), avg(pg_column_size(t.*)) FROM venue_event AS t
UNION ALL SELECT 'bodies', count(*), avg(octet_length(body)) FROM venue_event
"""
OTHERS = """
SELECT relname, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || oid::regclass,
                                                     false, true, '')))[1]::text::bigint AS count
FROM pg_class
WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace
  AND relname NOT LIKE '%yoyo%' AND relname <> 'secret_key'
"""
"""All tables but those that a worker writes once, at its start."""
Sizes = dict[str, tuple[int, float]]


async def left_by(
    contestant: Contestant, commands: list[CommandMessage], real: Services, template: str
) -> tuple[Sizes, dict[str, int]]:
    """Return sizes of the rows that it leaves, and how many rows are in every table."""
    broker = real.broker.url
    async with new_database(real, template) as url, fresh_queues(broker, contestant.queue):
        await fill(broker, contestant.queue, commands, lambda _: None)
        database = await asyncpg.connect(url)

        async def is_done() -> bool:
            decided = await database.fetchval("SELECT count(*) FROM command_outcome")
            return decided == len(commands) and not await database.fetchval(
                "SELECT EXISTS (SELECT FROM outbox)"
            )

        async with running(contestant, broker, url):
            await until(is_done, "all is decided and published", 60)
        ids = {row["id"] for row in await database.fetch("SELECT id::text FROM venue_event")}
        assert await published_ids(broker, len(ids)) == ids
        sizes = {name: (n, float(size)) for name, n, size in await database.fetch(SIZES)}
        counts = {row["relname"]: row["count"] for row in await database.fetch(OTHERS)}
        await database.close()
    return sizes, counts


@pytest.mark.usefixtures("amqp_url")
async def test_the_ceiling_leaves_as_much_as_we_do(real: Services, template: str) -> None:
    """As many rows in every table, rows and events of the same size; SIGTERM ends it with 0."""
    said: list[str] = []
    commands = make_commands(COMMANDS)
    with entrants([Name.OURS, Name.CEILING], said.append) as found:
        if len(found) == 1:
            pytest.skip(said[-1])
        (our_sizes, our_counts), (sizes, counts) = [
            await left_by(contestant, commands, real, template) for contestant in found
        ]
    assert counts == our_counts
    for name, (count, size) in our_sizes.items():
        assert sizes[name][0] == count
        assert sizes[name][1] == pytest.approx(size, rel=ALLOWED), name
