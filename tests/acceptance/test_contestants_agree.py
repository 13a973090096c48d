"""Whoever decides commands decides them alike, also those that a measurement does not send."""

import json
from collections.abc import Sequence
from typing import Any

import asyncpg
from uuid_utils import uuid7

from perf.commands import CommandMessage, make_commands
from perf.contestants import Contestant, Name, entrants, running
from perf.flood import ROWS
from perf.stage import fill, fresh_queues
from tests.support.databases import new_database
from tests.support.waiting import until
from worker.local import Services

DIGEST = "SELECT md5(string_agg(row_text, ' ' ORDER BY row_text)) FROM ("
DECIDING = [name for name in Name if name is not Name.CEILING]
NULLS = {"phone": None, "address": {"line1": None, "city": "Bern", "country": "CH"}, "tags": None}
TOO_MANY = {"capacity": {"max": 10, "seated": 8, "standing": 2, "vip": 1}}
ODD: Sequence[tuple[dict[str, Any], dict[str, Any]]] = (
    ({}, {"name": "Café Zürich", "slug": "caf"}),
    ({}, {"name": "Łódź & Söhne — “Halle” No. 7"}),
    ({}, {"name": "!!!"}),
    ({}, {"name": "Hall " * 30}),
    ({}, {"name": "Nulls", **NULLS}),
    ({}, {"name": "All of it", "phone": "+41446681800", "metadata": {"b": [1, None], "a": {}}}),
    ({}, {"name": "Too many", **TOO_MANY}),
    ({}, {"name": "Some", "capacity": {"max": None, "seated": 5}}),
    ({"expectedversion": 0}, {"name": "New"}),
    ({"expectedversion": 3}, {"name": "Not new"}),
    ({"correlationid": None, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}, {"name": "Traced"}),
)


def changed(command: CommandMessage, envelope: dict[str, Any], data: dict[str, Any]) -> Any:
    """Return a new command with some attributes and fields changed."""
    document = json.loads(command.body)
    document |= {"id": str(uuid7()), "subject": str(uuid7()), **envelope}
    document["data"] |= data
    return CommandMessage(document["id"], document["subject"], json.dumps(document).encode())


def odd_commands() -> tuple[list[CommandMessage], list[CommandMessage]]:
    """Return odd commands, and others about what the first leave behind."""
    first, second, *others = make_commands(2 + len(ODD))
    given = changed(first, {}, {"slug": "the-hall"})
    odd = [changed(base, *change) for base, change in zip(others, ODD, strict=True)]
    after = [
        changed(first, {}, {"slug": "the-hall"}),
        changed(first, {}, {"name": "The Hall"}),
        changed(second, {"subject": second.venue_id}, {}),
        changed(second, {}, {}),
    ]
    return [second, given, *odd], after


async def rows_of(
    contestant: Contestant, steps: Sequence[Sequence[CommandMessage]], real: Services, template: str
) -> list[str]:
    """Return the rows that it leaves, as a measurement compares them."""
    broker = real.broker.url
    async with new_database(real, template) as url, fresh_queues(broker, contestant.queue):
        database = await asyncpg.connect(url)
        async with running(contestant, broker, url):
            for n in range(len(steps)):
                await fill(broker, contestant.queue, steps[n], lambda _: None)
                expected = sum(map(len, steps[: n + 1]))

                async def is_decided(expected: int = expected) -> bool:
                    count = await database.fetchval("SELECT count(*) FROM command_outcome")
                    return bool(count == expected)

                await until(is_decided, f"{contestant.name} has decided {expected}", 60)
        rows = await database.fetch(ROWS.replace(DIGEST, "SELECT row_text FROM ("))
        await database.close()
    return sorted(row["row_text"] for row in rows)


async def test_all_decide_alike(real: Services, amqp_url: str, template: str) -> None:
    """Odd names, nulls, given and taken slugs, used ids, versions and capacities: the same rows."""
    del amqp_url
    steps = odd_commands()
    with entrants(DECIDING, print) as found:
        results = [await rows_of(contestant, steps, real, template) for contestant in found]
    expected, *others = results
    for contestant, rows in zip(found[1:], others, strict=True):
        assert rows == expected, contestant.name
    refused = [row for row in expected if '"venue.command.rejected"' in row]
    assert len(refused) == 4, "capacity, version, slug and id"
